import type { Binary } from './ast.ts';
import { absent, type Column, emptyColumn, float, merged, setFloat, setHistogram } from './column.ts';
import { combined } from './histogram-operator.ts';
import { type Labels, labelsKey, withoutName } from './labels.ts';
import { anyPresent, checkUnique, dropsName, matchGroups, matchLabels, resultLabels } from './matching.ts';
import { comparisons, floatOperators } from './operator.ts';
import { failed } from './promql-error.ts';
import type { Query } from './query.ts';
import { setOperation } from './set-operators.ts';
import type { Value } from './value.ts';

/** Fill `out` with `left op right` where both have a sample; `at` is false where a comparison lets nothing pass. */
function combine(
  query: Query,
  expr: Binary,
  left: Column,
  right: Column,
  out: Column,
  keepRight = false,
): void {
  const compare = comparisons.has(expr.op);
  const operate = floatOperators[expr.op];
  const { state: ls, values: lv } = left;
  const { state: rs, values: rv } = right;
  for (let i = 0; i < ls.length; i++) {
    if (ls[i] === absent || rs[i] === absent) continue;
    if (ls[i] === float && rs[i] === float && operate) {
      const result = operate(lv[i]!, rv[i]!);
      if (!compare || expr.bool) setFloat(out, i, result);
      else if (result === 1) setFloat(out, i, keepRight ? rv[i]! : lv[i]!);
      continue;
    }
    const a = ls[i] === float ? lv[i]! : left.histograms![i]!;
    const b = rs[i] === float ? rv[i]! : right.histograms![i]!;
    const result = combined(query, expr, a, b);
    if (result === undefined) continue;
    if (typeof result === 'number') setFloat(out, i, result);
    else setHistogram(out, i, result);
  }
}

function constant(labels: Labels, values: Float64Array): Column {
  return { labels, state: new Uint8Array(values.length).fill(float), values };
}

function withScalar(
  query: Query,
  expr: Binary,
  columns: readonly Column[],
  scalar: Float64Array,
  scalarLeft: boolean,
): Column[] {
  const side = constant({}, scalar);
  const drops = dropsName(expr) || expr.bool;
  const out: Column[] = [];
  for (const column of columns) {
    const result = emptyColumn(
      drops && !query.delayedNames ? withoutName(column.labels) : column.labels,
      scalar.length,
    );
    if (scalarLeft) combine(query, expr, side, column, result, true);
    else combine(query, expr, column, side, result);
    if (column.nameless || (drops && query.delayedNames)) result.nameless = true;
    if (result.state.some(state => state !== absent)) out.push(result);
  }
  return out;
}

/** A result column for each pair of labels; two values for one step are an error. */
class Results {
  readonly #columns = new Map<string, Column>();
  readonly #expr: Binary;
  readonly #count: number;

  constructor(expr: Binary, count: number) {
    this.#expr = expr;
    this.#count = count;
  }

  add(column: Column): void {
    const key = labelsKey(column.labels);
    const known = this.#columns.get(key);
    if (!known) {
      if (column.state.some(state => state !== absent)) this.#columns.set(key, column);
      return;
    }
    for (let i = 0; i < this.#count; i++) {
      if (column.state[i] === absent) continue;
      if (known.state[i] !== absent) throw failed(this.#ambiguous(), this.#expr.position);
      if (column.state[i] === float) setFloat(known, i, column.values[i]!);
      else setHistogram(known, i, column.histograms![i]!);
    }
  }

  #ambiguous(): string {
    return this.#expr.matching!.card === 'one-to-one'
      ? 'multiple matches for labels: many-to-one matching must be explicit (use group_left/group_right)'
      : 'multiple matches for labels: grouping labels must ensure unique matches';
  }

