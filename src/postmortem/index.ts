export type {
  CauseFact,
  InvestigationFacts,
  ObjectiveFact,
  PostmortemFacts,
  RemediationFact,
  TimelineFact,
} from './facts.ts';
export { Postmortem } from './postmortem.ts';
export { type PostmortemOptions, Postmortems } from './postmortems.ts';
export { postmortemMigrations } from './store.ts';
