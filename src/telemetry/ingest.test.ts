import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { duration, Fault, instant } from '../kernel/index.ts';
import { ingestFault } from './ingest.ts';
import type { Signal } from './otlp/decode.ts';
import type { Store } from './store.ts';
import { Telemetry } from './telemetry.ts';
import { attributes, emptied, protobufOf, telemetryKernel, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const nano = (ms: number) => String(BigInt(t0 + ms) * 1_000_000n);
const protobuf = 'application/x-protobuf';
let store: Store;
before(async () => {
  store = await testStore();
});
beforeEach(() => emptied(store));
after(() => store.close());

const now = () => t0 + 60_000;
const resource = { attributes: attributes({ 'service.name': 'payments' }) };

function logs(count: number, body = 'hello') {
  const logRecords = Array.from({ length: count }, (_, index) => ({
    timeUnixNano: nano(index),
    body: { stringValue: body },
  }));
  return protobufOf('logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
}

function spans(count: number, at = 0, more: object = {}) {
  const made = Array.from({ length: count }, (_, index) => ({
    traceId: (index + 1).toString(16).padStart(32, '0'),
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: nano(at),
    endTimeUnixNano: nano(at + 20),
    ...more,
  }));
  return protobufOf('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: made }] }] });
}

function gauge(value: number, at = 0) {
  return protobufOf('metrics', {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            metrics: [
              { name: 'depth', gauge: { dataPoints: [{ timeUnixNano: nano(at), asDouble: value }] } },
            ],
          },
        ],
      },
    ],
  });
}

const stored = async (table: string) =>
  (await store.query<{ n: number }>(`SELECT count() AS n FROM ${table}`))[0]!.n;

test('what is acknowledged is stored', async () => {
  const telemetry = await testTelemetry(store, { now });
  const answer = await telemetry.ingestLogs(logs(3), protobuf);
  assert.deepEqual(
    { ...answer, body: answer.body.length },
    { status: 200, contentType: protobuf, body: 0, accepted: 3, rejected: 0 },
  );
  assert.equal(await stored('otel_logs'), 3);
});

test('requests at the same time are stored together, and each is acknowledged', async () => {
  const telemetry = await testTelemetry(store, { now, limits: { maxWaitMs: 50 } });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => telemetry.ingestLogs(logs(10), protobuf)),
  );
  assert.equal(
    answers.reduce((sum, { accepted }) => sum + accepted, 0),
    200,
  );
  assert.equal(await stored('otel_logs'), 200);
  const [parts] = await store.query<{ n: number }>(
    "SELECT count() AS n FROM system.parts WHERE table = 'otel_logs' AND active",
  );
  assert.ok(parts!.n <= 3, `${parts!.n} parts`);
});

test('gzip and zstd are unpacked, also when the content encoding was dropped on the way', async () => {
  const telemetry = await testTelemetry(store, { now });
  for (const body of [gzipSync(logs(2)), zstdCompressSync(logs(2))])
    assert.equal(
      (await telemetry.ingest('logs', body, { contentType: protobuf, contentEncoding: 'gzip' })).accepted,
      2,
    );
  assert.equal(
    (await telemetry.ingest('logs', logs(2), { contentType: protobuf, contentEncoding: 'gzip' })).accepted,
    2,
  );
});

test('a body that is too large is refused, packed or not', async () => {
  const telemetry = await testTelemetry(store, { now, limits: { maxBodyBytes: 100_000 } });
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  assert.ok(bomb.length < 100_000);
  await assert.rejects(telemetry.ingestLogs(bomb, protobuf), { code: 'too_large' });
  await assert.rejects(telemetry.ingestLogs(Buffer.alloc(200_000), protobuf), { code: 'too_large' });
});

test('malformed bodies and foreign content types are refused', async () => {
  const telemetry = await testTelemetry(store, { now });
  await assert.rejects(telemetry.ingestTraces(Buffer.from([10, 200, 1]), protobuf), { code: 'invalid' });
  await assert.rejects(telemetry.ingestTraces(gzipSync('x').subarray(0, 12), protobuf), { code: 'invalid' });
  await assert.rejects(telemetry.ingestTraces(Buffer.from('{}'), 'text/plain'), { code: 'invalid' });
  assert.equal((await telemetry.ingestTraces(Buffer.from('{}'), 'application/json')).accepted, 0);
});

