import { type Call, type Expr, unwrapped } from './ast.ts';
import { absent, type Column, emptyColumn, float, type Grid, isPresent, merged, setFloat } from './column.ts';
import { absentColumns } from './functions/absent.ts';
import {
  fractionColumns,
  histogramNumber,
  quantileColumns,
  quantilesColumns,
} from './functions/histogram-functions.ts';
import { labelJoin, labelReplace, naturalCompare } from './functions/label-functions.ts';
import { dateFunctions, mathFunctions, roundTo } from './functions/math.ts';
import { compareLabels, withoutName } from './labels.ts';
import { failed } from './promql-error.ts';
import type { Query } from './query.ts';
import { selectTimes } from './selector.ts';
import type { Value } from './value.ts';

/** Arguments of a call, evaluated as they are asked for. */
export interface Arguments {
  readonly values: readonly (Value | undefined)[];
}

function columnsOf(value: Value | undefined): readonly Column[] {
  return value?.kind === 'vector' ? value.columns : [];
}

function scalarOf(value: Value | undefined, otherwise: number, count: number): Float64Array {
  return value?.kind === 'scalar' ? value.values : new Float64Array(count).fill(otherwise);
}

function textOf(value: Value | undefined): string {
  return value?.kind === 'string' ? value.text : '';
}

/** Apply a function to each float; histograms are left out and the metric loses its name. */
function mapped(
  query: Query,
  columns: readonly Column[],
  expr: Call,
  of: (value: number, step: number) => number,
): Column[] {
  const out: Column[] = [];
  for (const column of columns) {
    const { state, values } = column;
    const result = emptyColumn(query.delayedNames ? column.labels : withoutName(column.labels), state.length);
    if (query.delayedNames) result.nameless = true;
    let some = false;
    for (let i = 0; i < state.length; i++) {
      if (state[i] !== float) continue;
      result.state[i] = float;
      result.values[i] = of(values[i]!, i);
      some = true;
    }
    if (some) out.push(result);
  }
  return query.delayedNames ? out : merged(out, expr.position);
}

function instants(grid: Grid): Float64Array {
  return Float64Array.from({ length: grid.count }, (_, i) => (grid.startMs + i * grid.stepMs) / 1000);
}

function constant(values: Float64Array): Value {
  return { kind: 'scalar', values };
}

function scalarValue(columns: readonly Column[], grid: Grid): Value {
  const values = new Float64Array(grid.count).fill(Number.NaN);
  for (let i = 0; i < grid.count; i++) {
    let found: Column | undefined;
    let more = false;
    for (const column of columns) {
      if (column.state[i] !== float) continue;
      if (found) more = true;
      found = column;
    }
    if (found && !more) values[i] = found.values[i]!;
  }
  return constant(values);
}

function sorted(
  query: Query,
  expr: Call,
  columns: readonly Column[],
  names: readonly string[],
): readonly Column[] {
  const { function: name } = expr;
  if (query.startMs !== query.endMs || query.stepMs !== 0) {
    query.annotations.warn(
      'sort is ineffective for range queries since results are always ordered by labels',
      expr.position,
    );
    return columns;
  }
  const sign = name.endsWith('_desc') ? -1 : 1;
  if (name.startsWith('sort_by_label')) {
    return [...columns].sort((a, b) => {
      for (const label of names) {
        const order = naturalCompare(a.labels[label] ?? '', b.labels[label] ?? '');
        if (order !== 0) return sign * order;
      }
      return sign * compareLabels(a.labels, b.labels);
    });
  }
  return columns
    .filter(column => column.state[0] === float)
    .sort((a, b) => {
      const x = a.values[0]!;
      const y = b.values[0]!;
      if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : 1;
      if (Number.isNaN(y)) return -1;
      return sign * (x - y) || 0;
    });
}

/** `timestamp(v)`: of the sample for a plain selector, of the evaluation for anything else. */
function times(query: Query, expr: Call, columns: readonly Column[], grid: Grid): Column[] {
  const arg = unwrapped(expr.args[0]!);
  if (arg.kind === 'vector-selector') {
    const found = selectTimes(query, arg, grid, expr.function === 'timestamp' ? 'timestamp' : 'start');
    return mapped(query, found, expr, value => value);
  }
  if (expr.function === 'start_timestamp') return [];
  const now = instants(grid);
  const out: Column[] = [];
  for (const column of columns) {
    const result = emptyColumn(query.delayedNames ? column.labels : withoutName(column.labels), grid.count);
    if (query.delayedNames) result.nameless = true;
    for (let i = 0; i < grid.count; i++) if (column.state[i] !== absent) setFloat(result, i, now[i]!);
    if (isPresent(result)) out.push(result);
  }
  return query.delayedNames ? out : merged(out, expr.position);
}