  get columns(): Column[] {
    return [...this.#columns.values()];
  }
}

function filled(value: number, present: Uint8Array, labels: Labels): Column {
  const column = emptyColumn(labels, present.length);
  for (let i = 0; i < present.length; i++) if (present[i] === 0) setFloat(column, i, value);
  return column;
}

function betweenVectors(
  query: Query,
  expr: Binary,
  left: readonly Column[],
  right: readonly Column[],
  count: number,
): Column[] {
  const matching = expr.matching!;
  const { fillLeft, fillRight } = matching;
  const filling = fillLeft !== undefined || fillRight !== undefined;
  if (!filling && (left.length === 0 || right.length === 0)) return [];
  const swapped = matching.card === 'one-to-many';
  const results = new Results(expr, count);
  let both: Uint8Array | undefined;
  const bothPresent = () => {
    if (both) return both;
    const onRight = anyPresent(right, count);
    both = filling
      ? new Uint8Array(count).fill(1)
      : anyPresent(left, count).map((some, i) => some & onRight[i]!);
    return both;
  };
  for (const group of matchGroups(matching, left, right).values()) {
    const manys = swapped ? group.right : group.left;
    const ones = swapped ? group.left : group.right;
    if (ones.length > 1) checkUnique(expr, ones, swapped ? 'left' : 'right', bothPresent());
    // Prometheus turns one-to-many round before it fills: `fill_left` is for the "many" side, whichever it is.
    const fillMany = fillLeft;
    const fillOne = fillRight;
    if (!filling && (manys.length === 0 || ones.length === 0)) continue;
    if (matching.card === 'one-to-one' && manys.length > 1)
      checkSingle(expr, manys, ones, fillOne !== undefined, count);
    const pair = (many: Column, one: Column, manyLabels: Labels, oneLabels: Labels) => {
      const labels = resultLabels(expr, manyLabels, oneLabels);
      const out = emptyColumn(expr.bool && !query.delayedNames ? withoutName(labels) : labels, count);
      if (expr.bool && query.delayedNames) out.nameless = true;
      if (many.nameless && labels.__name__ !== undefined) out.nameless = true;
      if (swapped) combine(query, expr, one, many, out);
      else combine(query, expr, many, one, out);
      results.add(out);
    };
    for (const many of manys) for (const one of ones) pair(many, one, many.labels, one.labels);
    if (fillOne !== undefined && manys.length > 0) {
      const labels = matchLabels(matching, manys[0]!.labels);
      const one = filled(fillOne, anyPresent(ones, count), labels);
      for (const many of manys) pair(many, one, many.labels, labels);
    }
    if (fillMany !== undefined && ones.length > 0) {
      const labels = matchLabels(matching, ones[0]!.labels);
      const many = filled(fillMany, anyPresent(manys, count), labels);
      for (const one of ones) pair(many, one, labels, one.labels);
    }
  }
  return results.columns;
}

/** One-to-one: two series of the left side may not meet a partner at the same step, whatever the comparison lets pass. */
function checkSingle(
  expr: Binary,
  manys: readonly Column[],
  ones: readonly Column[],
  always: boolean,
  count: number,
): void {
  const partner = anyPresent(ones, count);
  for (let step = 0; step < count; step++) {
    if (!always && partner[step] === 0) continue;
    let found = 0;
    for (const column of manys) if (column.state[step] !== absent) found++;
    if (found > 1) {
      throw failed(
        'multiple matches for labels: many-to-one matching must be explicit (use group_left/group_right)',
        expr.position,
      );
    }
  }
}

/** A binary operation between any two values. */
export function binary(query: Query, expr: Binary, left: Value, right: Value, count: number): Value {
  if (left.kind === 'scalar' && right.kind === 'scalar') {
    const operate = floatOperators[expr.op]!;
    return { kind: 'scalar', values: left.values.map((value, i) => operate(value, right.values[i]!)) };
  }
  if (left.kind === 'vector' && right.kind === 'scalar') {
    return { kind: 'vector', columns: withScalar(query, expr, left.columns, right.values, false) };
  }
  if (left.kind === 'scalar' && right.kind === 'vector') {
    return { kind: 'vector', columns: withScalar(query, expr, right.columns, left.values, true) };
  }
  if (left.kind !== 'vector' || right.kind !== 'vector') {
    throw failed('binary expression must contain only scalar and instant vector types', expr.position);
  }
  const columns =
    expr.matching!.card === 'many-to-many'
      ? merged(setOperation(expr, left.columns, right.columns, count), expr.position)
      : betweenVectors(query, expr, left.columns, right.columns, count);
  return { kind: 'vector', columns };
}
