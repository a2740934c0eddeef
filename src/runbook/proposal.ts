import { z } from 'zod';
import { Fault, Instant, Principal } from '../kernel/index.ts';
import { Action, describeAction } from '../platform/index.ts';
import type { Match } from './matching.ts';
import { CauseKind, type RunbookSpec, Start, StepSpec, Verdict } from './runbook.ts';

/** What the service's objectives say since a time. `null`: there is no data, which is never taken for healthy. */
export const Verification = z.object({
  healthy: z.boolean().nullable(),
  /** As a sentence with figures. */
  figures: z.string(),
  readings: z.array(z.unknown()).optional(),
});
export type Verification = z.infer<typeof Verification>;

export const StepState = z.enum([
  'pending',
  'acting',
  'verifying',
  'succeeded',
  'not_verified',
  'failed',
  'undoing',
  'undone',
  'undo_failed',
]);

export const ProposalStep = z.object({
  name: z.string(),
  spec: StepSpec,
  action: Action,
  description: z.string(),
  state: StepState,
  /** The guard's record of the action, and of its undo. */
  actionId: z.string().optional(),
  undoActionId: z.string().optional(),
  /** Whether something would undo it, known once it was performed. */
  reversible: z.boolean().default(false),
  startedAt: Instant.optional(),
  actedAt: Instant.optional(),
  /** By when it must be verified. */
  verifyUntil: Instant.optional(),
  lastCheckAt: Instant.optional(),
  /** Since when every reading was healthy. */
  healthySince: Instant.optional(),
  checks: z.int().default(0),
  verification: Verification.optional(),
  finishedAt: Instant.optional(),
  /** Another action that it waits for. */
  waitsFor: z.string().optional(),
  summary: z.string().optional(),
});
export type ProposalStep = z.infer<typeof ProposalStep>;

export const ProposalState = z.enum([
  'proposed',
  'approved',
  'running',
  'verifying',
  'undoing',
  'succeeded',
  'undone',
  'failed',
  'rejected',
]);
export type ProposalState = z.infer<typeof ProposalState>;

/** A runbook put forward against an incident, and what became of it. Its steps are fixed when it is proposed. */
export const Proposal = z.object({
  id: z.string(),
  incident: z.string(),
  runbook: z.string(),
  title: z.string(),
  service: z.string(),
  /** The first step's action, for the button. */
  action: Action,
  /** Why this runbook, and why this action. */
  why: z.string(),
  causeKind: CauseKind,
  verdict: Verdict,
  start: Start,
  /** Why it does not start by itself although the runbook would. */
  lowered: z.string().optional(),
  approvals: z.array(z.object({ by: z.string(), at: Instant })),
  /** Who runs it: the last approver, or the runbook's own policy. */
  runner: Principal.optional(),
  state: ProposalState,
  steps: z.array(ProposalStep),
  /** The step in hand. */
  cursor: z.int(),
  /** Counts its changes. */
  version: z.int(),
  /** Why it is being undone, or has failed. */
  problem: z.string().optional(),
  /** What came of it, as a sentence. */
  outcome: z.string().optional(),
  proposedAt: Instant,
  startedAt: Instant.optional(),
  finishedAt: Instant.optional(),
});
export type Proposal = z.infer<typeof Proposal>;

const FINISHED: readonly ProposalState[] = ['succeeded', 'undone', 'failed', 'rejected'];

export function isOver(proposal: Pick<Proposal, 'state'>): boolean {
  return FINISHED.includes(proposal.state);
}

export function approvalsNeeded(start: Start): number {
  return start === 'automatic' ? 0 : start === 'one_click' ? 1 : 2;
}

export function proposed(
  match: Match,
  facts: {
    id: string;
    incident: string;
    service: string;
    causeKind: CauseKind;
    verdict: Verdict;
    reason: string;
    start: Start;
    lowered?: string;
  },
  now: Instant,
): Proposal {
  const { runbook, actions, why } = match;
  const spec: RunbookSpec = runbook.spec;
  return {
    id: facts.id,
    incident: facts.incident,
    runbook: runbook.metadata.name,
    title: spec.title,
    service: facts.service,
    action: actions[0]!,
    why: `${facts.reason} The runbook ${runbook.metadata.name} fits: ${why}.`,
    causeKind: facts.causeKind,
    verdict: facts.verdict,
    start: facts.start,
    ...(facts.lowered === undefined ? {} : { lowered: facts.lowered }),
    approvals: [],
    state: 'proposed',
    steps: spec.steps.map((step, index) => ({
      name: step.name,
      spec: step,
      action: actions[index]!,
      description: describeAction(actions[index]!),
      state: 'pending',
      reversible: false,
      checks: 0,
    })),
    cursor: 0,
    version: 1,
    proposedAt: now,
  };
}

/** One person's yes. With enough of them it is approved. A model cannot be an approver, nor one person two. */
export function approved(proposal: Proposal, principal: Principal, now: Instant): Proposal {
  demandOpen(proposal, 'approved');
  if (principal.kind !== 'person')
    throw new Fault('forbidden', `Only a person may approve ${proposal.id}; ${principal.name} is not one.`, {
      hint: `Ask the person on call: nines remediation approve ${proposal.id}.`,
    });
  if (principal.role === 'viewer')
    throw new Fault('forbidden', `${principal.name} has the role viewer; to approve needs responder.`);
  if (proposal.approvals.some(one => one.by === principal.name))
    throw new Fault('conflict', `${principal.name} has approved ${proposal.id} already.`, {
      hint: 'It needs a second person.',
    });
  const approvals = [...proposal.approvals, { by: principal.name, at: now }];
  const next = { ...proposal, approvals };
  if (approvals.length < approvalsNeeded(proposal.start)) return next;
  return { ...next, state: 'approved', runner: principal };
}

/** The start that the policy itself gives. */
export function startedByPolicy(proposal: Proposal): Proposal {
  return {
    ...proposal,
    state: 'approved',
    runner: { name: `runbook/${proposal.runbook}`, kind: 'policy', role: 'responder' },
  };
}

export function rejected(proposal: Proposal, by: string, reason: string, now: Instant): Proposal {
  demandOpen(proposal, 'rejected');
  return {
    ...proposal,
    state: 'rejected',
    outcome: `Rejected by ${by}: ${reason}`,
    finishedAt: now,
  };
}

function demandOpen(proposal: Proposal, verb: string): void {
  if (proposal.state !== 'proposed')
    throw new Fault('conflict', `${proposal.id} is ${proposal.state} and cannot be ${verb} any more.`, {
      hint: `nines remediation show ${proposal.id} shows what became of it.`,
    });
}

/** The events that tell a transition. Pure. */
export function newsOf(before: Proposal, after: Proposal): string[] {
  const news: string[] = [];
  if (after.state === 'approved' && before.state !== 'approved') news.push('remediation.approved');
  if (after.startedAt !== undefined && before.startedAt === undefined) news.push('remediation.started');
  if (after.state === 'proposed' && before.state !== 'proposed') news.push('remediation.proposed');
  if (after.state !== before.state) {
    if (after.state === 'succeeded') news.push('remediation.verified');
    if (after.state === 'undone' || after.state === 'failed' || after.state === 'rejected')
      news.push(`remediation.${after.state}`);
  }
  const steps = after.steps.some((one, index) => one.state !== before.steps[index]?.state);
  if (steps || after.approvals.length !== before.approvals.length) news.push('remediation.progress');
  return news;
}
