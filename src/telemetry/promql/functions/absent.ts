import { type Expr, unwrapped } from '../ast.ts';
import { absent, type Column, emptyColumn, setFloat } from '../column.ts';

/** The labels that an absent series would have: those that the selector fixes by exactly one `=`. */
export function absentLabels(arg: Expr): Record<string, string> {
  const expr = unwrapped(arg);
  const selector = expr.kind === 'matrix-selector' ? expr.selector : expr;
  if (selector.kind !== 'vector-selector') return {};
  const labels: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === '__name__') continue;
    if (op === '=' && !seen.has(name)) labels[name] = value;
    else delete labels[name];
    seen.add(name);
  }
  for (const name of Object.keys(labels)) if (labels[name] === '') delete labels[name];
  return labels;
}

/** 1 at every step at which none of the columns has a sample. */
export function absentColumns(
  columns: readonly { readonly state: Uint8Array }[],
  arg: Expr,
  count: number,
): Column[] {
  const out = emptyColumn(absentLabels(arg), count);
  let any = false;
  for (let i = 0; i < count; i++) {
    if (columns.some(column => column.state[i] !== absent)) continue;
    setFloat(out, i, 1);
    any = true;
  }
  return any ? [out] : [];
}
