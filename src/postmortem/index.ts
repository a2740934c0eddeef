export { blameProblems } from './blameless.ts';
export type {
  CauseFact,
  InvestigationFacts,
  ObjectiveFact,
  PostmortemFacts,
  RemediationFact,
  TimelineFact,
} from './facts.ts';
export { postmortemOperations } from './operations.ts';
export { ActionItem, Postmortem } from './postmortem.ts';
export { type PostmortemOptions, Postmortems } from './postmortems.ts';
export { postmortemMigrations } from './store.ts';
