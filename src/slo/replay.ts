import { z } from 'zod';
import { DurationText, duration, Instant, instant } from '../kernel/index.ts';
import { type AlertRule, evaluateRule, keeps, ratioOf } from './alert-rule.ts';
import { allowedOutage, budgetOf, burnRate } from './error-budget.ts';
import type { History } from './history.ts';
import type { WindowCount } from './indicator.ts';
import type { Objective } from './objective.ts';
import { type BudgetWindow, windowAt } from './time-window.ts';

export const ReplayedAlert = z.object({
  severity: z.enum(['page', 'ticket']),
  rule: z.string(),
  from: Instant,
  to: Instant.describe('When no rule held any more; the end of the replay if one still did'),
  burnRate: z.number().describe('The highest, over the short window'),
});
export type ReplayedAlert = z.infer<typeof ReplayedAlert>;

/** What would have happened with an objective over past data. */
export const Replay = z.object({
  target: z.number(),
  window: z.string(),
  budgetMinutes: z.number(),
  good: z.number().nullable().describe('Good ÷ total over the replay; null: no data'),
  events: z.number(),
  consumed: z
    .number()
    .nullable()
    .describe('Of the window’s budget in the last window of the replay; what it lacks counts as the rest'),
  worst: z.number().nullable().describe('The most that was consumed in any window of the replay'),
  alerts: z.array(ReplayedAlert).describe('Oldest first'),
});
export type Replay = z.infer<typeof Replay>;

export const Resolution = z.object({ from: Instant, to: Instant, step: DurationText, coverage: z.number() });

/** An alert that comes back within this is the same one, as in the loop. */
const SAME_WITHIN_MS = 3_600_000;
const WARM_UP_MS = 120_000;

/** Plays past counts through an objective's rules, a step at a time. */
export function replayOf(history: History, objective: Objective, rules: readonly AlertRule[]): Replay {
  const { steps, stepMs, from } = history;
  const sums = prefixSums(steps);
  const begin = steps.findIndex(step => step !== undefined);
  const over = (window: number, end: number): WindowCount | undefined => {
    const first = Math.max(end - Math.max(Math.round(window / stepMs), 1), 0);
    const known = sums.known[end]! - sums.known[first]!;
    if (known === 0) return undefined;
    return { bad: sums.bad[end]! - sums.bad[first]!, total: sums.total[end]! - sums.total[first]! };
  };
  // Parsed once: a month has tens of thousands of steps.
  const timed = rules.map(rule => ({
    rule,
    long: duration(rule.longWindow),
    short: duration(rule.shortWindow),
    forMs: duration(rule.for),
  }));
  const burns = rules.filter(rule => rule.kind === 'burn');
  const shortest = [...(burns.length > 0 ? burns : rules)].sort(
    (a, b) => duration(a.shortWindow) - duration(b.shortWindow),
  )[0];
  const held = new Map<string, number>();
  const open = new Map<string, ReplayedAlert>();
  const alerts: ReplayedAlert[] = [];
  for (let end = begin + 1; begin >= 0 && end <= steps.length; end++) {
    const at = from + end * stepMs;
    const age = (end - begin) * stepMs;
    for (const { rule, long: longMs, short: shortMs, forMs } of timed) {
      const short = over(shortMs, end);
      // As in the loop: a rule speaks once there is data as old as its short window, the fastest sooner.
      const young = age < Math.min(shortMs, shortest === rule ? WARM_UP_MS : Number.POSITIVE_INFINITY);
      // Where the short window is quiet the long one changes nothing.
      const quiet = ratioOf(short);
      if (rule.kind === 'burn' && quiet !== undefined && quiet <= rule.threshold) {
        held.delete(rule.id);
        continue;
      }
      const found = evaluateRule(rule, over(longMs, end), short);
      const state = young ? 'ok' : found.state;
      // Absence of data keeps the state: it neither fires nor resolves.
      if (state === 'no_data') continue;
      if (state === 'ok') {
        held.delete(rule.id);
        const kept = open.get(rule.severity);
        if (kept?.to === instant(at - stepMs) && !young && keeps(rule, found)) kept.to = instant(at);
        continue;
      }
      const since = held.get(rule.id) ?? at;
      held.set(rule.id, since);
      if (at - since < forMs) continue;
      const burn = burnRate(ratioOf(short) ?? 0, objective.target);
      const active = open.get(rule.severity);
      if (active !== undefined && at - Date.parse(active.to) <= SAME_WITHIN_MS + stepMs) {
        active.to = instant(at);
        active.burnRate = Math.max(active.burnRate, burn);
      } else {
        const alert = {
          severity: rule.severity,
          rule: rule.id,
          from: instant(at),
          to: instant(at),
          burnRate: burn,
        };
        open.set(rule.severity, alert);
        alerts.push(alert);
      }
    }
  }
  return { ...figures(history, objective, sums, over), alerts };
}

function figures(
  { steps, stepMs, from }: History,
  { target, window }: Objective,
  sums: ReturnType<typeof prefixSums>,
  over: (window: number, end: number) => WindowCount | undefined,
): Omit<Replay, 'alerts'> {
  const end = steps.length;
  const events = sums.total[end]!;
  // The events of a step, from the rate of the steps that there are.
  const perStep = sums.known[end]! > 0 ? events / sums.known[end]! : 0;
  const windowOf = windows(window);
  const consumedAt = (at: number) => {
    const { elapsed, length } = windowOf(from + at * stepMs);
    const expected = perStep * Math.max(Math.round(length / stepMs), 1);
    const count = over(elapsed, at);
    return count === undefined || expected <= 0
      ? null
      : count.bad / (budgetOf(target) * Math.max(expected, count.total));
  };
  let worst: number | null = null;
  for (let at = 1; at <= end; at++) {
    const consumed = consumedAt(at);
    if (consumed !== null && (worst === null || consumed > worst)) worst = consumed;
  }
  return {
    target,
    window: window.text,
    budgetMinutes: allowedOutage(target, window.length) / 60_000,
    good: events > 0 ? 1 - sums.bad[end]! / events : null,
    events,
    consumed: consumedAt(end),
    worst,
  };
}

/** How far the window that ends at an instant reaches back, and how long it is as a whole: calendar windows begin anew. */
function windows(window: BudgetWindow): (at: number) => { elapsed: number; length: number } {
  if (window.calendar === undefined) return () => ({ elapsed: window.length, length: window.length });
  let period = { from: 0, to: 0 };
  return at => {
    // At the very instant of its end a period is whole; the next one has nothing yet.
    if (at <= period.from || at > period.to) {
      const found = windowAt(window, instant(at - 1));
      const from = Date.parse(found.from);
      period = { from, to: from + found.length };
    }
    return { elapsed: at - period.from, length: period.to - period.from };
  };
}

function prefixSums(steps: History['steps']) {
  const bad = new Float64Array(steps.length + 1);
  const total = new Float64Array(steps.length + 1);
  const known = new Float64Array(steps.length + 1);
  steps.forEach((step, index) => {
    bad[index + 1] = bad[index]! + (step?.bad ?? 0);
    total[index + 1] = total[index]! + (step?.total ?? 0);
    known[index + 1] = known[index]! + (step === undefined ? 0 : 1);
  });
  return { bad, total, known };
}

/** How much of the stretch had data. */
export function resolutionOf({ from, stepMs, steps }: History, step: string): z.infer<typeof Resolution> {
  const known = steps.filter(one => one !== undefined).length;
  return {
    from: instant(from),
    to: instant(from + steps.length * stepMs),
    step,
    coverage: steps.length === 0 ? 0 : known / steps.length,
  };
}
