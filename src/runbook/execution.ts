import { duration, epochMs, type Instant, instant } from '../kernel/index.ts';
import type { ActionRecord } from '../platform/index.ts';
import {
  isOver,
  type Proposal,
  type ProposalState,
  type ProposalStep,
  type Verification,
} from './proposal.ts';
import { shortestVerification } from './runbook.ts';

/** Between two readings of the objectives. */
export const CHECK_EVERY_MS = 5_000;
/** Between two attempts while another action on the service is under way. */
const BUSY_RETRY_MS = 5_000;
/** Longer without a reading means that nobody watched; that time does not count against the action. */
const UNWATCHED_MS = 30_000;
/** How long a step waits for another action on the service to end. */
const BUSY_LIMIT_MS = 300_000;

/** When the proposal goes on by itself; undefined while it waits for people or for an action to end. Pure. */
export function dueAt(proposal: Proposal, nowMs: number): Instant | undefined {
  if (isOver(proposal) || proposal.state === 'proposed') return undefined;
  const current = proposal.steps[proposal.cursor]!;
  if (proposal.state === 'approved') return instant(nowMs);
  if (current.state === 'acting' && current.actionId === undefined)
    return instant(nowMs + (current.waitsFor === undefined ? 0 : BUSY_RETRY_MS));
  if (current.state === 'undoing' && current.undoActionId === undefined)
    return instant(nowMs + (current.waitsFor === undefined ? 0 : BUSY_RETRY_MS));
  if (current.state === 'verifying') return instant(nowMs + CHECK_EVERY_MS);
  return undefined;
}

/** Begins the step in hand. */
export function begun(proposal: Proposal, now: Instant): Proposal {
  return {
    ...withStep(proposal, proposal.cursor, { state: 'acting', startedAt: now }),
    state: 'running',
    startedAt: proposal.startedAt ?? now,
  };
}

/** The guard took the step's action. */
export function accepted(proposal: Proposal, actionId: string): Proposal {
  return withStep(proposal, proposal.cursor, { actionId });
}

/** The guard did not take it. A policy's run goes back to people; a person's has failed. */
export function refusedByGuard(proposal: Proposal, why: string, now: Instant): Proposal {
  if (proposal.runner?.kind === 'policy' && proposal.cursor === 0) {
    const { runner: _runner, startedAt: _startedAt, ...rest } = withStep(proposal, 0, { state: 'pending' });
    return {
      ...rest,
      state: 'proposed',
      start: 'one_click',
      lowered: `The guard did not let it start by itself: ${why} A person decides.`,
    };
  }
  return stepFailed(proposal, `The guard refused it: ${why}`, now);
}

/** Another action is under way on the service: it is tried again, for some minutes. */
export function busy(proposal: Proposal, why: string, now: Instant): Proposal {
  const current = proposal.steps[proposal.cursor]!;
  if (epochMs(now) - epochMs(current.startedAt ?? now) > BUSY_LIMIT_MS)
    return stepFailed(proposal, `It waited too long. ${why}`, now);
  return withStep(proposal, proposal.cursor, { waitsFor: why });
}

/** The same for an undo, which is never given up for this. */
export function undoBusy(proposal: Proposal, why: string): Proposal {
  return withStep(proposal, proposal.cursor, { waitsFor: why });
}

/** The step's action has ended. */
export function acted(proposal: Proposal, record: ActionRecord, now: Instant): Proposal {
  const facts = { actionId: record.id, reversible: record.inverse !== undefined };
  if (record.status !== 'done')
    return stepFailed(
      withStep(proposal, proposal.cursor, facts),
      record.summary ?? 'The action failed.',
      now,
    );
  const actedAt = record.finishedAt ?? now;
  const { verify } = proposal.steps[proposal.cursor]!.spec;
  if (verify === undefined)
    return stepSucceeded(
      withStep(proposal, proposal.cursor, { ...facts, actedAt }),
      'Done; the runbook asks for no verification.',
      now,
    );
  return {
    ...withStep(proposal, proposal.cursor, {
      ...facts,
      state: 'verifying',
      actedAt,
      lastCheckAt: now,
      verifyUntil: instant(epochMs(actedAt) + duration(verify.within)),
      ...(record.summary === undefined ? {} : { summary: record.summary }),
    }),
    state: 'verifying',
  };
}

/** From when the objectives are read at `now`: the whole window, but nothing from before the action until it has passed. */
export function readSince(current: ProposalStep, now: Instant): Instant {
  const windowMs = duration(current.spec.verify?.window ?? '1m');
  const since = epochMs(now) - windowMs;
  return instant(Math.max(since, epochMs(current.actedAt ?? now)));
}

