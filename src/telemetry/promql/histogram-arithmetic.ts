import {
  type Buckets,
  type CounterResetHint,
  compacted,
  customSchema,
  exponentialBound,
  isCustom,
  type NativeHistogram,
  noBuckets,
  sameList,
  scaled,
} from './native-histogram.ts';

/** Buckets at a coarser resolution: index i of schema s becomes ceil(i / 2^(s - t)) of schema t. */
export function coarser(buckets: Buckets, from: number, to: number): Buckets {
  if (from === to) return buckets;
  const width = 2 ** (from - to);
  const index: number[] = [];
  const count: number[] = [];
  for (let i = 0; i < buckets.index.length; i++) {
    const target = Math.ceil(buckets.index[i]! / width);
    if (index.length > 0 && index.at(-1) === target) count[count.length - 1]! += buckets.count[i]!;
    else {
      index.push(target);
      count.push(buckets.count[i]!);
    }
  }
  return { index, count };
}

/** The histogram at a coarser schema. */
export function reduced(histogram: NativeHistogram, schema: number): NativeHistogram {
  if (isCustom(histogram) || schema >= histogram.schema) return histogram;
  return {
    ...histogram,
    schema,
    positive: coarser(histogram.positive, histogram.schema, schema),
    negative: coarser(histogram.negative, histogram.schema, schema),
  };
}

function mergedBuckets(a: Buckets, b: Buckets, sign: number): Buckets {
  if (b.index.length === 0) return a;
  const index: number[] = [];
  const count: number[] = [];
  let i = 0;
  let k = 0;
  while (i < a.index.length || k < b.index.length) {
    const left = i < a.index.length ? a.index[i]! : Number.POSITIVE_INFINITY;
    const right = k < b.index.length ? b.index[k]! : Number.POSITIVE_INFINITY;
    index.push(Math.min(left, right));
    let value = 0;
    if (left <= right) value += a.count[i++]!;
    if (right <= left) value += sign * b.count[k++]!;
    count.push(value);
  }
  return { index, count };
}

/**
 * The zero bucket for a threshold of at least `wanted`: a populated bucket that the threshold would cut is taken in
 * whole, so the threshold that comes back may be larger.
 */
export function widerZero(histogram: NativeHistogram, wanted: number): { threshold: number; count: number } {
  let threshold = wanted;
  for (;;) {
    let count = histogram.zeroCount;
    let grown = false;
    for (const side of [histogram.positive, histogram.negative]) {
      for (let i = 0; i < side.index.length; i++) {
        const lower = exponentialBound(side.index[i]! - 1, histogram.schema);
        if (lower >= threshold) break;
        count += side.count[i]!;
        const upper = exponentialBound(side.index[i]!, histogram.schema);
        if (upper > threshold && side.count[i] !== 0) {
          threshold = upper;
          grown = true;
        }
      }
    }
    if (!grown) return { threshold, count };
  }
}

function withZero(histogram: NativeHistogram, zero: { threshold: number; count: number }): NativeHistogram {
  const outside = (buckets: Buckets): Buckets => {
    const from = buckets.index.findIndex(
      index => exponentialBound(index - 1, histogram.schema) >= zero.threshold,
    );
    if (from === 0) return buckets;
    if (from < 0) return noBuckets;
    return { index: buckets.index.slice(from), count: buckets.count.slice(from) };
  };
  return {
    ...histogram,
    zeroThreshold: zero.threshold,
    zeroCount: zero.count,
    positive: outside(histogram.positive),
    negative: outside(histogram.negative),
  };
}

/** Both with the same zero bucket. */
function sameZero(a: NativeHistogram, b: NativeHistogram): [NativeHistogram, NativeHistogram] {
  let left = a;
  let right = b;
  while (left.zeroThreshold !== right.zeroThreshold) {
    if (left.zeroThreshold < right.zeroThreshold) left = withZero(left, widerZero(left, right.zeroThreshold));
    else right = withZero(right, widerZero(right, left.zeroThreshold));
  }
  return [left, right];
}

/** The bounds that both lists have. */
export function sharedBounds(a: readonly number[], b: readonly number[]): number[] {
  const other = new Set(b);
  return a.filter(bound => other.has(bound));
}

/** A custom-bucket histogram over fewer bounds: neighbouring buckets are put together. */
export function withBounds(histogram: NativeHistogram, bounds: readonly number[]): NativeHistogram {
  const own = histogram.customValues ?? [];
  if (sameList(own, bounds)) return histogram;
  const { index, count } = histogram.positive;
  const outIndex: number[] = [];
  const outCount: number[] = [];
  let target = 0;
  for (let i = 0; i < index.length; i++) {
    const upper = index[i]! >= own.length ? Number.POSITIVE_INFINITY : own[index[i]!]!;
    while (target < bounds.length && bounds[target]! < upper) target++;
    if (outIndex.at(-1) === target) outCount[outCount.length - 1]! += count[i]!;
    else {
      outIndex.push(target);
      outCount.push(count[i]!);
    }
  }
  return { ...histogram, customValues: bounds, positive: { index: outIndex, count: outCount } };
}

export interface Combined {
  readonly histogram: NativeHistogram;
  /** Custom bounds differed and were brought to the shared ones. */
  readonly reconciled: boolean;
  /** One side is known to follow a reset, the other known not to. */
  readonly conflicting: boolean;
}

