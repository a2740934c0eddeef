import { z } from 'zod';
import { type Duration, epochMs, formatDuration, type Instant, instant } from '../kernel/index.ts';
import { instrumentation, type RequestSource, requestSources } from './golden-sources.ts';
import type { InstantSample, MetricsSource } from './metrics.ts';
import { quoted } from './promql/literal.ts';
import { type SaturationSource, type Scope, saturationSignals } from './saturation-source.ts';
import { saturationSources } from './saturation-sources.ts';
import type { Traces } from './traces.ts';

export const SaturationSignal = z.object({
  signal: z.enum(saturationSignals),
  resource: z.string(),
  /** Which one, where there are several: a pool's name. */
  which: z.string().optional(),
  value: z.number(),
  unit: z.enum(['ratio', 'count', 'bytes', 'cores', 'seconds']),
  limit: z.number().optional(),
  query: z.string(),
  /** Who sends the metric: a convention, a library, an exporter. */
  from: z.string(),
});
export type SaturationSignal = z.infer<typeof SaturationSignal>;

export const GoldenSignals = z.object({
  service: z.string(),
  from: z.string(),
  to: z.string(),
  /** Where latency, traffic and errors come from; `no_data` when no request was seen. */
  source: z.enum(['spans', 'metrics', 'no_data']),
  /** The metric, where they come from one. */
  metric: z.string().optional(),
  traffic: z.object({ requests: z.number(), perSecond: z.number() }).optional(),
  errors: z.object({ count: z.number(), ratio: z.number() }).optional(),
  latency: z.object({ p50Ms: z.number(), p95Ms: z.number(), p99Ms: z.number() }).optional(),
  /** Empty when no metric of a resource was found: then its saturation is not known. */
  saturation: z.array(SaturationSignal),
  /** Signals that nothing tells of, and what would. */
  missing: z.array(z.object({ signal: z.string(), how: z.string() })),
});
export type GoldenSignals = z.infer<typeof GoldenSignals>;

interface Asking {
  metrics: MetricsSource;
  at: Instant;
  window: string;
  options: { signal?: AbortSignal };
}

/** Series of one query; more are not shown. */
const mostWhich = 20;

/** Latency, traffic, errors and saturation of a service, without configuration. */
export async function goldenSignals(
  { traces, metrics }: { traces: Traces; metrics: MetricsSource },
  service: string,
  at: Instant,
  over: Duration,
  signal?: AbortSignal,
): Promise<GoldenSignals> {
  const span = { from: instant(epochMs(at) - over), to: at };
  const options = signal === undefined ? {} : { signal };
  const asking: Asking = { metrics, at, window: formatDuration(over), options };
  const [answered] = await traces.answered(span, { ...options, service });
  const about = await resourceOf(asking, service);
  const matchers = matchersOf(service, about.hosts);
  const saturation = await saturationOf(asking, matchers);
  const requests =
    answered === undefined
      ? await fromMetrics(asking, matchers.service, over)
      : {
          source: 'spans' as const,
          traffic: { requests: answered.count, perSecond: answered.count / (over / 1000) },
          errors: { count: answered.errors, ratio: answered.errors / answered.count },
          latency: { p50Ms: answered.p50Ms, p95Ms: answered.p95Ms, p99Ms: answered.p99Ms },
        };
  return {
    service,
    ...span,
    saturation,
    ...requests,
    missing: missingOf(requests, saturation, about.language),
  };
}

type Matchers = Readonly<Record<Scope, readonly string[]>>;

