// What the explore pages are shown in tests: three services over an hour, one of which fails for a while.
import { Fault, instant } from '../../src/kernel/index.ts';
import { PromqlError, parse } from '../../src/telemetry/promql/index.ts';
import type { Answers } from './console-scene.ts';
import { logAnswers } from './explore-logs.ts';
import { probeAnswers } from './explore-probes.ts';
import { SLOW_TRACE, traceAnswers } from './explore-traces.ts';

const SERVICES = ['gateway', 'payments', 'auth'] as const;
const HOUR_MS = 3_600_000;

type Input = Record<string, unknown>;

/** The window that an operation was asked for. */
function windowOf(at: string, { from, to, last }: Input): { from: number; to: number } {
  const end = to === undefined ? Date.parse(at) : Date.parse(String(to));
  const [, count, unit] = /^(\d+)([smhd])$/.exec(String(last ?? '1h')) ?? [];
  const length = Number(count) * { s: 1000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS }[unit as 's']!;
  return { from: from === undefined ? end - length : Date.parse(String(from)), to: end };
}

/** Throws what the server throws for a text that is no PromQL. */
function checked(query: unknown): string {
  try {
    parse(String(query));
    return String(query);
  } catch (error) {
    throw error instanceof PromqlError ? new Fault('invalid', error.message, { field: 'query' }) : error;
  }
}

export function exploreAnswers(at: string): Answers {
  return {
    ...logAnswers(at),
    ...probeAnswers(at),
    ...traceAnswers(at),
    'telemetry.metrics': input => {
      const metrics = [
        ['http_server_request_duration_seconds', 'histogram', 's', 'How long requests take.', 132],
        ['http_requests_total', 'counter', '', 'Requests by route and status.', 48],
        ['process_resident_memory_bytes', 'gauge', 'By', 'Memory in use.', 12],
      ] as const;
      const found = metrics.filter(([metric]) => metric.includes(String(input.match ?? '')));
      return {
        metrics: found.map(([metric, type, unit, help, series]) => ({ metric, type, unit, help, series })),
        total: found.length,
      };
    },
    'telemetry.range': input => {
      const query = checked(input.query);
      const { from, to } = windowOf(at, input);
      const step = Number.parseInt(String(input.step ?? '30s'), 10) * 1000;
      return {
        from: instant(from),
        to: instant(to),
        step: `${step / 1000}s`,
        series: query.includes('nothing')
          ? []
          : SERVICES.map((service_name, index) => ({
              labels: { service_name, cluster: 'shop' },
              points: pointsOf(from, to, step, t => value(index, t, Date.parse(at))),
            })),
        warnings: [],
      };
    },
    'telemetry.cardinality': {
      at: instant(Date.parse(at)),
      series: 91_000,
      limits: {
        series: 100_000,
        perMetric: 50_000,
        perTenant: 60_000,
        newPerMinute: 10_000,
        tenantLabel: 'service_name',
      },
      newInLastHour: 4200,
      metrics: [
        {
          metric: 'http_requests_total',
          series: 48_000,
          newInLastHour: 4100,
          labels: [
            { label: 'user_id', values: 24_000 },
            { label: 'http_route', values: 12 },
          ],
          suggestion: { drop: 'user_id', seriesLeft: 48 },
        },
      ],
      labels: [{ label: 'user_id', values: 24_000, series: 48_000 }],
      tenants: [{ tenant: 'gateway', series: 52_000 }],
      refused: [
        {
          metric: 'http_requests_total',
          reason: 'perMetric',
          count: 812,
          first: instant(Date.parse(at) - HOUR_MS),
          last: instant(Date.parse(at)),
          sentence: 'New series of http_requests_total are refused: it has 50,000.',
        },
      ],
    },
    'telemetry.storage': {
      signals: (['traces', 'logs', 'metrics'] as const).map((signal, i) => ({
        signal,
        bytes: 3_400_000_000 / (i + 1),
        rows: 41_000_000 / (i + 1),
        oldest: instant(Date.parse(at) - 6 * 24 * HOUR_MS),
        newest: instant(Date.parse(at)),
        retention: '30d',
        refused: i === 0,
      })),
      bytes: 6_300_000_000,
      disk: {
        freeBytes: 2_100_000_000,
        totalBytes: 40_000_000_000,
        keepFreeBytes: 4_000_000_000,
        order: ['traces', 'logs', 'metrics'],
        shortBytes: 1_900_000_000,
        why: 'The disk has 1.96 GiB free, and 3.73 GiB should stay so',
      },
      shed: [
        {
          at: instant(Date.parse(at) - HOUR_MS),
          signal: 'traces',
          partitions: 1,
          bytes: 700_000_000,
          rows: 8_000_000,
          from: instant(Date.parse(at) - 9 * 24 * HOUR_MS),
          to: instant(Date.parse(at) - 8 * 24 * HOUR_MS),
          why: 'The disk was too full.',
        },
      ],
    },
    'telemetry.exemplars': input => {
      const mine = String(input.query).includes('_bucket');
      return {
        total: mine ? 1 : 0,
        exemplars: mine
          ? [
              {
                at: instant(Date.parse(at) - 700_000),
                value: 31.5,
                traceId: SLOW_TRACE,
                spanId: '00f067aa0ba902b7',
                attributes: {},
                series: { service_name: 'payments' },
              },
            ]
          : [],
      };
    },
    'telemetry.query': input => {
      const query = checked(input.query);
      return {
        at: instant(input.at === undefined ? Date.parse(at) : Date.parse(String(input.at))),
        samples: query.includes('nothing')
          ? []
          : SERVICES.map((service_name, index) => ({
              labels: { service_name, cluster: 'shop' },
              value: index === 2 ? ('NaN' as const) : 12.5 * (index + 1),
            })),
        warnings: [],
      };
    },
  };
}

/** Answers of Prometheus's own API: what completion asks. */
export function explorePrometheus(path: string): unknown {
  switch (path) {
    case 'labels':
      return ['__name__', 'cluster', 'service_name'];
    case 'label/__name__/values':
      return ['http_requests_total', 'http_server_request_duration_seconds_bucket'];
    case 'label/service_name/values':
      return [...SERVICES];
    case 'metadata':
      return { http_requests_total: [{ type: 'counter', help: 'Requests by route and status.', unit: '' }] };
    case 'series':
      return SERVICES.map(service_name => ({ __name__: 'http_requests_total', service_name }));
    case 'targets':
      return {
        activeTargets: [
          {
            scrapePool: 'node',
            scrapeUrl: 'http://node.shop.example:9100/metrics',
            labels: { job: 'node', instance: 'node.shop.example:9100' },
            health: 'down',
            lastError: 'connection refused',
            lastScrape: '0001-01-01T00:00:00Z',
            lastScrapeDuration: 0.003,
            scrapeInterval: '15s',
          },
        ],
      };
    case 'status/flags':
      return {};
    default:
      return undefined;
  }
}

/** One service is slow for five minutes; another sends nothing for a while, and one point in between. */
function value(index: number, t: number, now: number): number | undefined {
  const ago = now - t;
  if (index === 2 && ago > 1_500_000 && ago < 2_400_000) return undefined;
  const wave = 12 + 4 * index + 3 * Math.sin(t / 400_000 + index);
  return index === 1 && ago > 600_000 && ago < 900_000 ? wave + 18 : wave;
}

function pointsOf(from: number, to: number, step: number, of: (t: number) => number | undefined) {
  const points: [number, number][] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
    const v = of(t);
    if (v !== undefined) points.push([t, v]);
  }
  return points;
}
