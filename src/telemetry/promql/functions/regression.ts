import { setFloat } from '../column.ts';
import { failed } from '../promql-error.ts';
import type { RangeFunction, RangeScope } from '../range-function.ts';

/** A straight line through samples [lo, hi) by least squares, with compensated sums; x is seconds after `origin` ms. */
function line(
  scope: RangeScope,
  lo: number,
  hi: number,
  origin: number,
): { slope: number; intercept: number } {
  const { times, values } = scope.series.floats;
  const first = values[lo]!;
  let constant = true;
  const sums = [0, 0, 0, 0];
  const lost = [0, 0, 0, 0];
  const add = (k: number, value: number) => {
    const sum = sums[k]!;
    const next = sum + value;
    if (!Number.isFinite(next)) lost[k] = 0;
    else lost[k]! += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sums[k] = next;
  };
  for (let i = lo; i < hi; i++) {
    const y = values[i]!;
    if (y !== first) constant = false;
    const x = (times[i]! - origin) / 1000;
    add(0, x);
    add(1, y);
    add(2, x * y);
    add(3, x * x);
  }
  if (constant) {
    return Number.isFinite(first)
      ? { slope: 0, intercept: first }
      : { slope: Number.NaN, intercept: Number.NaN };
  }
  const n = hi - lo;
  const [x, y, xy, xx] = sums.map((sum, k) => sum + lost[k]!) as [number, number, number, number];
  const slope = (xy - (x * y) / n) / (xx - (x * x) / n);
  return { slope, intercept: y / n - (slope * x) / n };
}

function mixedNote(scope: RangeScope, floats: number, histograms: number): void {
  if (histograms === 0 || floats === 0) return;
  const name = scope.name ? ` for metric name ${JSON.stringify(scope.name)}` : '';
  scope.annotations.info(
    `ignored histograms in a range containing both floats and histograms${name}`,
    scope.argument,
  );
}

function fitted(value: (scope: RangeScope, lo: number, hi: number, step: number) => number): RangeFunction {
  return {
    floats: scope => (lo, hi, step) => {
      if (hi - lo >= 2) setFloat(scope.out, step, value(scope, lo, hi, step));
    },
    mixed: scope => (lo, hi, hlo, hhi, step) => {
      mixedNote(scope, hi - lo, hhi - hlo);
      if (hi - lo >= 2) setFloat(scope.out, step, value(scope, lo, hi, step));
    },
  };
}

// The first sample is the origin, so that large timestamps don't cost precision.
export const deriv = fitted((scope, lo, hi) => line(scope, lo, hi, scope.series.floats.times[lo]!).slope);

export const predictLinear = fitted((scope, lo, hi, step) => {
  const { slope, intercept } = line(scope, lo, hi, scope.instants[step]!);
  return slope * scope.args[0]![step]! + intercept;
});

function factor(scope: RangeScope, what: string, index: number, step: number): number {
  const value = scope.args[index]![step]!;
  if (value > 0 && value < 1) return value;
  const symbol = what === 'smoothing' ? 'sf' : 'tf';
  throw failed(`invalid ${what} factor. Expected: 0 < ${symbol} < 1, got: ${value.toFixed(6)}`, scope.call);
}

/** Holt's linear smoothing. Source: NIST/SEMATECH e-Handbook, double exponential smoothing. */
export const doubleExponentialSmoothing: RangeFunction = fitted((scope, lo, hi, step) => {
  const { values } = scope.series.floats;
  const smoothing = factor(scope, 'smoothing', 0, step);
  const trendFactor = factor(scope, 'trend', 1, step);
  let level = values[lo]!;
  let previous = 0;
  let trend = values[lo + 1]! - values[lo]!;
  for (let i = lo + 1; i < hi; i++) {
    if (i > lo + 1) trend = trendFactor * (level - previous) + (1 - trendFactor) * trend;
    previous = level;
    level = smoothing * values[i]! + (1 - smoothing) * (level + trend);
  }
  return level;
});
