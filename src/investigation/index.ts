export {
  Cause,
  CauseKind,
  CausingChange,
  CausingStatement,
  Evidence,
  Investigation,
  Remedy,
  SaturatedResource,
  ScorePart,
  Verdict,
} from './investigation.ts';
export { type InvestigationPace, Investigations } from './investigations.ts';
export { investigationOperations } from './operations.ts';
export type { IncidentFacts, ServiceFacts, Sources } from './sources.ts';
export { investigationMigrations } from './store.ts';
