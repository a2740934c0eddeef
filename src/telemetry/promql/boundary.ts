import type { Boundary, VectorSelector } from './ast.ts';
import { type Column, emptyColumn, setFloat } from './column.ts';
import { failed } from './promql-error.ts';
import type { Query } from './query.ts';
import type { RangeScope } from './range-function.ts';
import { rangeSeries } from './range-series.ts';
import type { Series } from './source.ts';

/** `selector smoothed`: the value between the samples around each instant. */
export function smoothedColumns(
  query: Query,
  selector: VectorSelector,
  series: readonly Series[],
  refs: Float64Array,
): Column[] {
  void selector;
  const out: Column[] = [];
  for (const each of series) {
    const { floats } = rangeSeries(each);
    const { times, values } = floats;
    const column = emptyColumn(each.labels, refs.length);
    let next = 0;
    for (let step = 0; step < refs.length; step++) {
      const ref = refs[step]!;
      while (next < times.length && times[next]! <= ref) next++;
      const before = next - 1;
      if (before < 0 || times[before]! <= ref - query.lookbackMs) continue;
      const exact = times[before] === ref || next >= times.length || times[next]! > ref + query.lookbackMs;
      const share = exact ? 0 : (ref - times[before]!) / (times[next]! - times[before]!);
      setFloat(
        column,
        step,
        exact ? values[before]! : values[before]! + (values[next]! - values[before]!) * share,
      );
    }
    if (column.state.some(state => state !== 0)) out.push(column);
  }
  return out;
}

export function anchoredScope(_query: Query, scope: RangeScope, _name: string, _boundary: Boundary): void {
  throw failed('anchored and smoothed ranges are not there yet', scope.call);
}
