import { aggregate } from './aggregation.ts';
import { type Call, type Expr, unwrapped } from './ast.ts';
import { binary } from './binary.ts';
import { call } from './call.ts';
import { type Column, float, type Grid, histogram, merged } from './column.ts';
import { info } from './info.ts';
import { isInvariant, repeated } from './invariant.ts';
import { withoutName } from './labels.ts';
import { scaled } from './native-histogram.ts';
import { failed } from './promql-error.ts';
import type { Query } from './query.ts';
import { matrixArgument, rangeCall, subqueryArgument } from './range-call.ts';
import { selectVector } from './selector.ts';
import type { Steps } from './steps.ts';
import type { Value } from './value.ts';

/** The value of an expression at every instant of a grid. Everything it selects must have been fetched. */
export function* evaluate(query: Query, expr: Expr, grid: Grid): Steps<Value> {
  query.check();
  const pushed = query.pushed.get(expr);
  if (pushed) return { kind: 'vector', columns: pushed };
  if (grid.count > 1 && expr.kind !== 'number' && expr.kind !== 'string' && isInvariant(expr)) {
    const once = yield* evaluate(query, expr, { ...grid, count: 1 });
    return repeated(once, grid.count);
  }
  switch (expr.kind) {
    case 'number':
      return { kind: 'scalar', values: new Float64Array(grid.count).fill(expr.value) };
    case 'string':
      return { kind: 'string', text: expr.value };
    case 'paren':
      return yield* evaluate(query, expr.of, grid);
    case 'vector-selector':
      return { kind: 'vector', columns: selectVector(query, expr, grid) };
    case 'unary':
      return negated(query, yield* evaluate(query, expr.of, grid), expr);
    case 'aggregate': {
      const parameter = expr.parameter && (yield* evaluate(query, expr.parameter, grid));
      const of = yield* evaluate(query, expr.of, grid);
      yield;
      const columns = of.kind === 'vector' ? of.columns : [];
      return { kind: 'vector', columns: aggregate(query, expr, columns, parameter, grid) };
    }
    case 'binary': {
      const left = yield* evaluate(query, expr.left, grid);
      const right = yield* evaluate(query, expr.right, grid);
      yield;
      return binary(query, expr, left, right, grid.count);
    }
    case 'call':
      return yield* callValue(query, expr, grid);
    default:
      throw failed('a range vector has no value of its own here', expr.position);
  }
}

function negated(query: Query, value: Value, expr: Expr & { kind: 'unary' }): Value {
  if (expr.op === '+') return value;
  if (value.kind === 'scalar') return { kind: 'scalar', values: value.values.map(each => -each) };
  if (value.kind !== 'vector') return value;
  const columns = value.columns.map(column => {
    const out: Column = {
      labels: query.delayedNames ? column.labels : withoutName(column.labels),
      state: column.state,
      values: column.values.map((each, i) => (column.state[i] === float ? -each : each)),
    };
    if (column.histograms) {
      out.histograms = column.histograms.map((each, i) =>
        each && column.state[i] === histogram ? scaled(each, -1) : undefined,
      );
    }
    if (query.delayedNames) out.nameless = true;
    return out;
  });
  return { kind: 'vector', columns: query.delayedNames ? columns : merged(columns, expr.position) };
}

function* callValue(query: Query, expr: Call, grid: Grid): Steps<Value> {
  if (expr.function === 'info') {
    const base = yield* evaluate(query, expr.args[0]!, grid);
    return {
      kind: 'vector',
      columns: info(query, expr, base.kind === 'vector' ? base.columns : [], grid),
    };
  }
  const scalars: Float64Array[] = [];
  const values: Value[] = [];
  let range: Expr | undefined;
  for (const arg of expr.args) {
    const inner = unwrapped(arg);
    if (inner.kind === 'matrix-selector' || inner.kind === 'subquery') {
      range = inner;
      continue;
    }
    const direct =
      (expr.function === 'timestamp' || expr.function === 'start_timestamp') &&
      inner.kind === 'vector-selector';
    const value: Value = direct ? { kind: 'vector', columns: [] } : yield* evaluate(query, arg, grid);
    if (value.kind === 'scalar') scalars.push(value.values);
    values.push(value);
  }
  if (!range) {
    yield;
    return call(query, expr, values, grid);
  }
  return { kind: 'vector', columns: yield* overRange(query, expr, range, scalars, grid) };
}

function* overRange(
  query: Query,
  expr: Call,
  range: Expr,
  scalars: readonly Float64Array[],
  grid: Grid,
): Steps<Column[]> {
  if (range.kind === 'matrix-selector')
    return yield* rangeCall(query, expr, matrixArgument(query, range, grid), scalars, grid);
  if (range.kind !== 'subquery') throw failed('expected a range vector', range.position);
  const inner = yield* evaluate(query, range.of, query.subqueryGrid(range, grid));
  const columns = inner.kind === 'vector' ? inner.columns : [];
  return yield* rangeCall(query, expr, subqueryArgument(query, range, columns, grid), scalars, grid);
}
