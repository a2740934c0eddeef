import type { ResourceFigures, ResourceReading } from './observation.ts';

type Unit = ResourceFigures['unit'];

/**
 * A resource that can run out, as metrics tell of it. `used` and `limit` are PromQL that is grouped by service and
 * instance; the first variant that answers is taken. Names are the OpenTelemetry semantic conventions' (current, then
 * former), then those of common libraries.
 */
export interface ResourceProbe {
  resource: string;
  /** What a sentence calls it: "10 of 10 database connections are in use". */
  noun: string;
  unit: Unit;
  /** With a limit: used/limit at which it is full. Without: the level itself. */
  fullAt: number;
  /** Without a level that means full: growth over the baseline that counts, and the least value. */
  growth?: { ratio: number; least: number };
  variants: readonly { used: string; limit?: string }[];
}

const BY = 'service_name, service_version, instance';
const POOL = `${BY}, db_client_connection_pool_name`;
const OLD_POOL = `${BY}, pool_name`;

export const resourceProbes: readonly ResourceProbe[] = [
  {
    resource: 'database_pool',
    noun: 'database connections',
    unit: 'count',
    fullAt: 0.95,
    variants: [
      {
        used: `sum by (${POOL}) (db_client_connection_count{db_client_connection_state="used"})`,
        limit: `sum by (${POOL}) (db_client_connection_max)`,
      },
      {
        used: `sum by (${OLD_POOL}) (db_client_connections_usage{state="used"})`,
        limit: `sum by (${OLD_POOL}) (db_client_connections_max)`,
      },
      {
        used: 'sum by (service_name, instance, pool) (hikaricp_connections_active)',
        limit: 'sum by (service_name, instance, pool) (hikaricp_connections_max)',
      },
    ],
  },
  {
    resource: 'pool_waiting',
    noun: 'requests waiting for a database connection',
    unit: 'count',
    fullAt: Number.POSITIVE_INFINITY,
    growth: { ratio: 3, least: 2 },
    variants: [
      { used: `sum by (${POOL}) (db_client_connection_pending_requests)` },
      { used: `sum by (${OLD_POOL}) (db_client_connections_pending_requests)` },
      { used: 'sum by (service_name, instance, pool) (hikaricp_connections_pending)' },
    ],
  },
  {
    resource: 'cpu',
    noun: 'processor time',
    unit: 'ratio',
    fullAt: 0.9,
    variants: [
      { used: `max by (${BY}) (process_cpu_utilization_ratio)` },
      { used: `max by (${BY}) (jvm_cpu_recent_utilization_ratio)` },
    ],
  },
  {
    resource: 'cpu_cores',
    noun: 'processor cores',
    unit: 'count',
    fullAt: Number.POSITIVE_INFINITY,
    growth: { ratio: 3, least: 0.8 },
    variants: [{ used: `sum by (${BY}) (rate(process_cpu_time_seconds_total[30s]))` }],
  },
  {
    resource: 'event_loop',
    noun: 'event loop',
    unit: 'ratio',
    fullAt: 0.95,
    variants: [{ used: `max by (${BY}) (nodejs_eventloop_utilization_ratio)` }],
  },
  {
    resource: 'event_loop_delay',
    noun: 'event loop delay p99',
    unit: 'seconds',
    fullAt: Number.POSITIVE_INFINITY,
    growth: { ratio: 4, least: 0.1 },
    variants: [{ used: `max by (${BY}) (nodejs_eventloop_delay_p99_seconds)` }],
  },
  {
    resource: 'heap',
    noun: 'heap',
    unit: 'bytes',
    fullAt: 0.92,
    variants: [
      {
        used: `sum by (${BY}) (v8js_memory_heap_used_bytes)`,
        limit: `sum by (${BY}) (v8js_memory_heap_limit_bytes)`,
      },
      { used: `sum by (${BY}) (jvm_memory_used_bytes)`, limit: `sum by (${BY}) (jvm_memory_limit_bytes)` },
    ],
  },
  {
    resource: 'memory',
    noun: 'memory',
    unit: 'bytes',
    fullAt: Number.POSITIVE_INFINITY,
    growth: { ratio: 2, least: 256 * 1024 ** 2 },
    variants: [{ used: `sum by (${BY}) (process_memory_usage_bytes)` }],
  },
];

export interface Saturation {
  figures: ResourceFigures;
  noun: string;
  /** Full against a limit, or merely grown. */
  what: 'full' | 'grown';
}

const LEAST_POINTS = 2;

/** Those resources that are full now and were not before, or grew far beyond the baseline. The fullest first. */
export function saturations(resources: readonly ResourceFigures[]): Saturation[] {
  const found: Saturation[] = [];
  for (const figures of resources) {
    const probe = resourceProbes.find(each => each.resource === figures.resource);
    if (probe === undefined || figures.after === undefined || figures.after.points < LEAST_POINTS) continue;
    const level = (reading: ResourceReading) =>
      figures.limit !== undefined && figures.limit > 0 ? reading.p90 / figures.limit : reading.p90;
    const hasScale = figures.limit !== undefined ? figures.limit > 0 : probe.unit === 'ratio';
    const isFull = hasScale && level(figures.after) >= probe.fullAt;
    const wasFull = hasScale && figures.before !== undefined && level(figures.before) >= probe.fullAt;
    if (isFull && !wasFull) {
      found.push({ figures, noun: probe.noun, what: 'full' });
      continue;
    }
    const { growth } = probe;
    if (growth === undefined || figures.after.p90 < growth.least) continue;
    const before = figures.before?.p90 ?? 0;
    // A resource that nobody reported before cannot be said to have grown, save a queue, which starts at nothing.
    if (figures.before === undefined && probe.unit !== 'count') continue;
    if (figures.after.p90 >= growth.ratio * Math.max(before, growth.least / growth.ratio))
      found.push({ figures, noun: probe.noun, what: 'grown' });
  }
  const order = resourceProbes.map(probe => probe.resource);
  return found.sort(
    (a, b) =>
      (a.what === b.what ? 0 : a.what === 'full' ? -1 : 1) ||
      order.indexOf(a.figures.resource) - order.indexOf(b.figures.resource) ||
      (`${a.figures.service}/${a.figures.instance}` < `${b.figures.service}/${b.figures.instance}` ? -1 : 1),
  );
}
