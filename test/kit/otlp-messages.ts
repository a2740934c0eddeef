/** One request of each signal, with something in most of its fields: in OTLP's JSON, and in protobuf. */
import { attributes, protobufOf } from '../../src/telemetry/testing.ts';

export const signals = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof signals)[number];

const now = BigInt(Date.now()) * 1_000_000n;
const resource = { attributes: attributes({ 'service.name': 'fuzzed', 'host.name': 'a' }) };
const point = { timeUnixNano: String(now), attributes: attributes({ route: '/' }) };
export const json: Readonly<Record<Signal, object>> = {
  traces: {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            scope: { name: 's' },
            spans: [
              {
                traceId: '5b8efff798038103d269b633813fc60c',
                spanId: 'eee19b7ec3c1b174',
                name: 'GET /',
                kind: 2,
                startTimeUnixNano: String(now),
                endTimeUnixNano: String(now + 5n),
                attributes: attributes({ 'http.route': '/', ok: true, n: 1.5 }),
                events: [{ timeUnixNano: String(now), name: 'e', attributes: attributes({ a: 1 }) }],
                links: [{ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b175' }],
                status: { code: 2, message: 'm' },
              },
            ],
          },
        ],
      },
    ],
  },
  metrics: {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            metrics: [
              { name: 'g', gauge: { dataPoints: [{ ...point, asDouble: 1 }] } },
              {
                name: 'h',
                unit: 's',
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [{ ...point, count: 3, sum: 2, bucketCounts: [1, 2], explicitBounds: [1] }],
                },
              },
              {
                name: 'e',
                exponentialHistogram: {
                  aggregationTemporality: 1,
                  dataPoints: [
                    { ...point, count: 3, sum: 2, scale: 3, positive: { offset: 1, bucketCounts: [1, 2] } },
                  ],
                },
              },
              {
                name: 's',
                summary: {
                  dataPoints: [{ ...point, count: 3, sum: 4, quantileValues: [{ quantile: 0.5, value: 1 }] }],
                },
              },
            ],
          },
        ],
      },
    ],
  },
  logs: {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: String(now),
                severityText: 'INFO',
                body: { stringValue: 'a line' },
                attributes: attributes({ order: 7 }),
              },
            ],
          },
        ],
      },
    ],
  },
};
export const good = {
  traces: protobufOf('traces', json.traces),
  metrics: protobufOf('metrics', json.metrics),
  logs: protobufOf('logs', json.logs),
};
