import type { TrimOperator } from './ast.ts';
import { fractionAt, interpolated } from './histogram-quantile.ts';
import {
  type Bucket,
  type Buckets,
  isCustom,
  type NativeHistogram,
  noBuckets,
  positiveBounds,
} from './native-histogram.ts';

/** How many of a bucket's observations are kept, and the value that stands for them in the new sum. */
interface Kept {
  readonly count: number;
  readonly middle: number;
}

const nothing: Kept = { count: 0, middle: 0 };

function middle(linear: boolean, lower: number, upper: number): number {
  if (linear) return (lower + upper) / 2;
  const value = Math.sqrt(lower * upper);
  return upper <= 0 ? -value : value;
}

/** The buckets of custom bounds that are open at one end: nothing is known of the spread inside them. */
function keptOpen(bucket: Bucket, op: TrimOperator, at: number): Kept | undefined {
  const { lower, upper, count } = bucket;
  const first = lower === Number.NEGATIVE_INFINITY;
  const last = upper === Number.POSITIVE_INFINITY;
  if (!first && !last) return undefined;
  if (first && last) return nothing;
  if (op === '>/') {
    if (last) return at === Number.POSITIVE_INFINITY ? nothing : { count, middle: Math.max(lower, at) };
    return upper > 0 && at >= 0 ? undefined : nothing;
  }
  if (last) return nothing;
  if (upper > 0) return at <= 0 ? nothing : undefined;
  return at === Number.NEGATIVE_INFINITY ? nothing : { count, middle: Math.min(upper, at) };
}

function kept(histogram: NativeHistogram, raw: Bucket, op: TrimOperator, at: number): Kept {
  const open = isCustom(histogram) ? keptOpen(raw, op, at) : undefined;
  if (open) return open;
  const bucket = interpolated(histogram, raw);
  const { lower, upper, count } = bucket;
  const linear = isCustom(histogram) || (lower <= 0 && upper >= 0);
  const below = op === '</';
  if (below ? upper <= at : lower >= at) return { count, middle: middle(linear, lower, upper) };
  if (below ? lower >= at : upper <= at) return nothing;
  const fraction = fractionAt(histogram, bucket, at);
  return below
    ? { count: count * fraction, middle: middle(linear, lower, at) }
    : { count: count * (1 - fraction), middle: middle(linear, at, upper) };
}

/**
 * `h </ v` keeps the observations below v, `h >/ v` those above. A bucket that v cuts is divided as `histogram_quantile`
 * would; the sum is then estimated from the middles of what is left.
 */
export function trimmed(histogram: NativeHistogram, op: TrimOperator, at: number): NativeHistogram {
  if (Number.isNaN(at) || at === (op === '</' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY))
    return histogram;
  let sum = 0;
  let count = 0;
  let changed = false;
  const keep = (bucket: Bucket): number => {
    if (bucket.count === 0) return 0;
    const part = kept(histogram, bucket, op, at);
    if (part.count !== bucket.count) changed = true;
    if (part.count !== 0) sum += part.count * part.middle;
    count += part.count;
    return part.count;
  };
  const side = (buckets: Buckets, sign: 1 | -1): Buckets => {
    if (buckets.index.length === 0) return noBuckets;
    const counts = buckets.index.map((index, i) => {
      const { lower, upper } = positiveBounds(histogram, index);
      const own = buckets.count[i]!;
      return keep(sign === 1 ? { lower, upper, count: own } : { lower: -upper, upper: -lower, count: own });
    });
    return { index: buckets.index, count: counts };
  };
  const { zeroThreshold } = histogram;
  const negative = side(histogram.negative, -1);
  const zeroCount = keep({ lower: -zeroThreshold, upper: zeroThreshold, count: histogram.zeroCount });
  const positive = side(histogram.positive, 1);
  if (!changed) return histogram;
  return { ...histogram, sum, count, zeroCount, positive, negative };
}
