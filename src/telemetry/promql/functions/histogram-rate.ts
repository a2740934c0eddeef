import { forMetric } from '../annotation.ts';
import { setHistogram } from '../column.ts';
import { added, reduced, subtracted } from '../histogram-arithmetic.ts';
import { isReset } from '../histogram-reset.ts';
import { compacted, isCustom, type NativeHistogram, noBuckets, scaled } from '../native-histogram.ts';
import type { FloatWindow, MixedWindow, RangeScope } from '../range-function.ts';
import type { Histograms } from '../range-series.ts';
import { extrapolation, type RateKind, startedAnew } from './extrapolation.ts';

export function mixedKinds(scope: RangeScope): void {
  scope.annotations.warn(
    `encountered a mix of histograms and floats${forMetric(scope.name)}`,
    scope.argument,
  );
}

export function mixedLayouts(scope: RangeScope): void {
  scope.annotations.warn(
    `vector contains a mix of histograms with exponential and custom buckets schemas${forMetric(scope.name)}`,
    scope.argument,
  );
}

export function notCounter(scope: RangeScope): void {
  scope.annotations.warn(
    `this native histogram metric is not a counter: ${JSON.stringify(scope.name ?? '')}`,
    scope.argument,
  );
}

export function notGauge(scope: RangeScope): void {
  scope.annotations.warn(
    `this native histogram metric is not a gauge: ${JSON.stringify(scope.name ?? '')}`,
    scope.argument,
  );
}

function reconciled(scope: RangeScope, what: string): void {
  scope.annotations.info(`mismatched custom buckets were reconciled during ${what}`, scope.argument);
}

/** A histogram of the same layout that has seen nothing. */
function emptyLike(histogram: NativeHistogram): NativeHistogram {
  return {
    ...histogram,
    count: 0,
    sum: 0,
    zeroCount: 0,
    positive: noBuckets,
    negative: noBuckets,
    hint: 'unknown',
  };
}

/** By how much a histogram grew over samples [lo, hi), resets made good; undefined when it can't be told. */
export function growth(
  scope: RangeScope,
  samples: readonly NativeHistogram[],
  counter: boolean,
  restarts?: readonly boolean[],
): NativeHistogram | undefined {
  const last = samples.at(-1)!;
  const first = samples[0]!;
  if (counter && samples.some(each => each.hint === 'gauge')) notCounter(scope);
  if (!counter && (first.hint !== 'gauge' || last.hint !== 'gauge')) notGauge(scope);
  const restarted = (i: number) => restarts?.[i] || isReset(samples[i]!, samples[i - 1]!);
  // After a reset right behind the first sample, that sample's layout does not matter.
  const skipFirst = counter && samples.length > 1 && restarted(1);
  const from = skipFirst ? emptyLike(samples[1]!) : first;
  const considered = skipFirst ? samples.slice(1) : samples;
  const relevant = counter ? considered : [first, last];
  if (relevant.some(each => isCustom(each) !== isCustom(from))) {
    mixedLayouts(scope);
    return undefined;
  }
  const schema = Math.min(...relevant.map(each => each.schema));
  const difference = subtracted(reduced(last, schema), from)!;
  if (difference.reconciled) reconciled(scope, 'subtraction');
  let total = difference.histogram;
  if (counter) {
    for (let i = skipFirst ? 2 : 1; i < samples.length; i++) {
      if (!restarted(i)) continue;
      const more = added(total, samples[i - 1]!)!;
      if (more.reconciled) reconciled(scope, 'addition');
      total = more.histogram;
    }
    if (skipFirst) {
      const more = added(total, emptyLike(total))!;
      total = more.histogram;
    }
  }
  return compacted({ ...total, hint: 'gauge' });
}

