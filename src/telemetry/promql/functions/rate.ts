import { setFloat } from '../column.ts';
import type { FloatWindow, RangeFunction, RangeScope } from '../range-function.ts';
import type { Floats } from '../range-series.ts';
import { extrapolation, type RateKind, startedAnew } from './extrapolation.ts';
import { histogramInstant, histogramRate } from './histogram-rate.ts';
import { startedRate } from './started-rate.ts';

/** The indexes at which a counter fell, and its value just before. */
export function resetsOf(floats: Floats): { at: number[]; lost: number[] } {
  const { values } = floats;
  const at: number[] = [];
  const lost: number[] = [];
  for (let i = 1; i < values.length; i++) {
    if (values[i]! < values[i - 1]!) {
      at.push(i);
      lost.push(values[i - 1]!);
    }
  }
  return { at, lost };
}

function floatRate(scope: RangeScope, kind: RateKind): FloatWindow {
  const { floats } = scope.series;
  if (scope.startTimestamps && floats.starts && kind.counter) return startedRate(scope, kind);
  const { times, values } = floats;
  const { out, refs, rangeMs, closed } = scope;
  const resets = kind.counter ? resetsOf(floats) : { at: [], lost: [] };
  let from = 0;
  return (lo, hi, step) => {
    if (hi - lo < 2) return;
    const first = times[lo]!;
    const last = times[hi - 1]!;
    let increase = values[hi - 1]! - values[lo]!;
    while (from < resets.at.length && resets.at[from]! <= lo) from++;
    for (let r = from; r < resets.at.length && resets.at[r]! < hi; r++) increase += resets.lost[r]!;
    const end = refs[step]!;
    const window = { first, last, samples: hi - lo, start: end - rangeMs, end };
    const counter = kind.counter ? { increase, from: values[lo]! } : undefined;
    const factor = extrapolation(window, counter, closed);
    setFloat(out, step, increase * (kind.perSecond ? factor / (rangeMs / 1000) : factor));
  };
}

function rateOf(kind: RateKind): RangeFunction {
  return {
    floats: scope => floatRate(scope, kind),
    mixed: (scope, histograms) => histogramRate(scope, histograms, floatRate(scope, kind), kind),
  };
}

export const rate = rateOf({ counter: true, perSecond: true });
export const increase = rateOf({ counter: true, perSecond: false });
export const delta = rateOf({ counter: false, perSecond: false });

function instantOf(perSecond: boolean): RangeFunction {
  const floats = (scope: RangeScope): FloatWindow => {
    const { times, values, starts } = scope.series.floats;
    return (lo, hi, step) => {
      if (hi - lo < 2) return;
      const before = values[hi - 2]!;
      const after = values[hi - 1]!;
      const seconds = (times[hi - 1]! - times[hi - 2]!) / 1000;
      if (seconds === 0) return;
      if (!perSecond) return setFloat(scope.out, step, after - before);
      const began = scope.startTimestamps ? (starts?.[hi - 1] ?? 0) : 0;
      const restarted =
        began !== 0 && startedAnew(began, starts?.[hi - 2] ?? 0, times[hi - 2]!, times[hi - 1]!);
      setFloat(scope.out, step, (after < before || restarted ? after : after - before) / seconds);
    };
  };
  return { floats, mixed: (scope, histograms) => histogramInstant(scope, histograms, perSecond) };
}

export const irate = instantOf(true);
export const idelta = instantOf(false);
