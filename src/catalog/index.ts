export { Catalog } from './catalog.ts';
export { checkedFiles, checkFiles } from './check.ts';
export { withDependencies, withDependents } from './dependents.ts';
export { parseFile, type SourceFile } from './document.ts';
export { readFiles } from './files.ts';
export { KnownServices, type SeenServices } from './known-services.ts';
export {
  type AnyKind,
  type Declared,
  defineKind,
  type Kind,
  type Lookup,
  Metadata,
  type Reference,
  type Resource,
  resourceId,
} from './resource.ts';
export { LocalRun, Service, type ServiceSpec } from './service.ts';
export { catalogMigrations } from './store.ts';
export { type Contact, Team, type TeamSpec } from './team.ts';
