import type { Aggregate } from './ast.ts';
import type { Column } from './column.ts';
import { groupKey, groupLabels, type Labels } from './labels.ts';

/** Columns that are aggregated together. */
export interface Group {
  readonly labels: Labels;
  readonly nameless: boolean;
  readonly columns: Column[];
}

export function grouped(expr: Aggregate, columns: readonly Column[]): Group[] {
  const grouping = { without: expr.without, names: expr.grouping };
  const keyOf = groupKey(grouping);
  const groups = new Map<string, { labels: Labels; nameless: boolean; columns: Column[] }>();
  for (const column of columns) {
    const key = keyOf(column.labels);
    const group = groups.get(key);
    if (group) {
      group.columns.push(column);
      if (column.nameless) group.nameless = true;
    } else {
      groups.set(key, {
        labels: groupLabels(grouping, column.labels),
        nameless: column.nameless ?? false,
        columns: [column],
      });
    }
  }
  return [...groups.values()];
}
