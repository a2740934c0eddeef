import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { duration, instant } from '../kernel/index.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { attributes, protobufOf, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const window = { from: instant(t0), to: instant(t0 + 60_000) };
let store: Store;
let telemetry: Telemetry;

interface Made {
  trace: number;
  span: number;
  parent?: number;
  name: string;
  kind: 2 | 3 | 4 | 5;
  at: number;
  ms: number;
  error?: boolean;
  attributes?: Record<string, string | number>;
}

const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');

function spansOf(service: string, version: string, spans: readonly Made[]) {
  return {
    resource: { attributes: attributes({ 'service.name': service, 'service.version': version }) },
    scopeSpans: [
      {
        spans: spans.map(span => ({
          traceId: hex(span.trace + 1, 32),
          spanId: hex(span.span, 16),
          ...(span.parent === undefined ? {} : { parentSpanId: hex(span.parent, 16) }),
          name: span.name,
          kind: span.kind,
          startTimeUnixNano: String((t0 + span.at) * 1_000_000),
          endTimeUnixNano: String((t0 + span.at + span.ms) * 1_000_000),
          attributes: attributes(span.attributes ?? {}),
          ...(span.error ? { status: { code: 2, message: 'it failed' } } : {}),
        })),
      },
    ],
  };
}

const db = { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'server.address': '127.0.0.1' };
const toPayments = { 'server.address': '127.0.0.1', 'server.port': 4813 };

/** Ten checkouts, one a second; the last two fail and payments does not answer the very last. */
function checkouts() {
  const gateway: Made[] = [];
  const payments: Made[] = [];
  for (let i = 0; i < 10; i++) {
    const base = { trace: i, at: i * 1000 };
    const failed = i >= 8;
    gateway.push({ ...base, span: i * 10 + 1, name: 'POST /checkout', kind: 2, ms: 100, error: failed });
    gateway.push({
      ...base,
      span: i * 10 + 2,
      parent: i * 10 + 1,
      name: 'POST',
      kind: 3,
      ms: 80,
      error: failed,
      attributes: toPayments,
    });
    if (i === 9) continue;
    payments.push({
      ...base,
      span: i * 10 + 3,
      parent: i * 10 + 2,
      name: 'POST /orders',
      kind: 2,
      ms: 60,
      error: failed,
    });
    payments.push({
      ...base,
      span: i * 10 + 4,
      parent: i * 10 + 3,
      name: 'pg.query:SELECT shop',
      kind: 3,
      ms: 50,
      attributes: {
        ...db,
        'db.query.text': `SELECT *\n   FROM orders WHERE id = ${i} AND email = 'a${i}@b'`,
      },
    });
  }
  return { resourceSpans: [spansOf('gateway', 'v2', gateway), spansOf('payments', 'v1', payments)] };
}

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => t0 + 60_000 });
  const answer = await telemetry.ingestTraces(protobufOf('traces', checkouts()), 'application/x-protobuf');
  assert.equal(answer.accepted, 38);
});
after(() => store.close());

test('operations are grouped by service, kind, name, statement and what they call', async () => {
  const operations = await telemetry.traces.operations(window);
  const server = operations.find(each => each.operation === 'POST /checkout')!;
  assert.deepEqual(
    { ...server, exampleTraceId: undefined },
    {
      service: 'gateway',
      operation: 'POST /checkout',
      kind: 'server',
      count: 10,
      errors: 2,
      p50Ms: 100,
      p95Ms: 100,
      p99Ms: 100,
      totalMs: 1000,
      selfMs: 200,
      exampleTraceId: undefined,
    },
  );
  const query = operations.find(each => each.statement !== undefined)!;
  assert.equal(query.statement, 'SELECT * FROM orders WHERE id = ? AND email = ?');
  assert.equal(query.peer, 'postgresql/shop');
  assert.equal(query.count, 9);
  const call = operations.filter(each => each.operation === 'POST');
  assert.equal(call.length, 1, 'a call that nobody answered counts for the service known at its address');
  assert.equal(call[0]?.peer, 'payments');
  assert.equal(call[0]?.count, 10);
});

test('operations by version name the version', async () => {
  const operations = await telemetry.traces.operations(window, {
    service: 'payments',
    groupByVersion: true,
    kind: 'server',
  });
  assert.deepEqual(
    operations.map(({ service, version, operation, count }) => ({ service, version, operation, count })),
    [{ service: 'payments', version: 'v1', operation: 'POST /orders', count: 9 }],
  );
});

test('edges go from caller to callee and to databases, with errors as the caller saw them', async () => {
  const edges = await telemetry.traces.edges(window);
  assert.deepEqual(
    edges.map(({ from, to, kind, count, errors, p50Ms }) => ({ from, to, kind, count, errors, p50Ms })),
    [
      { from: 'gateway', to: 'payments', kind: 'service', count: 10, errors: 2, p50Ms: 80 },
      { from: 'payments', to: 'postgresql/shop', kind: 'database', count: 9, errors: 0, p50Ms: 50 },
    ],
  );
});

test('a timeline has a bucket for each step with requests and none for others', async () => {
  const timeline = await telemetry.traces.timeline(window, { service: 'gateway', step: duration('5s') });
  assert.deepEqual(
    timeline.map(({ at, count, errors }) => ({ at, count, errors })),
    [
      { at: instant(t0), count: 5, errors: 0 },
      { at: instant(t0 + 5000), count: 5, errors: 2 },
    ],
  );
});

test('search finds traces with errors, the newest first, and get gives their spans in order', async () => {
  const found = await telemetry.traces.search(window, { service: 'payments', errorsOnly: true });
  assert.equal(found.length, 1);
  const [trace] = found;
  assert.deepEqual(
    { ...trace, traceId: '' },
    {
      traceId: '',
      rootService: 'gateway',
      rootOperation: 'POST /checkout',
      at: instant(t0 + 8000),
      durationMs: 100,
      spans: 4,
      errors: 3,
    },
  );
  const spans = await telemetry.traces.get(trace!.traceId);
  assert.deepEqual(
    spans.map(({ service, operation, durationMs }) => [service, operation, durationMs]),
    [
      ['gateway', 'POST /checkout', 100],
      ['gateway', 'POST', 80],
      ['payments', 'POST /orders', 60],
      ['payments', 'pg.query:SELECT shop', 50],
    ],
  );
  assert.equal(spans[0]?.status, 'error');
  assert.equal(spans[0]?.statusMessage, 'it failed');
});

test('slow traces only are found by a least duration', async () => {
  assert.equal(
    (await telemetry.traces.search(window, { service: 'gateway', minDurationMs: 100.001 })).length,
    0,
  );
  assert.equal(
    (await telemetry.traces.search(window, { minDurationMs: 100, order: 'slowest', limit: 3 })).length,
    3,
  );
});

test('a trace that is not there is empty, and what is no id is refused', async () => {
  assert.deepEqual(await telemetry.traces.get('f'.repeat(32)), []);
  await assert.rejects(telemetry.traces.get("' OR 1=1"), { code: 'invalid' });
});

test('text with quotes in a filter stays text', async () => {
  assert.deepEqual(await telemetry.traces.search(window, { service: "x' OR '1'='1" }), []);
});

test('services come with their versions', async () => {
  const services = await telemetry.traces.services(window);
  assert.deepEqual(
    services.map(({ service, versions }) => [
      service,
      versions.map(({ version, count }) => [version, count]),
    ]),
    [
      ['gateway', [['v2', 20]]],
      ['payments', [['v1', 18]]],
    ],
  );
});
