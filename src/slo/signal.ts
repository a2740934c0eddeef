/** What a service exports that objectives and alerts can be made of. */
export interface RequestSignal {
  /** As http_server_request_duration_seconds_count. */
  metric: string;
  /** Matchers that every selector has, as service_name="gateway". */
  matchers: string;
  /** What makes one bad, as http_response_status_code=~"5..". */
  bad: string;
  what: string;
  /** Made of spans: the service exports no such metric itself. */
  fromSpans: boolean;
}

export interface LatencySignal {
  /** Without the suffix: _bucket, _count and _sum go with it. */
  metric: string;
  matchers: string;
  /** Upper bounds, as written, the smallest first; without +Inf. */
  bounds: string[];
  /** Milliseconds of one unit. */
  unitMs: number;
  what: string;
  fromSpans: boolean;
}

export interface GaugeSignal {
  metric: string;
  matchers: string;
  what: string;
  kind: 'uptime' | 'used_of_limit' | 'in_use';
  /** The metric of what there is, for `used_of_limit`. */
  limit?: string;
}

export interface Signals {
  requests?: RequestSignal;
  latency?: LatencySignal;
  uptime?: GaugeSignal;
  saturation: GaugeSignal[];
  /** Metrics that were looked at. */
  metrics: string[];
  missing: { what: string; how: string }[];
}

type Labels = Readonly<Record<string, string>>;

/** Labels that hold how a request ended, with what is bad. The first that a metric has is taken. */
const OUTCOMES: readonly [label: string, bad: string, known: RegExp][] = [
  ['http_response_status_code', '=~"5.."', /^\d{3}$/],
  ['http_status_code', '=~"5.."', /^\d{3}$/],
  ['status_code', '="STATUS_CODE_ERROR"', /^STATUS_CODE_/],
  ['status_code', '=~"5.."', /^\d{3}$/],
  ['code', '=~"5.."', /^\d{3}$/],
  ['status', '=~"5.."', /^\d{3}$/],
  ['rpc_grpc_status_code', '=~"2|4|8|13|14|15"', /^\d{1,2}$/],
  ['grpc_code', '=~"Unknown|DeadlineExceeded|ResourceExhausted|Internal|Unavailable|DataLoss"', /^[A-Z]/],
  ['status', '=~"error|failed|failure"', /^(ok|success|error|failed|failure)$/],
  ['outcome', '=~"SERVER_ERROR|error|failure"', /./],
];
/** Requests that no user makes. */
const ROUTE_LABELS = ['http_route', 'route', 'handler', 'path', 'span_name'];
const PROBES = /^(GET )?\/(healthz?|readyz?|livez?|metrics|ping)$/;
const SERVER_LATENCY =
  /(http_server|server_request|request|rpc_server|grpc_server_handling|response).*(duration|latency|seconds|milliseconds)/;
const CLIENT = /client|db_|dns|gc_|scrape/;
const HOW = 'https://opentelemetry.io/docs/languages/ names the instrumentation for each language';

/** What the series of a service offer. `identity` are the matchers that select them. */
export function signalsOf(series: readonly Labels[], identity: readonly string[]): Signals {
  const byMetric = new Map<string, Labels[]>();
  for (const labels of series) {
    const name = labels.__name__ ?? '';
    byMetric.set(name, [...(byMetric.get(name) ?? []), labels]);
  }
  const names = [...byMetric.keys()].sort();
  const requests = firstOf(requestNames(names), name => requestSignal(name, byMetric.get(name)!, identity));
  const latency = firstOf(latencyNames(names), name => latencySignal(name, byMetric.get(name)!, identity));
  const uptime = firstOf(
    names.filter(name => name === 'probe_success' || name === 'up'),
    (name): GaugeSignal => ({
      metric: name,
      matchers: matchersFor(byMetric.get(name)!, identity),
      what: name === 'up' ? 'scrapes that answer' : 'probes that succeed',
      kind: 'uptime',
    }),
  );
  const saturation = saturationOf(byMetric, identity);
  return {
    ...(requests === undefined ? {} : { requests }),
    ...(latency === undefined ? {} : { latency }),
    ...(uptime === undefined ? {} : { uptime }),
    saturation,
    metrics: names,
    missing: missingOf({ requests, latency, uptime, saturation }),
  };
}

function requestNames(names: readonly string[]): string[] {
  const counters = names.filter(name => /(_count|_total)$/.test(name) && !CLIENT.test(name));
  const rank = (name: string) =>
    /^http_server_request_duration|^rpc_server/.test(name)
      ? 0
      : /^traces_spanmetrics/.test(name)
        ? 3
        : /request|handled|call/.test(name)
          ? 1
          : 2;
  return counters.sort((a, b) => rank(a) - rank(b));
}

function requestSignal(
  metric: string,
  series: readonly Labels[],
  identity: readonly string[],
): RequestSignal | undefined {
  const outcome = OUTCOMES.find(([label, , known]) => {
    const values = valuesOf(series, label);
    return values.length > 0 && values.every(value => known.test(value));
  });
  if (outcome === undefined) return undefined;
  const fromSpans = metric.startsWith('traces_spanmetrics');
  return {
    metric,
    matchers: matchersFor(series, identity),
    bad: `${outcome[0]}${outcome[1]}`,
    what: fromSpans ? 'requests, counted from spans' : 'requests',
    fromSpans,
  };
}

