import { setFloat } from '../column.ts';
import type { FloatWindow, RangeFunction, RangeScope } from '../range-function.ts';
import type { Floats } from '../range-series.ts';
import { histogramInstant, histogramRate } from './histogram-rate.ts';
import { startedRate } from './started-rate.ts';

/** What tells `rate`, `increase` and `delta` apart. */
export interface RateKind {
  readonly counter: boolean;
  readonly perSecond: boolean;
}

/**
 * How far the difference of the first and last sample is stretched to cover the window, per Prometheus'
 * extrapolation: to the window's border when a sample could have stood there (within 1.1 average gaps), else by half
 * a gap; a counter never below zero.
 * Source: prometheus.io/docs/prometheus/latest/querying/functions/#rate and Prometheus' changelog 3.0.
 */
export function extrapolation(
  window: { first: number; last: number; samples: number; start: number; end: number; gap?: number },
  counter: { readonly increase: number; readonly from: number } | undefined,
  closed: boolean,
): number {
  let toStart = (window.first - window.start) / 1000;
  let toEnd = (window.end - window.last) / 1000;
  const sampled = (window.last - window.first) / 1000;
  // A start that stands for a first sample is none of the gaps between samples.
  const gap = window.gap ?? sampled / (window.samples - 1);
  const threshold = gap * 1.1;
  const falls = counter !== undefined && counter.increase > 0 && counter.from >= 0;
  const toZero = falls ? sampled * (counter.from / counter.increase) : Number.POSITIVE_INFINITY;
  // 2.x looked at the zero point before the threshold, 3.x after it.
  if (closed && toZero < toStart) toStart = toZero;
  if (toStart >= threshold) toStart = gap / 2;
  if (!closed && toZero < toStart) toStart = toZero;
  if (toEnd >= threshold) toEnd = gap / 2;
  return (sampled + toStart + toEnd) / sampled;
}

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

/** Whether a sample's start timestamp says that its counter began after the sample before. */
export function startedAnew(start: number, startBefore: number, before: number, at: number): boolean {
  if (start === 0 || start >= at) return false;
  // A start at the very sample before is a delta's, unless that sample's own start is unknown or impossible.
  if (start === before) return startBefore !== 0 && startBefore < before;
  return start > before;
}

/** Whether a start timestamp lies before the sample before it without being that sample's own. */
export function overlaps(start: number, startBefore: number, before: number): boolean {
  return start !== 0 && start < before && start !== startBefore;
}

/** Say that start timestamps contradict the samples. */
export function noteOverlap(scope: RangeScope): void {
  scope.annotations.warn(
    `sample has start time that overlaps with previous sample timestamp for metric ${JSON.stringify(scope.name ?? '')}`,
    scope.argument,
  );
}

export const irate = instantOf(true);
export const idelta = instantOf(false);
