import { forMetric } from '../annotation.ts';
import type { ClassicBucket } from '../classic-histogram.ts';
import { absent, type Column, float, histogram } from '../column.ts';
import { type Labels, labelsKey, withoutLabels, withoutName } from '../labels.ts';
import type { Position } from '../promql-error.ts';
import type { Query } from '../query.ts';

/** One classic histogram over a grid: its bucket columns, and the native column of the same labels if there is one. */
export interface HistogramGroup {
  readonly labels: Labels;
  readonly name: string | undefined;
  readonly nameless: boolean;
  readonly bounds: readonly number[];
  readonly buckets: readonly Column[];
  readonly native: Column | undefined;
}

function bound(text: string | undefined): number {
  if (text === undefined || text.trim() !== text || text === '') return Number.NaN;
  const word = text.toLowerCase();
  if (word === '+inf' || word === 'inf') return Number.POSITIVE_INFINITY;
  if (word === '-inf') return Number.NEGATIVE_INFINITY;
  return Number(text);
}

/** Put the columns of a vector together to histograms: buckets by all labels but `le`, native ones as they are. */
export function histogramGroups(query: Query, columns: readonly Column[], at: Position): HistogramGroup[] {
  const groups = new Map<
    string,
    { -readonly [K in keyof HistogramGroup]: HistogramGroup[K] } & { bounds: number[]; buckets: Column[] }
  >();
  const groupOf = (labels: Labels, column: Column) => {
    const key = labelsKey(labels);
    let group = groups.get(key);
    if (!group) {
      const nameless = column.nameless ?? false;
      group = { labels, name: column.labels.__name__, nameless, bounds: [], buckets: [], native: undefined };
      groups.set(key, group);
    }
    return group;
  };
  for (const column of columns) {
    const hasFloat = column.state.includes(float);
    const hasHistogram = column.state.includes(histogram);
    if (hasFloat) {
      const upper = bound(column.labels.le);
      if (Number.isNaN(upper)) {
        query.annotations.warn(
          `bucket label "le" is missing or has a malformed value of ${JSON.stringify(column.labels.le ?? '')}${forMetric(column.labels.__name__)}`,
          at,
        );
      } else {
        const group = groupOf(withoutLabels(column.labels, ['le']), column);
        group.bounds.push(upper);
        group.buckets.push(column);
      }
    }
    if (hasHistogram) groupOf(column.labels, column).native = column;
  }
  return [...groups.values()];
}

/** The labels of a histogram function's result. */
export function resultLabels(query: Query, group: HistogramGroup): { labels: Labels; nameless?: boolean } {
  return query.delayedNames
    ? { labels: group.labels, nameless: true }
    : { labels: withoutName(group.labels) };
}

/** The buckets that have a sample at a step. */
export function bucketsAt(group: HistogramGroup, step: number): ClassicBucket[] {
  const out: ClassicBucket[] = [];
  for (let i = 0; i < group.buckets.length; i++) {
    const column = group.buckets[i]!;
    if (column.state[step] === float) out.push({ upper: group.bounds[i]!, count: column.values[step]! });
  }
  return out;
}

/** Whether a step has both kinds; such a step has no answer and is warned about. */
export function isMixed(
  query: Query,
  group: HistogramGroup,
  step: number,
  buckets: number,
  at: Position,
): boolean {
  if (buckets === 0 || !group.native || group.native.state[step] === absent) return false;
  if (group.native.state[step] !== histogram) return false;
  query.annotations.warn(
    `vector contains a mix of classic and native histograms${forMetric(group.name)}`,
    at,
  );
  return true;
}
