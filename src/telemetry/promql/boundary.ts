import { forMetric } from './annotation.ts';
import type { Boundary, VectorSelector } from './ast.ts';
import { type Column, emptyColumn, setFloat, setHistogram } from './column.ts';
import { mixedLayouts, notCounter, notGauge } from './functions/histogram-rate.ts';
import { added, subtracted } from './histogram-arithmetic.ts';
import { isReset } from './histogram-reset.ts';
import { compacted, equalHistograms, isCustom, type NativeHistogram, scaled } from './native-histogram.ts';
import type { Query } from './query.ts';
import type { RangeScope } from './range-function.ts';
import { type RangeSeries, rangeSeries } from './range-series.ts';
import type { Series } from './source.ts';

type Value = number | NativeHistogram;

interface Timeline {
  readonly times: Float64Array;
  readonly values: readonly Value[] | Float64Array;
}

/** Floats and histograms of a series in one order of time. */
function timeline(series: RangeSeries): Timeline {
  const { floats, histograms } = series;
  if (!histograms) return floats;
  const rows: { time: number; value: Value }[] = [];
  floats.times.forEach((time, i) => void rows.push({ time, value: floats.values[i]! }));
  histograms.times.forEach((time, i) => void rows.push({ time, value: histograms.values[i]! }));
  rows.sort((a, b) => a.time - b.time);
  return { times: Float64Array.from(rows, row => row.time), values: rows.map(row => row.value) };
}

function isFall(value: Value, before: Value): boolean {
  if (typeof value === 'number') return typeof before !== 'number' || value < before;
  return typeof before === 'number' || isReset(value, before);
}

/** The value between two samples; a counter that was reset between them starts from zero. Undefined for layouts that don't go together. */
function between(line: Timeline, i: number, at: number, counter: boolean): Value | undefined {
  const before = line.values[i]!;
  const after = line.values[i + 1]!;
  const share = (at - line.times[i]!) / (line.times[i + 1]! - line.times[i]!);
  const reset = counter && isFall(after, before);
  if (typeof before === 'number' && typeof after === 'number') {
    return reset ? after * share : before + (after - before) * share;
  }
  if (typeof before === 'number' || typeof after === 'number') return undefined;
  if (reset && isCustom(before) === isCustom(after)) return scaled(after, share);
  const rise = subtracted(after, before);
  return rise && added(before, scaled(rise.histogram, share))?.histogram;
}

/** `selector smoothed`: the value between the samples around each instant; the last one where none follows. */
export function smoothedColumns(
  query: Query,
  selector: VectorSelector,
  series: readonly Series[],
  refs: Float64Array,
): Column[] {
  const out: Column[] = [];
  for (const each of series) {
    const line = timeline(rangeSeries(each));
    const { times, values } = line;
    const column = emptyColumn(each.labels, refs.length);
    let next = 0;
    for (let step = 0; step < refs.length; step++) {
      const ref = refs[step]!;
      while (next < times.length && times[next]! <= ref) next++;
      const before = next - 1;
      if (before < 0 || times[before]! <= ref - query.lookbackMs) continue;
      const own = values[before]!;
      let value: Value | undefined = own;
      if (times[before] !== ref && next < times.length && times[next]! <= ref + query.lookbackMs) {
        const other = values[next]!;
        if ((typeof own === 'number') !== (typeof other === 'number')) {
          const text = `encountered a mix of histograms and floats${forMetric(each.labels.__name__)}`;
          query.annotations.warn(text, selector.position);
          continue;
        }
        value = between(line, before, ref, typeof own !== 'number' && own.hint !== 'gauge');
        if (value === undefined) {
          const text = `vector contains a mix of histograms with exponential and custom buckets schemas${forMetric(each.labels.__name__)}`;
          query.annotations.warn(text, selector.position);
        }
      }
      if (typeof value === 'number') setFloat(column, step, value);
      else if (value) setHistogram(column, step, value);
    }
    if (column.state.some(state => state !== 0)) out.push(column);
  }
  return out;
}

interface Extended {
  readonly line: Timeline;
  /** The first and last sample that count; they may lie outside the window. */
  readonly first: number;
  readonly last: number;
  readonly start: number;
  readonly end: number;
}

