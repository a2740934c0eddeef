import { setFloat } from '../column.ts';
import { quantile } from '../quantile.ts';
import type { FloatWindow, RangeFunction, RangeScope } from '../range-function.ts';
import { slidingExtreme, slidingSum } from './sliding.ts';

/** A range function that makes one number of a window of floats. */
function reduced(reduce: (values: Float64Array, lo: number, hi: number) => number): RangeFunction {
  return {
    floats: scope => {
      const { values } = scope.series.floats;
      return (lo, hi, step) => setFloat(scope.out, step, reduce(values, lo, hi));
    },
  };
}

/** Sum with Neumaier's compensation, as Prometheus sums. */
export function kahanSum(values: Float64Array, lo: number, hi: number): number {
  let sum = 0;
  let lost = 0;
  for (let i = lo; i < hi; i++) {
    const value = values[i]!;
    const next = sum + value;
    if (!Number.isFinite(next)) lost = 0;
    else if (Math.abs(sum) >= Math.abs(value)) lost += sum - next + value;
    else lost += value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** Mean: by the sum, or incrementally where the sum would overflow. */
export function mean(values: Float64Array, lo: number, hi: number): number {
  const sum = kahanSum(values, lo, hi);
  if (Number.isFinite(sum)) return sum / (hi - lo);
  let average = 0;
  let lost = 0;
  for (let i = lo; i < hi; i++) {
    const value = values[i]!;
    const n = i - lo + 1;
    if (!Number.isFinite(average)) {
      if (!Number.isFinite(value) && value > 0 === average > 0) continue;
      if (Number.isFinite(value)) continue;
    }
    const share = value / n - (average + lost) / n;
    const next = average + share;
    if (!Number.isFinite(next)) lost = 0;
    else if (Math.abs(average) >= Math.abs(share)) lost += average - next + share;
    else lost += share - next + average;
    average = next;
  }
  return average + lost;
}

export const avgOverTime: RangeFunction = { floats: scope => slidingSum(scope, mean, true) };
export const sumOverTime: RangeFunction = { floats: scope => slidingSum(scope, kahanSum, false) };

function best(
  better: (candidate: number, current: number) => boolean,
): (values: Float64Array, lo: number, hi: number) => number {
  return (values, lo, hi) => {
    let at = lo;
    for (let i = lo + 1; i < hi; i++) {
      if (better(values[i]!, values[at]!) || Number.isNaN(values[at]!)) at = i;
    }
    return at;
  };
}

const lastHighest = best((a, b) => a >= b);
const lastLowest = best((a, b) => a <= b);

export const maxOverTime: RangeFunction = { floats: scope => slidingExtreme(scope, true) };
export const minOverTime: RangeFunction = { floats: scope => slidingExtreme(scope, false) };

function timed(at: (values: Float64Array, lo: number, hi: number) => number): RangeFunction {
  return {
    floats: scope => {
      const { values, times } = scope.series.floats;
      return (lo, hi, step) => setFloat(scope.out, step, times[at(values, lo, hi)]! / 1000);
    },
  };
}

export const tsOfMaxOverTime = timed(lastHighest);
export const tsOfMinOverTime = timed(lastLowest);

/** Variance with Welford's method and compensation. */
export function variance(values: Float64Array, lo: number, hi: number): number {
  let average = 0;
  let lostAverage = 0;
  let squares = 0;
  let lostSquares = 0;
  for (let i = lo; i < hi; i++) {
    const value = values[i]!;
    const distance = value - (average + lostAverage);
    const share = distance / (i - lo + 1);
    const nextAverage = average + share;
    lostAverage +=
      Math.abs(average) >= Math.abs(share) ? average - nextAverage + share : share - nextAverage + average;
    average = nextAverage;
    const term = distance * (value - (average + lostAverage));
    const nextSquares = squares + term;
    lostSquares +=
      Math.abs(squares) >= Math.abs(term) ? squares - nextSquares + term : term - nextSquares + squares;
    squares = nextSquares;
  }
  return (squares + lostSquares) / (hi - lo);
}

export const stdvarOverTime = reduced(variance);
export const stddevOverTime = reduced((values, lo, hi) => Math.sqrt(variance(values, lo, hi)));

/** Median of the distances from the median. */
export const madOverTime = reduced((values, lo, hi) => {
  const window = values.slice(lo, hi);
  if (window.some(Number.isNaN)) return Number.NaN;
  const median = quantile(0.5, window);
  return quantile(
    0.5,
    window.map(value => Math.abs(value - median)),
  );
});

export const quantileOverTime: RangeFunction = {
  floats: (scope: RangeScope): FloatWindow => {
    const { values } = scope.series.floats;
    const wanted = scope.args[0]!;
    return (lo, hi, step) => {
      const q = wanted[step]!;
      if (Number.isNaN(q) || q < 0 || q > 1) {
        const text = Number.isNaN(q) ? 'NaN' : String(q).replace('Infinity', q > 0 ? '+Inf' : 'Inf');
        scope.annotations.warn(`quantile value should be between 0 and 1, got ${text}`, scope.call);
      }
      setFloat(scope.out, step, quantile(q, values.slice(lo, hi)));
    };
  },
};
