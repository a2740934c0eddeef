import type { Annotations } from './annotation.ts';
import type { Column } from './column.ts';
import type { Position } from './promql-error.ts';
import type { Histograms, RangeSeries } from './range-series.ts';

/** What a range function gets to know about the series and the query it works for. */
export interface RangeScope {
  readonly series: RangeSeries;
  readonly out: Column;
  /** Width of the window in ms. */
  readonly rangeMs: number;
  /** The end of each step's window, in ms. */
  readonly refs: Float64Array;
  /** The instant of each step, in ms. */
  readonly instants: Float64Array;
  /** Scalar arguments of the call, a value a step, in order. */
  readonly args: readonly Float64Array[];
  readonly annotations: Annotations;
  /** Where the range argument and the call stand in the query. */
  readonly argument: Position;
  readonly call: Position;
  /** Use 2.x's rules of extrapolation. */
  readonly closed: boolean;
  readonly startTimestamps: boolean;
  readonly name: string | undefined;
}

/** Samples [lo, hi) are those in the window of a step; there is at least one. */
export type FloatWindow = (lo: number, hi: number, step: number) => void;
/** A window over a series with histograms: floats [lo, hi) and histograms [hlo, hhi); at least one of either. */
export type MixedWindow = (lo: number, hi: number, hlo: number, hhi: number, step: number) => void;

export interface RangeFunction {
  readonly floats: (scope: RangeScope) => FloatWindow;
  /** Without it histograms are left out, and the result says so. */
  readonly mixed?: (scope: RangeScope, histograms: Histograms) => MixedWindow;
}

/** Run a range function over all windows of a series. */
export function overWindows(scope: RangeScope, of: RangeFunction): void {
  const { times } = scope.series.floats;
  const { refs, rangeMs, closed } = scope;
  const { histograms } = scope.series;
  if (histograms) {
    const run = of.mixed?.(scope, histograms) ?? ignoringHistograms(scope, of.floats(scope));
    mixedWindows(scope, histograms, run);
    return;
  }
  const run = of.floats(scope);
  const size = times.length;
  let lo = 0;
  let hi = 0;
  for (let step = 0; step < refs.length; step++) {
    const end = refs[step]!;
    const start = end - rangeMs;
    while (hi < size && times[hi]! <= end) hi++;
    if (closed) while (lo < hi && times[lo]! < start) lo++;
    else while (lo < hi && times[lo]! <= start) lo++;
    if (hi > lo) run(lo, hi, step);
  }
}

function mixedWindows(scope: RangeScope, histograms: Histograms, run: MixedWindow): void {
  const { times } = scope.series.floats;
  const { refs, rangeMs, closed } = scope;
  const htimes = histograms.times;
  let lo = 0;
  let hi = 0;
  let hlo = 0;
  let hhi = 0;
  for (let step = 0; step < refs.length; step++) {
    const end = refs[step]!;
    // The left border counts only in closed ranges.
    const start = end - rangeMs - (closed ? 0.5 : 0);
    while (hi < times.length && times[hi]! <= end) hi++;
    while (lo < hi && times[lo]! <= start) lo++;
    while (hhi < htimes.length && htimes[hhi]! <= end) hhi++;
    while (hlo < hhi && htimes[hlo]! <= start) hlo++;
    if (hi > lo || hhi > hlo) run(lo, hi, hlo, hhi, step);
  }
}

function ignoringHistograms(scope: RangeScope, floats: FloatWindow): MixedWindow {
  return (lo, hi, hlo, hhi, step) => {
    if (hi <= lo) return;
    if (hhi > hlo)
      scope.annotations.info(
        `ignored histograms in a range containing both floats and histograms${named(scope)}`,
        scope.argument,
      );
    floats(lo, hi, step);
  };
}

function named(scope: RangeScope): string {
  return scope.name ? ` for metric name ${JSON.stringify(scope.name)}` : '';
}
