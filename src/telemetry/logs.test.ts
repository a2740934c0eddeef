import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { instant } from '../kernel/index.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { attributes, protobufOf, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const window = { from: instant(t0), to: instant(t0 + 60_000) };
const traceId = 'a'.repeat(32);
let store: Store;
let telemetry: Telemetry;

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => t0 + 60_000 });
  const record = (at: number, severityNumber: number, body: string, more: object = {}) => ({
    timeUnixNano: String((t0 + at) * 1_000_000),
    severityNumber,
    body: { stringValue: body },
    attributes: [] as unknown[],
    ...more,
  });
  const records = [
    ...Array.from({ length: 20 }, (_, i) => record(i * 100, 9, `order ${i} placed in ${i * 3} ms`)),
    ...Array.from({ length: 5 }, (_, i) =>
      record(5000 + i, 17, 'checkout failed', {
        traceId,
        spanId: 'b'.repeat(16),
        attributes: attributes({ 'exception.message': `timeout after ${2500 + i} ms`, 'customer.id': i }),
      }),
    ),
    record(7000, 0, 'Grüße — no severity'),
  ];
  const request = {
    resourceLogs: [
      {
        resource: { attributes: attributes({ 'service.name': 'payments' }) },
        scopeLogs: [{ scope: { name: 'shop' }, logRecords: records }],
      },
    ],
  };
  const answer = await telemetry.ingestLogs(protobufOf('logs', request), 'application/x-protobuf');
  assert.equal(answer.accepted, 26);
});
after(() => store.close());

test('search finds by level, text (attributes too, in any case), service and trace', async () => {
  const logs = telemetry.logs;
  assert.equal((await logs.search(window, { level: 'error' })).length, 5);
  assert.equal((await logs.search(window, { text: 'ORDER 1' })).length, 11);
  assert.equal((await logs.search(window, { text: 'timeout after 2503' })).length, 1);
  assert.equal((await logs.search(window, { text: 'GRÜ' })).length, 1);
  assert.equal((await logs.search(window, { service: 'gateway' })).length, 0);
  const [newest] = await logs.search(window, { traceId: traceId.toUpperCase(), limit: 1 });
  assert.deepEqual(newest, {
    at: instant(t0 + 5004),
    service: 'payments',
    level: 'error',
    body: 'checkout failed',
    attributes: { 'exception.message': 'timeout after 2504 ms', 'customer.id': '4' },
    traceId,
    spanId: 'b'.repeat(16),
  });
});

test('patterns count lines that differ in values only as one, by level, with an example and its trace', async () => {
  const patterns = await telemetry.logs.patterns(window);
  assert.deepEqual(
    patterns.map(({ pattern, level, count }) => [pattern, level, count]),
    [
      ['order <num> placed in <num> ms', 'info', 20],
      ['checkout failed: timeout after <num> ms', 'error', 5],
      ['Grüße — no severity', '', 1],
    ],
  );
  assert.equal(patterns[1]?.exampleTraceId, traceId);
  assert.equal(patterns[1]?.firstSeen, instant(t0 + 5000));
  assert.deepEqual(
    (await telemetry.logs.patterns(window, { minSeverity: 'warn' })).map(({ count }) => count),
    [5],
  );
});
