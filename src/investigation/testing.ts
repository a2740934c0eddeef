import { epochMs, type Instant, instant } from '../kernel/index.ts';
import type {
  EdgeFigures,
  Observation,
  OperationFigures,
  PatternFigures,
  RecordedChange,
  ResourceFigures,
  Window,
} from './observation.ts';

/** A span of a made-up system, as a test tells it. */
export interface MadeSpan {
  service: string;
  version: string;
  operation: string;
  kind: OperationFigures['kind'];
  ms: number;
  error?: boolean;
  statement?: string;
  /** The service or database called: makes an edge. */
  peer?: string;
  peerKind?: EdgeFigures['kind'];
}

export const ONSET: Instant = '2026-01-27T02:03:00.000Z';

/** `minutes` from the onset; negative is before it. */
export function at(minutes: number): Instant {
  return instant(epochMs(ONSET) + minutes * 60_000);
}

export interface MadeWorld {
  service: string;
  /** The spans of one window. */
  before: readonly MadeSpan[];
  after: readonly MadeSpan[];
  dependsOn?: Observation['dependsOn'];
  patternsBefore?: readonly PatternFigures[];
  patternsAfter?: readonly PatternFigures[];
  resources?: readonly ResourceFigures[];
  changes?: readonly RecordedChange[];
  gaps?: readonly string[];
  beforeMinutes?: number;
  afterMinutes?: number;
}

/** An observation as gathering would give it, from made-up spans. */
export function observationOf(world: MadeWorld): Observation {
  const baseline: Window = { from: at(-(world.beforeMinutes ?? 10)), to: at(-1 / 6) };
  const incident: Window = { from: at(0), to: at(world.afterMinutes ?? 2) };
  return {
    service: world.service,
    onset: { at: ONSET, from: 'spans' },
    window: { baseline, incident },
    telemetryName: {},
    dependsOn: world.dependsOn ?? {},
    operations: { baseline: operationsOf(world.before, false), incident: operationsOf(world.after, false) },
    versions: { baseline: operationsOf(world.before, true), incident: operationsOf(world.after, true) },
    edges: { baseline: edgesOf(world.before), incident: edgesOf(world.after) },
    patterns: { baseline: world.patternsBefore ?? [], incident: world.patternsAfter ?? [] },
    resources: world.resources ?? [],
    objectives: [],
    changes: world.changes ?? [],
    gaps: world.gaps ?? [],
  };
}

function operationsOf(spans: readonly MadeSpan[], byVersion: boolean): OperationFigures[] {
  const groups = Map.groupBy(spans, span =>
    JSON.stringify([
      span.service,
      byVersion ? span.version : '',
      span.kind,
      span.operation,
      span.statement,
      span.peer,
    ]),
  );
  return [...groups.values()].map(group => {
    const { service, version, kind, operation, statement, peer } = group[0]!;
    return {
      service,
      kind,
      operation,
      ...quantiles(group),
      totalMs: group.reduce((sum, span) => sum + span.ms, 0),
      ...(byVersion ? { version } : {}),
      ...(statement === undefined ? {} : { statement }),
      ...(peer === undefined ? {} : { peer }),
    };
  });
}

function edgesOf(spans: readonly MadeSpan[]): EdgeFigures[] {
  const groups = Map.groupBy(
    spans.filter(span => span.peer !== undefined),
    span => `${span.service}\n${span.peer}`,
  );
  return [...groups.values()].map(group => ({
    from: group[0]!.service,
    to: group[0]!.peer!,
    kind: group[0]!.peerKind ?? 'service',
    ...quantiles(group),
    totalMs: group.reduce((sum, span) => sum + span.ms, 0),
  }));
}

function quantiles(spans: readonly MadeSpan[]) {
  const sorted = spans.map(span => span.ms).sort((a, b) => a - b);
  const q = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return {
    count: spans.length,
    errors: spans.filter(span => span.error).length,
    p50Ms: q(0.5),
    p95Ms: q(0.95),
    p99Ms: q(0.99),
  };
}

