/** A cumulative bucket of a classic histogram. */
export interface ClassicBucket {
  upper: number;
  count: number;
}

/** Differences below this part of a bucket's count are taken for rounding errors. Source: Prometheus, smallDeltaTolerance. */
const tolerance = 1e-12;

function almostEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const difference = Math.abs(a - b);
  const sum = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || sum < Number.MIN_VALUE) return difference < tolerance * Number.MIN_VALUE;
  return difference / Math.min(sum, Number.MAX_VALUE) < tolerance;
}

export interface ClassicQuantile {
  readonly value: number;
  /** Set when the buckets did not grow and were mended: where, and by how much. */
  readonly mended?: { readonly least: number; readonly most: number; readonly difference: number };
}

/** Sorts, merges buckets of equal bounds and mends counts that fall; undefined without a +Inf bucket or below two. */
function prepared(
  input: readonly ClassicBucket[],
): { buckets: ClassicBucket[]; mended?: ClassicQuantile['mended'] } | undefined {
  const sorted = [...input].sort((a, b) => a.upper - b.upper);
  if (sorted.at(-1)?.upper !== Number.POSITIVE_INFINITY) return undefined;
  const buckets: ClassicBucket[] = [];
  for (const bucket of sorted) {
    const last = buckets.at(-1);
    if (last && last.upper === bucket.upper) last.count += bucket.count;
    else buckets.push({ ...bucket });
  }
  let mended: ClassicQuantile['mended'];
  let previous = buckets[0]!.count;
  for (const bucket of buckets.slice(1)) {
    if (bucket.count === previous) continue;
    if (almostEqual(previous, bucket.count)) {
      bucket.count = previous;
      continue;
    }
    if (bucket.count < previous) {
      const difference = Math.max(mended?.difference ?? 0, previous - bucket.count);
      mended = {
        least: Math.min(mended?.least ?? Number.POSITIVE_INFINITY, bucket.upper),
        most: bucket.upper,
        difference,
      };
      bucket.count = previous;
      continue;
    }
    previous = bucket.count;
  }
  return { buckets, ...(mended && { mended }) };
}

/** The φ-quantile, linear within a bucket; the highest finite bound when it falls into the +Inf bucket. */
export function bucketQuantile(q: number, input: readonly ClassicBucket[]): ClassicQuantile {
  if (Number.isNaN(q)) return { value: Number.NaN };
  if (q < 0) return { value: Number.NEGATIVE_INFINITY };
  if (q > 1) return { value: Number.POSITIVE_INFINITY };
  const ready = prepared(input);
  if (!ready || ready.buckets.length < 2) return { value: Number.NaN };
  const { buckets, mended } = ready;
  const observations = buckets.at(-1)!.count;
  const result = (value: number): ClassicQuantile => ({ value, ...(mended && { mended }) });
  if (observations === 0) return result(Number.NaN);
  let rank = q * observations;
  let at = 0;
  while (at < buckets.length - 1 && !(buckets[at]!.count >= rank)) at++;
  if (at === buckets.length - 1) return result(buckets[at - 1]!.upper);
  if (at === 0 && buckets[0]!.upper <= 0) return result(buckets[0]!.upper);
  const end = buckets[at]!.upper;
  let start = 0;
  let count = buckets[at]!.count;
  if (at > 0) {
    start = buckets[at - 1]!.upper;
    count -= buckets[at - 1]!.count;
    rank -= buckets[at - 1]!.count;
  }
  return result(start + (end - start) * (rank / count));
}

/** The part of observations in [lower, upper], linear within a bucket. */
export function bucketFraction(lower: number, upper: number, input: readonly ClassicBucket[]): number {
  const ready = prepared(input);
  if (!ready || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  const { buckets } = ready;
  const count = buckets.at(-1)!.count;
  if (count === 0) return Number.NaN;
  if (lower >= upper) return 0;
  const rankOf = (value: number): number => {
    let rank = 0;
    for (let i = 0; i < buckets.length; i++) {
      const end = buckets[i]!.upper;
      const start = i === 0 ? (end <= 0 ? Number.NEGATIVE_INFINITY : 0) : buckets[i - 1]!.upper;
      const inside = buckets[i]!.count - rank;
      if (value <= start) return rank;
      if (value < end) {
        const part =
          end === Number.POSITIVE_INFINITY || start === Number.NEGATIVE_INFINITY
            ? 0
            : (value - start) / (end - start);
        // Nothing is known of the spread inside an open bucket: what lies in it counts as above the value.
        return start === Number.NEGATIVE_INFINITY ? rank + inside : rank + inside * part;
      }
      rank = buckets[i]!.count;
    }
    return rank;
  };
  return (rankOf(upper) - rankOf(lower)) / count;
}
