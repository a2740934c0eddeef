import type { Aggregate } from './ast.ts';
import { absent, type Column, emptyColumn, float, type Grid, histogram, merged, setFloat } from './column.ts';
import { mean } from './functions/over-time.ts';
import { type Group, grouped } from './group.ts';
import { histogramAggregate } from './histogram-aggregation.ts';
import { histogramText } from './histogram-text.ts';
import { labelsKey } from './labels.ts';
import { labelText } from './literal.ts';
import { failed } from './promql-error.ts';
import { quantile } from './quantile.ts';
import type { Query } from './query.ts';
import { ranked } from './ranking.ts';
import type { Value } from './value.ts';

/** Compensated sums of the floats at each step, and how many there are. */
function sums(group: Group, count: number): { sum: Float64Array; counts: Uint32Array } {
  const sum = new Float64Array(count);
  const lost = new Float64Array(count);
  const counts = new Uint32Array(count);
  for (const { state, values } of group.columns) {
    for (let i = 0; i < count; i++) {
      if (state[i] !== float) continue;
      counts[i]!++;
      const value = values[i]!;
      const before = sum[i]!;
      const next = before + value;
      if (!Number.isFinite(next)) lost[i] = 0;
      else lost[i]! += Math.abs(before) >= Math.abs(value) ? before - next + value : value - next + before;
      sum[i] = next;
    }
  }
  for (let i = 0; i < count; i++) sum[i]! += lost[i]!;
  return { sum, counts };
}

/** The floats of a group at one step. */
export function floatsAt(group: Group, step: number): Float64Array {
  const out = new Float64Array(group.columns.length);
  let size = 0;
  for (const column of group.columns) if (column.state[step] === float) out[size++] = column.values[step]!;
  return out.subarray(0, size);
}

function variances(group: Group, count: number): { squares: Float64Array; counts: Uint32Array } {
  const average = new Float64Array(count);
  const lostAverage = new Float64Array(count);
  const squares = new Float64Array(count);
  const lostSquares = new Float64Array(count);
  const counts = new Uint32Array(count);
  for (const { state, values } of group.columns) {
    for (let i = 0; i < count; i++) {
      if (state[i] !== float) continue;
      const n = ++counts[i]!;
      const distance = values[i]! - (average[i]! + lostAverage[i]!);
      const share = distance / n;
      const before = average[i]!;
      const next = before + share;
      lostAverage[i]! += Math.abs(before) >= Math.abs(share) ? before - next + share : share - next + before;
      average[i] = next;
      const term = distance * (values[i]! - (next + lostAverage[i]!));
      const old = squares[i]!;
      const now = old + term;
      lostSquares[i]! += Math.abs(old) >= Math.abs(term) ? old - now + term : term - now + old;
      squares[i] = now;
    }
  }
  for (let i = 0; i < count; i++) squares[i] = (squares[i]! + lostSquares[i]!) / counts[i]!;
  return { squares, counts };
}

function fill(out: Column, values: Float64Array, counts: Uint32Array): void {
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) setFloat(out, i, values[i]!);
}

function simple(expr: Aggregate, group: Group, out: Column, parameter: Float64Array | undefined): void {
  const count = out.state.length;
  switch (expr.op) {
    case 'sum': {
      const { sum, counts } = sums(group, count);
      fill(out, sum, counts);
      return;
    }
    case 'avg': {
      const { sum, counts } = sums(group, count);
      for (let i = 0; i < count; i++) {
        const n = counts[i]!;
        if (n === 0) continue;
        if (Number.isFinite(sum[i]!)) setFloat(out, i, sum[i]! / n);
        else {
          const values = floatsAt(group, i);
          setFloat(out, i, mean(values, 0, values.length));
        }
      }
      return;
    }
    case 'min':
    case 'max': {
      const max = expr.op === 'max';
      for (const { state, values } of group.columns) {
        for (let i = 0; i < count; i++) {
          if (state[i] !== float) continue;
          const value = values[i]!;
          const best = out.values[i]!;
          if (out.state[i] === absent || (max ? value > best : value < best) || Number.isNaN(best))
            setFloat(out, i, value);
        }
      }
      return;
    }
    case 'count':
    case 'group':
      for (const { state } of group.columns) {
        for (let i = 0; i < count; i++) {
          if (state[i] === absent) continue;
          setFloat(out, i, expr.op === 'group' ? 1 : out.values[i]! + 1);
        }
      }
      return;
    case 'stddev':
    case 'stdvar': {
      const { squares, counts } = variances(group, count);
      fill(out, expr.op === 'stddev' ? squares.map(Math.sqrt) : squares, counts);
      return;
    }
    case 'quantile':
      for (let i = 0; i < count; i++) {
        const values = floatsAt(group, i);
        if (values.length > 0) setFloat(out, i, quantile(parameter![i]!, values));
      }
      return;
    default:
      throw failed(`unknown aggregation ${expr.op}`, expr.position);
  }
}