/** `rate`, `increase` and `delta` between values taken at the very borders of the window. */
function extendedRate(
  scope: RangeScope,
  name: string,
  smoothed: boolean,
  step: number,
  window: Extended,
): void {
  const { line, first, last, start, end } = window;
  const counter = name !== 'delta';
  const used = Array.from(line.values.slice(first, last + 1));
  const histograms = used.filter(value => typeof value !== 'number');
  if (histograms.length > 0) {
    if (histograms.length < used.length) {
      scope.annotations.warn(
        `encountered a mix of histograms and floats${forMetric(scope.name)}`,
        scope.argument,
      );
      return;
    }
    if (histograms.some(each => isCustom(each) !== isCustom(histograms[0]!))) {
      mixedLayouts(scope);
      return;
    }
    if (counter && histograms.some(each => each.hint === 'gauge')) notCounter(scope);
    if (!counter && (histograms[0]!.hint !== 'gauge' || histograms.at(-1)!.hint !== 'gauge')) notGauge(scope);
  }
  const cutLeft = smoothed && line.times[first]! < start && last > first;
  const cutRight = smoothed && last > first && line.times[last]! > end;
  const left = cutLeft ? between(line, first, start, counter)! : line.values[first]!;
  const right = cutRight ? between(line, last - 1, end, counter)! : line.values[last]!;
  let lost: Value[] = [];
  if (counter) {
    for (let i = first + 1; i <= last; i++) {
      // Where the left value lies behind a reset already, that reset is made good.
      if (i === first + 1 && cutLeft) continue;
      if (isFall(line.values[i]!, line.values[i - 1]!)) lost = [...lost, line.values[i - 1]!];
    }
  }
  const factor = name === 'rate' ? 1000 / scope.rangeMs : 1;
  if (typeof left === 'number' && typeof right === 'number') {
    let total = right - left;
    for (const value of lost) total += value as number;
    setFloat(scope.out, step, total * factor);
    return;
  }
  let total = subtracted(right as NativeHistogram, left as NativeHistogram)!.histogram;
  for (const value of lost) total = added(total, value as NativeHistogram)!.histogram;
  setHistogram(scope.out, step, compacted(scaled({ ...total, hint: 'gauge' }, factor)));
}

/** `changes` and `resets`, from the sample at or before the window on. */
function extendedCount(scope: RangeScope, name: string, step: number, { line, first, last }: Extended): void {
  let found = 0;
  for (let i = first + 1; i <= last; i++) {
    const before = line.values[i - 1]!;
    const value = line.values[i]!;
    if (name === 'resets' ? isFall(value, before) : !same(value, before)) found++;
  }
  setFloat(scope.out, step, found);
}

function same(a: Value, b: Value): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b || (Number.isNaN(a) && Number.isNaN(b));
  return equalHistograms(a, b);
}

/**
 * Range functions with `anchored` (the window starts from the sample at or before it) or `smoothed` (values at the
 * borders are interpolated). Source: Prometheus proposal 52, extended range selectors semantics.
 */
export function extendedWindows(query: Query, scope: RangeScope, name: string, boundary: Boundary): void {
  const line = timeline(scope.series);
  const { times } = line;
  const smoothed = boundary === 'smoothed';
  for (let step = 0; step < scope.refs.length; step++) {
    const end = scope.refs[step]!;
    const start = end - scope.rangeMs;
    const from = firstAfter(times, start - query.lookbackMs);
    const to = firstAfter(times, smoothed ? end + query.lookbackMs : end) - 1;
    if (to < from) continue;
    const first = Math.max(from, Math.min(firstAfter(times, start), to) - 1);
    let last = to;
    if (smoothed) {
      last = from;
      while (last < to && times[last]! < end) last++;
    }
    if (times[last]! <= start || times[first]! > end) continue;
    const window = { line, first, last, start, end };
    if (name === 'changes' || name === 'resets') extendedCount(scope, name, step, window);
    else extendedRate(scope, name, smoothed, step, window);
  }
}

/** Index of the first time after `at`. */
function firstAfter(times: Float64Array, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
