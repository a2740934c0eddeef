/**
 * Before against after for one population of calls, with minimum counts and minimum sizes, so that noise is blamed for
 * nothing. Quantiles rather than means decide: a few slow calls do not make an operation slow.
 */

export interface Calls {
  count: number;
  errors: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface Shift {
  slower: boolean;
  failing: boolean;
  /** After over before, of the quantile that moved most; 1 where nothing is known. */
  latencyRatio: number;
  /** Difference of the shares of failed calls. */
  errorIncrease: number;
}

const STEADY: Shift = { slower: false, failing: false, latencyRatio: 1, errorIncrease: 0 };

/**
 * The three ways of being slower: quantile, least ratio, least added milliseconds, least calls after. A higher quantile
 * asks for more calls, as it rests on fewer of them: p99 of 100 calls is the slowest one.
 */
const SLOWER = [
  { quantile: 'p50Ms', ratio: 1.5, addedMs: 5, calls: 8 },
  { quantile: 'p95Ms', ratio: 1.8, addedMs: 20, calls: 20 },
  { quantile: 'p99Ms', ratio: 2.5, addedMs: 50, calls: 100 },
] as const;
const LEAST_BEFORE = 8;
/** Standard errors by which two shares must differ: one in 30,000 by chance (two-proportion z-test). */
const ERROR_Z = 4;
const LEAST_ERRORS = 4;
const LEAST_ERROR_INCREASE = 0.01;

export function shift(before: Calls | undefined, after: Calls | undefined): Shift {
  if (after === undefined || after.count === 0) return STEADY;
  const known = before !== undefined && before.count >= LEAST_BEFORE ? before : undefined;
  let slower = false;
  let latencyRatio = 1;
  if (known !== undefined)
    for (const { quantile, ratio, addedMs, calls } of SLOWER) {
      if (after.count < calls) continue;
      const grown = after[quantile] / Math.max(known[quantile], 0.1);
      latencyRatio = Math.max(latencyRatio, grown);
      if (grown >= ratio && after[quantile] - known[quantile] >= addedMs) slower = true;
    }
  const rateAfter = after.errors / after.count;
  const rateBefore = known === undefined ? 0 : known.errors / known.count;
  const errorIncrease = rateAfter - rateBefore;
  return {
    slower,
    latencyRatio: Number.isFinite(latencyRatio) ? latencyRatio : 1,
    errorIncrease,
    failing:
      after.errors >= LEAST_ERRORS &&
      errorIncrease >= LEAST_ERROR_INCREASE &&
      standardErrors(known ?? { count: LEAST_BEFORE, errors: 0 }, after) >= ERROR_Z,
  };
}

function standardErrors(
  before: { count: number; errors: number },
  after: { count: number; errors: number },
): number {
  // One success and one failure are added to each side (Agresti and Caffo 2000), so that zeros give no infinity.
  const [n1, n2] = [before.count + 2, after.count + 2];
  const [p1, p2] = [(before.errors + 1) / n1, (after.errors + 1) / n2];
  return (p2 - p1) / Math.sqrt((p1 * (1 - p1)) / n1 + (p2 * (1 - p2)) / n2);
}

/** Several populations as one: exact counts, and the quantiles of the mixture as far as theirs tell it. */
export function combined(parts: readonly Calls[]): Calls {
  const filled = parts.filter(part => part.count > 0);
  const [only] = filled;
  if (only === undefined) return { count: 0, errors: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0 };
  if (filled.length === 1) {
    const { count, errors, p50Ms, p95Ms, p99Ms } = only;
    return { count, errors, p50Ms, p95Ms, p99Ms };
  }
  return {
    count: filled.reduce((sum, part) => sum + part.count, 0),
    errors: filled.reduce((sum, part) => sum + part.errors, 0),
    p50Ms: mixtureQuantile(filled, 0.5),
    p95Ms: mixtureQuantile(filled, 0.95),
    p99Ms: mixtureQuantile(filled, 0.99),
  };
}

/** The value below which a share of all calls lies, where each part's calls lie evenly between its known quantiles. */
function mixtureQuantile(parts: readonly Calls[], share: number): number {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const below = (value: number) =>
    parts.reduce((sum, part) => sum + part.count * shareBelow(part, value), 0) / count;
  let [low, high] = [0, Math.max(...parts.map(part => part.p99Ms)) * TAIL];
  for (let turn = 0; turn < 40; turn++) {
    const middle = (low + high) / 2;
    if (below(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}

/** Beyond p99 calls are taken to reach this many times as far. */
const TAIL = 1.2;

function shareBelow({ p50Ms, p95Ms, p99Ms }: Calls, value: number): number {
  const known: readonly [number, number][] = [
    [0, 0],
    [p50Ms, 0.5],
    [p95Ms, 0.95],
    [p99Ms, 0.99],
    [p99Ms * TAIL, 1],
  ];
  for (let i = 1; i < known.length; i++) {
    const [to, shareTo] = known[i]!;
    const [from, shareFrom] = known[i - 1]!;
    if (value < to) return shareFrom + ((shareTo - shareFrom) * Math.max(0, value - from)) / (to - from);
  }
  return 1;
}
