import { type Duration, duration } from '../kernel/index.ts';

/** Fewer bad events than these never page: one failure among a few requests is a large ratio and no outage. */
const LEAST = 5;
const MOST = 50;
/** A rule may fire by chance once in so many months, at the worst rate of traffic. */
const MONTHS = 40;
const MONTH: Duration = duration('30d');

/**
 * How many bad events the long window of a rule that pages must hold (SRE Workbook, chapter 5, "Low-Traffic Services"):
 * the fewest that come up by chance less than once in 40 months. Chance is a failure rate that uses up exactly the
 * budget; the worst traffic is that at which so many events are just over the threshold, where λ = events ÷ burn rate
 * are to be expected (Poisson), in each of the long windows of the time. 5 for 14.4× over an hour, 8 for 6× over six.
 */
export function fewestBadEvents(burnRate: number, long: Duration): number {
  const windows = (MONTH / long) * MONTHS;
  for (let events = LEAST; events < MOST; events++)
    if (windows * atLeast(events, events / burnRate) <= 1) return events;
  return MOST;
}

/** How probable so many or more events are where `mean` are to be expected: the tail of Poisson's distribution. */
function atLeast(events: number, mean: number): number {
  let term = Math.exp(-mean);
  let below = 0;
  for (let i = 0; i < events; i++) {
    below += term;
    term *= mean / (i + 1);
  }
  // Far out in the tail the difference to 1 has no digits left; there the tail itself is summed.
  let tail = 0;
  for (let i = events; i < events + 100 && term > tail * 1e-12; i++) {
    tail += term;
    term *= mean / (i + 1);
  }
  return Math.max(tail, 1 - below > 1e-6 ? 1 - below : 0);
}
