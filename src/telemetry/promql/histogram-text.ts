import { labelText } from './literal.ts';
import { allBuckets, type NativeHistogram } from './native-histogram.ts';

/** `{count:20, sum:10, [-2,-1):2, [-0.001,0.001]:2, (0.5,1]:1}`: a histogram as Prometheus prints it. */
export function histogramText(histogram: NativeHistogram): string {
  const parts = [`count:${labelText(histogram.count)}`, `sum:${labelText(histogram.sum)}`];
  for (const { lower, upper, count } of allBuckets(histogram)) {
    if (count === 0) continue;
    const zero = lower < 0 && upper > 0 && lower === -upper;
    const open = zero || upper <= 0 ? '[' : '(';
    const close = zero || upper > 0 ? ']' : ')';
    parts.push(`${open}${labelText(lower)},${labelText(upper)}${close}:${labelText(count)}`);
  }
  return `{${parts.join(', ')}}`;
}
