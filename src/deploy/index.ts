export { Change, ChangeKind } from './change.ts';
export {
  type Deployment,
  type DeployProgress,
  type DeployRequest,
  Deploys,
  type ExternalChange,
} from './deploys.ts';
export { deployOperations } from './operations.ts';
export { deployMigrations } from './store.ts';
