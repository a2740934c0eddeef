/** What was counted over the part of a window that has data. */
export interface Counted {
  bad: number;
  total: number;
  /** Share of the window with data, 0 to 1. */
  coverage: number;
}

/** An error budget and what is left of it. Shares are of the whole window's budget: 1 = all of it. */
export interface ErrorBudget {
  errorRatio: number;
  /** Good ÷ total. */
  sli: number;
  consumed: number;
  /** 1 − consumed: negative when overspent. */
  remaining: number;
}

/**
 * The budget of a window (SRE Workbook, chapter 2): (1 − target) × the window's events. Where only a part of the window
 * has data, its events are estimated from that part's rate (total ÷ coverage): five minutes of errors on a fresh
 * system cost five minutes' worth of a month and not the month. Undefined when nothing was counted: no data is not zero.
 */
export function errorBudget(counted: Counted, target: number): ErrorBudget | undefined {
  const { bad, total, coverage } = counted;
  if (!(total > 0) || !(coverage > 0)) return undefined;
  const errorRatio = clamp(bad / total);
  const consumed = (errorRatio * Math.min(coverage, 1)) / budgetOf(target);
  return { errorRatio, sli: 1 - errorRatio, consumed, remaining: 1 - consumed };
}

/** The error budget as a share of all events: 1 − target, without the noise of binary fractions. */
export function budgetOf(target: number): number {
  return Number((1 - target).toPrecision(12));
}

/** How many times faster than sustainable the budget is used: 1 uses exactly all of it over the whole window. */
export function burnRate(errorRatio: number, target: number): number {
  return errorRatio / budgetOf(target);
}

/** The share of the budget that a part of the window used: burn rate × part ÷ window. */
export function budgetShare(errorRatio: number, target: number, part: number, window: number): number {
  return (burnRate(errorRatio, target) * part) / window;
}

/** The time for which a full outage may last: budget × window, in the window's unit. */
export function allowedOutage(target: number, window: number): number {
  return budgetOf(target) * window;
}

function clamp(ratio: number): number {
  return Math.min(Math.max(ratio, 0), 1);
}
