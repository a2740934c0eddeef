import type { OutputOf } from '../api.ts';

export type Metric = OutputOf<'telemetry.metrics'>['metrics'][number];

/** By which a query of several is named: A, B, … */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

/** Of so many queries one page is made. */
export const MOST_QUERIES = 8;

/** What one usually wants to see of a metric: a counter's rate, a histogram's slowest hundredth, a gauge as it is. */
export function startOf({ metric, type }: Metric): string {
  if (type === 'counter') return `sum(rate(${metric}[5m]))`;
  if (type === 'histogram') {
    const name = metric.replace(/_(bucket|count|sum)$/, '');
    return `histogram_quantile(0.99, sum by (le) (rate(${name}_bucket[5m])))`;
  }
  return metric;
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