/**
 * A reading of the objectives. It counts only once a whole window has passed since the action; without data, or without
 * a healthy reading by the end, the action is not verified.
 */
export function verified(proposal: Proposal, verification: Verification, now: Instant): Proposal {
  const current = proposal.steps[proposal.cursor]!;
  const verify = current.spec.verify!;
  const at = epochMs(now);
  const unwatched = at - epochMs(current.lastCheckAt ?? now);
  const verifyUntil = instant(
    epochMs(current.verifyUntil ?? now) + (unwatched > UNWATCHED_MS ? unwatched : 0),
  );
  const counts = at - epochMs(current.actedAt ?? now) >= duration(verify.window);
  const healthy = counts && verification.healthy === true;
  const { healthySince: _before, ...rest } = current;
  const healthySince = healthy ? (current.healthySince ?? now) : undefined;
  const read: ProposalStep = {
    ...rest,
    verification,
    checks: current.checks + 1,
    lastCheckAt: now,
    verifyUntil,
    ...(healthySince === undefined ? {} : { healthySince }),
  };
  const next = {
    ...proposal,
    steps: proposal.steps.map((one, index) => (index === proposal.cursor ? read : one)),
  };
  if (healthySince !== undefined) {
    const neededMs = shortestVerification(verify) - duration(verify.window);
    if (at - epochMs(healthySince) >= neededMs) return stepSucceeded(next, verification.figures, now);
  }
  if (now < verifyUntil) return next;
  const why =
    verification.healthy === null
      ? `There was no data to verify it by. ${verification.figures}`
      : `It did not help within ${verify.within}. ${verification.figures}`;
  return startUndo(
    {
      ...withStep(next, proposal.cursor, { state: 'not_verified', summary: why, finishedAt: now }),
      problem: why,
    },
    now,
  );
}

/** The undo of the step in hand was taken by the guard. */
export function undoAccepted(proposal: Proposal, undoActionId: string): Proposal {
  return withStep(proposal, proposal.cursor, { undoActionId });
}

/** The undo has ended; the earlier steps follow, unless it failed. */
export function undoEnded(
  proposal: Proposal,
  result: { done: boolean; summary: string; actionId?: string },
  now: Instant,
): Proposal {
  const ids = result.actionId === undefined ? {} : { undoActionId: result.actionId };
  if (result.done)
    return startUndo(withStep(proposal, proposal.cursor, { ...ids, state: 'undone', finishedAt: now }), now);
  return finished(
    withStep(proposal, proposal.cursor, { ...ids, state: 'undo_failed', finishedAt: now }),
    'failed',
    `${proposal.problem ?? ''} It could not be undone: ${result.summary} A person is needed.`.trim(),
    now,
  );
}

function stepSucceeded(proposal: Proposal, summary: string, now: Instant): Proposal {
  const next = withStep(proposal, proposal.cursor, { state: 'succeeded', summary, finishedAt: now });
  if (proposal.cursor + 1 < proposal.steps.length)
    return begun({ ...next, cursor: proposal.cursor + 1 }, now);
  return finished(next, 'succeeded', summary, now);
}

function stepFailed(proposal: Proposal, summary: string, now: Instant): Proposal {
  return startUndo(
    {
      ...withStep(proposal, proposal.cursor, { state: 'failed', summary, finishedAt: now }),
      problem: summary,
    },
    now,
  );
}

/** Goes on to the last step that changed something and may be undone; ends if there is none left. */
function startUndo(proposal: Proposal, now: Instant): Proposal {
  for (let index = proposal.cursor; index >= 0; index--) {
    const one = proposal.steps[index]!;
    // A failed action was taken back by its platform.
    const stands = one.state === 'succeeded' || one.state === 'not_verified';
    if (!stands || !one.spec.undo || !one.reversible) continue;
    return {
      ...withStep({ ...proposal, cursor: index }, index, { state: 'undoing' }),
      state: 'undoing',
    };
  }
  const broken = proposal.steps.some(one => one.state === 'failed');
  const undone = proposal.steps.filter(one => one.state === 'undone').map(one => one.description);
  return finished(
    proposal,
    !broken && undone.length > 0 ? 'undone' : 'failed',
    `${proposal.problem ?? ''} ${undone.length === 0 ? 'There was nothing to undo.' : `Undone: ${undone.join(', ')}.`}`.trim(),
    now,
  );
}

function finished(proposal: Proposal, state: ProposalState, outcome: string, now: Instant): Proposal {
  return { ...proposal, state, outcome, finishedAt: now };
}

function withStep(proposal: Proposal, index: number, change: Partial<ProposalStep>): Proposal {
  return {
    ...proposal,
    steps: proposal.steps.map((one, at) => (at === index ? { ...one, ...change } : one)),
  };
}
