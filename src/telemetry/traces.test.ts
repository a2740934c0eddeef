import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { db, type MadeSpan, spansOf, t0, toPayments } from '../../test/kit/made-spans.ts';
import { duration, instant } from '../kernel/index.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { protobufOf, testStore, testTelemetry } from './testing.ts';
import type { Edge, OperationStats } from './trace.ts';
import { spanColumns } from './trace-sql.ts';
import { Traces } from './traces.ts';

const window = { from: instant(t0), to: instant(t0 + 60_000) };
let store: Store;
let telemetry: Telemetry;
/** Ten checkouts, one a second; the last two fail and payments does not answer the very last. */
function checkouts() {
  const gateway: MadeSpan[] = [];
  const payments: MadeSpan[] = [];
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

test('self times of a part of the traces stand for all where there are many', async () => {
  const exact = await telemetry.traces.operations(window);
  const estimated = await new Traces(store, { mostForSelf: 19 }).operations(window);
  const selfMs = (all: readonly OperationStats[], operation: string) =>
    Math.round(all.find(one => one.operation === operation)?.selfMs ?? -1);
  for (const alike of ['POST /checkout', 'POST /orders', 'pg.query:SELECT shop'])
    assert.equal(selfMs(estimated, alike), selfMs(exact, alike));
  const rest = (all: readonly OperationStats[]) =>
    all.map(one => ({ ...one, selfMs: undefined, exampleTraceId: undefined }));
  assert.deepEqual(rest(estimated), rest(exact));
});

test('a table of spans from before there were columns for questions answers the same', async () => {
  // Which of several that are equally slow is the example is not told.
  const operations = async () =>
    (await telemetry.traces.operations(window)).map(one => ({ ...one, exampleTraceId: undefined }));
  const before = { operations: await operations(), edges: await telemetry.traces.edges(window) };
  for (const { name } of spanColumns) await store.exec(`ALTER TABLE otel_traces DROP COLUMN ${name}`);
  const again = await testTelemetry(store, { now: () => t0 + 60_000 });
  assert.deepEqual(await operations(), before.operations);
  assert.deepEqual(await again.traces.edges(window), before.edges);
});

test('messages go to who takes them, and by their queue where who took them is no child of who sent them', async () => {
  const later = 600_000;
  const queue = { 'messaging.system': 'kafka', 'messaging.destination.name': 'mails' };
  const sent: MadeSpan = {
    trace: 100,
    span: 2001,
    name: 'send mails',
    kind: 4,
    at: later,
    ms: 5,
    attributes: queue,
  };
  const batch = { ...queue, 'messaging.destination.name': 'invoices' };
  const taken: MadeSpan = {
    trace: 100,
    span: 2002,
    parent: 2001,
    name: 'process',
    kind: 5,
    at: later + 50,
    ms: 7,
  };
  await telemetry.ingestTraces(
    protobufOf('traces', {
      resourceSpans: [
        spansOf('orders', 'v1', [
          sent,
          { ...sent, trace: 101, span: 2003, name: 'send invoices', attributes: batch },
          // Its parent was never sent.
          { trace: 104, span: 2009, parent: 2999, name: 'query', kind: 3, at: later, ms: 2, attributes: db },
        ]),
        spansOf('mail', 'v1', [taken]),
        spansOf('printing', 'v1', [{ ...taken, span: 2004 }]),
        spansOf('billing', 'v1', [
          {
            trace: 102,
            span: 2005,
            name: 'process invoices',
            kind: 5,
            at: later + 90,
            ms: 9,
            error: true,
            attributes: batch,
          },
        ]),
        spansOf('nines', 'v1', [
          { trace: 103, span: 2006, name: 'query', kind: 3, at: later, ms: 1, attributes: db },
          { trace: 103, span: 2007, name: 'GET /', kind: 2, at: later, ms: 1 },
        ]),
      ],
    }),
    'application/x-protobuf',
  );
  const window = { from: instant(t0 + later), to: instant(t0 + later + 1000) };
  const texts = (edges: readonly Edge[]) =>
    edges.map(({ from, to, kind, count, errors }) => `${from} → ${to} ${kind} ${count} ${errors}`).sort();
  const edges = await telemetry.traces.edges(window);
  assert.deepEqual(texts(edges), [
    'invoices → billing queue 1 1',
    'orders → invoices queue 1 0',
    'orders → mail queue 1 0',
    'orders → postgresql/shop database 1 0',
    'orders → printing queue 1 0',
  ]);
  const own = await telemetry.traces.edges(window, { own: true });
  assert.deepEqual(
    texts(own).filter(text => !texts(edges).includes(text)),
    ['nines → postgresql/shop database 1 0'],
  );
  assert.deepEqual(
    edges.filter(({ measuredAt }) => measuredAt === 'consumer').map(({ from }) => from),
    ['invoices'],
  );
  const services = async (options: { own?: boolean }) =>
    (await telemetry.traces.answered(window, options)).map(({ service }) => service).sort();
  assert.deepEqual(await services({}), ['billing', 'mail', 'printing']);
  assert.deepEqual(await services({ own: true }), ['billing', 'mail', 'nines', 'printing']);
  const roots = async (filter: { own?: boolean; service?: string }) =>
    (await telemetry.traces.search(window, filter)).filter(({ rootService }) => rootService === 'nines')
      .length;
  assert.deepEqual(
    [await roots({}), await roots({ own: true }), await roots({ service: 'nines' })],
    [0, 1, 1],
  );
});

test('a trace of very many spans does not hide the traces behind it', async () => {
  const later = 420_000;
  const spans = Array.from(
    { length: 300 },
    (_, i): MadeSpan => ({
      trace: 7000,
      span: 200_000 + i,
      name: 'poll',
      kind: 3,
      at: later + 100 + i,
      ms: 5,
    }),
  );
  const before: MadeSpan = { trace: 7001, span: 300_000, name: 'GET /quiet', kind: 2, at: later, ms: 1 };
  await telemetry.ingestTraces(
    protobufOf('traces', { resourceSpans: [spansOf('batch', 'v1', [...spans, before])] }),
    'application/x-protobuf',
  );
  const window = { from: instant(t0 + later), to: instant(t0 + later + 1000) };
  const found = await telemetry.traces.search(window, { service: 'batch', limit: 2 });
  assert.deepEqual(
    found.map(({ rootOperation, spans }) => [rootOperation, spans]),
    [
      ['poll', 300],
      ['GET /quiet', 1],
    ],
  );
});
