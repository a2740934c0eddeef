import { z } from 'zod';
import {
  type Duration,
  epochMs,
  formatDuration,
  type Instant,
  instant,
  milliseconds,
} from '../kernel/index.ts';
import type { MetricsSource } from './metrics.ts';
import { quoted } from './promql/literal.ts';
import type { Traces } from './traces.ts';

export const SaturationSignal = z.object({
  resource: z.string(),
  /** Which one, where there are several: a pool's name. */
  which: z.string().optional(),
  value: z.number(),
  unit: z.enum(['ratio', 'count', 'bytes', 'cores', 'seconds']),
  limit: z.number().optional(),
  query: z.string(),
});
export type SaturationSignal = z.infer<typeof SaturationSignal>;

export const GoldenSignals = z.object({
  service: z.string(),
  from: z.string(),
  to: z.string(),
  /** Where latency, traffic and errors come from; `no_data` when no request was seen. */
  source: z.enum(['spans', 'metrics', 'no_data']),
  traffic: z.object({ requests: z.number(), perSecond: z.number() }).optional(),
  errors: z.object({ count: z.number(), ratio: z.number() }).optional(),
  latency: z.object({ p50Ms: z.number(), p95Ms: z.number(), p99Ms: z.number() }).optional(),
  /** Empty when the service sends no metric of a resource: then its saturation is not known. */
  saturation: z.array(SaturationSignal),
});
export type GoldenSignals = z.infer<typeof GoldenSignals>;

interface Probe {
  resource: string;
  unit: SaturationSignal['unit'];
  /** PromQL; `S` stands for the service's matcher, `W` for the window. */
  query: string;
  limit?: string;
}

/**
 * What can run full, from the OpenTelemetry semantic conventions of runtimes, processes, pools and HTTP servers
 * (https://opentelemetry.io/docs/specs/semconv/). A service has those that it sends.
 */
const probes: readonly Probe[] = [
  { resource: 'cpu', unit: 'cores', query: 'sum(rate(process_cpu_time_seconds_total{S}[W]))' },
  { resource: 'memory', unit: 'bytes', query: 'max(max_over_time(process_memory_usage_bytes{S}[W]))' },
  {
    resource: 'event loop',
    unit: 'ratio',
    query: 'max(avg_over_time(nodejs_eventloop_utilization_ratio{S}[W]))',
    limit: '1',
  },
  {
    resource: 'event loop delay p99',
    unit: 'seconds',
    query: 'max(max_over_time(nodejs_eventloop_delay_p99_seconds{S}[W]))',
  },
  {
    resource: 'database connections',
    unit: 'count',
    query:
      'max by (db_client_connection_pool_name) (max_over_time(db_client_connection_count{S,db_client_connection_state="used"}[W]))',
    limit: 'max by (db_client_connection_pool_name) (max_over_time(db_client_connection_max{S}[W]))',
  },
  {
    resource: 'waiting for a database connection',
    unit: 'count',
    query:
      'max by (db_client_connection_pool_name) (max_over_time(db_client_connection_pending_requests{S}[W]))',
  },
  {
    resource: 'requests at once',
    unit: 'count',
    query: 'sum(max_over_time(http_server_active_requests{S}[W]))',
  },
  {
    resource: 'jvm heap',
    unit: 'bytes',
    query: 'sum(max_over_time(jvm_memory_used_bytes{S,jvm_memory_type="heap"}[W]))',
    limit: 'sum(max_over_time(jvm_memory_limit_bytes{S,jvm_memory_type="heap"}[W]))',
  },
  { resource: 'goroutines', unit: 'count', query: 'sum(max_over_time(go_goroutine_count{S}[W]))' },
];

/** Latency, traffic, errors and saturation of a service, without configuration. */
export async function goldenSignals(
  { traces, metrics }: { traces: Traces; metrics: MetricsSource },
  service: string,
  at: Instant,
  over: Duration,
  signal?: AbortSignal,
): Promise<GoldenSignals> {
  const window = { from: instant(epochMs(at) - over), to: at };
  const options = signal === undefined ? {} : { signal };
  const text = (query: string) =>
    query.replaceAll('[W]', `[${formatDuration(over)}]`).replaceAll('{S', `{service_name=${quoted(service)}`);
  const [answered] = await traces.answered(window, { ...options, service });
  const saturation: SaturationSignal[] = [];
  for (const probe of probes) {
    const query = text(probe.query);
    const { samples } = await metrics.instant(query, at, options);
    if (samples.length === 0) continue;
    const limits =
      probe.limit === undefined ? undefined : await metrics.instant(text(probe.limit), at, options);
    for (const { labels, value } of samples) {
      const which = Object.values(labels).join(' ');
      const limit =
        limits?.scalar ?? limits?.samples.find(one => Object.values(one.labels).join(' ') === which)?.value;
      if (!Number.isFinite(value)) continue;
      saturation.push({
        resource: probe.resource,
        ...(which === '' ? {} : { which }),
        value,
        unit: probe.unit,
        ...(limit === undefined || !(limit > 0) ? {} : { limit }),
        query,
      });
    }
  }
  return {
    service,
    ...window,
    saturation,
    ...(answered === undefined
      ? await fromMetrics(metrics, service, at, over, options)
      : {
          source: 'spans' as const,
          traffic: { requests: answered.count, perSecond: answered.count / (over / 1000) },
          errors: { count: answered.errors, ratio: answered.errors / answered.count },
          latency: { p50Ms: answered.p50Ms, p95Ms: answered.p95Ms, p99Ms: answered.p99Ms },
        }),
  };
}

/** For a service that sends metrics and no spans: the histogram of the HTTP semantic conventions. */
async function fromMetrics(
  metrics: MetricsSource,
  service: string,
  at: Instant,
  over: Duration,
  options: { signal?: AbortSignal },
): Promise<Pick<GoldenSignals, 'source' | 'traffic' | 'errors' | 'latency'>> {
  const matcher = `service_name=${quoted(service)}`;
  const window = formatDuration(milliseconds(over));
  const value = async (query: string) => (await metrics.instant(query, at, options)).samples[0]?.value;
  const requests = await value(
    `sum(increase(http_server_request_duration_seconds_count{${matcher}}[${window}]))`,
  );
  if (requests === undefined || !(requests > 0)) return { source: 'no_data' };
  const errors =
    (await value(
      `sum(increase(http_server_request_duration_seconds_count{${matcher},http_response_status_code=~"5.."}[${window}]))`,
    )) ?? 0;
  const quantile = async (q: number) =>
    ((await value(
      `histogram_quantile(${q}, sum by (le) (rate(http_server_request_duration_seconds_bucket{${matcher}}[${window}])))`,
    )) ?? Number.NaN) * 1000;
  const latency = { p50Ms: await quantile(0.5), p95Ms: await quantile(0.95), p99Ms: await quantile(0.99) };
  return {
    source: 'metrics',
    traffic: { requests, perSecond: requests / (over / 1000) },
    errors: { count: errors, ratio: errors / requests },
    ...(Object.values(latency).every(Number.isFinite) ? { latency } : {}),
  };
}