test('past its bound ingest answers overloaded with a time to try again, and takes again when the store is free', async () => {
  let release: () => void = () => {};
  const blocked = new Promise<void>(resolve => {
    release = resolve;
  });
  const slow: Store = { ...store, insert: async (...given) => blocked.then(() => store.insert(...given)) };
  const telemetry = await testTelemetry(slow, { now, limits: { maxQueuedBytes: 80_000 } });
  const body = logs(100, 'x'.repeat(400));
  const first = telemetry.ingestLogs(body, protobuf);
  await new Promise(resolve => setImmediate(resolve));
  await assert.rejects(telemetry.ingestLogs(body, protobuf), (error: unknown) => {
    assert.ok(error instanceof Fault);
    assert.equal(error.code, 'overloaded');
    assert.equal(error.httpStatus, 429);
    assert.equal(error.detail.retryAfterSeconds, 2);
    const answer = ingestFault(error, protobuf);
    assert.equal(answer.retryAfterSeconds, 2);
    assert.equal(answer.contentType, protobuf);
    return true;
  });
  release();
  assert.equal((await first).accepted, 100);
  assert.equal((await telemetry.ingestLogs(body, protobuf)).accepted, 100);
});

test('when the store fails, the sender is told to send again, and a later request is stored', async () => {
  let broken = true;
  const flaky: Store = {
    ...store,
    insert: (...given) =>
      broken ? Promise.reject(new Fault('unavailable', 'the disk is full')) : store.insert(...given),
  };
  const telemetry = await testTelemetry(flaky, { now });
  await assert.rejects(telemetry.ingestMetrics(gauge(1), protobuf), (error: unknown) => {
    assert.ok(
      error instanceof Fault && error.httpStatus === 503 && error.detail.retryAfterSeconds !== undefined,
    );
    return true;
  });
  broken = false;
  await telemetry.ingestMetrics(gauge(2, 1000), protobuf);
  const { samples } = await telemetry.metrics.instant('depth', instant(t0 + 1000));
  assert.equal(samples[0]?.value, 2, 'the series that could not be stored before was stored now');
  assert.equal((await testTelemetry(store, { now })).catalogue().length, 2);
});

test('a request that the store can never take is refused by itself, and those beside it are stored', async () => {
  const picky: Store = {
    ...store,
    insert: async (table, columns, rows, format) => {
      if (Buffer.from(rows).includes('poison')) throw new Fault('internal', 'Cannot parse input');
      await store.insert(table, columns, rows, format);
    },
  };
  const telemetry = await testTelemetry(picky, { now, limits: { maxWaitMs: 20 } });
  const [good, bad, alsoGood] = await Promise.allSettled([
    telemetry.ingestLogs(logs(2), protobuf),
    telemetry.ingestLogs(logs(3, 'poison'), protobuf),
    telemetry.ingestLogs(logs(4), protobuf),
  ]);
  assert.equal(good?.status, 'fulfilled');
  assert.equal(alsoGood?.status, 'fulfilled');
  assert.ok(bad?.status === 'rejected' && bad.reason instanceof Fault && bad.reason.code === 'invalid');
  assert.equal(await stored('otel_logs'), 6);
});

test('what is too old, too far ahead or without an id is told in a partial success', async () => {
  const telemetry = await testTelemetry(store, { now, retention: { traces: duration('1d') } });
  const old = await telemetry.ingestTraces(spans(2, -90_000_000), protobuf);
  assert.deepEqual([old.accepted, old.rejected], [0, 2]);
  assert.ok(Buffer.from(old.body).toString().includes('older than the time for which it would be kept'));
  assert.equal((await telemetry.ingestTraces(spans(1, 3_600_000), protobuf)).rejected, 1);
  assert.equal(
    (await telemetry.ingestTraces(spans(1, 0, { traceId: '00'.repeat(16) }), protobuf)).rejected,
    1,
  );
  assert.equal(await stored('otel_traces'), 0);
});

