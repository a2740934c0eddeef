import type { VectorSelector } from './ast.ts';
import { smoothedColumns } from './boundary.ts';
import { type Column, emptyColumn, type Grid, setFloat, setHistogram } from './column.ts';
import type { Query } from './query.ts';
import { firstFrom } from './range-series.ts';
import type { Series } from './source.ts';

/** Calls `visit` with the index of the sample that an instant selector finds at each step; -1 for none. */
export function eachSample(
  query: Query,
  series: Series,
  refs: Float64Array,
  visit: (step: number, index: number) => void,
): void {
  const { timestamps, stale } = series;
  const size = timestamps.length;
  let last = firstFrom(timestamps, refs[0]! - query.lookbackMs) - 1;
  for (let step = 0; step < refs.length; step++) {
    const ref = refs[step]!;
    while (last + 1 < size && timestamps[last + 1]! <= ref) last++;
    if (last < 0) continue;
    const age = ref - timestamps[last]!;
    if (age > query.lookbackMs || (age === query.lookbackMs && !query.closed)) continue;
    if (stale?.[last] === 1) continue;
    visit(step, last);
  }
}

/** An instant selector over a grid. */
export function selectVector(query: Query, selector: VectorSelector, grid: Grid): Column[] {
  const series = query.fetched.get(selector) ?? [];
  const refs = query.refs(selector, grid);
  if (selector.boundary === 'smoothed') return smoothedColumns(query, selector, series, refs);
  const out: Column[] = [];
  for (const each of series) {
    const column = emptyColumn(each.labels, grid.count);
    let found = 0;
    const { values, histograms } = each;
    eachSample(query, each, refs, (step, index) => {
      found++;
      const histogram = histograms?.[index];
      if (histogram) setHistogram(column, step, histogram);
      else setFloat(column, step, values[index]!);
    });
    if (found > 0) out.push(column);
    query.hold(found);
  }
  return out;
}

/** `timestamp(selector)` and `start_timestamp(selector)`: when the samples were taken or began, in seconds. */
export function selectTimes(
  query: Query,
  selector: VectorSelector,
  grid: Grid,
  what: 'timestamp' | 'start',
): Column[] {
  const series = query.fetched.get(selector) ?? [];
  const refs = query.refs(selector, grid);
  const out: Column[] = [];
  for (const each of series) {
    const column = emptyColumn(each.labels, grid.count);
    let found = 0;
    eachSample(query, each, refs, (step, index) => {
      found++;
      if (what === 'timestamp') setFloat(column, step, each.timestamps[index]! / 1000);
      else setFloat(column, step, (each.startTimestamps?.[index] ?? 0) / 1000);
    });
    if (found > 0 && column.state.some(state => state !== 0)) out.push(column);
  }
  return out;
}
