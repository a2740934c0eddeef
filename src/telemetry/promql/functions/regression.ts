import { setFloat } from '../column.ts';
import { failed } from '../promql-error.ts';
import type { RangeFunction, RangeScope } from '../range-function.ts';

/** What rounding takes from `sum + value`. */
function loss(sum: number, value: number, next: number): number {
  if (!Number.isFinite(next)) return 0;
  return Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
}

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
  let [sx, sy, sxy, sxx, lx, ly, lxy, lxx] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = lo; i < hi; i++) {
    const y = values[i]!;
    if (y !== first) constant = false;
    const x = (times[i]! - origin) / 1000;
    let next = sx + x;
    lx += loss(sx, x, next);
    sx = next;
    next = sy + y;
    ly += loss(sy, y, next);
    sy = next;
    next = sxy + x * y;
    lxy += loss(sxy, x * y, next);
    sxy = next;
    next = sxx + x * x;
    lxx += loss(sxx, x * x, next);
    sxx = next;
  }
  if (constant) {
    return Number.isFinite(first)
      ? { slope: 0, intercept: first }
      : { slope: Number.NaN, intercept: Number.NaN };
  }
  const n = hi - lo;
  const x = sx + lx;
  const y = sy + ly;
  const slope = (sxy + lxy - (x * y) / n) / (sxx + lxx - (x * x) / n);
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
