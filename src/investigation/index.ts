export { Investigation } from './investigation.ts';
export { type InvestigationPace, Investigations } from './investigations.ts';
export type { IncidentFacts, ServiceFacts, Sources } from './sources.ts';
export { investigationMigrations } from './store.ts';
