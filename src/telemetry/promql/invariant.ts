import { children, type Expr } from './ast.ts';
import type { Column } from './column.ts';
import type { Value } from './value.ts';

/** Functions whose answer depends on the instant of evaluation, not on their arguments alone. */
const timely = new Set([
  'time',
  'timestamp',
  'predict_linear',
  'info',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
]);

const known = new WeakMap<Expr, boolean>();

/** Whether an expression has the same value at every instant: all it selects is pinned with `@`. */
export function isInvariant(expr: Expr): boolean {
  let answer = known.get(expr);
  if (answer === undefined) {
    answer = settled(expr);
    known.set(expr, answer);
  }
  return answer;
}

function settled(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector-selector':
    case 'subquery':
      return expr.at !== undefined;
    case 'matrix-selector':
      return expr.selector.at !== undefined;
    case 'call':
      return !timely.has(expr.function) && expr.args.every(isInvariant);
    default:
      return children(expr).every(isInvariant);
  }
}

function repeatedColumn(column: Column, count: number): Column {
  const out: Column = {
    labels: column.labels,
    state: new Uint8Array(count).fill(column.state[0]!),
    values: new Float64Array(count).fill(column.values[0]!),
  };
  if (column.histograms) out.histograms = new Array(count).fill(column.histograms[0]);
  if (column.nameless) out.nameless = true;
  return out;
}

/** A value of one step, for all steps. */
export function repeated(value: Value, count: number): Value {
  if (value.kind === 'scalar')
    return { kind: 'scalar', values: new Float64Array(count).fill(value.values[0]!) };
  if (value.kind === 'vector')
    return { kind: 'vector', columns: value.columns.map(column => repeatedColumn(column, count)) };
  return value;
}