function countValues(
  query: Query,
  expr: Aggregate,
  groups: readonly Group[],
  label: string,
  count: number,
): Column[] {
  if (!query.isLabelName(label)) {
    throw failed(
      `invalid label name ${JSON.stringify(label).replaceAll(/\\udc(..)/g, '\\x$1')}`,
      expr.position,
    );
  }
  const out: Column[] = [];
  for (const group of groups) {
    const columns = new Map<string, Column>();
    for (const column of group.columns) {
      for (let i = 0; i < count; i++) {
        const state = column.state[i];
        if (state === absent) continue;
        const text =
          state === histogram ? histogramText(column.histograms![i]!) : labelText(column.values[i]!);
        let counted = columns.get(text);
        if (!counted) {
          counted = emptyColumn({ ...group.labels, [label]: text }, count);
          if (group.nameless) counted.nameless = true;
          columns.set(text, counted);
        }
        setFloat(counted, i, counted.values[i]! + 1);
      }
    }
    out.push(...columns.values());
  }
  // count_values by (x)("x", v) overwrites x: groups may collide and are then one.
  const byKey = new Map<string, Column>();
  for (const column of out) {
    const same = byKey.get(labelsKey(column.labels));
    if (!same) byKey.set(labelsKey(column.labels), column);
    else
      for (let i = 0; i < count; i++) {
        if (column.state[i] !== absent) setFloat(same, i, same.values[i]! + column.values[i]!);
      }
  }
  return [...byKey.values()];
}

function checkParameter(query: Query, expr: Aggregate, values: Float64Array): void {
  for (const value of values) {
    if (expr.op === 'quantile' && (Number.isNaN(value) || value < 0 || value > 1)) {
      const text = Number.isNaN(value)
        ? 'NaN'
        : value === Number.POSITIVE_INFINITY
          ? '+Inf'
          : String(value).replace('Infinity', 'Inf');
      query.annotations.warn(
        `quantile value should be between 0 and 1, got ${text}`,
        expr.parameter!.position,
      );
    }
  }
}

/** An aggregation over the columns of its argument. */
export function aggregate(
  query: Query,
  expr: Aggregate,
  columns: readonly Column[],
  parameter: Value | undefined,
  grid: Grid,
): Column[] {
  const { count } = grid;
  if (parameter?.kind === 'string')
    return countValues(query, expr, grouped(expr, columns), parameter.text, count);
  const values = parameter?.kind === 'scalar' ? parameter.values : undefined;
  if (expr.op === 'topk' || expr.op === 'bottomk' || expr.op === 'limitk' || expr.op === 'limit_ratio') {
    return ranked(query, expr, grouped(expr, columns), columns, values!);
  }
  if (values) checkParameter(query, expr, values);
  const out: Column[] = [];
  for (const group of grouped(expr, columns)) {
    const column = emptyColumn(group.labels, count);
    if (group.nameless) column.nameless = true;
    const withHistograms =
      expr.op !== 'count' && expr.op !== 'group' && group.columns.some(each => each.histograms);
    if (withHistograms && histogramAggregate(query, expr, group, column)) {
      // done, histograms and floats alike
    } else simple(expr, group, column, values);
    if (column.state.some(state => state !== absent)) out.push(column);
  }
  return query.delayedNames ? out : merged(out, expr.position);
}
