/** Whether a histogram follows a counter reset, or is no counter at all. */
export type CounterResetHint = 'unknown' | 'reset' | 'not_reset' | 'gauge';

/** Populated buckets by index, ascending; counts are absolute, not cumulative. */
export interface Buckets {
  readonly index: readonly number[];
  readonly count: readonly number[];
}

/**
 * A native histogram sample. With schema s of -4..8, bucket i holds values in (base^(i-1), base^i] with
 * base = 2^(2^-s). With schema -53 the bounds are `customValues`: bucket i holds (custom[i-1], custom[i]],
 * the first from -Inf, the last to +Inf, and there is neither a zero bucket nor a negative one.
 * Source: prometheus.io/docs/specs/native_histograms.
 */
export interface NativeHistogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  readonly customValues?: readonly number[];
  readonly hint: CounterResetHint;
}

export const customSchema = -53;

export const noBuckets: Buckets = { index: [], count: [] };

export function isCustom(histogram: NativeHistogram): boolean {
  return histogram.schema === customSchema;
}

/** One bucket with its bounds; `count` observations lie between them. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** Upper bound of exponential bucket `index`. The last finite bucket ends at the largest number. */
export function exponentialBound(index: number, schema: number): number {
  const exponent = index * 2 ** -schema;
  if (exponent === 1024) return Number.MAX_VALUE;
  return 2 ** exponent;
}

/** The bounds of a bucket on the positive side. */
export function positiveBounds(histogram: NativeHistogram, index: number): { lower: number; upper: number } {
  const { customValues } = histogram;
  if (histogram.schema === customSchema) {
    const bounds = customValues ?? [];
    return {
      lower: index === 0 ? Number.NEGATIVE_INFINITY : bounds[index - 1]!,
      upper: index >= bounds.length ? Number.POSITIVE_INFINITY : bounds[index]!,
    };
  }
  return {
    lower: exponentialBound(index - 1, histogram.schema),
    upper: exponentialBound(index, histogram.schema),
  };
}

/** All populated buckets from the lowest to the highest, the zero bucket between the two sides. */
export function allBuckets(histogram: NativeHistogram): Bucket[] {
  const out: Bucket[] = [];
  const { negative, positive } = histogram;
  for (let i = negative.index.length - 1; i >= 0; i--) {
    const { lower, upper } = positiveBounds(histogram, negative.index[i]!);
    out.push({ lower: -upper, upper: -lower, count: negative.count[i]! });
  }
  if (histogram.zeroCount > 0) {
    out.push({ lower: -histogram.zeroThreshold, upper: histogram.zeroThreshold, count: histogram.zeroCount });
  }
  for (let i = 0; i < positive.index.length; i++) {
    const { lower, upper } = positiveBounds(histogram, positive.index[i]!);
    out.push({ lower, upper, count: positive.count[i]! });
  }
  return out;
}

/** Without buckets that are empty. */
export function compacted(histogram: NativeHistogram): NativeHistogram {
  const { positive, negative } = histogram;
  if (!positive.count.includes(0) && !negative.count.includes(0)) return histogram;
  return { ...histogram, positive: withoutZeros(positive), negative: withoutZeros(negative) };
}

function withoutZeros(buckets: Buckets): Buckets {
  const index: number[] = [];
  const count: number[] = [];
  for (let i = 0; i < buckets.index.length; i++) {
    if (buckets.count[i] === 0) continue;
    index.push(buckets.index[i]!);
    count.push(buckets.count[i]!);
  }
  return { index, count };
}

/** Every count and the sum times `factor`. */
export function scaled(histogram: NativeHistogram, factor: number): NativeHistogram {
  const times = (buckets: Buckets): Buckets => ({
    index: buckets.index,
    count: buckets.count.map(count => count * factor),
  });
  return {
    ...histogram,
    zeroCount: histogram.zeroCount * factor,
    count: histogram.count * factor,
    sum: histogram.sum * factor,
    positive: times(histogram.positive),
    negative: times(histogram.negative),
    hint: factor < 0 ? 'gauge' : histogram.hint,
  };
}

/** Equality of what was observed, bucket by bucket; the counter reset hint does not count. */
export function equalHistograms(a: NativeHistogram, b: NativeHistogram): boolean {
  const left = compacted(a);
  const right = compacted(b);
  return (
    left.schema === right.schema &&
    same(left.count, right.count) &&
    same(left.sum, right.sum) &&
    same(left.zeroCount, right.zeroCount) &&
    (isCustom(left) || left.zeroThreshold === right.zeroThreshold) &&
    sameList(left.customValues ?? [], right.customValues ?? []) &&
    sameBuckets(left.positive, right.positive) &&
    sameBuckets(left.negative, right.negative)
  );
}

function same(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

export function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function sameBuckets(a: Buckets, b: Buckets): boolean {
  return sameList(a.index, b.index) && sameList(a.count, b.count);
}
