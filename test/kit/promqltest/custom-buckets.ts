import { type Labels, labelsKey, type NativeHistogram } from '../../../src/telemetry/promql/index.ts';
import type { NotedSeries, Point } from './series-notation.ts';

interface Collected {
  labels: Labels;
  at: Map<number, { buckets: Map<number, number>; count?: number; sum?: number }>;
}

function converted(at: {
  buckets: Map<number, number>;
  count?: number;
  sum?: number;
}): NativeHistogram | undefined {
  const bounds = [...at.buckets.keys()]
    .filter(bound => bound !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);
  const cumulative = bounds.map(bound => at.buckets.get(bound)!);
  const count = at.count ?? at.buckets.get(Number.POSITIVE_INFINITY) ?? cumulative.at(-1) ?? 0;
  cumulative.push(at.buckets.get(Number.POSITIVE_INFINITY) ?? count);
  const counts = cumulative.map((value, i) => (i === 0 ? value : value - cumulative[i - 1]!));
  if (counts.some(each => each < 0) || cumulative.at(-1)! > count) return undefined;
  return {
    schema: -53,
    zeroThreshold: 0,
    zeroCount: 0,
    count,
    sum: at.sum ?? 0,
    positive: { index: counts.map((_, i) => i), count: counts },
    negative: { index: [], count: [] },
    customValues: bounds,
    hint: 'unknown',
  };
}

/** The native histograms with custom buckets that a batch of classic ones amounts to. */
export function withCustomBuckets(batch: readonly NotedSeries[]): NotedSeries[] {
  const collected = new Map<string, Collected>();
  for (const series of batch) {
    const name = series.labels.__name__ ?? '';
    const suffix = /_(bucket|count|sum)$/.exec(name);
    if (!suffix || series.starts) continue;
    const { le, ...others } = series.labels;
    const labels = { ...others, __name__: name.slice(0, suffix.index) };
    const key = labelsKey(labels);
    let target = collected.get(key);
    if (!target) {
      target = { labels, at: new Map() };
      collected.set(key, target);
    }
    for (const [i, point] of series.points.entries()) {
      if (point.kind !== 'float') continue;
      let at = target.at.get(i);
      if (!at) {
        at = { buckets: new Map() };
        target.at.set(i, at);
      }
      if (suffix[1] === 'count') at.count = point.value;
      else if (suffix[1] === 'sum') at.sum = point.value;
      else {
        const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
        if (le !== undefined && le !== '' && !Number.isNaN(bound)) at.buckets.set(bound, point.value);
      }
    }
  }
  const out: NotedSeries[] = [];
  for (const { labels, at } of collected.values()) {
    const points: Point[] = [];
    for (let i = 0; i <= Math.max(-1, ...at.keys()); i++) {
      const found = at.get(i);
      const value = found && found.buckets.size > 0 ? converted(found) : undefined;
      points.push(value ? { kind: 'histogram', value, hint: undefined } : { kind: 'none' });
    }
    if (points.some(point => point.kind === 'histogram')) out.push({ labels, points, starts: false });
  }
  return out;
}
