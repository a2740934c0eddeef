import type { ExportedMetric } from './exported.ts';
import { familyOf, matchersOf, nounOf, servedBy } from './requests.ts';
import type { LatencySignal, LevelSignal, RequestSignal } from './signal.ts';
import { selector } from './signal.ts';

type Family = RequestSignal['family'];

const TIME = /(duration|latency|seconds|milliseconds|_ms|_time|_rt)(_|$)/;
/** Where any bound will do: what people promise. */
const PROMISED = [
  '0.005',
  '0.01',
  '0.025',
  '0.05',
  '0.1',
  '0.2',
  '0.3',
  '0.5',
  '0.75',
  '1',
  '1.5',
  '2',
  '3',
  '5',
  '10',
  '30',
  '60',
];

export function isLatency(name: string, all: ReadonlySet<string>): 'no' | 'yes' | 'maybe native' {
  if (!servedBy(name) || /^(probe|scrape)_/.test(name) || !TIME.test(name)) return 'no';
  if (name.endsWith('_bucket')) return 'yes';
  if (/(_sum|_count|_total|_created|_max|_min)$/.test(name) || /timestamp|uptime|start_time/.test(name))
    return 'no';
  return all.has(`${name}_bucket`) ? 'no' : all.has(`${name}_count`) ? 'yes' : 'maybe native';
}

/** How long requests take, one histogram a family: those that the requests are counted in. */
export function latencySignals(
  metrics: readonly ExportedMetric[],
  requests: readonly RequestSignal[],
): LatencySignal[] {
  const found = new Map<Family, LatencySignal>();
  const histograms = metrics
    .filter(one => one.native || (one.name.endsWith('_bucket') && one.labels.has('le')))
    .filter(one => TIME.test(one.name) && servedBy(one.name))
    .sort((a, b) => rank(a) - rank(b));
  for (const metric of histograms) {
    const name = metric.name.replace(/_bucket$/, '');
    const family = familyOf(name);
    if (found.has(family)) continue;
    const bounds = (metric.labels.get('le') ?? [])
      .filter(le => Number.isFinite(Number(le)) && Number(le) > 0)
      .sort((a, b) => Number(a) - Number(b));
    if (!metric.native && bounds.length === 0) continue;
    const unitMs = unitOf(name, bounds);
    found.set(family, {
      family,
      noun: nounOf(name, family),
      metric: name,
      matchers: matchersOf(metric).join(','),
      native: metric.native ?? false,
      bounds: metric.native ? PROMISED.map(bound => String((Number(bound) * 1000) / unitMs)) : bounds,
      unitMs,
    });
  }
  const families = new Set(requests.map(one => one.family));
  const served = (['http', 'grpc', 'work'] as const).flatMap(family => found.get(family) ?? []);
  const same = served.filter(one => families.has(one.family));
  if (same.length > 0) return same;
  if (served.length > 0) return served.slice(0, 1);
  return found.get('spans') === undefined ? [] : [found.get('spans')!];
}

function rank({ name, native }: ExportedMetric): number {
  const own = /^(http_server|rpc_server|istio_request|grpc_server_handling|http_request_duration)/.test(name)
    ? 0
    : 2;
  return own + (native ? 1 : 0) + (/downstream|frontend|request|server/.test(name) ? 0 : 4);
}

/** By the name; where that is silent by the bounds: nobody looks for requests of a thousand seconds. */
function unitOf(name: string, bounds: readonly string[]): number {
  if (/microseconds|_us(_|$)/.test(name)) return 0.001;
  if (/milliseconds|_ms(_|$)/.test(name)) return 1;
  if (/nanoseconds|_ns(_|$)/.test(name)) return 1e-6;
  if (/seconds/.test(name)) return 1000;
  return Number(bounds.at(-1) ?? 0) > 300 ? 1 : 1000;
}

/** The quantiles that a summary has: they cannot be added up, so the worst of them is looked at. */
export function quantileLevels(metrics: readonly ExportedMetric[]): LevelSignal[] {
  for (const metric of metrics) {
    if (!TIME.test(metric.name) || metric.name.endsWith('_bucket')) continue;
    const quantiles = (metric.labels.get('quantile') ?? []).filter(q => Number(q) > 0.5 && Number(q) <= 0.99);
    const best = quantiles.sort((a, b) => Number(b) - Number(a))[0];
    if (best === undefined) continue;
    const ms = unitOf(metric.name, []) === 1;
    const percent = Number((Number(best) * 100).toPrecision(6));
    return [
      {
        kind: 'quantile',
        metric: metric.name,
        expr: `max(${selector(metric.name, ...matchersOf(metric), `quantile="${best}"`)})`,
        op: 'lte',
        unit: ms ? 'ms' : 's',
        says: `${percent} of a hundred ${nounOf(metric.name, familyOf(metric.name))} take at most {bound} on every instance`,
        act: 'See which operation and which dependency got slower.',
      },
    ];
  }
  return [];
}
