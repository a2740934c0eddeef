import { z } from 'zod';
import type { Instant } from '../kernel/index.ts';
import { type Interval, within, without } from './interval.ts';

export const CauseKind = z.enum(['maintenance', 'deploy', 'incident']);
export type CauseKind = z.infer<typeof CauseKind>;

/** Something during which a budget may have burned: handed in by whoever knows. */
export interface BudgetCause {
  kind: CauseKind;
  id: string;
  title: string;
  service: string;
  from: Instant;
  to: Instant;
  /** The cause of this one, as the deploy that an incident came from: what burned is charged to that. */
  causedBy?: string | undefined;
}

/** Who knows what happened to a service, and to those that it calls, in a window. */
export type BudgetCauses = (
  service: string,
  window: { from: Instant; to: Instant },
) => Promise<BudgetCause[]>;

export interface Charged {
  cause: BudgetCause;
  /** The whole of it inside the window. */
  interval: Interval;
  /** What of it is charged to this cause alone, so that all causes add up. */
  pieces: Interval[];
}

const ORDER: readonly CauseKind[] = ['maintenance', 'deploy', 'incident'];

/**
 * Shares the time of a window out among its causes: no instant is charged twice. What was planned comes first; an
 * incident is charged before a deploy that nothing implicates, and after the one that caused it.
 */
export function shared(
  causes: readonly BudgetCause[],
  window: Interval,
  excluded: readonly Interval[],
): Charged[] {
  const blamed = new Set(causes.flatMap(one => (one.causedBy === undefined ? [] : [one.causedBy])));
  const rank = (one: BudgetCause) =>
    one.kind === 'deploy' && !blamed.has(one.id) ? ORDER.length : ORDER.indexOf(one.kind);
  const sorted = [...causes].sort((a, b) => rank(a) - rank(b) || a.from.localeCompare(b.from));
  const taken: Interval[] = [...excluded];
  return sorted.flatMap(cause => {
    const interval = within({ from: Date.parse(cause.from), to: Date.parse(cause.to) }, window);
    if (interval === undefined) return [];
    const pieces = without(interval, taken);
    taken.push(interval);
    return [{ cause, interval, pieces }];
  });
}
