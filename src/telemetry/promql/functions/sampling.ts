import { setFloat, setHistogram } from '../column.ts';
import { isReset } from '../histogram-reset.ts';
import { equalHistograms, type NativeHistogram } from '../native-histogram.ts';
import type { MixedWindow, RangeFunction, RangeScope } from '../range-function.ts';
import type { Histograms } from '../range-series.ts';
import { startedAnew } from './extrapolation.ts';
import { resetsOf } from './rate.ts';

export const countOverTime: RangeFunction = {
  floats: scope => (lo, hi, step) => setFloat(scope.out, step, hi - lo),
  mixed: scope => (lo, hi, hlo, hhi, step) => setFloat(scope.out, step, hi - lo + hhi - hlo),
};

export const presentOverTime: RangeFunction = {
  floats: scope => (_lo, _hi, step) => setFloat(scope.out, step, 1),
  mixed: scope => (_lo, _hi, _hlo, _hhi, step) => setFloat(scope.out, step, 1),
};

/** Whether the histogram at `h` (if in its window) is the one to take rather than the float at `f`. */
function takesHistogram(
  scope: RangeScope,
  histograms: Histograms,
  f: number,
  h: number,
  last: boolean,
): boolean {
  if (f < 0) return true;
  if (h < 0) return false;
  const float = scope.series.floats.times[f]!;
  const other = histograms.times[h]!;
  return last ? other > float : other < float;
}

function picked(last: boolean): RangeFunction {
  return {
    floats: scope => {
      const { values } = scope.series.floats;
      return (lo, hi, step) => setFloat(scope.out, step, values[last ? hi - 1 : lo]!);
    },
    mixed: (scope, histograms) => (lo, hi, hlo, hhi, step) => {
      const f = hi > lo ? (last ? hi - 1 : lo) : -1;
      const h = hhi > hlo ? (last ? hhi - 1 : hlo) : -1;
      if (takesHistogram(scope, histograms, f, h, last)) setHistogram(scope.out, step, histograms.values[h]!);
      else setFloat(scope.out, step, scope.series.floats.values[f]!);
    },
  };
}

export const lastOverTime = picked(true);
export const firstOverTime = picked(false);

function pickedTime(last: boolean): RangeFunction {
  return {
    floats: scope => {
      const { times } = scope.series.floats;
      return (lo, hi, step) => setFloat(scope.out, step, times[last ? hi - 1 : lo]! / 1000);
    },
    mixed: (scope, histograms) => (lo, hi, hlo, hhi, step) => {
      const f = hi > lo ? (last ? hi - 1 : lo) : -1;
      const h = hhi > hlo ? (last ? hhi - 1 : hlo) : -1;
      const time = takesHistogram(scope, histograms, f, h, last)
        ? histograms.times[h]!
        : scope.series.floats.times[f]!;
      setFloat(scope.out, step, time / 1000);
    },
  };
}

export const tsOfFirstOverTime = pickedTime(false);
export const tsOfLastOverTime = pickedTime(true);

type Sample = { readonly time: number; readonly start: number; readonly value: number | NativeHistogram };

/** Count the neighbours of a mixed window, in order of time, that `differs` sees between. */
function countPairs(
  scope: RangeScope,
  histograms: Histograms,
  differs: (before: Sample, after: Sample) => boolean,
): MixedWindow {
  const { times, values, starts } = scope.series.floats;
  return (lo, hi, hlo, hhi, step) => {
    let found = 0;
    let before: Sample | undefined;
    let f = lo;
    let h = hlo;
    while (f < hi || h < hhi) {
      let sample: Sample;
      if (h >= hhi || (f < hi && times[f]! < histograms.times[h]!)) {
        sample = { time: times[f]!, start: starts?.[f] ?? 0, value: values[f]! };
        f++;
      } else {
        sample = {
          time: histograms.times[h]!,
          start: histograms.starts?.[h] ?? 0,
          value: histograms.values[h]!,
        };
        h++;
      }
      if (before && differs(before, sample)) found++;
      before = sample;
    }
    setFloat(scope.out, step, found);
  };
}

export const changes: RangeFunction = {
  floats: scope => {
    const { values } = scope.series.floats;
    return (lo, hi, step) => {
      let found = 0;
      for (let i = lo + 1; i < hi; i++) {
        const a = values[i - 1]!;
        const b = values[i]!;
        if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) found++;
      }
      setFloat(scope.out, step, found);
    };
  },
  mixed: (scope, histograms) =>
    countPairs(scope, histograms, ({ value: a }, { value: b }) => {
      if (typeof a === 'number' && typeof b === 'number')
        return a !== b && !(Number.isNaN(a) && Number.isNaN(b));
      return typeof a === 'number' || typeof b === 'number' || !equalHistograms(a, b);
    }),
};

export const resets: RangeFunction = {
  floats: scope => {
    const { floats } = scope.series;
    const { values, times, starts } = floats;
    if (scope.startTimestamps && starts) {
      return (lo, hi, step) => {
        let found = 0;
        for (let i = lo + 1; i < hi; i++) {
          if (
            values[i]! < values[i - 1]! ||
            startedAnew(starts[i]!, starts[i - 1]!, times[i - 1]!, times[i]!)
          )
            found++;
        }
        setFloat(scope.out, step, found);
      };
    }
    const { at } = resetsOf(floats);
    let from = 0;
    return (lo, hi, step) => {
      while (from < at.length && at[from]! <= lo) from++;
      let found = 0;
      for (let r = from; r < at.length && at[r]! < hi; r++) found++;
      setFloat(scope.out, step, found);
    };
  },
  mixed: (scope, histograms) =>
    countPairs(scope, histograms, (before, after) => {
      if (scope.startTimestamps && startedAnew(after.start, before.start, before.time, after.time))
        return true;
      const { value: a } = before;
      const { value: b } = after;
      if (typeof a === 'number' && typeof b === 'number') return b < a;
      return typeof a === 'number' || typeof b === 'number' || isReset(b, a);
    }),
};
