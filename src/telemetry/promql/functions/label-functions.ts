import { type Column, merged } from '../column.ts';
import { quoted } from '../literal.ts';
import { replacer } from '../pattern.ts';
import { failed, type Position } from '../promql-error.ts';
import type { Query } from '../query.ts';

function withLabel(column: Column, name: string, value: string, delayedNames: boolean): Column {
  const labels: Record<string, string> = { ...column.labels };
  if (value === '') delete labels[name];
  else labels[name] = value;
  const { nameless, ...rest } = column;
  const drops = nameless && !(delayedNames && name === '__name__');
  return { ...rest, labels, ...(drops && { nameless: true }) };
}

/** `label_replace(v, dst, replacement, src, regex)`. */
export function labelReplace(
  query: Query,
  columns: readonly Column[],
  args: readonly [string, string, string, string],
  position: Position,
): Column[] {
  const [target, template, source, pattern] = args;
  if (!query.isLabelName(target))
    throw failed(`invalid destination label name in label_replace(): ${target}`, position);
  let replace: ReturnType<typeof replacer>;
  try {
    replace = replacer(pattern, template);
  } catch {
    throw failed(`invalid regular expression in label_replace(): ${pattern}`, position);
  }
  const known = new Map<string, string | undefined>();
  const replaced = (value: string) => {
    if (!known.has(value)) known.set(value, replace(value));
    return known.get(value);
  };
  const out = columns.map(column => {
    const value = replaced(column.labels[source] ?? '');
    return value === undefined ? column : withLabel(column, target, value, query.delayedNames);
  });
  return merged(out, position);
}

/** `label_join(v, dst, separator, src…)`. */
export function labelJoin(
  query: Query,
  columns: readonly Column[],
  target: string,
  separator: string,
  sources: readonly string[],
  position: Position,
): Column[] {
  if (!query.isLabelName(target))
    throw failed(`invalid destination label name in label_join(): ${target}`, position);
  for (const source of sources) {
    if (!query.isLabelName(source))
      throw failed(`invalid source label name in label_join(): ${quoted(source)}`, position);
  }
  const out = columns.map(column =>
    withLabel(
      column,
      target,
      sources.map(source => column.labels[source] ?? '').join(separator),
      query.delayedNames,
    ),
  );
  return merged(out, position);
}

/** Compare strings so that numbers inside them go by size: `a2` before `a10`. */
export function naturalCompare(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i]!;
    const y = right[i]!;
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y)) {
      const difference = BigInt(x) - BigInt(y);
      if (difference !== 0n) return difference < 0n ? -1 : 1;
    }
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
