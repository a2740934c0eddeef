import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { instant, milliseconds } from '../kernel/index.ts';
import { EmbeddedMetrics, type ListedSeries } from './metrics.ts';
import { type Labels, labelsKey, matchersTest, type Series } from './promql/index.ts';
import { SampleHead } from './sample-head.ts';
import { nativeSamples, SampleRows } from './sample-rows.ts';
import { columns } from './schema.ts';
import { SeriesIndex } from './series-index.ts';
import { storeSeries } from './series-source.ts';
import type { Store } from './store.ts';
import { attributes, emptied, protobufOf, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
let store: Store;
before(async () => {
  store = await testStore();
  await testTelemetry(store);
});
beforeEach(() => emptied(store));
after(() => store.close());

interface Sample {
  at: number;
  value: number;
  stale: boolean;
}

interface Given {
  labels: Labels;
  samples: Sample[];
}

function memorySeries(given: readonly Given[]): ListedSeries {
  const series = given
    .filter(({ samples }) => samples.length > 0)
    .map(
      ({ labels, samples }): Series => ({
        labels,
        timestamps: Float64Array.from(samples, ({ at }) => at),
        values: Float64Array.from(samples, ({ value }) => value),
        stale: Uint8Array.from(samples, ({ stale }) => (stale ? 1 : 0)),
      }),
    );
  return {
    list: () => given.map(({ labels }) => labels),
    select: async matchers => series.filter(({ labels }) => matchersTest(matchers)(labels)),
  };
}

function packed(given: readonly Given[], index: SeriesIndex): number[] {
  const out: number[] = [];
  for (const { labels, samples } of given) {
    for (const { at, value, stale } of samples) {
      const series = index.intern(labels, { type: 'gauge', unit: '', help: '' }, at)!;
      index.touch(series, at);
      out.push(series.id, at * 2 + (stale ? 1 : 0), value);
    }
  }
  return out;
}

/** Stores samples as ingest does: in the store first, then told to the head. */
async function insert(samples: readonly number[], head?: SampleHead): Promise<void> {
  let lines = '';
  for (let row = 0; row < samples.length; row += 3) {
    const value = samples[row + 2]!;
    const text = Number.isFinite(value)
      ? value
      : Number.isNaN(value)
        ? '"nan"'
        : value > 0
          ? '"inf"'
          : '"-inf"';
    lines += `[${samples[row]},${Math.floor(samples[row + 1]! / 2)},${text},${samples[row + 1]! % 2}]\n`;
  }
  if (lines !== '') await store.insert('nines_samples', columns.nines_samples, Buffer.from(lines));
  head?.append(samples);
}

const newIndex = () => new SeriesIndex({ maxSeries: 1000, maxSeriesPerMetric: 1000 });

async function storedSeries(given: readonly Given[]): Promise<ListedSeries> {
  await emptied(store);
  const index = newIndex();
  await insert(packed(given, index));
  return storeSeries(store, index);
}

/** What a query gives at an instant and over a range, or why it gives nothing. */
async function outcome(metrics: EmbeddedMetrics, query: string) {
  try {
    const at = await metrics.instant(query, instant(t0 + 200_000));
    const over = await metrics.range(query, {
      from: instant(t0),
      to: instant(t0 + 300_000),
      step: milliseconds(20_000),
    });
    const key = ({ labels }: { labels: Labels }) => labelsKey(labels);
    return {
      at: at.samples.map(sample => [key(sample), sample.value] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
      over: over.series.map(series => [key(series), series.points] as const),
    };
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

const queries = [
  'm',
  'rate(m[1m])',
  'increase(m[2m])',
  'sum by (a) (rate(m[1m]))',
  'max_over_time(m[90s])',
  'count_over_time(m[1m])',
  'm offset 30s',
  'avg without (b) (m)',
  'm{a="x"} / on (b) m{a="y"}',
  'm{a=~"x|z"} or vector(1)',
  'changes(m[2m]) + resets(m[2m])',
  'last_over_time({__name__=~".+"}[1m])',
];

const value = fc.oneof(
  fc.integer({ min: 0, max: 1000 }),
  fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 1e300),
);
const samples = fc
  .uniqueArray(fc.record({ at: fc.integer({ min: 0, max: 300_000 }), value, stale: fc.boolean() }), {
    selector: ({ at }) => at,
    maxLength: 25,
  })
  .map(list => list.map(sample => ({ ...sample, at: t0 + sample.at })).sort((a, b) => a.at - b.at));
const labels = fc.record({
  __name__: fc.constantFrom('m', 'n'),
  a: fc.constantFrom('x', 'y', 'z'),
  b: fc.constantFrom('1', '2', "it's"),
});
const data = fc.uniqueArray(fc.record({ labels, samples }), {
  selector: given => labelsKey(given.labels),
  maxLength: 8,
});

test('a property: PromQL answers the same over the store, over memory, and over the head as samples come', async () => {
  await fc.assert(
    fc.asyncProperty(
      data,
      fc.constantFrom(...queries),
      fc.constantFrom(...queries),
      fc.integer({ min: 0, max: 300_000 }),
      async (given, query, other, split) => {
        await emptied(store);
        const index = newIndex();
        const head = new SampleHead({ now: () => t0 + 300_000 });
        const headed = new EmbeddedMetrics(storeSeries(store, index, { head }));
        const part = (wanted: (sample: Sample, position: number) => boolean) =>
          packed(
            given.map(({ labels, samples }) => ({ labels, samples: samples.filter(wanted) })),
            index,
          );
        await insert(
          part(({ at }, position) => at < t0 + split && position % 4 !== 0),
          head,
        );
        await outcome(headed, other);
        await outcome(headed, query);
        // The rest, some of it late and some of it for the second time.
        await insert(
          part(({ at }, position) => at >= t0 + split || position % 4 === 0 || position % 5 === 0),
          head,
        );
        const memory = await outcome(new EmbeddedMetrics(memorySeries(given)), query);
        assert.deepEqual(await outcome(new EmbeddedMetrics(storeSeries(store, index)), query), memory);
        assert.deepEqual(await outcome(headed, query), memory);
        for (const ways of [{}, { head }, { head: new SampleHead({ now: () => t0 + 300_000 }) }]) {
          const inParts = storeSeries(store, index, { samplesAPart: 1, leastInParts: 0, ...ways });
          assert.deepEqual(await outcome(new EmbeddedMetrics(inParts), query), memory);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('of contradicting samples of one time the same one counts in the store and in the head', async () => {
  await emptied(store);
  const index = newIndex();
  const sample = (value: number, stale = false) => ({ at: t0, value, stale });
  const head = new SampleHead({ now: () => t0 + 1000 });
  const headed = new EmbeddedMetrics(storeSeries(store, index, { head }));
  for (const [first, second, wins] of [
    [sample(1), sample(3), 3],
    [sample(3), sample(1), 3],
    [sample(0, true), sample(2), 2],
    [sample(2), sample(0, true), 2],
    [sample(Number.NaN), sample(-1), -1],
  ] as const) {
    const labels = { __name__: 'm', first: String(first.value), stale: String(first.stale) };
    await insert(packed([{ labels, samples: [first] }], index), head);
    await headed.instant('m', instant(t0));
    await insert(packed([{ labels, samples: [second] }], index), head);
    const query = `m{first="${first.value}",stale="${first.stale}"}`;
    for (const metrics of [headed, new EmbeddedMetrics(storeSeries(store, index))])
      assert.equal((await metrics.instant(query, instant(t0 + 1000))).samples[0]?.value, wins);
  }
});

test('a selector of plain series and native histograms gives both, with the head and without', async () => {
  await emptied(store);
  const index = newIndex();
  const rows = new SampleRows();
  const native = index.intern(
    { __name__: 'm', kind: 'native' },
    { type: 'nativehistogram', unit: '', help: '' },
    t0,
  )!;
  const plain = index.intern({ __name__: 'm', kind: 'plain' }, { type: 'counter', unit: '', help: '' }, t0)!;
  for (let turn = 0; turn < 5; turn++) {
    const at = t0 + turn * 15_000;
    for (const series of [native, plain]) index.touch(series, at);
    rows.sample(plain, at, turn);
    rows.histogram(native, at, {
      schema: 0,
      zeroThreshold: 0,
      zeroCount: 0,
      count: turn * 2,
      sum: turn * 3,
      positive: { index: [0, 1], count: [turn, turn] },
      negative: { index: [], count: [] },
      hint: 'unknown',
    });
  }
  rows.stale(native, t0 + 75_000);
  const head = new SampleHead({ now: () => t0 + 90_000 });
  await store.insert('nines_samples', columns.nines_samples, nativeSamples([rows.packed]), 'Native');
  await store.insert('nines_histograms', columns.nines_histograms, Buffer.from(rows.histograms));
  head.append(rows.packed);
  const headed = new EmbeddedMetrics(storeSeries(store, index, { head }));
  const alone = new EmbeddedMetrics(storeSeries(store, index));
  for (const query of ['m', 'histogram_count(rate(m[1m]))', 'sum by (kind) (increase(m[1m]))'])
    for (const at of [t0 + 60_000, t0 + 75_000]) {
      const want = await alone.evaluate(query, at);
      assert.ok(want.type === 'vector' && want.samples.length > 0);
      assert.deepEqual(await headed.evaluate(query, at), want);
      assert.deepEqual(await headed.evaluate(query, at), want);
    }
});

test('what the head holds is answered without the engine', async () => {
  await emptied(store);
  let asked = 0;
  const counting: Store = {
    ...store,
    bytes: (...args) => {
      asked += 1;
      return store.bytes(...args);
    },
  };
  let now = Date.now();
  const telemetry = await testTelemetry(counting, { now: () => now });
  const send = () =>
    telemetry.ingestMetrics(
      protobufOf('metrics', {
        resourceMetrics: [
          {
            resource: { attributes: attributes({ 'service.name': 'payments' }) },
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'orders',
                    sum: {
                      aggregationTemporality: 2,
                      isMonotonic: true,
                      dataPoints: [
                        { timeUnixNano: String(BigInt(now) * 1_000_000n), asDouble: (now / 1000) % 1e6 },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
      'application/x-protobuf',
    );
  for (let turn = 0; turn < 10; turn++) {
    now += 15_000;
    await send();
  }
  const query = 'sum(rate(orders_total[2m]))';
  await telemetry.metrics.instant(query, instant(now));
  const before = asked;
  for (let turn = 0; turn < 10; turn++) {
    now += 15_000;
    await send();
    const { samples } = await telemetry.metrics.instant(query, instant(now));
    assert.equal(samples[0]?.value.toFixed(6), '1.000000');
  }
  assert.equal(asked, before);
  const restarted = await testTelemetry(counting, { now: () => now });
  assert.deepEqual(
    await restarted.metrics.instant(query, instant(now)),
    await telemetry.metrics.instant(query, instant(now)),
  );
  await telemetry.stop();
  await restarted.stop();
});

test('a sample that was stored twice counts once', async () => {
  const twice = {
    labels: { __name__: 'm' },
    samples: [
      { at: t0, value: 1, stale: false },
      { at: t0, value: 1, stale: false },
      { at: t0 + 1000, value: 5, stale: false },
    ],
  };
  const metrics = new EmbeddedMetrics(await storedSeries([twice]));
  assert.equal((await metrics.instant('count_over_time(m[1m])', instant(t0 + 1000))).samples[0]?.value, 2);
});

test('a selector of more series than may be is refused with what to do', async () => {
  const index = new SeriesIndex({ maxSeries: 1000, maxSeriesPerMetric: 1000 });
  for (let n = 0; n < 20; n++)
    index.intern({ __name__: 'm', n: String(n) }, { type: 'gauge', unit: '', help: '' }, t0);
  const metrics = new EmbeddedMetrics(storeSeries(store, index, { maxSeries: 10 }));
  await assert.rejects(metrics.instant('m', instant(t0)), { code: 'too_large' });
});

test('names and values of labels come from the series in the window', async () => {
  const given = [
    { labels: { __name__: 'm', a: 'x' }, samples: [{ at: t0, value: 1, stale: false }] },
    { labels: { __name__: 'n', a: 'y', b: '1' }, samples: [{ at: t0, value: 1, stale: false }] },
  ];
  const metrics = new EmbeddedMetrics(await storedSeries(given));
  assert.deepEqual(await metrics.labelNames(), ['__name__', 'a', 'b']);
  assert.deepEqual(await metrics.labelValues('a', ['m']), ['x']);
  assert.deepEqual(
    await metrics.labelValues('a', [], { from: instant(t0 + 10_000_000), to: instant(t0 + 20_000_000) }),
    [],
  );
  assert.deepEqual(await metrics.series(['{b="1"}']), [{ __name__: 'n', a: 'y', b: '1' }]);
  await assert.rejects(metrics.series(['rate(m[5m])']), { code: 'invalid' });
});
