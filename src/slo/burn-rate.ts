import { type Duration, type DurationText, duration, formatDuration, milliseconds } from '../kernel/index.ts';
import { budgetOf } from './error-budget.ts';

export type AlertSeverity = 'page' | 'ticket';

/** One row of the table: fires when the burn rate is exceeded over both windows. */
export interface BurnRateWindow {
  severity: AlertSeverity;
  long: DurationText;
  short: DurationText;
  /** How many times faster than sustainable. */
  burnRate: number;
  /** What of the budget is gone when the long window has burned at this rate. */
  budgetShare: number;
}

/** A row that was changed so that it can fire, or left out, with the reason in words. */
export interface BurnRateNote {
  severity: AlertSeverity;
  long: DurationText;
  reason: string;
}

/**
 * Multiwindow, multi-burn-rate alerts: The Site Reliability Workbook, chapter 5 "Alerting on SLOs", table 5-8
 * (https://sre.google/workbook/alerting-on-slos/), for a window of 30 days. The chapter recommends 2 % of the budget
 * in an hour and 5 % in six hours for a page, 10 % in three days for a ticket; the row of a day and two hours is
 * the one that its own example rules and Sloth add between them. The short window is a twelfth of the long one.
 */
export const WORKBOOK: readonly BurnRateWindow[] = [
  { severity: 'page', long: '1h', short: '5m', burnRate: 14.4, budgetShare: 0.02 },
  { severity: 'page', long: '6h', short: '30m', burnRate: 6, budgetShare: 0.05 },
  { severity: 'ticket', long: '1d', short: '2h', burnRate: 3, budgetShare: 0.1 },
  { severity: 'ticket', long: '3d', short: '6h', burnRate: 1, budgetShare: 0.1 },
];

const MONTH = duration('30d');
const MINUTE = 60_000;
/** A threshold that replaces one that can never be reached: half of all events are bad. */
const REACHABLE_RATIO = 0.5;
/** A row that only speaks when most of the budget is gone is of no use. */
const LARGEST_SHARE = 0.5;
/** Shorter windows hold too few samples, at the usual 15 s to 60 s between them. */
const SHORTEST: Record<AlertSeverity, { long: number; short: number }> = {
  page: { long: 10 * MINUTE, short: 2 * MINUTE },
  ticket: { long: 60 * MINUTE, short: 5 * MINUTE },
};

/**
 * The table for any window and target.
 *
 * - 28 to 31 days: the Workbook's windows; the rate follows from the share of the budget (13.44 for 28 days).
 * - Other lengths: the windows shrink or grow with the window (one of 7 days pages on 14 minutes), with a floor; rows
 *   that the floor makes useless are left out.
 * - A threshold that cannot be reached (burn rate × budget ≥ 1: with a target of 90 %, 14.4 × 10 % is 144 % errors) is
 *   replaced by one at 50 % errors, over a window so much longer that the same share of the budget is gone.
 *
 * - A window so short that no row for a page is left (an hour: 14.4× over the shortest sensible window is more than its
 *   whole budget) gets one that speaks when half of the budget is gone.
 * - Rows that come out the same are one.
 *
 * `atLeast` is the shortest window that means anything, as two time slices.
 */
