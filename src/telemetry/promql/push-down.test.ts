import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Column,
  type Grid,
  matchersTest,
  type PushableNode,
  queryInstant,
  queryRange,
  type Series,
  type SeriesSource,
} from './index.ts';

/** Raw series, as a store without any push-down has them. */
function rawSource(all: readonly Series[]): SeriesSource {
  return {
    async select(matchers) {
      const test = matchersTest(matchers);
      return all.filter(series => test(series.labels));
    },
  };
}

/**
 * A store that answers whole subtrees, by plain arithmetic written apart from the engine: windows cut sample by
 * sample, sums in the order of the series.
 */
class PushingSource implements SeriesSource {
  readonly answered: PushableNode[] = [];
  readonly #all: readonly Series[];
  readonly select: SeriesSource['select'];

  constructor(all: readonly Series[]) {
    this.#all = all;
    this.select = rawSource(all).select;
  }

  async evaluate(node: PushableNode, grid: Grid): Promise<Column[] | undefined> {
    if (node.func !== 'sum_over_time' && node.func !== 'count_over_time' && node.func !== undefined)
      return undefined;
    this.answered.push(node);
    const test = matchersTest(node.matchers);
    const columns = this.#all
      .filter(series => test(series.labels))
      .map(series => this.#column(node, series, grid));
    if (!node.aggregate) return columns.filter(column => column.state.includes(1));
    if (node.aggregate.op !== 'sum' || node.aggregate.without) return undefined;
    const groups = new Map<string, Column>();
    for (const column of columns) {
      const labels = Object.fromEntries(
        node.aggregate.names.flatMap(name => (column.labels[name] ? [[name, column.labels[name]]] : [])),
      );
      const key = JSON.stringify(Object.entries(labels).sort());
      const sum = groups.get(key) ?? {
        labels,
        state: new Uint8Array(grid.count),
        values: new Float64Array(grid.count),
      };
      groups.set(key, sum);
      for (let i = 0; i < grid.count; i++) {
        if (column.state[i] !== 1) continue;
        sum.state[i] = 1;
        sum.values[i]! += column.values[i]!;
      }
    }
    return [...groups.values()].filter(column => column.state.includes(1));
  }

  #column(node: PushableNode, series: Series, grid: Grid): Column {
    const { __name__: _, ...labels } = series.labels;
    const out: Column = { labels, state: new Uint8Array(grid.count), values: new Float64Array(grid.count) };
    for (let i = 0; i < grid.count; i++) {
      const end = grid.startMs + i * grid.stepMs - node.offsetMs;
      const inside = [...series.timestamps.keys()].filter(k => {
        const at = series.timestamps[k]!;
        return (
          at <= end && (at > end - node.windowMs || (node.ranges === 'closed' && at === end - node.windowMs))
        );
      });
      const live = inside.filter(k => series.stale?.[k] !== 1);
      if (node.func === undefined) {
        const last = inside.at(-1);
        if (last === undefined || series.stale?.[last] === 1) continue;
        out.state[i] = 1;
        out.values[i] = series.values[last]!;
      } else if (live.length > 0) {
        out.state[i] = 1;
        out.values[i] =
          node.func === 'count_over_time' ? live.length : live.reduce((sum, k) => sum + series.values[k]!, 0);
      }
    }
    return out;
  }
}

const sample = fc.record({
  gap: fc.constantFrom(5, 10, 15, 60),
  value: fc.integer({ min: -50, max: 50 }),
  stale: fc.boolean(),
});

const seriesOf = (job: string, instance: string) =>
  fc.array(sample, { maxLength: 25 }).map((samples): Series => {
    let at = 0;
    return {
      labels: { __name__: 'm', job, instance },
      timestamps: Float64Array.from(samples, each => (at += each.gap * 1000)),
      values: Float64Array.from(samples, each => each.value),
      stale: Uint8Array.from(samples, each => (each.stale && each.value % 5 === 0 ? 1 : 0)),
    };
  });

const stored = fc.tuple(seriesOf('a', '1'), seriesOf('a', '2'), seriesOf('b', '1'), seriesOf('b', ''));

const queries = fc.constantFrom(
  'sum_over_time(m[30s])',
  'sum by (job) (sum_over_time(m[1m]))',
  'sum by (job, instance) (m)',
  'sum(count_over_time(m[20s] offset 10s)) / 2',
  'sum by (job) (m offset 15s) > 10',
  'max_over_time(sum_over_time(m{job="a"}[30s])[2m:20s])',
  'sum(sum_over_time(m[1m])) / on() group_right sum by (job) (rate(m[1m]))',
  'sum without (instance) (sum_over_time(m[1m]))',
);

