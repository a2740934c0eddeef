export { Change } from './change.ts';
export {
  type Deployment,
  type DeployProgress,
  type DeployRequest,
  Deploys,
  type ExternalChange,
} from './deploys.ts';
export { deployMigrations } from './store.ts';
