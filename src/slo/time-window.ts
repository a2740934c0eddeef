import { type Duration, type Instant, instant, milliseconds } from '../kernel/index.ts';
import { type DurationShorthand, shorthandDuration, shorthandParts } from './openslo/duration-shorthand.ts';
import type { TimeWindow } from './openslo/slo.ts';

/** The window of an SLO that names none: the SRE Workbook's four weeks, rounded as most tools do. */
const DEFAULT: DurationShorthand = '30d';

/** Over what time a budget is counted. */
export interface BudgetWindow {
  text: DurationShorthand;
  /** The whole length; of a calendar window the nominal one (a month is 30 days). */
  length: Duration;
  calendar?: { startTime: string; timeZone: string };
}

export function budgetWindow(timeWindow: TimeWindow | undefined): BudgetWindow {
  if (timeWindow === undefined) return { text: DEFAULT, length: shorthandDuration(DEFAULT) };
  const { duration, calendar } = timeWindow;
  return {
    text: duration,
    length: shorthandDuration(duration),
    ...(calendar === undefined ? {} : { calendar }),
  };
}

/**
 * The window that `now` lies in: the last `length` when it rolls; of a calendar window the period that `now` lies in,
 * counted in its time zone from its start time (a window that begins in the future is counted back from it).
 */
export function windowAt(
  window: BudgetWindow,
  now: Instant,
): { from: Instant; to: Instant; length: Duration } {
  const at = Date.parse(now);
  if (window.calendar === undefined)
    return { from: instant(at - window.length), to: now, length: window.length };
  const { startTime, timeZone } = window.calendar;
  const first = Temporal.PlainDateTime.from(startTime.replace(' ', 'T')).toZonedDateTime(timeZone);
  const start = (index: number) => first.add(steps(window.text, index)).epochMilliseconds;
  // The nominal length gives the neighbourhood; months and summer time make it off by a few.
  let index = Math.floor((at - start(0)) / window.length);
  while (start(index) > at) index--;
  while (start(index + 1) <= at) index++;
  return {
    from: instant(start(index)),
    to: now,
    length: milliseconds(start(index + 1) - start(index)),
  };
}

function steps(text: DurationShorthand, times: number): Temporal.Duration {
  const { count, unit } = shorthandParts(text);
  const n = count * times;
  switch (unit) {
    case 'm':
      return Temporal.Duration.from({ minutes: n });
    case 'h':
      return Temporal.Duration.from({ hours: n });
    case 'd':
      return Temporal.Duration.from({ days: n });
    case 'w':
      return Temporal.Duration.from({ weeks: n });
    case 'M':
      return Temporal.Duration.from({ months: n });
    case 'Q':
      return Temporal.Duration.from({ months: 3 * n });
    default:
      return Temporal.Duration.from({ years: n });
  }
}
