import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import {
  DurationText,
  duration,
  epochMs,
  Fault,
  Instant,
  instant,
  milliseconds,
  operationsOf,
} from '../kernel/index.ts';
import { InstantAnswer, jsonValue, MetricInfo, RangeAnswer, type Value } from './answer.ts';
import { GoldenSignals, goldenSignals } from './golden.ts';
import { goldenText, instantText, metricsText, rangeText, servicesText } from './render.ts';
import type { Telemetry } from './telemetry.ts';
import { ServiceVersions } from './trace.ts';
import { windowInput, windowMs, windowOf } from './window.ts';

const operation = operationsOf<{ telemetry: Telemetry; services: KnownServices }>();

const PromqlText = z
  .string()
  .min(1)
  .max(20_000)
  .describe('PromQL, as sum by (service_name) (rate(http_server_request_duration_seconds_count[5m]))');

const query = operation({
  name: 'telemetry.query',
  summary: 'Evaluate a PromQL expression at one instant.',
  description: 'No sample means no data: nothing agrees with the selectors, which is not the same as zero.',
  effect: 'read',
  route: 'GET /metrics/query',
  args: ['query'],
  input: z.object({ query: PromqlText, at: Instant.optional().describe('The instant; now if absent') }),
  output: InstantAnswer,
  run: async ({ query, at }, { telemetry, now, signal }) => {
    const time = at ?? now();
    const { samples, scalar, warnings } = await telemetry.metrics.instant(query, time, { signal });
    return {
      at: time,
      samples: samples.map(({ labels, value }) => ({ labels: { ...labels }, value: jsonValue(value) })),
      ...(scalar === undefined ? {} : { scalar: jsonValue(scalar) }),
      warnings,
    };
  },
  render: instantText,
  examples: ["nines telemetry query 'sum by (service_name) (rate(traces_spanmetrics_calls_total[5m]))'"],
});

const range = operation({
  name: 'telemetry.range',
  summary: 'Evaluate a PromQL expression over a window.',
  effect: 'read',
  route: 'GET /metrics/range',
  args: ['query'],
  input: z.object({
    query: PromqlText,
    ...windowInput,
    step: DurationText.optional().describe('From one point to the next; about 120 points if absent'),
  }),
  output: RangeAnswer,
  run: async (input, { telemetry, now, signal }) => {
    const window = windowOf(input, now());
    const step =
      input.step === undefined
        ? milliseconds(Math.max(1000, Math.ceil(windowMs(window) / 120 / 1000) * 1000))
        : duration(input.step);
    if (step === 0)
      throw new Fault('invalid', 'A step of 0s leads nowhere.', {
        field: 'step',
        hint: 'Give a step, as 15s.',
      });
    // On multiples of the step, so that the points stay where they are from one asking to the next.
    const aligned = (at: Instant) => instant(Math.floor(epochMs(at) / step) * step);
    const { series, warnings } = await telemetry.metrics.range(
      input.query,
      { from: aligned(window.from), to: aligned(window.to), step },
      { signal },
    );
    return {
      ...window,
      step: input.step ?? `${step / 1000}s`,
      series: series.map(({ labels, points }) => ({
        labels: { ...labels },
        points: points.map(([at, value]): [number, Value] => [at, jsonValue(value)]),
      })),
      warnings,
    };
  },
  render: rangeText,
  examples: [
    "nines telemetry range 'histogram_quantile(0.99, sum by (le) (rate(http_server_request_duration_seconds_bucket[1m])))' --last 1h",
  ],
});

const metrics = operation({
  name: 'telemetry.metrics',
  summary: 'List the metrics that are stored, with type, unit and series.',
  effect: 'read',
  route: 'GET /metrics/names',
  input: z.object({
    match: z.string().max(200).optional().describe('Part of the name'),
    limit: z.int().min(1).max(10_000).default(500).describe('At most so many'),
  }),
  output: z.object({ metrics: z.array(MetricInfo), total: z.number().int() }),
  run: async ({ match, limit }, { telemetry }) => {
    const found = telemetry
      .catalogue()
      .filter(({ metric }) => match === undefined || metric.toLowerCase().includes(match.toLowerCase()));
    return { metrics: found.slice(0, limit), total: found.length };
  },
  render: metricsText,
  examples: ['nines telemetry metrics --match http'],
});

const services = operation({
  name: 'telemetry.services',
  summary: 'List the services that send telemetry, with their versions.',
  effect: 'read',
  route: 'GET /telemetry/services',
  input: z.object(windowInput),
  output: z.object({ services: z.array(ServiceVersions) }),
  run: async (input, { telemetry, now, signal }) => ({
    services: await telemetry.traces.services(windowOf(input, now()), { signal }),
  }),
  render: ({ services }) => servicesText(services),
  examples: ['nines telemetry services --last 1h'],
});

const golden = operation({
  name: 'telemetry.golden',
  summary: "Show a service's golden signals: latency, traffic, errors, saturation.",
  effect: 'read',
  route: 'GET /telemetry/golden/:service',
  args: ['service'],
  input: z.object({
    service: z.string().min(1).max(255).describe('The service as its telemetry names it (service.name)'),
    at: Instant.optional().describe('End of the window; now if absent'),
    last: DurationText.default('5m').describe('Length of the window'),
  }),
  output: GoldenSignals,
  run: async ({ service, at, last }, { telemetry, services, now, signal }) => {
    const window = windowOf({ to: at, last }, now());
    const found = await goldenSignals(telemetry, service, window.to, duration(last), signal);
    if (found.source === 'no_data' && found.saturation.length === 0) await services.expect(service, window);
    return found;
  },
  render: goldenText,
  examples: ['nines telemetry golden payments', 'nines telemetry golden gateway --last 1h'],
});

export const metricOperations = [query, range, metrics, services, golden] as const;