test('an answer pushed down into the store equals the one from raw samples', async () => {
  await fc.assert(
    fc.asyncProperty(
      stored,
      queries,
      fc.constantFrom('left-open', 'closed'),
      async (series, query, ranges) => {
        const all = series
          .filter(each => each.timestamps.length > 0)
          .map(each => ({
            ...each,
            labels: Object.fromEntries(Object.entries(each.labels).filter(([, value]) => value)),
          }));
        const range = { startMs: 0, endMs: 300_000, stepMs: 20_000 };
        const raw = await queryRange(rawSource(all), query, range, { ranges });
        const pushed = await queryRange(new PushingSource(all), query, range, { ranges });
        assert.deepEqual(pushed, raw);
        const at = await queryInstant(rawSource(all), query, 90_000, { ranges });
        assert.deepEqual(await queryInstant(new PushingSource(all), query, 90_000, { ranges }), at);
      },
    ),
    { numRuns: 150 },
  );
});

/** A store that gives its series in parts, each whole and in one part only. */
function partsSource(all: readonly Series[], width: number): SeriesSource {
  const { select } = rawSource(all);
  return {
    select,
    async *parts(matchers, startMs, endMs) {
      const chosen = await select(matchers, startMs, endMs);
      for (let at = 0; at < chosen.length; at += width) yield chosen.slice(at, at + width);
    },
  };
}

test('a property: an answer made part by part equals the one of all samples at once, with its notes', async () => {
  const range = { startMs: 0, endMs: 300_000, stepMs: 20_000 };
  await fc.assert(
    fc.asyncProperty(
      stored,
      fc.oneof(
        queries,
        fc.constantFrom(
          'rate(m[1m]) + on (job, instance) last_over_time({__name__="m"}[2m])',
          'topk(1, rate(m[1m] offset 10s)) or quantile_over_time(0.5, m[1m])',
          'max_over_time(rate(m[1m])[2m:20s]) - irate(m[1m] @ 100)',
          'sum(rate(m[1m])) / sum(rate(m[1m]))',
        ),
      ),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('left-open', 'closed'),
      fc.boolean(),
      async (series, query, width, ranges, delayedNameRemoval) => {
        const all = series.filter(each => each.timestamps.length > 0);
        const options = { ranges, delayedNameRemoval } as const;
        const outcome = async (source: SeriesSource) => ({
          over: await queryRange(source, query, range, options).catch(String),
          at: await queryInstant(source, query, 90_000, options).catch(String),
        });
        assert.deepEqual(await outcome(partsSource(all, width)), await outcome(rawSource(all)));
      },
    ),
    { numRuns: 200 },
  );
});

test('the store is asked for the largest subtree it may answer, with window and offset settled', async () => {
  const source = new PushingSource([]);
  await queryRange(source, '2 * sum by (job) (sum_over_time(m{x="y"}[5m] offset 1m))', {
    startMs: 0,
    endMs: 60_000,
    stepMs: 30_000,
  });
  const [node] = source.answered;
  assert.equal(source.answered.length, 1);
  assert.equal(node?.kind, 'aggregate');
  assert.equal(node?.func, 'sum_over_time');
  assert.equal(node?.windowMs, 300_000);
  assert.equal(node?.offsetMs, 60_000);
  assert.deepEqual(node?.aggregate, { op: 'sum', without: false, names: ['job'] });
});

test('between parts others get their turn, and a query that was given up ends', async () => {
  const all = Array.from(
    { length: 40 },
    (_, n): Series => ({
      labels: { __name__: 'm', n: String(n) },
      timestamps: Float64Array.of(0, 15_000, 30_000),
      values: Float64Array.of(0, 1, 2),
    }),
  );
  let pauses = 0;
  const given = new AbortController();
  const ask = () =>
    queryInstant(partsSource(all, 1), 'sum(rate(m[1m]))', 30_000, {
      signal: given.signal,
      pause: () => {
        pauses += 1;
        return new Promise(resolve => setImmediate(resolve));
      },
    });
  await ask();
  assert.ok(pauses >= 40, `${pauses} pauses`);
  setImmediate(() => given.abort());
  await assert.rejects(ask(), { kind: 'canceled' });
});