/** `rate`, `increase` and `delta` of a series that has histograms. */
export function histogramRate(
  scope: RangeScope,
  histograms: Histograms,
  floats: FloatWindow,
  kind: RateKind,
): MixedWindow {
  const { times, values, starts } = histograms;
  return (lo, hi, hlo, hhi, step) => {
    if (hhi <= hlo) return floats(lo, hi, step);
    if (hi > lo) return mixedKinds(scope);
    const useStarts = scope.startTimestamps && kind.counter && starts !== undefined;
    const end = scope.refs[step]!;
    const start = end - scope.rangeMs;
    let samples = values.slice(hlo, hhi);
    let restarts: boolean[] | undefined;
    let first = times[hlo]!;
    if (useStarts) {
      restarts = samples.map(
        (_, i) =>
          i > 0 && startedAnew(starts[hlo + i]!, starts[hlo + i - 1]!, times[hlo + i - 1]!, times[hlo + i]!),
      );
      const began = starts[hlo]!;
      if (began !== 0 && began > start && began < times[hlo]!) {
        samples = [emptyLike(samples[0]!), ...samples];
        restarts = [false, false, ...restarts.slice(1)];
        first = began;
      }
    }
    if (samples.length < 2) return;
    const grown = growth(scope, samples, kind.counter, restarts);
    if (!grown) return;
    const gap = hhi - hlo > 1 ? (times[hhi - 1]! - times[hlo]!) / 1000 / (hhi - hlo - 1) : 0;
    const window = { first, last: times[hhi - 1]!, samples: samples.length, start, end, gap };
    const counter = kind.counter ? { increase: grown.count, from: samples[0]!.count } : undefined;
    const factor = extrapolation(window, counter, scope.closed);
    setHistogram(scope.out, step, scaled(grown, kind.perSecond ? factor / (scope.rangeMs / 1000) : factor));
  };
}

/** `irate` and `idelta`: the last two samples, of whichever kind. */
export function histogramInstant(scope: RangeScope, histograms: Histograms, perSecond: boolean): MixedWindow {
  const { times, values, starts } = scope.series.floats;
  return (lo, hi, hlo, hhi, step) => {
    // The last two in order of time are among the last two of each kind.
    const last: { time: number; start: number; value: number | NativeHistogram }[] = [];
    for (let i = Math.max(lo, hi - 2); i < hi; i++)
      last.push({ time: times[i]!, start: starts?.[i] ?? 0, value: values[i]! });
    for (let i = Math.max(hlo, hhi - 2); i < hhi; i++) {
      last.push({
        time: histograms.times[i]!,
        start: histograms.starts?.[i] ?? 0,
        value: histograms.values[i]!,
      });
    }
    last.sort((a, b) => a.time - b.time);
    const [before, after] = last.slice(-2);
    if (!before || !after) return;
    const seconds = (after.time - before.time) / 1000;
    const restarted =
      scope.startTimestamps && startedAnew(after.start, before.start, before.time, after.time);
    const a = before.value;
    const b = after.value;
    if (typeof a === 'number' && typeof b === 'number') {
      const grown = perSecond && (b < a || restarted) ? b : b - a;
      scope.out.values[step] = perSecond ? grown / seconds : grown;
      scope.out.state[step] = 1;
      return;
    }
    if (typeof a === 'number' || typeof b === 'number') return mixedKinds(scope);
    if (perSecond && (a.hint === 'gauge' || b.hint === 'gauge')) notCounter(scope);
    if (!perSecond && (a.hint !== 'gauge' || b.hint !== 'gauge')) notGauge(scope);
    let grown = b;
    if (!perSecond || !(restarted || isReset(b, a))) {
      const difference = subtracted(b, a);
      if (!difference) return mixedLayouts(scope);
      if (difference.reconciled) reconciled(scope, 'subtraction');
      grown = difference.histogram;
    }
    const result = compacted({ ...grown, hint: 'gauge' });
    setHistogram(scope.out, step, perSecond ? scaled(result, 1 / seconds) : result);
  };
}
