export type { AlertFacts, Declaration, Figure } from './facts.ts';
export { Impact } from './facts.ts';
export type {
  Change,
  IncidentAlert,
  IncidentId,
  IncidentStatus,
  Phase,
  RoleName,
} from './incident.ts';
export { Incident } from './incident.ts';
export { type EntryRequest, type IncidentOptions, Incidents } from './incidents.ts';
export type { IndicatorReading, Indicators } from './settling.ts';
export type { Tier } from './severity.ts';
export { type IncidentFilter, incidentMigrations } from './store.ts';
export { type EntryKind, type NewEntry, TimelineEntry } from './timeline.ts';
export type { IncidentView } from './view.ts';
