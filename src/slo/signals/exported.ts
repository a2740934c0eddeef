import { epochMs, Fault, type Instant, instant } from '../../kernel/index.ts';
import { bounded } from '../bounded.ts';
import type { Metrics } from '../readings.ts';

interface Window {
  from: Instant;
  to: Instant;
}

/** Which series there are, as a source of metrics tells. */
export interface ExportListing {
  series(selectors: readonly string[], window?: Window): Promise<readonly Readonly<Record<string, string>>[]>;
  labelNames(selectors?: readonly string[], window?: Window): Promise<readonly string[]>;
  labelValues(name: string, selectors?: readonly string[], window?: Window): Promise<readonly string[]>;
}

/** A metric of a service: the matcher that finds it, and the values of its labels. */
export interface ExportedMetric {
  name: string;
  /** As service_name="gateway". */
  identity: string;
  labels: ReadonlyMap<string, readonly string[]>;
  native?: boolean;
}

/** What a service exports. */
export interface Exports {
  /** All names. */
  names: string[];
  /** Those that were looked at closely. */
  metrics: ExportedMetric[];
}

const DAY_MS = 86_400_000;
const CONCURRENCY = 4;
/** Metrics that are looked at closely; a service has hundreds, of which few can be promised anything of. */
const MOST_METRICS = 100;
const MOST_VALUES = 200;
const LEGAL = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** By which label metrics name their service, what is meant for it first: SDKs, scrapes, meshes and proxies, queues. */
const IDENTITY = [
  'service_name',
  'service',
  'job',
  'app',
  'app_kubernetes_io_name',
  'exported_service',
  'exported_job',
  'destination_service_name',
  'destination_canonical_service',
  'destination_workload',
  'destination_app',
  'envoy_cluster_name',
  'proxy',
  'backend',
  'ingress',
  'cronjob',
  'job_name',
  'consumergroup',
  'consumer_group',
  'group',
  'queue',
  'topic',
  'deployment',
  'container',
  'application',
] as const;
/** Where a probe names what it looks at. */
const PROBE_LABELS = ['instance', 'target'] as const;

/**
 * The metrics that carry one of a service's names, each looked at as far as `interesting` says. A metric of the last
 * day counts; where there is none, one of the last 30 days.
 */
export async function exportsOf(
  source: ExportListing & Metrics,
  names: readonly string[],
  interesting: (name: string, all: ReadonlySet<string>) => 'no' | 'yes' | 'maybe native',
  now: Instant,
): Promise<Exports> {
  for (const days of [1, 30]) {
    const window = { from: instant(epochMs(now) - days * DAY_MS), to: now };
    const found = await matched(source, names, window);
    if (found.size === 0) continue;
    const all = new Set(found.keys());
    const chosen = [...found]
      .filter(([name]) => LEGAL.test(name) && interesting(name, all) !== 'no')
      .slice(0, MOST_METRICS);
    const metrics = await bounded(chosen, CONCURRENCY, ([name, identity]) =>
      exported(source, name, identity, interesting(name, all) === 'maybe native', window),
    );
    return { names: [...all].sort(), metrics: metrics.filter(one => one !== undefined) };
  }
  return { names: [], metrics: [] };
}

/** Metric names with the matcher that finds them. */
async function matched(
  source: ExportListing,
  names: readonly string[],
  window: Window,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const there = new Set(await source.labelNames([], window));
  for (const label of IDENTITY) {
    if (!there.has(label)) continue;
    // OTLP's way into Prometheus makes the job of namespace and name.
    const values =
      label === 'job'
        ? (await source.labelValues('job', [], window)).filter(job =>
            names.some(name => job === name || job.endsWith(`/${name}`)),
          )
        : names;
    if (values.length === 0) continue;
    const matcher = matcherFor(label, values);
    for (const name of await source.labelValues('__name__', [`{${matcher}}`], window))
      if (!found.has(name)) found.set(name, matcher);
  }
  if ([...found.keys()].some(name => name.startsWith('probe_'))) return found;
  for (const label of PROBE_LABELS) {
    if (!there.has(label)) continue;
    const about = (await source.labelValues(label, ['probe_success'], window)).filter(value =>
      names.some(name => mentions(value, name)),
    );
    if (about.length > 0 && about.length <= 20) found.set('probe_success', matcherFor(label, about));
  }
  return found;
}

async function exported(
  source: ExportListing & Metrics,
  name: string,
  identity: string,
  maybeNative: boolean,
  window: Window,
): Promise<ExportedMetric | undefined> {
  const text = `${name}{${identity}}`;
  const labels = await labelsOf(source, text, window);
  if (!maybeNative || labels.has('quantile')) return { name, identity, labels };
  const { samples } = await source.instant(`count(histogram_count(last_over_time(${text}[1d])))`, window.to);
  return samples.length > 0 ? { name, identity, labels, native: true } : undefined;
}

/** The labels of a selector with their values; of very many series the names first, then the values of each. */
async function labelsOf(
  source: ExportListing,
  text: string,
  window: Window,
): Promise<Map<string, readonly string[]>> {
  try {
    const values = new Map<string, Set<string>>();
    for (const series of await source.series([text], window))
      for (const [label, value] of Object.entries(series)) {
        const known = values.get(label) ?? new Set();
        if (known.size < MOST_VALUES) known.add(value);
        values.set(label, known);
      }
    return new Map([...values].map(([label, known]) => [label, [...known]]));
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'too_large') throw error;
  }
  const labels = new Map<string, readonly string[]>();
  for (const label of (await source.labelNames([text], window)).slice(0, 40))
    labels.set(label, (await source.labelValues(label, [text], window)).slice(0, MOST_VALUES));
  return labels;
}

function matcherFor(label: string, values: readonly string[]): string {
  return values.length === 1
    ? `${label}=${JSON.stringify(values[0])}`
    : `${label}=~${JSON.stringify(values.map(escaped).join('|'))}`;
}

/** Whether a URL or host has the name as a whole word: https://checkout.shop.example/health has checkout. */
function mentions(value: string, name: string): boolean {
  return new RegExp(`(^|[^a-z0-9-])${escaped(name)}([^a-z0-9-]|$)`, 'i').test(value);
}

export function escaped(value: string): string {
  return value.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
