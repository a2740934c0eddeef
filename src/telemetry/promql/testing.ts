/** Histogram arithmetic for the test kits. */
import { added } from './histogram-arithmetic.ts';
import { compacted, type NativeHistogram, scaled } from './native-histogram.ts';

export { isReset } from './histogram-reset.ts';
export { compacted as compactHistogram, scaled as scaleHistogram };

/** a + b. @throws Error when the layouts don't go together */
export function addHistograms(a: NativeHistogram, b: NativeHistogram): NativeHistogram {
  const result = added(a, b);
  if (!result) throw new Error('histograms of different layouts');
  return result.histogram;
}
