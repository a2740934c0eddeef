/**
 * Whether a rate of events changed between two windows. Given the sum of two Poisson counts, one of them is binomial
 * with the share of time as its probability (Przyborowski and Wilenski, Biometrika 31, 1940): an exact test, and exact
 * bounds of the ratio by Clopper and Pearson (Biometrika 26, 1934). Log lines come in bursts rather than one by one: the
 * counts are divided by how much they vary more than a Poisson count would (quasi-Poisson; McCullagh and Nelder, 1989), as
 * far as that is known: how lines come that were never seen is not.
 */
export interface RateChange {
  /** The rate after to the rate before; infinite where there was nothing before. */
  ratio: number;
  /** 95 % bounds of the ratio. */
  low: number;
  high: number;
  /** How probable so large a difference is without any change, two-sided. */
  p: number;
}

export interface Rates {
  before: number;
  beforeMs: number;
  after: number;
  afterMs: number;
  /** Variance to mean of the counts before; 1 for a Poisson process, more for bursts. */
  dispersion?: number;
}

const confidence = 0.95;

export function rateChange({ before, beforeMs, after, afterMs, dispersion = 1 }: Rates): RateChange {
  const scale = Math.max(1, dispersion);
  const [a, b] = [before / scale, after / scale];
  const total = a + b;
  const share = afterMs / (beforeMs + afterMs);
  const upper = b <= 0 ? 1 : beta(share, b, a + 1);
  const lower = a <= 0 ? 1 : 1 - beta(share, b + 1, a);
  const tail = (1 - confidence) / 2;
  const lowShare = b <= 0 ? 0 : betaQuantile(tail, b, a + 1);
  const highShare = a <= 0 ? 1 : betaQuantile(1 - tail, b + 1, a);
  const ratioOf = (found: number) =>
    found >= 1 ? Number.POSITIVE_INFINITY : (found / (1 - found)) * (beforeMs / afterMs);
  return {
    ratio: before === 0 ? Number.POSITIVE_INFINITY : after / afterMs / (before / beforeMs),
    low: ratioOf(lowShare),
    high: ratioOf(highShare),
    p: total === 0 ? 1 : Math.min(1, 2 * Math.min(upper, lower)),
  };
}

/** Variance to mean of counts of slices of equal length; 1 where they vary no more than chance. */
export function dispersionOf(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  if (counts.length < 2 || mean === 0) return 1;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (counts.length - 1);
  return Math.max(1, variance / mean);
}

/**
 * The largest p that counts as a finding when so many were looked at (Benjamini and Hochberg, 1995): of what is found
 * a share of `rate` at most is expected to be chance. -1 when none does.
 */
export function discoveryBound(ps: readonly number[], rate: number): number {
  const sorted = ps.toSorted((a, b) => a - b);
  for (let index = sorted.length - 1; index >= 0; index--)
    if (sorted[index]! <= ((index + 1) / sorted.length) * rate) return sorted[index]!;
  return -1;
}

/** The regularised incomplete beta function I_x(a, b), by its continued fraction (Numerical Recipes, 6.4). */
export function beta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * fraction(x, a, b)) / a
    : 1 - (front * fraction(1 - x, b, a)) / b;
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const step = d * c;
    result *= step;
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return result;
}

function betaQuantile(p: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (beta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0 (Lanczos, g = 7). */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  let sum = 0.9999999999998099;
  for (const [index, value] of lanczos.entries()) sum += value / (z + index + 1);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}
