import { aligned, coarser, sharedBounds, widerZero } from './histogram-arithmetic.ts';
import { type Buckets, isCustom, type NativeHistogram, sameList } from './native-histogram.ts';

function fell(now: Buckets, before: Buckets): boolean {
  let k = 0;
  for (let i = 0; i < before.index.length; i++) {
    const index = before.index[i]!;
    while (k < now.index.length && now.index[k]! < index) k++;
    const count = k < now.index.length && now.index[k] === index ? now.count[k]! : 0;
    if (count < before.count[i]!) return true;
  }
  return false;
}

/**
 * Whether a counter histogram was reset between `before` and `now`: by its hint, else because a count or a bucket
 * fell, the resolution grew, or the zero bucket shrank.
 * Source: prometheus.io/docs/specs/native_histograms, counter reset considerations.
 */
export function isReset(now: NativeHistogram, before: NativeHistogram): boolean {
  if (now.hint === 'reset') return true;
  if (now.hint === 'not_reset') return false;
  if (now.hint === 'gauge') return false;
  if (now.count < before.count) return true;
  if (isCustom(now) !== isCustom(before)) return true;
  if (isCustom(now)) return customFell(now, before);
  if (now.schema > before.schema) return true;
  if (now.zeroThreshold < before.zeroThreshold) return true;
  const zero = widerZero(before, now.zeroThreshold);
  if (zero.threshold !== now.zeroThreshold || now.zeroCount < zero.count) return true;
  const pair = aligned(now, before)!;
  return (
    fell(pair.left.positive, coarser(pair.right.positive, pair.right.schema, pair.left.schema)) ||
    fell(pair.left.negative, coarser(pair.right.negative, pair.right.schema, pair.left.schema))
  );
}

function customFell(now: NativeHistogram, before: NativeHistogram): boolean {
  const bounds = now.customValues ?? [];
  const old = before.customValues ?? [];
  if (sameList(bounds, old)) return fell(now.positive, before.positive);
  // Other bounds: what can be compared are the buckets between the shared ones.
  const pair = aligned(now, before)!;
  return sharedBounds(bounds, old).length === 0 ? false : fell(pair.left.positive, pair.right.positive);
}
