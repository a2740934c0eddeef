import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { instant, milliseconds } from '../kernel/index.ts';
import { EmbeddedMetrics, type ListedSeries } from './metrics.ts';
import { type Labels, labelsKey, matchersTest, type Series } from './promql/index.ts';
import { columns } from './schema.ts';
import { SeriesIndex } from './series-index.ts';
import { storeSeries } from './series-source.ts';
import type { Store } from './store.ts';
import { emptied, testStore, testTelemetry } from './testing.ts';

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

async function storedSeries(given: readonly Given[]): Promise<ListedSeries> {
  await emptied(store);
  const index = new SeriesIndex({ maxSeries: 1000, maxSeriesPerMetric: 1000 });
  let lines = '';
  for (const { labels, samples } of given) {
    for (const { at, value, stale } of samples) {
      const series = index.intern(labels, { type: 'gauge', unit: '', help: '' }, at)!;
      index.touch(series, at);
      const text = Number.isFinite(value)
        ? value
        : Number.isNaN(value)
          ? '"nan"'
          : value > 0
            ? '"inf"'
            : '"-inf"';
      lines += `[${series.id},${at},${text},${stale ? 1 : 0}]\n`;
    }
  }
  if (lines !== '') await store.insert('nines_samples', columns.nines_samples, Buffer.from(lines));
  return storeSeries(store, index);
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

test('a property: PromQL over the store answers as over memory', async () => {
  await fc.assert(
    fc.asyncProperty(data, fc.constantFrom(...queries), async (given, query) => {
      const memory = new EmbeddedMetrics(memorySeries(given));
      const stored = new EmbeddedMetrics(await storedSeries(given));
      const outcome = async (metrics: EmbeddedMetrics) => {
        try {
          const at = await metrics.instant(query, instant(t0 + 200_000));
          const over = await metrics.range(query, {
            from: instant(t0),
            to: instant(t0 + 300_000),
            step: milliseconds(20_000),
          });
          const key = ({ labels }: { labels: Labels }) => labelsKey(labels);
          return {
            at: at.samples
              .map(sample => [key(sample), sample.value] as const)
              .sort(([a], [b]) => (a < b ? -1 : 1)),
            over: over.series.map(series => [key(series), series.points] as const),
          };
        } catch (error) {
          return error instanceof Error ? error.message : error;
        }
      };
      assert.deepEqual(await outcome(stored), await outcome(memory));
    }),
    { numRuns: 60 },
  );
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