test('random requests never do more than be refused, and what follows is still stored', async () => {
  const telemetry = await testTelemetry(store, { now });
  const bytes = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Signal>('traces', 'logs', 'metrics'),
      bytes,
      fc.boolean(),
      async (signal, body, json) => {
        try {
          await telemetry.ingest(signal, body, { contentType: json ? 'application/json' : protobuf });
        } catch (error) {
          assert.ok(error instanceof Fault && error.code === 'invalid', String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
  assert.equal((await telemetry.ingestLogs(logs(1), protobuf)).accepted, 1);
});

test('any text in any place is stored and found as it was', async () => {
  const telemetry = await testTelemetry(store, { now });
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(text, text, text, async (service, body, value) => {
      await emptied(store);
      const request = {
        resourceLogs: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
            scopeLogs: [
              {
                logRecords: [
                  {
                    timeUnixNano: nano(0),
                    body: { stringValue: body },
                    attributes: [{ key: 'k', value: { stringValue: value } }],
                  },
                ],
              },
            ],
          },
        ],
      };
      await telemetry.ingest('logs', Buffer.from(JSON.stringify(request)), {
        contentType: 'application/json',
      });
      const [found] = await telemetry.logs.search({ from: instant(t0), to: instant(t0 + 1000) });
      assert.deepEqual(
        [found?.service, found?.body, found?.attributes.k],
        [service.toWellFormed(), body.toWellFormed(), value.toWellFormed()],
      );
    }),
    { numRuns: 30 },
  );
});

test("Nines's own spans come in through the SDK's exporter", async () => {
  const telemetry = await testTelemetry(store);
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(telemetry.selfSpans())],
  });
  const span = provider
    .getTracer('nines')
    .startSpan('incident.list', { attributes: { ok: true, n: 1.5, list: ['a'] } });
  span.end();
  await provider.forceFlush();
  await provider.shutdown();
  const [found] = await telemetry.traces.get(span.spanContext().traceId);
  assert.equal(found?.operation, 'incident.list');
  assert.equal(found?.kind, 'internal');
  assert.deepEqual(found?.attributes, { ok: 'true', n: '1.5', list: '["a"]' });
});

test('native histograms are stored and answer quantiles', async () => {
  const telemetry = await testTelemetry(store, { now });
  const point = (ms: number, count: number) => ({
    timeUnixNano: nano(ms),
    count,
    sum: count * 3,
    scale: 0,
    positive: { offset: 1, bucketCounts: [count] },
  });
  const request = (ms: number, count: number) =>
    protobufOf('metrics', {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'd',
                  unit: 's',
                  exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point(ms, count)] },
                },
              ],
            },
          ],
        },
      ],
    });
  await telemetry.ingestMetrics(request(0, 10), protobuf);
  await telemetry.ingestMetrics(request(30_000, 20), protobuf);
  const { samples } = await telemetry.metrics.instant(
    'histogram_quantile(1, d_seconds)',
    instant(t0 + 30_000),
  );
  assert.equal(samples[0]?.value, 4);
  const count = await telemetry.metrics.instant('histogram_count(d_seconds)', instant(t0 + 30_000));
  assert.equal(count.samples[0]?.value, 20);
});

test('a new retention is given to tables that exist, and none takes it away', async () => {
  const ttl = async () =>
    (
      await store.query<{ made: string }>(
        "SELECT create_table_query AS made FROM system.tables WHERE name = 'otel_logs'",
      )
    )[0]!.made;
  const opened = async (retention: object) => {
    const telemetry = new Telemetry(telemetryKernel(now), { store, retention });
    await telemetry.open();
  };
  await opened({ logs: duration('3d') });
  assert.match(await ttl(), /toIntervalSecond\(259200\)/);
  await opened({ logs: duration('5d') });
  assert.match(await ttl(), /toIntervalSecond\(432000\)/);
  await opened({});
  assert.doesNotMatch(await ttl(), / TTL /);
});

test('stopping stores what waits', async () => {
  const telemetry = await testTelemetry(store, { now, limits: { maxWaitMs: 60_000 } });
  const waiting = telemetry.ingestLogs(logs(4), protobuf);
  await new Promise(resolve => setImmediate(resolve));
  await telemetry.stop();
  assert.equal((await waiting).accepted, 4);
  assert.equal(await stored('otel_logs'), 4);
});
