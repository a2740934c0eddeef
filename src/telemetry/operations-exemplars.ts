import { z } from 'zod';
import { Instant, instant, operationsOf, timeOfDay } from '../kernel/index.ts';
import { jsonValue, Value } from './answer.ts';
import type { Telemetry } from './telemetry.ts';
import { cut } from './text.ts';
import { windowInput, windowOf } from './window.ts';

const operation = operationsOf<{ telemetry: Telemetry }>();

const Exemplar = z.object({
  at: Instant,
  value: Value,
  traceId: z.string().optional(),
  spanId: z.string().optional(),
  attributes: z.record(z.string(), z.string()).describe('What else its sender gave'),
  series: z.record(z.string(), z.string()),
});
type Exemplar = z.infer<typeof Exemplar>;

const exemplars = operation({
  name: 'telemetry.exemplars',
  summary: 'Find traces behind a metric: exemplars of the series that an expression asks.',
  description:
    'Exemplars of OTLP, remote write and OpenMetrics as their senders chose them; of the metrics that Nines makes of spans, the slowest spans. ' +
    "Of a histogram, its buckets' exemplars are given whichever of its series is asked.",
  effect: 'read',
  route: 'GET /metrics/exemplars',
  args: ['query'],
  input: z.object({
    query: z
      .string()
      .min(1)
      .max(20_000)
      .describe('PromQL, as http_server_request_duration_seconds_bucket{job="payments"}'),
    ...windowInput,
    order: z.enum(['highest', 'newest']).default('highest').describe('Which come first'),
    limit: z.int().min(1).max(1000).default(20).describe('At most so many'),
  }),
  output: z.object({ exemplars: z.array(Exemplar), total: z.number().int() }),
  run: async ({ query, order, limit, ...input }, { telemetry, now }) => {
    const found = await telemetry.exemplars(query, windowOf(input, now()));
    const all = found.flatMap(({ series, exemplars }) =>
      exemplars.map(({ at, value, labels: { trace_id, span_id, ...attributes } }) => ({
        at,
        number: value,
        value: jsonValue(value),
        ...(trace_id === undefined ? {} : { traceId: trace_id }),
        ...(span_id === undefined ? {} : { spanId: span_id }),
        attributes,
        series: { ...series },
      })),
    );
    // Senders repeat an exemplar until they have a newer one; buckets of several series may show one span.
    const once = [
      ...new Map(all.map(one => [`${one.traceId} ${one.spanId} ${one.at} ${one.number}`, one])).values(),
    ];
    once.sort((a, b) => (order === 'highest' ? b.number - a.number || b.at - a.at : b.at - a.at));
    return {
      total: once.length,
      exemplars: once.slice(0, limit).map(({ number, at, ...rest }) => ({ at: instant(at), ...rest })),
    };
  },
  render: ({ exemplars, total }) => exemplarsText(exemplars, total),
  examples: [
    'nines telemetry exemplars http_server_request_duration_seconds --last 1h',
    'nines telemetry exemplars traces_spanmetrics_latency_seconds --order newest',
  ],
});

function exemplarsText(exemplars: readonly Exemplar[], total: number): string {
  if (total === 0) return 'No exemplar in this window: no sender gave one, or no series agrees.';
  const lines = exemplars.flatMap(({ at, value, traceId, series, attributes }) => {
    const { __name__: name = '', le: _, ...labels } = series;
    const text = Object.entries({ ...labels, ...attributes })
      .map(([key, one]) => `${key}=${one}`)
      .join(' ');
    return [
      `${timeOfDay(at, 'second')}  ${String(typeof value === 'number' ? Number(value.toPrecision(4)) : value).padStart(8)}  ${cut(name, 58)}`,
      ...(text === '' ? [] : [`  ${cut(text, 78)}`]),
      traceId === undefined ? '  (without a trace)' : `  nines traces show ${traceId}`,
    ];
  });
  return [...lines, ...(total > exemplars.length ? [`… and ${total - exemplars.length} more.`] : [])].join(
    '\n',
  );
}

export const exemplarOperations = [exemplars] as const;
