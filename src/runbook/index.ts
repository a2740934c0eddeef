import { Runbook } from './runbook.ts';

export type { Finding } from './matching.ts';
export { runbookOperations } from './operations.ts';
export { Proposal, ProposalState, ProposalStep, Verification } from './proposal.ts';
export { CauseKind, Runbook, RunbookSpec, Start, Verdict } from './runbook.ts';
export { type Objection, Runbooks, type RunbooksOptions, type Verify } from './runbooks.ts';
export { runbookMigrations } from './store.ts';

/** The kinds of this room, for the catalog. */
export const runbookKinds = [Runbook];
