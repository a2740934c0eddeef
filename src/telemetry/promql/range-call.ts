import { type Call, type MatrixSelector, type Subquery, unwrapped } from './ast.ts';
import { extendedWindows } from './boundary.ts';
import { type Column, emptyColumn, type Grid, isPresent, merged } from './column.ts';
import { absentColumns } from './functions/absent.ts';
import { keepsName, rangeFunctions } from './functions/range-functions.ts';
import { shornLabels } from './labels.ts';
import type { Query } from './query.ts';
import { overWindows, type RangeScope } from './range-function.ts';
import { clipped, columnSeries, type RangeSeries, rangeSeries } from './range-series.ts';
import type { Steps } from './steps.ts';

/** The range argument of a call: its series and the windows over them. */
export interface RangeArgument {
  readonly series: Iterable<RangeSeries>;
  readonly refs: Float64Array;
  readonly rangeMs: number;
}

export function matrixArgument(query: Query, expr: MatrixSelector, grid: Grid): RangeArgument {
  const fetched = query.fetched.get(expr.selector) ?? [];
  const refs = query.refs(expr.selector, grid);
  const rangeMs = query.duration(expr.range);
  const around = expr.selector.boundary ? query.lookbackMs : 0;
  const from = refs[0]! - rangeMs - around;
  const to = refs.at(-1)! + around;
  return { series: fetched.values().map(series => rangeSeries(clipped(series, from, to))), refs, rangeMs };
}

export function subqueryArgument(
  query: Query,
  expr: Subquery,
  inner: readonly Column[],
  grid: Grid,
): RangeArgument {
  const innerGrid = query.subqueryGrid(expr, grid);
  return {
    series: inner.values().map(column => columnSeries(column, innerGrid)),
    refs: query.refs(expr, grid),
    rangeMs: query.duration(expr.range),
  };
}

/** A function of a range vector, over every step of the grid. */
export function* rangeCall(
  query: Query,
  expr: Call,
  argument: RangeArgument,
  scalars: readonly Float64Array[],
  grid: Grid,
): Steps<Column[]> {
  const name = expr.function === 'absent_over_time' ? 'present_over_time' : expr.function;
  const of = rangeFunctions[name]!;
  const rangeArg = expr.args.find(arg => ['matrix-selector', 'subquery'].includes(unwrapped(arg).kind))!;
  const selector = unwrapped(rangeArg);
  const boundary = selector.kind === 'matrix-selector' ? selector.selector.boundary : undefined;
  const instants = Float64Array.from({ length: grid.count }, (_, i) => grid.startMs + i * grid.stepMs);
  const out: Column[] = [];
  let since = 0;
  let metric: string | undefined;
  let alike = true;
  for (const series of argument.series) {
    const shorn = shornLabels(series.labels);
    metric ??= shorn.metric;
    alike &&= metric === shorn.metric;
    const named = keepsName.has(name) || query.delayedNames;
    const column = emptyColumn(named ? series.labels : shorn.labels, grid.count);
    if (series.nameless || (query.delayedNames && !keepsName.has(name))) column.nameless = true;
    const scope: RangeScope = {
      series,
      out: column,
      rangeMs: argument.rangeMs,
      refs: argument.refs,
      instants,
      args: scalars,
      annotations: query.annotations,
      argument: rangeArg.position,
      call: expr.position,
      closed: query.closed,
      startTimestamps: query.startTimestamps,
      name: series.labels.__name__,
    };
    if (boundary) extendedWindows(query, scope, expr.function, boundary);
    else overWindows(scope, of);
    if (isPresent(column)) {
      out.push(column);
      query.hold(grid.count);
    }
    since += series.floats.times.length + grid.count;
    if (since > 500_000) {
      since = 0;
      query.check();
      yield;
    }
  }
  if (expr.function === 'absent_over_time') return absentColumns(out, rangeArg, grid.count);
  return query.delayedNames || alike ? out : merged(out, expr.position);
}