function hintOf(a: CounterResetHint, b: CounterResetHint): { hint: CounterResetHint; conflicting: boolean } {
  if (a === b) return { hint: a, conflicting: false };
  if (a === 'gauge' || b === 'gauge') return { hint: 'gauge', conflicting: false };
  return { hint: 'unknown', conflicting: a !== 'unknown' && b !== 'unknown' };
}

/** Two histograms brought to one layout; undefined when one has custom buckets and the other has not. */
export function aligned(
  a: NativeHistogram,
  b: NativeHistogram,
): { left: NativeHistogram; right: NativeHistogram; reconciled: boolean } | undefined {
  if (isCustom(a) !== isCustom(b)) return undefined;
  if (a.schema === customSchema) {
    const left = a.customValues ?? [];
    const right = b.customValues ?? [];
    if (sameList(left, right)) return { left: a, right: b, reconciled: false };
    const bounds = sharedBounds(left, right);
    return { left: withBounds(a, bounds), right: withBounds(b, bounds), reconciled: true };
  }
  const [wideA, wideB] = sameZero(a, b);
  const schema = Math.min(a.schema, b.schema);
  return { left: reduced(wideA, schema), right: reduced(wideB, schema), reconciled: false };
}

function combine(a: NativeHistogram, b: NativeHistogram, sign: 1 | -1): Combined | undefined {
  const pair = aligned(a, b);
  if (!pair) return undefined;
  const { left, right, reconciled } = pair;
  const { hint, conflicting } = hintOf(a.hint, b.hint);
  const histogram: NativeHistogram = {
    ...left,
    hint,
    zeroCount: left.zeroCount + sign * right.zeroCount,
    count: left.count + sign * right.count,
    sum: left.sum + sign * right.sum,
    positive: mergedBuckets(left.positive, right.positive, sign),
    negative: mergedBuckets(left.negative, right.negative, sign),
  };
  return { histogram, reconciled, conflicting };
}

/** a + b, or undefined for incompatible layouts. */
export function added(a: NativeHistogram, b: NativeHistogram): Combined | undefined {
  return combine(a, b, 1);
}

/** a - b, or undefined for incompatible layouts. */
export function subtracted(a: NativeHistogram, b: NativeHistogram): Combined | undefined {
  return combine(a, b, -1);
}

/** All of them added up, the counts and the sum with compensation; undefined when the layouts don't go together. */
export function summed(list: readonly NativeHistogram[]): Combined | undefined {
  let total = list[0]!;
  let reconciled = false;
  let conflicting = false;
  let lost: NativeHistogram | undefined;
  for (const next of list.slice(1)) {
    const step = added(total, next);
    if (!step) return undefined;
    reconciled ||= step.reconciled;
    conflicting ||= step.conflicting || (total.hint !== next.hint && hintsSeenConflict(list));
    lost = compensation(total, next, step.histogram, lost);
    total = step.histogram;
  }
  return { histogram: lost ? compacted(added(total, lost)!.histogram) : total, reconciled, conflicting };
}

function hintsSeenConflict(list: readonly NativeHistogram[]): boolean {
  return list.some(each => each.hint === 'reset') && list.some(each => each.hint === 'not_reset');
}

/** What rounding took from count, sum and zero count, as a histogram to be added at the end. */
function compensation(
  before: NativeHistogram,
  next: NativeHistogram,
  after: NativeHistogram,
  lost: NativeHistogram | undefined,
): NativeHistogram | undefined {
  const of = (a: number, b: number, sum: number) => {
    if (!Number.isFinite(sum)) return 0;
    return Math.abs(a) >= Math.abs(b) ? a - sum + b : b - sum + a;
  };
  const count = of(before.count, next.count, after.count);
  const sum = of(before.sum, next.sum, after.sum);
  const buckets = (a: Buckets, b: Buckets, total: Buckets): Buckets => {
    const find = (side: Buckets, index: number) => {
      const at = side.index.indexOf(index);
      return at < 0 ? 0 : side.count[at]!;
    };
    return {
      index: total.index,
      count: total.count.map((c, i) => of(find(a, total.index[i]!), find(b, total.index[i]!), c)),
    };
  };
  const pair = aligned(before, next)!;
  const positive = buckets(pair.left.positive, pair.right.positive, after.positive);
  const negative = buckets(pair.left.negative, pair.right.negative, after.negative);
  const zeroCount = of(pair.left.zeroCount, pair.right.zeroCount, after.zeroCount);
  const nothing =
    count === 0 &&
    sum === 0 &&
    zeroCount === 0 &&
    positive.count.every(c => c === 0) &&
    negative.count.every(c => c === 0);
  if (nothing && !lost) return undefined;
  const step: NativeHistogram = { ...after, count, sum, zeroCount, positive, negative };
  return lost ? added(lost, step)!.histogram : step;
}

/** The mean of them all: by the sum, or of the parts where the sum would overflow. */
export function averaged(list: readonly NativeHistogram[]): Combined | undefined {
  const total = summed(list);
  if (!total) return undefined;
  const { histogram } = total;
  const finite = [
    histogram.count,
    histogram.sum,
    histogram.zeroCount,
    ...histogram.positive.count,
    ...histogram.negative.count,
  ].every(Number.isFinite);
  if (finite) return { ...total, histogram: scaled(histogram, 1 / list.length) };
  // A power of two costs no precision.
  const share = 2 ** Math.ceil(Math.log2(list.length));
  const parts = summed(list.map(each => scaled(each, 1 / share)))!;
  return { ...parts, histogram: scaled(parts.histogram, share / list.length) };
}
