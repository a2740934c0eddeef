import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type MadeSpan, spansOf, t0 } from '../../test/kit/made-spans.ts';
import { instant } from '../kernel/index.ts';
import type { Store } from './store.ts';
import { emptied, protobufOf, testStore, testTelemetry } from './testing.ts';

const protobuf = 'application/x-protobuf';
let store: Store;
before(async () => {
  store = await testStore();
});
beforeEach(() => emptied(store));
after(() => store.close());

const sent = (spans: readonly MadeSpan[]) =>
  protobufOf('traces', { resourceSpans: [spansOf('payments', 'v1', spans)] });
const spans = (count: number, error = false) =>
  sent(
    Array.from(
      { length: count },
      (_, i): MadeSpan => ({ trace: i, span: i + 1, name: 'GET /', kind: 2, at: 1000, ms: 20, error }),
    ),
  );

test('rates, errors and durations of spans become metrics, per version, from zero', async () => {
  let time = t0;
  const telemetry = await testTelemetry(store, { now: () => time });
  await telemetry.writeDerivedMetrics();
  time += 5000;
  await telemetry.ingestTraces(spans(10), protobuf);
  await telemetry.ingestTraces(spans(5, true), protobuf);
  await telemetry.writeDerivedMetrics();
  time += 5000;
  await telemetry.writeDerivedMetrics();
  const at = instant(time);
  const calls = async (when: string) =>
    Object.fromEntries(
      (
        await telemetry.metrics.instant('sum by (status_code) (traces_spanmetrics_calls_total)', when)
      ).samples.map(({ labels, value }) => [labels.status_code, value]),
    );
  assert.deepEqual(await calls(instant(t0)), { STATUS_CODE_UNSET: 0, STATUS_CODE_ERROR: 0 });
  assert.deepEqual(await calls(at), { STATUS_CODE_UNSET: 10, STATUS_CODE_ERROR: 5 });
  const [bucket] = (
    await telemetry.metrics.instant(
      'sum(traces_spanmetrics_latency_seconds_bucket{le="0.025",span_name="GET /",span_kind="SPAN_KIND_SERVER"})',
      at,
    )
  ).samples;
  assert.equal(bucket?.value, 15);
});

test('a service that puts ids into its span names is counted under other past a bound', async () => {
  const telemetry = await testTelemetry(store, { now: () => t0 + 60_000 });
  const many = Array.from(
    { length: 600 },
    (_, i): MadeSpan => ({ trace: i, span: i + 1, name: `GET /users/${i}`, kind: 2, at: 0, ms: 1 }),
  );
  await telemetry.ingestTraces(sent(many), protobuf);
  await telemetry.writeDerivedMetrics();
  const { samples } = await telemetry.metrics.instant(
    'traces_spanmetrics_calls_total{span_name="other"}',
    instant(t0 + 60_000),
  );
  assert.equal(samples[0]?.value, 100);
});
