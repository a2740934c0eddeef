import { type ExportedMetric, escaped } from './exported.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { type RequestSignal, selector } from './signal.ts';

type Family = RequestSignal['family'];

/** What others are asked, what runs beside, and what tells of telemetry itself. */
const NOT_SERVED =
  /(^|_)(clients?|dns|gc|scrapes?|promhttp|outgoing|outbound|egress|exporter|target_interval|notifications)(_|$)|^(go|net_conntrack|otelcol|process|jvm|nodejs|python|dotnet|container|kube|node|alertmanager|target)_|^prometheus_(?!http_requests)|^traces_service_graph/;
const NOT_COUNTED = /(size|bytes|body|length|connections?)(_|$)/;
const COUNTER = /(_total|_count|_requests|_rq|_rq_xx|_calls)$/;
/** Requests that no user makes. */
const ROUTE_LABELS = [
  'http_route',
  'route',
  'handler',
  'path',
  'uri',
  'endpoint',
  'span_name',
  'grpc_service',
  'rpc_service',
];
const PROBES =
  /^(GET )?\/?(health|healthz|readyz?|livez?|livenessz?|readinessz?|metrics|ping|status|actuator\/(health|prometheus).*)$|^grpc\.health\.v1\.Health$/i;
const WORK_NOUN =
  /(job|task|message|order|event|payment|transaction|batch|run|mail|email|record|item|upload|import|export|sync|backup|checkout|operation)(?:e?s)?(?=_|$)/;

export function isRequestCounter(name: string): boolean {
  return COUNTER.test(name) && !NOT_SERVED.test(name) && !NOT_COUNTED.test(name);
}

export function servedBy(name: string): boolean {
  return !NOT_SERVED.test(name) && !NOT_COUNTED.test(name);
}

export function familyOf(name: string): Family {
  if (/span_?metrics|^calls_total$|^duration_milliseconds/.test(name)) return 'spans';
  if (/^(logs?_|log4j2?_|logback_)|_log_(records|messages)_|log_record_count/.test(name)) return 'logs';
  if (/grpc|(^|_)rpc_/.test(name)) return 'grpc';
  if (/http|request|response|(^|_)rq(_|$)/.test(name)) return 'http';
  return 'work';
}

/** `orders` of shop_orders_processed_total; requests where the name says no more. */
export function nounOf(name: string, family: Family): string {
  if (family === 'logs') return 'log records';
  if (family !== 'work') return family === 'grpc' ? 'gRPC requests' : 'requests';
  const stem = WORK_NOUN.exec(name)?.[1];
  if (stem === undefined) return 'calls';
  return /(s|ch|sh|x)$/.test(stem) ? `${stem}es` : `${stem}s`;
}

/** What the service counts with its outcome, one signal a family; spans and logs only where nothing else is there. */
export function requestSignals(metrics: readonly ExportedMetric[]): RequestSignal[] {
  const counters = metrics
    .filter(one => isRequestCounter(one.name) || one.native)
    .sort((a, b) => rank(a) - rank(b));
  const found = new Map<Family, RequestSignal>();
  for (const metric of counters) {
    const family = familyOf(metric.name);
    if (found.has(family)) continue;
    const outcome = outcomeOf(metric.labels);
    if (outcome !== undefined) found.set(family, labelled(metric, family, outcome));
  }
  for (const pair of pairs(metrics.filter(one => isRequestCounter(one.name))))
    if (!found.has(pair.family)) found.set(pair.family, pair);
  const served = (['http', 'grpc', 'work'] as const).flatMap(family => found.get(family) ?? []);
  if (served.length > 0) return served;
  return (['spans', 'logs'] as const).flatMap(family => found.get(family) ?? []).slice(0, 1);
}

/** OpenTelemetry's own names first, then counters, then the count of a histogram, which is as good. */
function rank({ name, native }: ExportedMetric): number {
  if (/^(http_server_request_duration|rpc_server)/.test(name)) return native ? 1 : 0;
  if (/^(istio_requests_total|grpc_server_handled_total|http_requests_total|http_server_)/.test(name))
    return 2;
  // What comes in at a proxy is nearer to the users than what it sends on.
  if (/downstream|frontend/.test(name)) return 3;
  return name.endsWith('_count') ? 5 : 4;
}

function labelled(metric: ExportedMetric, family: Family, { bad, well }: Outcome): RequestSignal {
  const matchers = matchersOf(metric);
  return {
    family,
    noun: nounOf(metric.name, family),
    all: { selectors: [selector(metric.name, ...matchers)], ...(metric.native ? { native: true } : {}) },
    bad: { selectors: [selector(metric.name, ...matchers, bad)], ...(metric.native ? { native: true } : {}) },
    well: family === 'logs' ? 'are no errors' : well,
    ...(family === 'spans'
      ? { assumes: 'Counted from spans: sampling before they arrive thins them out.' }
      : {}),
    ...(family === 'logs'
      ? { assumes: 'A log record is no request: count requests as soon as the service can.' }
      : {}),
  };
}

/** Failures and all, or failures and successes, as two counters without an outcome: orders_failed_total beside orders_total. */
function pairs(metrics: readonly ExportedMetric[]): RequestSignal[] {
  const byName = new Map(metrics.map(one => [one.name, one]));
  return metrics.flatMap((failed): RequestSignal[] => {
    const stem = /^(.+?)_(errors?|failures?|failed|fails|exceptions)(_total)?$/.exec(failed.name)?.[1];
    if (stem === undefined || stem === 'probe') return [];
    const other = (suffixes: readonly string[]) =>
      suffixes.flatMap(
        suffix => byName.get(`${stem}${suffix}_total`) ?? byName.get(`${stem}${suffix}`) ?? [],
      )[0];
    const all = other([
      '',
      '_requests',
      '_attempts',
      '_processed',
      '_received',
      '_consumed',
      '_handled',
      '_started',
      '_calls',
    ]);
    const good = other(['_success', '_successes', '_succeeded', '_successful', '_completed', '_ok']);
    const counted = good ?? all;
    if (counted === undefined || counted.name === failed.name) return [];
    const family = familyOf(counted.name);
    const bad = selector(failed.name, ...matchersOf(failed));
    const rest = selector(counted.name, ...matchersOf(counted));
    return [
      {
        family,
        noun: nounOf(counted.name, family),
        all: { selectors: good === undefined ? [rest] : [rest, bad] },
        bad: { selectors: [bad] },
        well: 'end well',
        assumes:
          good === undefined
            ? `It is taken that ${counted.name} counts those that fail, too.`
            : `It is taken that ${counted.name} counts only those that end well.`,
      },
    ];
  });
}

/** What selects what users ask of the service: its own side of a call, and no health checks. */
export function matchersOf({ identity, labels }: ExportedMetric): string[] {
  const extra: string[] = [];
  const values = (label: string) => labels.get(label) ?? [];
  for (const value of ['SPAN_KIND_SERVER', 'SPAN_KIND_CONSUMER'])
    if (extra.length === 0 && values('span_kind').includes(value)) extra.push(`span_kind="${value}"`);
  if (values('reporter').includes('destination')) extra.push('reporter="destination"');
  if (values('direction').includes('inbound')) extra.push('direction="inbound"');
  for (const label of ROUTE_LABELS) {
    const probes = values(label).filter(value => PROBES.test(value));
    if (probes.length > 0 && probes.length < values(label).length)
      extra.push(`${label}!~${JSON.stringify(probes.map(escaped).join('|'))}`);
  }
  return [identity, ...extra];
}
