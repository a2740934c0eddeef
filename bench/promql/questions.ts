export interface Question {
  name: string;
  query: string;
  /** Which of two equal series is named is open: only the sum of all is compared. */
  ties?: true;
  /** The window of a range query; an instant one has none. */
  over?: { hours: number; stepMs: number };
}

/** `hours` is how long the samples last; windows are not cut to it. */
export function questions(hours: number): Question[] {
  const minutely = { hours, stepMs: hours > 48 ? 600_000 : 60_000 };
  const coarse = { hours, stepMs: hours > 48 ? 1_200_000 : 300_000 };
  const recent = { hours: Math.min(hours, 6), stepMs: 60_000 };
  const ratio = (call: string, window: string, by = '') =>
    `sum${by} (${call}(requests_total{code=~"5.."}[${window}])) / sum${by} (${call}(requests_total[${window}]))`;
  const rates = 'sum by (service) (rate(requests_total[5m]))';
  const quantile = 'histogram_quantile(0.99, sum by (service, le) (rate(latency_seconds_bucket[5m])))';
  return [
    { name: 'instant rate of one service', query: 'sum(rate(requests_total{service="s3"}[5m]))' },
    {
      name: 'instant rate of one series',
      query: 'rate(requests_total{service="s3",instance="i7",code="500"}[5m])',
    },
    { name: 'instant rate by service', query: rates },
    { name: 'instant quantile', query: quantile },
    { name: 'instant SLO ratio [1h]', query: ratio('increase', '1h') },
    { name: 'instant increase [23h]', query: 'sum(increase(requests_total[23h]))' },
    { name: 'instant SLO ratio [30d]', query: ratio('increase', '30d') },
    { name: 'instant SLO ratio [30d], service', query: ratio('rate', '30d', ' by (service)') },
    { name: 'rate by service', query: rates, over: minutely },
    { name: 'quantile by service', query: quantile, over: minutely },
    { name: 'SLO ratio [1h]', query: ratio('rate', '1h'), over: minutely },
    { name: 'SLO ratio [6h] by service', query: ratio('rate', '6h', ' by (service)'), over: coarse },
    { name: 'SLO ratio [30d]', query: ratio('rate', '30d'), over: coarse },
    { name: 'top-k', query: 'topk(5, rate(requests_total[5m]))', ties: true, over: recent },
    {
      name: 'join',
      query:
        'sum by (service, instance) (rate(requests_total{code="500"}[5m])) / on (service, instance) group_left memory_bytes',
      over: minutely,
    },
    {
      name: 'subquery [1h:1m]',
      query: 'max_over_time(sum by (service) (rate(requests_total[5m]))[1h:1m])',
      over: recent,
    },
    {
      name: 'regex selectors',
      query: 'sum by (code) (rate({__name__=~"requests.*",service=~"s[1-3]",instance=~"i.?[02468]"}[5m]))',
      over: minutely,
    },
    {
      name: 'avg_over_time [1h]',
      query: 'avg by (service) (avg_over_time(memory_bytes[1h]))',
      over: minutely,
    },
  ];
}
