import type { Binary } from './ast.ts';
import { absent, type Column, copyStep, emptyColumn } from './column.ts';
import { anyPresent, matchGroups } from './matching.ts';

function kept(column: Column, keep: (step: number) => boolean): Column | undefined {
  const { state } = column;
  let some = 0;
  let all = 0;
  for (let i = 0; i < state.length; i++) {
    if (state[i] === absent) continue;
    all++;
    if (keep(i)) some++;
  }
  if (some === 0) return undefined;
  if (some === all) return column;
  const out = emptyColumn(column.labels, state.length);
  if (column.nameless) out.nameless = true;
  for (let i = 0; i < state.length; i++) if (state[i] !== absent && keep(i)) copyStep(column, out, i);
  return out;
}

/** `and`, `or`, `unless`: samples pass by whether the other side has one of the same group at that step. */
export function setOperation(
  expr: Binary,
  left: readonly Column[],
  right: readonly Column[],
  count: number,
): Column[] {
  const out: Column[] = [];
  const add = (column: Column | undefined) => {
    if (column) out.push(column);
  };
  const late: (Column | undefined)[] = [];
  for (const group of matchGroups(expr.matching!, left, right).values()) {
    const other = anyPresent(expr.op === 'or' ? group.left : group.right, count);
    if (expr.op === 'or') {
      for (const column of group.left) out.push(column);
      for (const column of group.right) late.push(kept(column, step => other[step] === 0));
    } else {
      const wanted = expr.op === 'and' ? 1 : 0;
      for (const column of group.left) add(kept(column, step => other[step] === wanted));
    }
  }
  for (const column of late) add(column);
  return out;
}
