import { setFloat } from '../column.ts';
import type { FloatWindow, RangeScope } from '../range-function.ts';
import { extrapolation, noteOverlap, overlaps, type RateKind, startedAnew } from './extrapolation.ts';

/** `rate` and `increase` of a counter whose samples say when they began to count. */
export function startedRate(scope: RangeScope, kind: RateKind): FloatWindow {
  const { times, values, starts } = scope.series.floats;
  const { out, refs, rangeMs, closed } = scope;
  return (lo, hi, step) => {
    const end = refs[step]!;
    const start = end - rangeMs;
    const began = starts![lo]!;
    // A counter that began inside the window has a sample of zero there.
    const fromZero = began !== 0 && began > start && began < times[lo]!;
    const samples = hi - lo + (fromZero ? 1 : 0);
    if (samples < 2) return;
    let increase = fromZero ? values[lo]! : 0;
    for (let i = lo + 1; i < hi; i++) {
      if (overlaps(starts![i]!, starts![i - 1]!, times[i - 1]!)) noteOverlap(scope);
      const restarted = startedAnew(starts![i]!, starts![i - 1]!, times[i - 1]!, times[i]!);
      const value = values[i]!;
      const before = values[i - 1]!;
      increase += value < before || restarted ? value : value - before;
    }
    const gap = hi - lo > 1 ? (times[hi - 1]! - times[lo]!) / 1000 / (hi - lo - 1) : 0;
    const window = { first: fromZero ? began : times[lo]!, last: times[hi - 1]!, samples, start, end, gap };
    const factor = extrapolation(window, { increase, from: fromZero ? 0 : values[lo]! }, closed);
    setFloat(out, step, increase * (kind.perSecond ? factor / (rangeMs / 1000) : factor));
  };
}
