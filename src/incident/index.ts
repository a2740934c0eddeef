export { Severity } from '../notify/index.ts';
export { AlertFacts, Declaration, Figure, Impact } from './facts.ts';
export {
  type Change,
  Incident,
  IncidentAlert,
  IncidentId,
  IncidentStatus,
  Phase,
  ROLE_NAMES,
  RoleName,
  stillFiring,
  unchanged,
} from './incident.ts';
export { type EntryRequest, type IncidentOptions, Incidents } from './incidents.ts';
export { incidentOperations } from './operations.ts';
export type { IndicatorReading, Indicators } from './settling.ts';
export { severityOf, type Tier } from './severity.ts';
export { type IncidentFilter, incidentMigrations } from './store.ts';
export { EntryKind, type NewEntry, newest, TimelineEntry } from './timeline.ts';
export { IncidentView, incidentView, renderView } from './view.ts';