function latencyNames(names: readonly string[]): string[] {
  const rank = (name: string) =>
    /^http_server_request_duration|^rpc_server/.test(name) ? 0 : /^traces_spanmetrics/.test(name) ? 2 : 1;
  return names
    .filter(name => name.endsWith('_bucket') && !CLIENT.test(name))
    .filter(name => SERVER_LATENCY.test(name) || name.startsWith('traces_spanmetrics'))
    .sort((a, b) => rank(a) - rank(b));
}

function latencySignal(
  bucket: string,
  series: readonly Labels[],
  identity: readonly string[],
): LatencySignal | undefined {
  const bounds = valuesOf(series, 'le')
    .filter(le => Number.isFinite(Number(le)))
    .sort((a, b) => Number(a) - Number(b));
  if (bounds.length === 0) return undefined;
  const metric = bucket.replace(/_bucket$/, '');
  const fromSpans = metric.startsWith('traces_spanmetrics');
  return {
    metric,
    matchers: matchersFor(series, identity),
    bounds,
    unitMs: /milliseconds|_ms$/.test(metric) ? 1 : 1000,
    what: fromSpans ? 'the time of requests, from spans' : 'the time of requests',
    fromSpans,
  };
}

/** Metrics that come as what is in use and what there is. */
function saturationOf(
  byMetric: ReadonlyMap<string, readonly Labels[]>,
  identity: readonly string[],
): GaugeSignal[] {
  const pairs: readonly [used: string, limit: string, what: string][] = [
    ['db_client_connection_count', 'db_client_connection_max', 'database connections'],
    ['db_client_connections_usage', 'db_client_connections_max', 'database connections'],
    ['process_open_fds', 'process_max_fds', 'open files'],
    ['jvm_memory_used_bytes', 'jvm_memory_limit_bytes', 'memory of the JVM'],
  ];
  const found: GaugeSignal[] = pairs.flatMap(([used, limit, what]) => {
    const series = byMetric.get(used);
    if (series === undefined || !byMetric.has(limit)) return [];
    const states = ['state', 'db_client_connection_state'].find(label =>
      valuesOf(series, label).includes('used'),
    );
    const matchers = [...identity, ...(states === undefined ? [] : [`${states}="used"`])].join(',');
    return [{ metric: used, matchers, what, kind: 'used_of_limit' as const, limit }];
  });
  const lags: readonly [metric: string, what: string][] = [
    ['nodejs_eventloop_delay_p99_seconds', 'the event loop’s delay'],
    ['nodejs_eventloop_utilization_ratio', 'the event loop'],
    ['db_client_connection_pending_requests', 'requests that wait for a connection'],
  ];
  for (const [metric, what] of lags)
    if (byMetric.has(metric)) found.push({ metric, matchers: identity.join(','), what, kind: 'in_use' });
  return found;
}

function missingOf(found: {
  requests: RequestSignal | undefined;
  latency: LatencySignal | undefined;
  uptime: GaugeSignal | undefined;
  saturation: readonly GaugeSignal[];
}): Signals['missing'] {
  const missing: Signals['missing'] = [];
  if (found.requests === undefined)
    missing.push({
      what: 'no counter of requests that says how they ended',
      how: `export http.server.request.duration or spans of kind SERVER by OpenTelemetry; ${HOW}.`,
    });
  else if (found.requests.fromSpans)
    missing.push({
      what: 'requests are known from spans only, which sampling can thin out',
      how: 'export http.server.request.duration beside the spans.',
    });
  if (found.latency === undefined)
    missing.push({
      what: 'no histogram of how long requests take',
      how: `export http.server.request.duration as a histogram with a bound at what users are promised; ${HOW}.`,
    });
  if (found.saturation.length === 0)
    missing.push({
      what: 'nothing says how full it is (connections, threads, memory, queue)',
      how: 'export db.client.connection.count and .max, or the limits of the pool that fills first.',
    });
  if (found.uptime === undefined)
    missing.push({
      what: 'nothing looks at it from outside',
      how: 'probe it (blackbox exporter: probe_success): a service that is not reached counts no requests.',
    });
  return missing;
}

function matchersFor(series: readonly Labels[], identity: readonly string[]): string {
  const extra: string[] = [];
  if (valuesOf(series, 'span_kind').includes('SPAN_KIND_SERVER')) extra.push('span_kind="SPAN_KIND_SERVER"');
  for (const label of ROUTE_LABELS) {
    const probes = valuesOf(series, label).filter(value => PROBES.test(value));
    if (probes.length > 0 && probes.length < valuesOf(series, label).length)
      extra.push(`${label}!~${JSON.stringify(probes.map(escaped).join('|'))}`);
  }
  return [...identity, ...extra].join(',');
}

function escaped(value: string): string {
  return value.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function valuesOf(series: readonly Labels[], label: string): string[] {
  return [...new Set(series.flatMap(one => (one[label] === undefined ? [] : [one[label]])))];
}

function firstOf<T, R>(items: readonly T[], make: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const made = make(item);
    if (made !== undefined) return made;
  }
  return undefined;
}
