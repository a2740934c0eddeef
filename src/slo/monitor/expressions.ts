import { type LatencySignal, type RequestSignal, rateOf, selector } from '../signals/signal.ts';

/** Share of requests that fail; nothing without any, 0 while none has failed yet. */
export function errorRatio({ all, bad }: RequestSignal, window: string): string {
  return `(${rateOf(bad, window)} or vector(0)) / (${rateOf(all, window)})`;
}

export function quantileOf({ metric, matchers, native }: LatencySignal, q: number, window: string): string {
  return native
    ? `histogram_quantile(${q}, sum(rate(${selector(metric, matchers)}[${window}])))`
    : `histogram_quantile(${q}, sum by (le) (rate(${selector(`${metric}_bucket`, matchers)}[${window}])))`;
}
