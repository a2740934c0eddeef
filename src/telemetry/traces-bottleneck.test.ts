import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { db, type MadeSpan, spansOf, t0, toPayments } from '../../test/kit/made-spans.ts';
import { instant } from '../kernel/index.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { protobufOf, testStore, testTelemetry } from './testing.ts';

let store: Store;
let telemetry: Telemetry;

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => t0 + 60_000 });
});
after(() => store.close());

test('requests are sampled slow and not slow, with all of their traces, and the bottleneck is found in them', async () => {
  const later = 120_000;
  const gateway: MadeSpan[] = [];
  const payments: MadeSpan[] = [];
  for (let i = 0; i < 200; i++) {
    const slow = i % 10 === 0;
    const base = { trace: 1000 + i, at: later + i * 100 };
    const span = 10_000 + i * 10;
    const more = slow ? 300 : i % 3;
    gateway.push({ ...base, span, name: 'GET /', kind: 2, ms: 60 + more, error: i % 50 === 0 });
    gateway.push({
      ...base,
      span: span + 1,
      parent: span,
      name: 'GET',
      kind: 3,
      ms: 50 + more,
      error: i % 50 === 0,
      attributes: toPayments,
    });
    payments.push({
      ...base,
      span: span + 2,
      parent: span + 1,
      name: 'GET /orders',
      kind: 2,
      ms: 40 + more,
      error: i % 50 === 0,
    });
    payments.push({
      ...base,
      span: span + 3,
      parent: span + 2,
      name: 'pg.query',
      kind: 3,
      ms: 30 + more,
      error: i % 50 === 0,
      attributes: { ...db, 'db.query.text': `SELECT ${i}` },
    });
  }
  await telemetry.ingestTraces(
    protobufOf('traces', {
      resourceSpans: [spansOf('gateway', 'v2', gateway), spansOf('payments', 'v1', payments)],
    }),
    'application/x-protobuf',
  );
  const window = { from: instant(t0 + later), to: instant(t0 + later + 60_000) };
  const found = await telemetry.traces.bottleneck(window, {
    service: 'gateway',
    slow: { longerThanMs: 200 },
  });
  assert.equal(
    found.sentence,
    'Of 20 slow requests, 100 % of the added time is in payments: SELECT ? (299 ms of 299 ms a request).',
  );
  assert.deepEqual(found.slow, { requests: 20, lookedAt: 20, meanMs: 360 });
  assert.equal(found.rest.requests, 180);
  assert.equal(found.spans, 800);
  assert.deepEqual(
    found.errorOrigins.map(({ service, operation, requests, reachRoot, error }) => [
      service,
      operation,
      requests,
      reachRoot,
      error,
    ]),
    [['payments', 'pg.query', 4, 4, 'it failed']],
  );
  const whole = await telemetry.traces.bottleneck(window, { slow: { share: 0.1 } });
  assert.equal(whole.slow.requests, 20, 'the slowest tenth of 200 requests of one operation');
  assert.equal(whole.verdict, 'clear');
  const nobody = await telemetry.traces.bottleneck(window, { service: 'nobody' });
  assert.equal(nobody.verdict, 'no_data');
});

test('requests that all wait until the same timeout are slow, also where they are more than the share', async () => {
  const later = 480_000;
  const spans = Array.from(
    { length: 60 },
    (_, i): MadeSpan => ({
      trace: 8000 + i,
      span: 80_000 + i,
      name: 'GET /timeout',
      kind: 2,
      at: later + i,
      ms: i % 10 === 3 ? 700 : 60,
    }),
  );
  await telemetry.ingestTraces(
    protobufOf('traces', { resourceSpans: [spansOf('waiter', 'v1', spans)] }),
    'application/x-protobuf',
  );
  const found = await telemetry.traces.bottleneck(
    { from: instant(t0 + later), to: instant(t0 + later + 10_000) },
    { service: 'waiter' },
  );
  assert.deepEqual(found.slow, { requests: 6, lookedAt: 6, meanMs: 700 });
  assert.equal(found.rest.requests, 54);
});

test('requests behind a proxy that sends no spans are those that nobody who is seen called', async () => {
  const later = 300_000;
  const spans = Array.from({ length: 20 }, (_, i): MadeSpan[] => [
    { trace: 5000 + i, span: 90_000 + i * 10, parent: 99_999, name: 'GET /', kind: 2, at: later + i, ms: 20 },
    {
      trace: 5000 + i,
      span: 90_001 + i * 10,
      parent: 90_000 + i * 10,
      name: 'GET',
      kind: 3,
      at: later + i,
      ms: 15,
    },
    {
      trace: 5000 + i,
      span: 90_002 + i * 10,
      parent: 90_001 + i * 10,
      name: 'GET /inner',
      kind: 2,
      at: later + i,
      ms: 12,
    },
  ]).flat();
  await telemetry.ingestTraces(
    protobufOf('traces', { resourceSpans: [spansOf('gateway', 'v2', spans)] }),
    'application/x-protobuf',
  );
  const found = await telemetry.traces.bottleneck({
    from: instant(t0 + later),
    to: instant(t0 + later + 1000),
  });
  assert.equal(found.traces, 20);
  assert.equal(found.criticalPath[0]?.operation, 'GET /inner');
  assert.match(found.notes[0]!, /^No trace has its root here/);
});
