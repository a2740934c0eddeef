import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grouped, startOf } from './query.ts';

const metric = (name: string, type: string, series = 1) => ({
  metric: name,
  type,
  unit: '',
  help: '',
  series,
});

test('a classic histogram is one metric, and its start asks the buckets', () => {
  const all = [
    metric('http_seconds_bucket', 'histogram', 11),
    metric('http_seconds_count', 'histogram'),
    metric('http_seconds_sum', 'histogram'),
    metric('items_count', 'gauge'),
  ];
  assert.deepEqual(
    grouped(all).map(one => [one.metric, one.series]),
    [
      ['http_seconds', 13],
      ['items_count', 1],
    ],
  );
  assert.equal(
    startOf(grouped(all)[0]!, all),
    'histogram_quantile(0.99, sum by (le) (rate(http_seconds_bucket[5m])))',
  );
});

test('a native histogram, a counter and a gauge begin with what fits them', () => {
  const native = metric('http_seconds', 'histogram');
  assert.equal(startOf(native, [native]), 'histogram_quantile(0.99, sum(rate(http_seconds[5m])))');
  assert.equal(startOf(metric('x_total', 'counter'), []), 'sum(rate(x_total[5m]))');
  assert.equal(startOf(metric('up', 'gauge'), []), 'up');
});
