import { allBuckets, customSchema, type NativeHistogram, numberText } from '../promql/index.ts';

/** Which of a bucket's bounds belong to it: https://prometheus.io/docs/prometheus/latest/querying/api/#native-histograms */
const openLeft = 0;
const openRight = 1;
const closed = 3;

export interface HistogramJson {
  count: string;
  sum: string;
  buckets?: [bounds: number, lower: string, upper: string, count: string][];
}

/** A native histogram as Prometheus's API shows it: populated buckets with their bounds, numbers as text. */
export function histogramJson(histogram: NativeHistogram): HistogramJson {
  const buckets = allBuckets(histogram)
    .filter(({ count }) => count !== 0)
    .map(({ lower, upper, count }): [number, string, string, string] => [
      boundsOf(histogram, lower, upper),
      numberText(lower),
      numberText(upper),
      numberText(count),
    ]);
  return {
    count: numberText(histogram.count),
    sum: numberText(histogram.sum),
    ...(buckets.length > 0 ? { buckets } : {}),
  };
}

function boundsOf({ schema }: NativeHistogram, lower: number, upper: number): number {
  if (schema === customSchema) return lower === Number.NEGATIVE_INFINITY ? closed : openLeft;
  // Only the zero bucket reaches over zero, or is nothing but zero.
  if (lower <= 0 && upper >= 0 && lower === -upper) return closed;
  return lower < 0 ? openRight : openLeft;
}
