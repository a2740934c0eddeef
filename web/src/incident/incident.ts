import type { OutputOf } from '../api.ts';

/** What the incident pages are about, as the operations answer it. */
export type View = OutputOf<'incident.show'>;
export type Incident = View['incident'];
export type Entry = View['timeline'][number];
export type Phase = Incident['phase'];
export type Role = keyof Incident['roles'];
export type Investigation = OutputOf<'investigation.show'>;
export type Cause = Investigation['causes'][number];
export type Evidence = Cause['evidence'][number];
export type Proposal = OutputOf<'remediation.show'>;
export type ProposalStep = Proposal['steps'][number];
export type Change = OutputOf<'change.list'>['changes'][number];

/** How often what is not told by events is asked again while an incident lasts, in ms. */
export const LIVE_MS = 5_000;
