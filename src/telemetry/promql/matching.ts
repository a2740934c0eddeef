import type { Binary, VectorMatching } from './ast.ts';
import { absent, type Column } from './column.ts';
import {
  compareLabels,
  groupKey,
  type Labels,
  labelsText,
  onlyLabels,
  withoutLabels,
  withoutName,
} from './labels.ts';
import { failed } from './promql-error.ts';

/** The columns of both sides that belong together. */
export interface MatchGroup {
  readonly left: Column[];
  readonly right: Column[];
}

export function matchGroups(
  matching: VectorMatching,
  left: readonly Column[],
  right: readonly Column[],
): Map<string, MatchGroup> {
  const keyOf = groupKey({ without: !matching.on, names: matching.labels });
  const groups = new Map<string, MatchGroup>();
  const groupOf = (column: Column) => {
    const key = keyOf(column.labels);
    let group = groups.get(key);
    if (!group) {
      group = { left: [], right: [] };
      groups.set(key, group);
    }
    return group;
  };
  for (const column of left) groupOf(column).left.push(column);
  for (const column of right) groupOf(column).right.push(column);
  return groups;
}

const arithmetic = new Set(['+', '-', '*', '/', '%', '^', 'atan2']);

export function dropsName(expr: Binary): boolean {
  return arithmetic.has(expr.op);
}

/** The labels that decide a match, of one of the matched. */
export function matchLabels(matching: VectorMatching, labels: Labels): Labels {
  return matching.on
    ? onlyLabels(labels, matching.labels)
    : withoutLabels(labels, [...matching.labels, '__name__']);
}

/** Labels of a result: those of the "many" side, with the included ones of the "one" side. */
export function resultLabels(expr: Binary, many: Labels, one: Labels): Labels {
  const matching = expr.matching!;
  let labels = dropsName(expr) ? withoutName(many) : many;
  if (matching.card === 'one-to-one') {
    labels = matching.on ? onlyLabels(labels, matching.labels) : withoutLabels(labels, matching.labels);
  }
  if (matching.include.length === 0) return labels;
  const out: Record<string, string> = { ...labels };
  for (const name of matching.include) {
    const value = one[name];
    if (value) out[name] = value;
    else delete out[name];
  }
  return out;
}

/** Per step, whether any column of a side has a sample. */
export function anyPresent(columns: readonly Column[], count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (const { state } of columns) for (let i = 0; i < count; i++) if (state[i] !== absent) out[i] = 1;
  return out;
}

/** Two series of the "one" side at the same step: the match is ambiguous. */
export function checkUnique(
  expr: Binary,
  ones: readonly Column[],
  side: 'left' | 'right',
  counts: Uint8Array,
): void {
  for (let step = 0; step < counts.length; step++) {
    if (counts[step] === 0) continue;
    let first: Column | undefined;
    for (const column of ones) {
      if (column.state[step] === absent) continue;
      if (!first) {
        first = column;
        continue;
      }
      const both = [first.labels, column.labels].sort(compareLabels);
      const group = labelsText(matchLabels(expr.matching!, column.labels));
      throw failed(
        `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: ` +
          `[${both.map(labelsText).join(', ')}];many-to-many matching not allowed: ` +
          'matching labels must be unique on one side',
        expr.position,
      );
    }
  }
}
