import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EmbeddedMetrics, type ListedSeries } from './metrics.ts';
import { labelsKey, matchersTest, type Series } from './promql/index.ts';
import { SampleHead } from './sample-head.ts';
import type { IndexedSeries } from './series-index.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');

/** How a series comes about: its interval and jitter, how it grows, when it falls, when it is stale. */
const shape = fc.record({
  count: fc.integer({ min: 1, max: 3000 }),
  everyMs: fc.constantFrom(1000, 15_000, 15_000, 60_000),
  jitterMs: fc.constantFrom(0, 0, 3, 700),
  kind: fc.constantFrom('counter', 'slow', 'decimal', 'float', 'constant'),
  life: fc.integer({ min: 50, max: 2000 }),
  staleEvery: fc.constantFrom(0, 0, 97, 1500),
  seed: fc.nat(),
});
type Shape = typeof shape extends fc.Arbitrary<infer S> ? S : never;

function made({ count, everyMs, jitterMs, kind, life, staleEvery, seed }: Shape, place: number): Series {
  /** Numbers that look random, the same for the same seed. */
  let state = (seed ^ (place * 0x9e3779b9)) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const timestamps = new Float64Array(count);
  const values = new Float64Array(count);
  const stale = new Uint8Array(count);
  let sum = 0;
  for (let index = 0; index < count; index++) {
    timestamps[index] = t0 - (count - index) * everyMs + Math.floor(next() * jitterMs);
    sum = index % life === 0 ? 0 : sum + Math.floor(next() * (kind === 'slow' ? 2 : 90_000));
    values[index] =
      kind === 'constant' ? 5 : kind === 'float' ? next() * 1e6 : kind === 'decimal' ? sum / 1000 : sum;
    if (staleEvery > 0 && index % staleEvery === staleEvery - 1) stale[index] = 1;
  }
  return { labels: { __name__: 'm', place: String(place) }, timestamps, values, stale };
}

/** Over raw samples, and over a head that was given them: some by reading, the rest as they came, with late ones. */
function sources(all: readonly Series[], split: number) {
  const raw: ListedSeries = {
    list: () => all.map(({ labels }) => labels),
    select: async matchers => all.filter(({ labels }) => matchersTest(matchers)(labels)),
  };
  const known = all.map(
    ({ labels }, index): IndexedSeries => ({
      id: index + 1,
      metric: 'm',
      labels,
      type: 'counter',
      unit: '',
      help: '',
      firstSeen: all[index]!.timestamps[0]!,
      lastSeen: t0,
      writtenAt: t0,
    }),
  );
  const head = new SampleHead({ now: () => t0 });
  const stored = (series: Series, to: number): Series => ({
    labels: series.labels,
    timestamps: series.timestamps.subarray(0, to),
    values: series.values.subarray(0, to),
    stale: series.stale!.subarray(0, to),
  });
  const first = (series: Series) => Math.floor(series.timestamps.length * split);
  const reading = async (series: readonly IndexedSeries[]) =>
    new Map(series.map(({ id }) => [id, stored(all[id - 1]!, first(all[id - 1]!))] as const));
  const fill = async () => {
    await head.select(known, t0 - 30 * 86_400_000, t0, reading);
    for (const [index, { timestamps, values, stale }] of all.entries()) {
      const packed: number[] = [];
      const put = (at: number) => packed.push(index + 1, timestamps[at]! * 2 + stale![at]!, values[at]!);
      const late: number[] = [];
      for (let at = first(all[index]!); at < timestamps.length; at++)
        if (at % 41 === 0) late.push(at);
        else put(at);
      for (const at of late) put(at);
      head.append(packed);
    }
  };
  const unread = async (): Promise<never> => assert.fail('everything is held');
  const chosen = (matchers: Parameters<ListedSeries['select']>[0]) =>
    known.filter(({ labels }) => matchersTest(matchers)(labels));
  const held = (parts: boolean): ListedSeries => ({
    list: raw.list,
    select: (matchers, from, to) => head.select(chosen(matchers), from, to, unread),
    ...(parts && { parts: (matchers, from, to) => head.parts(chosen(matchers), from, to, unread) }),
  });
  return { fill, raw, whole: held(false), inParts: held(true) };
}

const window = fc.constantFrom('1m', '5m', '1h', '5h', '30d');
const query = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'rate',
        'increase',
        'delta',
        'irate',
        'resets',
        'max_over_time',
        'avg_over_time',
        'last_over_time',
      ),
      window,
    )
    .map(([func, window]) => `${func}(m[${window}])`),
  window.map(window => `sum(rate(m{place!="0"}[${window}])) / sum(rate(m[${window}]))`),
  fc.constantFrom(
    'm',
    'm offset 1h',
    'topk(1, m)',
    'quantile_over_time(0.9, m[1h])',
    'max_over_time(rate(m[5m])[1h:3m])',
  ),
);

test('a property: PromQL over compressed samples, at once or in parts, answers to the last bit as over raw ones', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(shape, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(0, 0.3, 0.9, 1),
      fc.array(query, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 20_000_000 }),
      fc.constantFrom(7_000, 60_000, 1_000_000),
      async (shapes, split, queries, ago, stepMs) => {
        const all = shapes.map(made);
        const { fill, raw, whole, inParts } = sources(all, split);
        await fill();
        for (const text of queries) {
          const outcome = async (source: ListedSeries) => {
            const metrics = new EmbeddedMetrics(source);
            const range = { startMs: t0 - ago - stepMs * 40, endMs: t0 - ago, stepMs };
            const at = await metrics.evaluate(text, t0 - ago);
            const over = await metrics.evaluateRange(text, range);
            assert.ok(at.type === 'vector');
            return {
              at: at.samples.map(({ labels, value }) => [labelsKey(labels), value]),
              over: over.series.map(({ labels, timestamps, values }) => [
                labelsKey(labels),
                [...timestamps],
                [...values],
              ]),
            };
          };
          const want = await outcome(raw);
          assert.deepEqual(await outcome(whole), want);
          assert.deepEqual(await outcome(inParts), want);
        }
      },
    ),
    { numRuns: 30 },
  );
});
