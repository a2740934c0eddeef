import type { Aggregate } from './ast.ts';
import { absent, type Column, copyStep, emptyColumn, float, histogram } from './column.ts';
import type { Group } from './group.ts';
import { labelsKey } from './labels.ts';
import { failed } from './promql-error.ts';
import type { Query } from './query.ts';

/** A heap's root is the worst of the kept; NaN is worse than any number. */
function keepBest(columns: readonly Column[], step: number, k: number, top: boolean): number[] {
  const worse = (a: number, b: number) => {
    const x = columns[a]!.values[step]!;
    const y = columns[b]!.values[step]!;
    if (Number.isNaN(x)) return !Number.isNaN(y);
    if (Number.isNaN(y)) return false;
    return top ? x < y : x > y;
  };
  const heap: number[] = [];
  const down = (from: number) => {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      let least = at;
      if (left < heap.length && worse(heap[left]!, heap[least]!)) least = left;
      if (left + 1 < heap.length && worse(heap[left + 1]!, heap[least]!)) least = left + 1;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  };
  for (let c = 0; c < columns.length; c++) {
    if (columns[c]!.state[step] !== float) continue;
    if (heap.length < k) {
      heap.push(c);
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!worse(heap[at]!, heap[parent]!)) break;
        [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
        at = parent;
      }
    } else if (worse(heap[0]!, c)) {
      heap[0] = c;
      down(0);
    }
  }
  return heap.sort((a, b) => (worse(a, b) ? 1 : worse(b, a) ? -1 : a - b));
}

/** A number in [0, 1) that depends on the labels alone: the first 32 bits of FNV-1a, mixed. */
export function labelsFraction(column: Column): number {
  let hash = 0x811c9dc5;
  for (const char of labelsKey(column.labels)) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

function ratioAt(query: Query, expr: Aggregate, value: number): number {
  if (Number.isNaN(value)) throw failed('Ratio value is NaN', expr.position);
  if (value >= -1 && value <= 1) return value;
  const cap = value > 1 ? 1 : -1;
  const text = Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
  query.annotations.warn(
    `ratio value should be between -1 and 1, got ${text}, capping to ${cap}`,
    expr.parameter!.position,
  );
  return cap;
}

function limitAt(expr: Aggregate, value: number): number {
  if (Number.isNaN(value)) throw failed('Parameter value is NaN', expr.position);
  if (value <= -(2 ** 63)) throw failed(`Scalar value ${value} underflows int64`, expr.position);
  if (value >= 2 ** 63) throw failed(`Scalar value ${value} overflows int64`, expr.position);
  return Math.trunc(value);
}

/** topk, bottomk, limitk and limit_ratio: some of the columns at each step, as they are. */
export function ranked(
  query: Query,
  expr: Aggregate,
  groups: readonly Group[],
  columns: readonly Column[],
  parameter: Float64Array,
): Column[] {
  const count = parameter.length;
  const outs = new Map<Column, Column>();
  const take = (column: Column, step: number) => {
    let out = outs.get(column);
    if (!out) {
      out = emptyColumn(column.labels, count);
      if (column.nameless) out.nameless = true;
      outs.set(column, out);
    }
    copyStep(column, out, step);
  };
  for (let step = 0; step < count; step++) {
    if (expr.op === 'limit_ratio') {
      const ratio = ratioAt(query, expr, parameter[step]!);
      for (const column of columns) {
        if (column.state[step] === absent) continue;
        const at = labelsFraction(column);
        if (ratio >= 0 ? at < ratio : at >= 1 + ratio) take(column, step);
      }
      continue;
    }
    const k = limitAt(expr, parameter[step]!);
    if (k < 1) continue;
    for (const group of groups) {
      if (expr.op === 'limitk') {
        let left = k;
        for (const column of group.columns) {
          if (column.state[step] === absent) continue;
          take(column, step);
          if (--left === 0) break;
        }
        continue;
      }
      for (const index of keepBest(group.columns, step, k, expr.op === 'topk'))
        take(group.columns[index]!, step);
      if (group.columns.some(column => column.state[step] === histogram)) {
        query.annotations.info(`ignored histogram in ${expr.op} aggregation`, expr.of.position);
      }
    }
  }
  return [...outs.values()];
}
