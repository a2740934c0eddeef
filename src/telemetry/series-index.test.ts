import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchersTest } from './promql/index.ts';
import { SeriesIndex } from './series-index.ts';

const meta = { type: 'gauge', unit: '', help: '' } as const;
const limits = { maxSeries: 10_000, maxSeriesPerMetric: 10_000 };

test('the same labels are the same series, and its id is the same in another process', () => {
  const [one, two] = [new SeriesIndex(limits), new SeriesIndex(limits)];
  const labels = { __name__: 'up', job: 'a', instance: 'b' };
  const series = one.intern(labels, meta, 0)!;
  assert.equal(one.intern({ instance: 'b', job: 'a', __name__: 'up' }, meta, 0), series);
  assert.equal(two.intern(labels, meta, 0)?.id, series.id);
  assert.ok(Number.isSafeInteger(series.id));
});

test('ids of many series differ', () => {
  const index = new SeriesIndex({ maxSeries: 100_000, maxSeriesPerMetric: 100_000 });
  const ids = new Set<number>();
  for (let n = 0; n < 50_000; n++) ids.add(index.intern({ __name__: 'm', n: String(n) }, meta, 0)!.id);
  assert.equal(ids.size, 50_000);
});

test('a property: a selection is what the matchers say', () => {
  const name = fc.constantFrom('a', 'b', 'ab');
  const labels = fc.record({ __name__: name, x: fc.constantFrom('', '1', '2') });
  const matcher = fc.record({
    name: fc.constantFrom('__name__', 'x', 'y'),
    op: fc.constantFrom('=', '!=', '=~', '!~'),
    value: fc.constantFrom('', 'a', 'b', '1', 'a.*', '1|2', '.*', '.+'),
  });
  fc.assert(
    fc.property(
      fc.array(labels, { maxLength: 20 }),
      fc.array(matcher, { maxLength: 3 }),
      (sets, matchers) => {
        const index = new SeriesIndex(limits);
        const all = [...new Set(sets.map(set => index.intern(set, meta, 0)!))];
        const test = matchersTest(matchers as never);
        assert.deepEqual(
          new Set(index.select(matchers as never)),
          new Set(all.filter(series => test(series.labels))),
        );
      },
    ),
  );
});

test('series without a sample in the window are left out, with an hour of doubt for rows that lag', () => {
  const index = new SeriesIndex(limits);
  const series = index.intern({ __name__: 'm' }, meta, 10_000_000)!;
  index.touch(series, 11_000_000);
  const named = [{ name: '__name__', op: '=', value: 'm' }] as const;
  assert.equal(index.select(named, 11_000_001 + 3_600_000, 20_000_000).length, 0);
  assert.equal(index.select(named, 11_000_000, 20_000_000).length, 1);
  assert.equal(index.select(named, 0, 9_999_999).length, 0);
});

test('series are written once, again when their row is old, and again when storing failed', () => {
  const index = new SeriesIndex(limits);
  const series = index.intern({ __name__: 'm' }, meta, 1000)!;
  index.touch(series, 2000);
  assert.deepEqual(index.takeUnwritten(), [series]);
  index.touch(series, 3000);
  assert.deepEqual(index.takeUnwritten(), []);
  index.touch(series, 2000 + 3_600_001);
  const taken = index.takeUnwritten();
  assert.deepEqual(taken, [series]);
  index.putBack(taken);
  assert.deepEqual(index.takeUnwritten(), [series]);
});

test('what is older than the retention is forgotten, and makes room', () => {
  const index = new SeriesIndex({ maxSeries: 1, maxSeriesPerMetric: 1 });
  index.intern({ __name__: 'old' }, meta, 1000);
  assert.equal(index.intern({ __name__: 'new' }, meta, 2000), undefined);
  assert.equal(index.forgetBefore(1500), 1);
  assert.ok(index.intern({ __name__: 'new' }, meta, 2000));
  assert.equal(index.generation, 1);
});

test('a selection that is asked again knows of series that came and went since', () => {
  const index = new SeriesIndex(limits);
  const matchers = [
    { name: '__name__', op: '=', value: 'up' },
    { name: 'job', op: '=~', value: 'a|b' },
  ] as const;
  const jobs = () => index.select(matchers).map(({ labels }) => labels.job);
  index.intern({ __name__: 'up', job: 'a' }, meta, 0);
  assert.deepEqual(jobs(), ['a']);
  const late = index.intern({ __name__: 'up', job: 'b' }, meta, 0)!;
  index.intern({ __name__: 'up', job: 'c' }, meta, 0);
  index.touch(late, 5000);
  assert.deepEqual(jobs().sort(), ['a', 'b']);
  index.forgetBefore(1000);
  assert.deepEqual(jobs(), ['b']);
});

test('the series of a metric stand together among all ids', () => {
  const index = new SeriesIndex({ maxSeries: 10_000, maxSeriesPerMetric: 10_000 });
  const ids = Array.from({ length: 1000 }, (_, n) => ({
    metric: `m${n % 10}`,
    id: index.intern({ __name__: `m${n % 10}`, n: String(n) }, meta, 0)!.id,
  })).sort((a, b) => a.id - b.id);
  let changes = 0;
  for (let at = 1; at < ids.length; at++) if (ids[at]!.metric !== ids[at - 1]!.metric) changes += 1;
  assert.equal(changes, 9);
});
