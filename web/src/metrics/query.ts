import type { OutputOf } from '../api.ts';

export type Metric = OutputOf<'telemetry.metrics'>['metrics'][number];

/** By which a query of several is named: A, B, … */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

/** Of so many queries one page is made. */
export const MOST_QUERIES = 8;

/** The series of a classic histogram are one metric to those who look for it. */
export function grouped(metrics: readonly Metric[]): Metric[] {
  const groups = new Map<string, Metric>();
  for (const one of metrics) {
    const name = one.type === 'histogram' ? one.metric.replace(CLASSIC, '') : one.metric;
    const known = groups.get(name);
    groups.set(name, { ...one, metric: name, series: one.series + (known?.series ?? 0) });
  }
  return [...groups.values()];
}

const CLASSIC = /_(bucket|count|sum)$/;

/** What one usually wants to see of a metric: a counter's rate, a histogram's slowest hundredth, a gauge as it is. */
export function startOf({ metric, type }: Metric, all: readonly Metric[]): string {
  if (type === 'counter') return `sum(rate(${metric}[5m]))`;
  if (type !== 'histogram') return metric;
  return all.some(one => one.metric === `${metric}_bucket`)
    ? `histogram_quantile(0.99, sum by (le) (rate(${metric}_bucket[5m])))`
    : `histogram_quantile(0.99, sum(rate(${metric}[5m])))`;
}

/** An address of the explore page that shows these queries. */
export function metricsAddress(
  queries: readonly string[],
  window: { from: string; to: string } | { last: string },
): string {
  const params = new URLSearchParams({ ...window });
  for (const query of queries) params.append('q', query);
  return `/explore/metrics?${params}`;
}