export const SELECT = 'SELECT sku, price FROM orders WHERE id = $1';
export const INSERT = 'INSERT INTO orders (sku, amount) VALUES ($1, $2)';
export const HEAVY = 'SELECT sum(amount) FROM orders WHERE lower(email) = lower($1)';

/** How one checkout goes: each part in milliseconds, drawn anew for each request. */
export interface Checkout {
  gateway?: () => number;
  gatewayVersion?: string;
  auth?: () => number;
  payments?: () => number;
  paymentsVersion?: string;
  /** Waiting for a pooled connection. */
  pool?: () => number;
  select?: () => number;
  insert?: () => number;
  /** A further statement, if this release has one. */
  heavy?: () => number;
  /** Payments fails with an error. */
  fails?: () => boolean;
  /** Payments cannot be reached: its caller waits this long and fails; payments has no span. */
  unreachable?: () => number;
  /** What payments is known as to its caller's spans. */
  paymentsPeer?: string;
}

/** `count` checkouts of a shop: gateway → auth, payments; payments → orders-db. */
export function checkouts(count: number, random: () => number, shape: Checkout = {}): MadeSpan[] {
  const near = (value: number) => () => value * (0.7 + 0.6 * random());
  const {
    gateway = near(3),
    gatewayVersion = 'v2.0.0',
    auth = near(4),
    payments = near(5),
    paymentsVersion = 'v1.2.2',
    pool = near(0.2),
    select = near(2),
    insert = near(3),
    heavy,
    fails = () => false,
    unreachable,
    paymentsPeer = 'payments',
  } = shape;
  const spans: MadeSpan[] = [];
  for (let i = 0; i < count; i++) {
    const authMs = auth();
    const own = { service: 'payments', version: paymentsVersion };
    const call = (operation: string, ms: number, statement?: string, error = false): MadeSpan => ({
      ...own,
      operation,
      kind: 'client',
      ms,
      error,
      peer: 'orders-db',
      peerKind: 'database',
      ...(statement === undefined ? {} : { statement }),
    });
    let paymentsMs = 0;
    let failed = false;
    if (unreachable !== undefined) {
      paymentsMs = unreachable();
      failed = true;
    } else {
      failed = fails();
      const parts = [call('pool.connect', pool(), undefined, false)];
      if (heavy !== undefined) parts.push(call('SELECT shop', heavy(), HEAVY));
      parts.push(call('SELECT shop', select(), SELECT), call('INSERT shop', insert(), INSERT));
      paymentsMs = payments() + parts.reduce((sum, part) => sum + part.ms, 0);
      spans.push(...parts, {
        ...own,
        operation: 'POST /orders',
        kind: 'server',
        ms: paymentsMs,
        error: failed,
      });
    }
    const front = { service: 'gateway', version: gatewayVersion };
    spans.push(
      { service: 'auth', version: 'v3.1.0', operation: 'POST /verify', kind: 'server', ms: authMs },
      { ...front, operation: 'POST', kind: 'client', ms: authMs + 0.5, peer: 'auth' },
      {
        ...front,
        operation: 'POST',
        kind: 'client',
        ms: paymentsMs + 0.5,
        error: failed,
        peer: paymentsPeer,
      },
      {
        ...front,
        operation: 'POST /checkout',
        kind: 'server',
        ms: gateway() + authMs + paymentsMs + 1,
        error: failed,
      },
      { ...front, operation: 'GET /products', kind: 'server', ms: 2 + 2 * random() },
    );
  }
  return spans;
}

export function released(
  service: string,
  to: string,
  minutes: number,
  more: Partial<RecordedChange> = {},
): RecordedChange {
  return {
    id: `chg_${service}_${to}`,
    service,
    kind: 'release',
    to,
    at: at(minutes),
    finishedAt: at(minutes + 0.1),
    status: 'done',
    ...more,
  };
}

export function pool(service: string, before: number, after: number, limit = 10): ResourceFigures {
  const reading = (value: number) => ({ median: value, p90: value, max: value, points: 12 });
  return {
    resource: 'database_pool',
    service,
    instance: 'shop',
    unit: 'count',
    query: 'sum by (service_name) (db_client_connection_count{db_client_connection_state="used"})',
    before: reading(before),
    after: reading(after),
    limit,
  };
}
