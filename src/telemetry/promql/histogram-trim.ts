import type { TrimOperator } from './ast.ts';
import {
  allBuckets,
  type Buckets,
  isCustom,
  type NativeHistogram,
  positiveBounds,
} from './native-histogram.ts';

/** The part of a bucket's observations that is kept, and where their middle lies. */
interface Kept {
  readonly count: number;
  readonly middle: number;
}

/** `h </ v` keeps what is below v, `h >/ v` what is above. */
export function trimmed(histogram: NativeHistogram, op: TrimOperator, at: number): NativeHistogram {
  throw new Error(
    `not yet: ${op} ${at} ${allBuckets(histogram).length} ${isCustom(histogram)} ${positiveBounds.length} ${{} as Buckets} ${{} as Kept}`,
  );
}