/** Every function that takes instant vectors, scalars and strings. */
export function call(query: Query, expr: Call, args: readonly Value[], grid: Grid): Value {
  const { function: name } = expr;
  const { count } = grid;
  const vector = (columns: readonly Column[]): Value => ({ kind: 'vector', columns });
  const first = columnsOf(args[0]);
  const math = mathFunctions[name];
  if (math) return vector(mapped(query, first, expr, math));
  const date = dateFunctions[name];
  if (date) {
    if (args.length > 0) return vector(mapped(query, first, expr, date));
    const now = emptyColumn({}, count);
    for (const [i, seconds] of instants(grid).entries()) setFloat(now, i, date(seconds));
    return vector([now]);
  }
  const position = (arg: number) => (expr.args[arg] as Expr).position;
  switch (name) {
    case 'time':
      return constant(instants(grid));
    case 'pi':
      return constant(new Float64Array(count).fill(Math.PI));
    case 'start':
      return constant(new Float64Array(count).fill(query.startMs / 1000));
    case 'end':
      return constant(new Float64Array(count).fill(query.endMs / 1000));
    case 'step':
      return constant(new Float64Array(count).fill(query.stepMs / 1000));
    case 'range':
      return constant(new Float64Array(count).fill((query.endMs - query.startMs) / 1000));
    case 'min_of':
    case 'max_of': {
      const other = scalarOf(args[1], 0, count);
      const pick = name === 'min_of' ? Math.min : Math.max;
      return constant(scalarOf(args[0], 0, count).map((value, i) => pick(value, other[i]!)));
    }
    case 'scalar':
      return scalarValue(first, grid);
    case 'vector':
      return vector([
        { labels: {}, state: new Uint8Array(count).fill(float), values: scalarOf(args[0], 0, count) },
      ]);
    case 'absent':
      return vector(absentColumns(first, expr.args[0]!, count));
    case 'timestamp':
    case 'start_timestamp':
      return vector(times(query, expr, first, grid));
    case 'clamp':
      return vector(clamped(query, expr, first, scalarOf(args[1], 0, count), scalarOf(args[2], 0, count)));
    case 'clamp_min':
      return vector(clamped(query, expr, first, scalarOf(args[1], 0, count), undefined));
    case 'clamp_max':
      return vector(clamped(query, expr, first, undefined, scalarOf(args[1], 0, count)));
    case 'round': {
      const nearest = scalarOf(args[1], 1, count);
      return vector(mapped(query, first, expr, (value, step) => roundTo(value, nearest[step]!)));
    }
    case 'sort':
    case 'sort_desc':
    case 'sort_by_label':
    case 'sort_by_label_desc':
      return vector(sorted(query, expr, first, args.slice(1).map(textOf)));
    case 'label_replace': {
      const texts = args.slice(1).map(textOf) as [string, string, string, string];
      return vector(labelReplace(query, first, texts, expr.position));
    }
    case 'label_join': {
      const [target, separator, ...sources] = args.slice(1).map(textOf);
      return vector(labelJoin(query, first, target!, separator!, sources, expr.position));
    }
    case 'histogram_avg':
    case 'histogram_count':
    case 'histogram_sum':
    case 'histogram_stddev':
    case 'histogram_stdvar':
      return vector(histogramNumber(query, name, first, expr.position));
    case 'histogram_quantile':
      return vector(
        quantileColumns(query, columnsOf(args[1]), scalarOf(args[0], 0, count), {
          vector: position(1),
          quantile: position(0),
        }),
      );
    case 'histogram_quantiles': {
      const wanted = args
        .slice(2)
        .map((arg, i) => ({ values: scalarOf(arg, 0, count), position: position(i + 2) }));
      return vector(quantilesColumns(query, first, textOf(args[1]), wanted, position(0), expr.position));
    }
    case 'histogram_fraction':
      return vector(
        fractionColumns(
          query,
          columnsOf(args[2]),
          scalarOf(args[0], 0, count),
          scalarOf(args[1], 0, count),
          position(2),
        ),
      );
  }
  throw failed(`unknown function with name "${name}"`, expr.position);
}

function clamped(
  query: Query,
  expr: Call,
  columns: readonly Column[],
  least: Float64Array | undefined,
  most: Float64Array | undefined,
): Column[] {
  const out = mapped(query, columns, expr, (value, step) => {
    const low = least ? least[step]! : Number.NEGATIVE_INFINITY;
    const high = most ? most[step]! : Number.POSITIVE_INFINITY;
    return Math.max(low, Math.min(high, value));
  });
  if (!least || !most) return out;
  // An empty interval has no values.
  for (const column of out)
    for (let i = 0; i < least.length; i++) if (most[i]! < least[i]!) column.state[i] = absent;
  return out.filter(isPresent);
}
