import { setFloat } from '../column.ts';
import type { FloatWindow, RangeScope } from '../range-function.ts';

/** Running sums in double-double arithmetic: `high[i] + low[i]` is the sum of the first i values. */
interface Prefix {
  readonly high: Float64Array;
  readonly low: Float64Array;
  /** The largest running sum; differences far below it are not to be trusted. */
  readonly largest: number;
}

function prefixOf(values: Float64Array): Prefix | undefined {
  const high = new Float64Array(values.length + 1);
  const low = new Float64Array(values.length + 1);
  let sum = 0;
  let lost = 0;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const next = sum + value;
    if (!Number.isFinite(next)) return undefined;
    const back = next - sum;
    lost += sum - (next - back) + (value - back);
    sum = next;
    high[i + 1] = sum;
    low[i + 1] = lost;
    const size = Math.abs(sum);
    if (size > largest) largest = size;
  }
  return { high, low, largest };
}

/** Below this part of the largest running sum a difference is computed from the window itself. */
const trusted = 2 ** -36;

/** Windows must overlap this often for running sums to pay. */
const worthwhile = 4;

/**
 * Sums over sliding windows in constant time each, as exact as compensated summation: by differences of running
 * sums, or from the window's values where those would lose digits.
 */
export function slidingSum(
  scope: RangeScope,
  direct: (values: Float64Array, lo: number, hi: number) => number,
  average: boolean,
): FloatWindow {
  const { values } = scope.series.floats;
  const { out } = scope;
  let prefix: Prefix | undefined;
  let tried = false;
  let work = 0;
  return (lo, hi, step) => {
    work += hi - lo;
    if (!tried && work > worthwhile * values.length) {
      tried = true;
      prefix = prefixOf(values);
    }
    if (prefix) {
      const { high, low, largest } = prefix;
      const sum = high[hi]! - high[lo]! + (low[hi]! - low[lo]!);
      if (Math.abs(sum) >= trusted * largest) {
        setFloat(out, step, average ? sum / (hi - lo) : sum);
        return;
      }
    }
    setFloat(out, step, direct(values, lo, hi));
  };
}

/** The highest (or lowest) of each sliding window, looking at each sample once; NaN only where there is nothing else. */
export function slidingExtreme(scope: RangeScope, highest: boolean): FloatWindow {
  const { values } = scope.series.floats;
  const { out } = scope;
  const queue = new Int32Array(values.length);
  let head = 0;
  let tail = 0;
  let seen = 0;
  return (lo, hi, step) => {
    if (seen < lo) {
      seen = lo;
      head = tail;
    }
    for (; seen < hi; seen++) {
      const value = values[seen]!;
      if (Number.isNaN(value)) continue;
      while (
        tail > head &&
        (highest ? values[queue[tail - 1]!]! <= value : values[queue[tail - 1]!]! >= value)
      )
        tail--;
      queue[tail++] = seen;
    }
    while (head < tail && queue[head]! < lo) head++;
    setFloat(out, step, head < tail ? values[queue[head]!]! : Number.NaN);
  };
}