/** By which labels a service's metrics may be known, the surest first. */
function matchersOf(service: string, hosts: readonly string[]): Matchers {
  const name = quoted(service);
  const part = escaped(service);
  return {
    service: [
      `service_name=${name}`,
      `job=${name}`,
      `service=${name}`,
      `app=${name}`,
      `consumergroup=${name}`,
      // A database as the map of services calls it: system/namespace.
      ...(service.includes('/') ? [`datname=${quoted(service.slice(service.indexOf('/') + 1))}`] : []),
    ],
    container: [
      `container=${name}`,
      `container_label_com_docker_compose_service=${name}`,
      `name=~${quoted(`${part}([-_][0-9]+)?`)},image!=""`,
    ],
    host: hosts.length === 0 ? [] : [`instance=~${quoted(`(${hosts.map(escaped).join('|')})(:[0-9]+)?`)}`],
  };
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Where the service runs and what in, as target_info tells it. */
async function resourceOf(asking: Asking, service: string): Promise<{ hosts: string[]; language: string }> {
  const { metrics, at, window, options } = asking;
  const name = escaped(service);
  const query = `group by (host_name, k8s_node_name, telemetry_sdk_language) (last_over_time(target_info{job=~${quoted(`(.+/)?${name}`)}}[${window}]))`;
  const { samples } = await metrics.instant(query, at, options);
  const of = (label: string) => [
    ...new Set(samples.map(({ labels }) => labels[label]).filter(value => value !== undefined)),
  ];
  return {
    hosts: [...of('host_name'), ...of('k8s_node_name')].slice(0, 100),
    language: of('telemetry_sdk_language')[0] ?? '',
  };
}

/** Names of metrics in a query. */
function metricsIn(query: string): string[] {
  return [...query.matchAll(/([a-zA-Z_:][a-zA-Z0-9_:]*)\{/g)].map(([, name]) => name!);
}

/** Which of the metrics have samples with one of the matchers: asked first, so that what is not there costs nothing. */
async function known(asking: Asking, names: readonly string[], matcher: string): Promise<Set<string>> {
  const { metrics, at, window, options } = asking;
  const pattern = quoted([...new Set(names)].join('|'));
  const query = `count by (__name__) (last_over_time({__name__=~${pattern},${matcher}}[${window}]))`;
  const { samples } = await metrics.instant(query, at, options);
  return new Set(samples.map(({ labels }) => labels.__name__ ?? ''));
}

async function saturationOf(asking: Asking, matchers: Matchers): Promise<SaturationSignal[]> {
  const { metrics, at, options } = asking;
  const found: SaturationSignal[] = [];
  const taken = new Set<string>();
  for (const scope of ['service', 'container', 'host'] as const) {
    const sources = saturationSources.filter(one => one.scope === scope);
    for (const matcher of matchers[scope]) {
      const there = await known(
        asking,
        sources.flatMap(({ query }) => metricsIn(query)),
        matcher,
      );
      for (const source of sources) {
        if (taken.has(source.resource) || !metricsIn(source.query).every(name => there.has(name))) continue;
        const query = filled(source.query, matcher, asking);
        const { samples } = await metrics.instant(query, at, options);
        const values = samples.filter(({ value }) => Number.isFinite(value));
        if (values.length === 0) continue;
        taken.add(source.resource);
        const limits = await limitsOf(source, matcher, asking);
        found.push(...values.slice(0, mostWhich).map(sample => signalOf(source, query, sample, limits)));
      }
    }
  }
  const order = (one: SaturationSignal) => saturationSignals.indexOf(one.signal);
  return found.sort((a, b) => order(a) - order(b));
}

type Limits = (which: string) => number | undefined;

async function limitsOf({ limit }: SaturationSource, matcher: string, asking: Asking): Promise<Limits> {
  if (limit === undefined) return () => undefined;
  const { metrics, at, options } = asking;
  const { scalar, samples } = await metrics.instant(filled(limit, matcher, asking), at, options);
  return which => scalar ?? samples.find(({ labels }) => whichOf(labels) === which)?.value;
}

function signalOf(
  { signal, resource, unit, from }: SaturationSource,
  query: string,
  { labels, value }: InstantSample,
  limits: Limits,
): SaturationSignal {
  const which = whichOf(labels);
  const limit = limits(which);
  return {
    signal,
    resource,
    ...(which === '' ? {} : { which }),
    value,
    unit,
    ...(limit === undefined || !(limit > 0) || !Number.isFinite(limit) ? {} : { limit }),
    query,
    from,
  };
}

const whichOf = (labels: InstantSample['labels']) => Object.values(labels).join(' ');

function filled(query: string, matcher: string, { window }: Asking): string {
  return query.replaceAll('{S', `{${matcher}`).replaceAll('[W', `[${window}`);
}

type Requests = Pick<GoldenSignals, 'source' | 'metric' | 'traffic' | 'errors' | 'latency'>;

/** For a service that sends metrics and no spans: the first histogram of requests that is there and counted one. */
async function fromMetrics(asking: Asking, matchers: readonly string[], over: Duration): Promise<Requests> {
  const { metrics, at, window, options } = asking;
  const value = async (query: string) => (await metrics.instant(query, at, options)).samples[0]?.value;
  for (const matcher of matchers) {
    const there = await known(
      asking,
      requestSources.flatMap(({ metric }) => [`${metric}_count`, metric]),
      matcher,
    );
    for (const source of requestSources) {
      // A native histogram has no series of its own for the count.
      const native = !there.has(`${source.metric}_count`);
      if (native && !there.has(source.metric)) continue;
      const count = (more: string) =>
        native
          ? `histogram_count(sum(increase(${source.metric}{${matcher}${more}}[${window}])))`
          : `sum(increase(${source.metric}_count{${matcher}${more}}[${window}]))`;
      const requests = await value(count(''));
      if (requests === undefined || !(requests > 0)) continue;
      // One metric goes with one of several labels for the status, as libraries have it.
      if ((await value(count(`,${statusLabel(source)}!=""`))) === undefined && isOneOfSeveral(source))
        continue;
      const errors = (await value(count(`,${source.failed}`))) ?? 0;
      const quantile = async (q: number) =>
        ((await value(
          native
            ? `histogram_quantile(${q}, sum(rate(${source.metric}{${matcher}}[${window}])))`
            : `histogram_quantile(${q}, sum by (le) (rate(${source.metric}_bucket{${matcher}}[${window}])))`,
        )) ?? Number.NaN) * source.unitMs;
      const latency = {
        p50Ms: await quantile(0.5),
        p95Ms: await quantile(0.95),
        p99Ms: await quantile(0.99),
      };
      return {
        source: 'metrics',
        metric: source.metric,
        traffic: { requests, perSecond: requests / (over / 1000) },
        errors: { count: errors, ratio: errors / requests },
        ...(Object.values(latency).every(Number.isFinite) ? { latency } : {}),
      };
    }
  }
  return { source: 'no_data' };
}

const statusLabel = ({ failed }: RequestSource) => failed.slice(0, failed.search(/[=!]/));
const isOneOfSeveral = ({ metric }: RequestSource) =>
  requestSources.filter(one => one.metric === metric).length > 1;

function missingOf(
  { source, latency }: Requests,
  saturation: readonly SaturationSignal[],
  language: string,
): GoldenSignals['missing'] {
  const missing: GoldenSignals['missing'] = [];
  if (source === 'no_data')
    missing.push({
      signal: 'requests',
      how: 'latency, traffic and errors: send spans of kind server or consumer by OTLP, or the histogram http.server.request.duration',
    });
  else if (latency === undefined)
    missing.push({ signal: 'latency', how: 'send the buckets of the histogram, or spans' });
  for (const signal of saturationSignals) {
    if (saturation.some(one => one.signal === signal)) continue;
    const hows = instrumentation[signal];
    // What only some languages have is not missed in the others.
    const how = hows[language] ?? hows[''];
    if (how !== undefined) missing.push({ signal, how });
  }
  return missing;
}
