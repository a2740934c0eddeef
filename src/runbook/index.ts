import { Runbook } from './runbook.ts';

export type { Finding } from './matching.ts';
export { Proposal } from './proposal.ts';
export { Runbook } from './runbook.ts';
export { type Objection, Runbooks, type RunbooksOptions, type Verify } from './runbooks.ts';
export { runbookMigrations } from './store.ts';

/** The kinds of this room, for the catalog. */
export const runbookKinds = [Runbook];
