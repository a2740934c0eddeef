import type { Column, Grid } from './column.ts';
import type { Labels } from './labels.ts';
import type { NativeHistogram } from './native-histogram.ts';
import type { Series } from './source.ts';

/** Samples of one kind, ascending by time, without staleness markers. */
export interface Floats {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Start timestamps, when the series carries them. */
  readonly starts?: Float64Array;
}

export interface Histograms {
  readonly times: Float64Array;
  readonly values: readonly NativeHistogram[];
  readonly starts?: Float64Array;
}

/** What range functions work on. Floats and histograms are kept apart; nearly all series have only one kind. */
export interface RangeSeries {
  readonly labels: Labels;
  readonly floats: Floats;
  readonly histograms?: Histograms;
  readonly nameless: boolean;
}

function picked(source: Series, indexes: readonly number[]): Floats {
  const times = new Float64Array(indexes.length);
  const values = new Float64Array(indexes.length);
  const starts = source.startTimestamps && new Float64Array(indexes.length);
  for (let i = 0; i < indexes.length; i++) {
    const from = indexes[i]!;
    times[i] = source.timestamps[from]!;
    values[i] = source.values[from]!;
    if (starts) starts[i] = source.startTimestamps![from]!;
  }
  return { times, values, ...(starts && { starts }) };
}

/** Index of the first time that is not before `at`. */
export function firstFrom(times: Float64Array, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The samples of a series from `start` to `end`, both included; views, no copies. */
export function clipped(series: Series, start: number, end: number): Series {
  const { timestamps, stale, histograms, startTimestamps } = series;
  const from = firstFrom(timestamps, start);
  let to = timestamps.length;
  if (to > 0 && timestamps[to - 1]! > end) to = firstFrom(timestamps, end + 1);
  if (from === 0 && to === timestamps.length) return series;
  return {
    labels: series.labels,
    timestamps: timestamps.subarray(from, to),
    values: series.values.subarray(from, to),
    ...(stale && { stale: stale.subarray(from, to) }),
    ...(histograms && { histograms: histograms.slice(from, to) }),
    ...(startTimestamps && { startTimestamps: startTimestamps.subarray(from, to) }),
  };
}

/** A stored series as range functions see it. */
export function rangeSeries(source: Series): RangeSeries {
  const { histograms, stale } = source;
  const mixed = histograms?.some(each => each !== undefined);
  if (!mixed && !stale?.includes(1)) {
    const { startTimestamps: starts } = source;
    const floats = { times: source.timestamps, values: source.values, ...(starts && { starts }) };
    return { labels: source.labels, floats, nameless: false };
  }
  const floatAt: number[] = [];
  const histogramAt: number[] = [];
  for (let i = 0; i < source.timestamps.length; i++) {
    if (stale?.[i] === 1) continue;
    (histograms?.[i] ? histogramAt : floatAt).push(i);
  }
  const floats = picked(source, floatAt);
  if (histogramAt.length === 0) return { labels: source.labels, floats, nameless: false };
  const { times, starts } = picked(source, histogramAt);
  return {
    labels: source.labels,
    floats,
    histograms: { times, values: histogramAt.map(i => histograms![i]!), ...(starts && { starts }) },
    nameless: false,
  };
}

/** A column of a subquery's inside as range functions see it. */
export function columnSeries(column: Column, grid: Grid): RangeSeries {
  const { state, values } = column;
  let full = true;
  let some = false;
  for (let i = 0; i < state.length; i++) {
    if (state[i] !== 1) full = false;
    if (state[i] === 2) some = true;
  }
  const timestamps = Float64Array.from({ length: grid.count }, (_, i) => grid.startMs + i * grid.stepMs);
  const nameless = column.nameless ?? false;
  if (full) return { labels: column.labels, floats: { times: timestamps, values }, nameless };
  const stale = new Uint8Array(state.length);
  for (let i = 0; i < state.length; i++) if (state[i] === 0) stale[i] = 1;
  // The neighbours of a subquery's samples are not those of the store: what the store knew of resets holds no more.
  const histograms = some && column.histograms!.map(each => each && unhinted(each));
  const series: Series = {
    labels: column.labels,
    timestamps,
    values,
    stale,
    ...(histograms && { histograms }),
  };
  return { ...rangeSeries(series), nameless };
}

function unhinted(histogram: NativeHistogram): NativeHistogram {
  return histogram.hint === 'gauge' ? histogram : { ...histogram, hint: 'unknown' };
}
