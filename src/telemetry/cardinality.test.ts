import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CardinalityConfig, CardinalityGuard } from './cardinality.ts';
import { cardinalityOf, cardinalityText } from './cardinality-report.ts';
import { SeriesIndex, type SeriesMeta } from './series-index.ts';

const now = Date.parse('2026-01-27T03:00:00.000Z');
const meta: SeriesMeta = { type: 'counter', unit: '', help: '' };

function indexWith(config: Partial<CardinalityConfig>) {
  const told: string[] = [];
  let time = now;
  const guard = new CardinalityGuard(
    { ...CardinalityConfig.parse({}), ...config },
    () => time,
    reason => told.push(reason),
  );
  const index = new SeriesIndex(guard);
  const add = (labels: Record<string, string>, at = now) => index.intern(labels, meta, at) !== undefined;
  return { guard, index, add, told, pass: (ms: number) => (time += ms) };
}

test('each bound refuses the series that is one too many, names the metric, and leaves what is known alone', () => {
  const cases = [
    [
      'metric',
      { perMetric: 2 },
      (n: number) => ({ __name__: 'm', job: `${n}`, n: `${n}` }),
      /metric m has 2 series/,
    ],
    [
      'tenant',
      { perTenant: 2 },
      (n: number) => ({ __name__: `m${n}`, job: 'payments' }),
      /m2: job="payments" has 2/,
    ],
    [
      'series',
      { series: 2 },
      (n: number) => ({ __name__: `m${n}`, job: `${n}` }),
      /series of m2: 2 are known/,
    ],
    [
      'rate',
      { newPerMinute: 2 },
      (n: number) => ({ __name__: `m${n}`, job: `${n}` }),
      /m2 in this minute: 2 came/,
    ],
  ] as const;
  for (const [reason, config, labels, sentence] of cases) {
    const { add, guard, told } = indexWith(config);
    assert.ok(add(labels(0)) && add(labels(1)), reason);
    assert.ok(!add(labels(2)), reason);
    assert.ok(add(labels(0)), 'what is known is taken as before');
    assert.deepEqual(told, [reason]);
    const [refused] = guard.refusedSince(now);
    assert.match(refused!.sentence, sentence);
    assert.equal(refused!.count, 1);
  }
  const { add, guard } = indexWith({ labels: 5 });
  assert.ok(!add({ __name__: 'm', a: '1', b: '2', c: '3', d: '4', e: '5' }));
  assert.match(guard.refusedSince(now)[0]!.sentence, /has 6 labels, and 5 are the most/);
});

test('a minute later new series may come again, and forgotten ones make room for their sender', () => {
  const { add, index, pass } = indexWith({ newPerMinute: 1, perTenant: 2 });
  assert.ok(add({ __name__: 'a', job: 'payments' }));
  assert.ok(!add({ __name__: 'b', job: 'payments' }));
  pass(60_000);
  assert.ok(add({ __name__: 'b', job: 'payments' }));
  pass(60_000);
  assert.ok(!add({ __name__: 'c', job: 'payments' }), 'two are the most of one');
  assert.equal(index.forgetBefore(now + 1), 2);
  assert.ok(add({ __name__: 'c', job: 'payments' }));
});

test('what is made of spans counts for the service that sent them', () => {
  const { add, guard } = indexWith({ perTenant: 2 });
  add({ __name__: 'a', job: 'payments' });
  add({ __name__: 'traces_spanmetrics_calls_total', service_name: 'payments' });
  add({ __name__: 'probe_success', service: 'gateway' });
  assert.deepEqual(
    [...guard.tenants],
    [
      ['payments', 2],
      ['gateway', 1],
    ],
  );
  assert.ok(!add({ __name__: 'b', service_name: 'payments' }));
  assert.match(
    guard.refusedSince(now)[0]!.sentence,
    /the service "payments" has 2, and 2 are the most of one/,
  );
  const chosen = indexWith({ tenantLabel: 'team' });
  chosen.add({ __name__: 'a', service_name: 'payments' });
  assert.deepEqual([...chosen.guard.tenants], [['', 1]]);
});

test('refusals of more metrics than are remembered are counted all the same', () => {
  const { add, guard, told } = indexWith({ series: 1 });
  add({ __name__: 'first' });
  for (let n = 0; n < 1_500; n++) add({ __name__: `m${n}` });
  assert.equal(told.length, 1_500);
  assert.equal(guard.refusedSince(now).length, 1_000);
});

test('the report names the worst metric, the label that makes it so, what grew, and what dropping it would leave', async () => {
  const { add, guard, index } = indexWith({ perMetric: 400 });
  for (let user = 0; user < 200; user++)
    for (const code of ['200', '500'])
      add(
        { __name__: 'requests_total', job: 'payments', code, user: `u${user}` },
        user < 150 ? now - 7_200_000 : now,
      );
  for (let n = 0; n < 20; n++)
    add({ __name__: 'queue_depth', job: 'orders', queue: `q${n}` }, now - 7_200_000);
  add({ __name__: 'requests_total', job: 'payments', code: '404', user: 'u0' });
  let pauses = 0;
  const found = await cardinalityOf(index.all(), guard, now, 10, async () => {
    pauses += 1;
  });
  assert.ok(pauses > 0);
  assert.equal(found.series, 420);
  assert.equal(found.newInLastHour, 100);
  assert.deepEqual(found.metrics[0], {
    metric: 'requests_total',
    series: 400,
    newInLastHour: 100,
    labels: [
      { label: 'user', values: 200 },
      { label: 'code', values: 2 },
      { label: 'job', values: 1 },
    ],
    suggestion: { drop: 'user', seriesLeft: 2 },
  });
  assert.deepEqual(found.labels[0], { label: 'user', values: 200, series: 400 });
  assert.deepEqual(found.tenants, [
    { tenant: 'payments', series: 400 },
    { tenant: 'orders', series: 20 },
  ]);
  assert.equal(found.refused[0]?.metric, 'requests_total');
  const text = cardinalityText(found);
  assert.match(text, /Drop user of requests_total: about 2 of 400 left/);
  assert.match(
    text,
    /requests_total, once:\n {4}The metric requests_total has 400 series, and 400 are the most/,
  );
  assert.ok(text.split('\n').every(line => line.length <= 80));
});

test("a histogram's bounds are not what is to be dropped", async () => {
  const { add, guard, index } = indexWith({});
  for (let le = 0; le < 50; le++) add({ __name__: 'latency_bucket', le: `${le}`, code: '200' });
  const { metrics } = await cardinalityOf(index.all(), guard, now, 10);
  assert.equal(metrics[0]?.suggestion, undefined);
});
