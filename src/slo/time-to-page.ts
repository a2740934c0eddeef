import { duration } from '../kernel/index.ts';
import type { AlertRule } from './alert-rule.ts';

/** What goes wrong: a share of events is bad from an instant on, after a healthy past. */
export interface Outage {
  errorRatio: number;
  /** Events a second; undefined: enough that no guard for low traffic holds. */
  eventsPerSecond?: number | undefined;
}

/** How soon a rule fires, in ms after the first bad event; undefined when it never does. */
export interface TimeToFire {
  rule: string;
  ms?: number;
}

/** No outage is followed for longer. */
const LONGEST_MS = 90 * 86_400_000;

/**
 * Plays an outage against a rule: the error ratio over a window grows as bad events fill it, and the rule is
 * looked at every `everyMs`, as the loop does. The turns at which nothing can change are skipped.
 */
export function timeToFire(rule: AlertRule, outage: Outage, everyMs = 5_000): number | undefined {
  const long = duration(rule.longWindow);
  const short = duration(rule.shortWindow);
  const rate = outage.eventsPerSecond;
  const holds = (ms: number) => {
    const ratio = (window: number) => (outage.errorRatio * Math.min(ms, window)) / window;
    const bad = (window: number) =>
      rate === undefined
        ? Number.POSITIVE_INFINITY
        : (outage.errorRatio * rate * Math.min(ms, window)) / 1000;
    return (
      ratio(long) > rule.threshold &&
      (rule.kind === 'absolute' || ratio(short) > rule.threshold) &&
      bad(long) >= rule.minEvents &&
      bad(short) >= rule.minShortEvents
    );
  };
  // Everything only grows until the long window is full, and stays then: the first turn that holds can be halved to.
  const last = Math.min(Math.ceil(long / everyMs) + 1, Math.floor(LONGEST_MS / everyMs));
  if (!holds(last * everyMs)) return undefined;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(middle * everyMs)) high = middle;
    else low = middle;
  }
  return high * everyMs + duration(rule.for);
}

/** The fastest of some rules. */
export function fastest(
  rules: readonly AlertRule[],
  outage: Outage,
): { ms: number; rule: string } | undefined {
  return rules
    .flatMap(rule => {
      const ms = timeToFire(rule, outage);
      return ms === undefined ? [] : [{ ms, rule: rule.id }];
    })
    .sort((a, b) => a.ms - b.ms)[0];
}
