import { allBuckets, type Bucket, isCustom, type NativeHistogram } from './native-histogram.ts';

/** A bucket as it is interpolated: the zero bucket ends at 0 on a side without observations; the open first one starts at 0. */
export function interpolated(histogram: NativeHistogram, bucket: Bucket): Bucket {
  if (isCustom(histogram)) {
    return bucket.lower === Number.NEGATIVE_INFINITY && bucket.upper > 0 ? { ...bucket, lower: 0 } : bucket;
  }
  if (!(bucket.lower < 0 && bucket.upper > 0)) return bucket;
  const { negative, positive } = histogram;
  if (negative.index.length === 0 && positive.index.length > 0) return { ...bucket, lower: 0 };
  if (positive.index.length === 0 && negative.index.length > 0) return { ...bucket, upper: 0 };
  return bucket;
}

function isLinear(histogram: NativeHistogram, bucket: Bucket): boolean {
  return isCustom(histogram) || (bucket.lower <= 0 && bucket.upper >= 0);
}

/** The value that a part of a bucket's observations lies below. */
function valueAt(histogram: NativeHistogram, bucket: Bucket, fraction: number): number {
  const { lower, upper } = bucket;
  if (isLinear(histogram, bucket)) return lower + (upper - lower) * fraction;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
}

/** The part of a bucket's observations below a value inside it. */
export function fractionAt(histogram: NativeHistogram, bucket: Bucket, value: number): number {
  const { lower, upper } = bucket;
  if (isLinear(histogram, bucket)) return (value - lower) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const at = Math.log2(Math.abs(value));
  return value > 0 ? (at - logLower) / (logUpper - logLower) : 1 - (at - logUpper) / (logLower - logUpper);
}

/** What NaN observations do to the answer: they count, but lie in no bucket. */
export type NanEffect = 'none' | 'skewed' | 'nan';

/**
 * The φ-quantile: linear in the zero bucket and in custom buckets, exponential elsewhere.
 * Source: prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function histogramQuantile(q: number, histogram: NativeHistogram): { value: number; nan: NanEffect } {
  const plain = (value: number) => ({ value, nan: 'none' as const });
  if (q < 0) return plain(Number.NEGATIVE_INFINITY);
  if (q > 1) return plain(Number.POSITIVE_INFINITY);
  if (histogram.count === 0 || Number.isNaN(q)) return plain(Number.NaN);
  const buckets = allBuckets(histogram).filter(bucket => bucket.count !== 0);
  const inBuckets = buckets.reduce((total, bucket) => total + bucket.count, 0);
  const hasNan = Number.isNaN(histogram.sum) && histogram.count > inBuckets * (1 + 1e-12);
  const forward = Number.isNaN(histogram.sum) || q < 0.5;
  let rank = (forward ? q : 1 - q) * histogram.count;
  if (!forward) buckets.reverse();
  let count = 0;
  let found: Bucket | undefined;
  for (const bucket of buckets) {
    found = bucket;
    count += bucket.count;
    if (count >= rank) break;
  }
  const nan: NanEffect = hasNan ? 'skewed' : 'none';
  if (!found) return { value: Number.NaN, nan: hasNan ? 'nan' : 'none' };
  if (count < rank && hasNan) return { value: Number.NaN, nan: 'nan' };
  const bucket = interpolated(histogram, found);
  if (isCustom(histogram)) {
    if (bucket.lower === Number.NEGATIVE_INFINITY) return { value: bucket.upper, nan };
    if (bucket.upper === Number.POSITIVE_INFINITY) return { value: bucket.lower, nan };
  }
  count = Math.min(count, histogram.count);
  rank = forward ? rank - (count - bucket.count) : count - rank;
  return { value: valueAt(histogram, bucket, rank / bucket.count), nan };
}

/** The part of all observations in [lower, upper]; NaN observations are in no part. */
export function histogramFraction(
  lower: number,
  upper: number,
  histogram: NativeHistogram,
): { value: number; nan: boolean } {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper))
    return { value: Number.NaN, nan: false };
  const all = allBuckets(histogram);
  const inBuckets = all.reduce((total, bucket) => total + bucket.count, 0);
  const nan = Number.isNaN(histogram.sum) && histogram.count > inBuckets * (1 + 1e-12);
  if (lower >= upper) return { value: 0, nan };
  const buckets = all.map(bucket => interpolated(histogram, bucket));
  const rankOf = (value: number): number => {
    let rank = 0;
    for (const bucket of buckets) {
      if (bucket.lower >= value) return rank;
      if (bucket.upper > value) {
        // Nothing is known of the spread inside an open bucket: its observations count as far out.
        const last = bucket.upper === Number.POSITIVE_INFINITY;
        if (bucket.lower === Number.NEGATIVE_INFINITY) return last ? rank : rank + bucket.count;
        if (last) return rank;
        return rank + bucket.count * fractionAt(histogram, bucket, value);
      }
      rank += bucket.count;
    }
    return rank;
  };
  const most = nan ? inBuckets : histogram.count;
  const part = Math.min(rankOf(upper), most) - Math.min(rankOf(lower), most);
  return { value: part / histogram.count, nan };
}

/** Variance around the mean, each bucket taken at its middle: geometric, or arithmetic for custom buckets. */
export function histogramVariance(histogram: NativeHistogram): number {
  const mean = histogram.sum / histogram.count;
  let variance = 0;
  let lost = 0;
  for (const bucket of allBuckets(histogram)) {
    if (bucket.count === 0) continue;
    const distance = middle(histogram, bucket) - mean;
    const term = bucket.count * distance * distance;
    const next = variance + term;
    if (!Number.isFinite(next)) lost = 0;
    else lost += Math.abs(variance) >= Math.abs(term) ? variance - next + term : term - next + variance;
    variance = next;
  }
  return (variance + lost) / histogram.count;
}

function middle(histogram: NativeHistogram, bucket: Bucket): number {
  const { lower, upper } = bucket;
  if (isCustom(histogram)) {
    if (lower === Number.NEGATIVE_INFINITY) return upper > 0 ? upper / 2 : upper;
    if (upper === Number.POSITIVE_INFINITY) return lower;
    return (lower + upper) / 2;
  }
  if (lower <= 0 && upper >= 0) return 0;
  const value = Math.sqrt(upper * lower);
  return upper < 0 ? -value : value;
}