export function burnRateTable(
  window: Duration,
  target: number,
  options: { atLeast?: Duration; table?: readonly BurnRateWindow[] } = {},
): { rows: BurnRateWindow[]; notes: BurnRateNote[] } {
  const rows: BurnRateWindow[] = [];
  const notes: BurnRateNote[] = [];
  const atLeast = options.atLeast ?? milliseconds(0);
  const table = options.table ?? WORKBOOK;
  const usable = (scaled: BurnRateWindow) => scaled.budgetShare <= LARGEST_SHARE;
  const all = table.map(row => scaledRow(row, window, atLeast));
  const half = all.some(row => row.severity === 'page' && usable(row)) ? undefined : halfRow(window, atLeast);
  for (const scaled of half === undefined ? all : [half, ...all]) {
    const note = (reason: string, long = scaled.long) =>
      notes.push({ severity: scaled.severity, long, reason });
    if (!usable(scaled)) {
      note(
        `left out: over ${scaled.long} of a window of ${formatDuration(window)} it would only fire with ${percent(scaled.budgetShare)} of the budget gone`,
        scaled.long,
      );
      continue;
    }
    const slower = all.find(
      other => other !== scaled && sameWindows(other, scaled) && other.burnRate < scaled.burnRate,
    );
    if (slower !== undefined) {
      note(`left out: ${rate(slower.burnRate)} over the same windows speaks before ${rate(scaled.burnRate)}`);
      continue;
    }
    const budget = budgetOf(target);
    if (scaled.burnRate * budget < 1) {
      rows.push(scaled);
      continue;
    }
    if (budget >= 1) {
      note('left out: with a target of 0 every error is allowed');
      continue;
    }
    const reachable = reachableRow(scaled, window, budget, atLeast);
    if (reachable === undefined) {
      note(
        `left out: ${rate(scaled.burnRate)} needs ${percent(scaled.burnRate * budget)} errors, which cannot be, and no longer window replaces it`,
        scaled.long,
      );
      continue;
    }
    rows.push(reachable);
    note(
      `${rate(scaled.burnRate)} over ${scaled.long} needs ${percent(scaled.burnRate * budget)} errors, which cannot be; replaced by ${rate(reachable.burnRate)} over ${reachable.long}`,
      scaled.long,
    );
  }
  // Two rates that cannot be reached may both become the slowest one, over the same windows.
  const once = rows.filter(
    (row, index) =>
      !rows.some(
        (other, at) =>
          sameWindows(other, row) &&
          (other.burnRate < row.burnRate || (other.burnRate === row.burnRate && at < index)),
      ),
  );
  return { rows: once, notes };
}

function sameWindows(a: BurnRateWindow, b: BurnRateWindow): boolean {
  return a.severity === b.severity && a.long === b.long && a.short === b.short;
}

/** For a window too short for the table: half of the budget within the shortest long window. */
function halfRow(window: Duration, atLeast: Duration): BurnRateWindow | undefined {
  const { long: floor, short } = SHORTEST.page;
  // Half of the budget over more than half of the window would not be a burn at all.
  const most = Math.floor((window * LARGEST_SHARE) / MINUTE) * MINUTE;
  const long = whole(Math.min(Math.max(floor, atLeast * 6), most));
  const burnRate = Number(((LARGEST_SHARE * window) / long).toPrecision(12));
  return burnRate < 1
    ? undefined
    : {
        severity: 'page',
        long: formatDuration(long),
        short: formatDuration(Math.min(whole(Math.max(short, atLeast)), long)),
        burnRate,
        budgetShare: LARGEST_SHARE,
      };
}

function scaledRow(row: BurnRateWindow, window: Duration, atLeast: Duration): BurnRateWindow {
  const days = window / duration('1d');
  const factor = days >= 28 && days <= 31 ? 1 : window / MONTH;
  const floor = SHORTEST[row.severity];
  const long = whole(Math.max(duration(row.long) * factor, floor.long, atLeast * 6));
  const short = whole(Math.max(duration(row.short) * factor, floor.short, atLeast));
  // Where the floor stretched the window, the rate stays and the share follows from it.
  const stretched = long > duration(row.long) * factor * 1.05;
  const burn = stretched ? row.burnRate : (row.budgetShare * window) / long;
  const burnRate = Number(Math.max(burn, 1).toPrecision(12));
  return {
    severity: row.severity,
    long: formatDuration(long),
    short: formatDuration(short),
    burnRate,
    budgetShare: Number(((burnRate * long) / window).toPrecision(12)),
  };
}

function reachableRow(
  row: BurnRateWindow,
  window: Duration,
  budget: number,
  atLeast: Duration,
): BurnRateWindow | undefined {
  const burnRate = Math.max(REACHABLE_RATIO / budget, 1);
  if (burnRate * budget >= 1) return undefined;
  const rounded = whole((row.budgetShare * window) / burnRate);
  const long = (burnRate * rounded) / window > LARGEST_SHARE ? rounded - MINUTE : rounded;
  if (long < MINUTE || long > window / 2) return undefined;
  return {
    severity: row.severity,
    long: formatDuration(long),
    short: formatDuration(whole(Math.min(Math.max(long / 12, SHORTEST[row.severity].short, atLeast), long))),
    burnRate: Number(burnRate.toPrecision(12)),
    budgetShare: Number(((burnRate * long) / window).toPrecision(12)),
  };
}

/** Whole minutes: what a window of a rule is written in. */
function whole(ms: number): number {
  return Math.max(Math.round(ms / MINUTE), 1) * MINUTE;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function rate(burn: number): string {
  return `${Number(burn.toPrecision(3))}×`;
}
