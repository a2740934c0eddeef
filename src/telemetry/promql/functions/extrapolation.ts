import type { RangeScope } from '../range-function.ts';

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
