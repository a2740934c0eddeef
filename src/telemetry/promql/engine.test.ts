import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  matchersTest,
  PromqlError,
  parse,
  queryInstant,
  queryRange,
  type Series,
  type SeriesSource,
  selectorsOf,
} from './index.ts';

function source(...all: Series[]): SeriesSource {
  return {
    async select(matchers) {
      const test = matchersTest(matchers);
      return all.filter(series => test(series.labels));
    },
  };
}

function counter(
  labels: Record<string, string>,
  values: readonly number[],
  stepMs = 15_000,
  stale?: number,
): Series {
  return {
    labels: { __name__: 'requests_total', ...labels },
    timestamps: Float64Array.from(values, (_, i) => i * stepMs),
    values: Float64Array.from(values),
    ...(stale !== undefined && { stale: Uint8Array.from(values, (_, i) => (i === stale ? 1 : 0)) }),
  };
}

async function values(from: SeriesSource, query: string, atMs: number, options = {}): Promise<number[]> {
  const result = await queryInstant(from, query, atMs, options);
  return result.type === 'vector' ? result.samples.map(sample => sample.value) : [];
}

test('a range is open on the left since Prometheus 3 and closed before', async () => {
  const from = source(counter({}, [1, 2, 3, 4, 5], 60_000));
  assert.deepEqual(await values(from, 'count_over_time(requests_total[2m])', 240_000), [2]);
  assert.deepEqual(
    await values(from, 'count_over_time(requests_total[2m])', 240_000, { ranges: 'closed' }),
    [3],
  );
});

test('a series ends at its staleness marker, and a range skips the marker', async () => {
  const from = source(counter({}, [1, 2, 3, 9], 60_000, 3));
  assert.deepEqual(await values(from, 'requests_total', 170_000), [3]);
  assert.deepEqual(await values(from, 'requests_total', 185_000), []);
  assert.deepEqual(await values(from, 'count_over_time(requests_total[10m])', 185_000), [3]);
});

test('a sample is found for as long as the lookback says', async () => {
  const from = source(counter({}, [7]));
  assert.deepEqual(await values(from, 'requests_total', 299_999), [7]);
  assert.deepEqual(await values(from, 'requests_total', 300_000), []);
  assert.deepEqual(await values(from, 'requests_total', 60_000, { lookbackMs: 60_000 }), []);
});

test('samples beyond the bound stop a query with Prometheus’ words', async () => {
  const from = source(counter({ i: '1' }, Array(600).fill(1)), counter({ i: '2' }, Array(600).fill(1)));
  await assert.rejects(
    queryInstant(from, 'sum(requests_total)', 0, { maxSamples: 1000 }),
    (error: unknown) => {
      assert.ok(error instanceof PromqlError);
      assert.equal(error.kind, 'limit');
      assert.equal(
        error.message,
        'query processing would load too many samples into memory in query execution',
      );
      return true;
    },
  );
});

test('too many steps are refused before anything is fetched', async () => {
  const from: SeriesSource = { select: () => assert.fail('fetched') };
  await assert.rejects(
    queryRange(from, 'up', { startMs: 0, endMs: 11_000_000, stepMs: 1000 }),
    /exceeded maximum resolution of 11,000 points per timeseries/,
  );
  await assert.rejects(
    queryRange(from, 'up', { startMs: 0, endMs: 1, stepMs: 0 }),
    /zero or negative query resolution/,
  );
  await assert.rejects(
    queryRange(from, 'up[5m]', { startMs: 0, endMs: 1, stepMs: 1 }),
    /invalid expression type "range vector"/,
  );
});

test('a cancelled query stops', async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(queryInstant(source(), 'sum(up)', 0, { signal }), { kind: 'canceled' });
});

test('the source is asked only for the time that the query can see', async () => {
  const asked: [number, number][] = [];
  const from: SeriesSource = {
    async select(_matchers, startMs, endMs) {
      asked.push([startMs, endMs]);
      return [];
    },
  };
  await queryRange(from, 'rate(a[5m] offset 1h) + b + max_over_time(c[1h:1m])', {
    startMs: 36e5 * 10,
    endMs: 36e5 * 11,
    stepMs: 60_000,
  });
  assert.deepEqual(asked, [
    [36e5 * 9 - 300_000, 36e5 * 10],
    [36e5 * 10 - 300_000, 36e5 * 11],
    [36e5 * 9 + 60_000 - 300_000, 36e5 * 11],
  ]);
});

test('the label order of sources does not matter to matching', async () => {
  const from = source(counter({ a: '1', b: '2' }, [10]), {
    ...counter({ b: '2', a: '1' }, [5]),
    labels: { b: '2', a: '1', __name__: 'other' },
  });
  assert.deepEqual(await values(from, 'requests_total / other', 0), [2]);
});

test('many-to-many matches are refused with both series named', async () => {
  const from = source(counter({ job: 'a', i: '1' }, [1]), counter({ job: 'a', i: '2' }, [1]));
  await assert.rejects(
    queryInstant(from, 'requests_total + on(job) requests_total', 0),
    /found duplicate series for the match group \{job="a"\} on the right hand-side of the operation/,
  );
});

test('an empty result differs from zero, and absent() tells it', async () => {
  assert.deepEqual(await values(source(), 'sum(up)', 0), []);
  const result = await queryInstant(source(), 'absent(up{job="x",instance=~".+"})', 0);
  assert.deepEqual(result.type === 'vector' && result.samples, [
    { labels: { job: 'x' }, timestamp: 0, value: 1 },
  ]);
});

test('selectorsOf tells what a query reads and how far back', () => {
  const uses = selectorsOf(
    parse('sum(rate(a{x="y"}[5m] offset 1h)) / b + max_over_time(rate(c[1m])[1h:5m])'),
  );
  assert.deepEqual(
    uses.map(use => [use.metric, use.rangeMs, use.offsetMs, use.reachMs, use.within]),
    [
      ['a', 300_000, 36e5, 36e5 + 300_000, ['rate', 'sum']],
      ['b', undefined, 0, 0, []],
      ['c', 60_000, 0, 36e5 + 60_000, ['rate', 'max_over_time']],
    ],
  );
});

test('range results are ordered by labels and leave absent steps out', async () => {
  const from = source(counter({ i: '2' }, [1, 2], 60_000), counter({ i: '1' }, [5], 60_000));
  const { series } = await queryRange(from, 'requests_total', { startMs: 0, endMs: 600_000, stepMs: 60_000 });
  assert.deepEqual(
    series.map(each => [each.labels.i, each.timestamps.length]),
    [
      ['1', 5],
      ['2', 6],
    ],
  );
});
