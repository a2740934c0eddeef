import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MetricTranslator } from './metric-translator.ts';
import { labelsText } from './promql/labels.ts';
import { SeriesIndex } from './series-index.ts';
import { attributes, protobufOf } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const nano = (ms: number) => String(BigInt(t0 + ms) * 1_000_000n);
const always = { fromMs: 1, toMs: 8e15 };

function setUp(limits = { maxSeries: 1000, maxSeriesPerMetric: 100 }) {
  const index = new SeriesIndex(limits);
  const translator = new MetricTranslator(index);
  const resource = {
    attributes: attributes({
      'service.name': 'payments',
      'service.namespace': 'shop',
      'service.instance.id': 'p-1',
      'host.name': 'a',
    }),
  };
  return {
    index,
    /** Samples as `name{labels} time value`, without the labels that all have. */
    give(...metrics: object[]) {
      const request = protobufOf('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
      const out = translator.translate(request, always);
      const { packed } = out.rows;
      const samples = Array.from({ length: out.rows.sampleCount }, (_, row) => {
        const time = packed[row * 3 + 1]!;
        return [packed[row * 3]!, Math.floor(time / 2), packed[row * 3 + 2]!, time % 2] as const;
      })
        .map(([id, at, value, kind]) => {
          const { __name__, job, instance, service_name, ...labels } = index.byId(id)!.labels;
          assert.equal(job, 'shop/payments');
          assert.equal(instance, 'p-1');
          assert.equal(service_name, 'payments');
          const shown = Object.keys(labels).length === 0 ? '' : labelsText(labels);
          return `${__name__}${shown} ${at - t0} ${kind === 1 ? 'stale' : value}`;
        })
        .filter(line => !line.startsWith('target_info'));
      return { ...out, samples };
    },
  };
}

const sum = (points: object[], more: object = {}) => ({
  name: 'orders',
  sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: points, ...more },
});

test('a monotonic sum is a counter, another sum and a gauge are gauges', () => {
  const { give } = setUp();
  const point = { timeUnixNano: nano(0), asInt: 5 };
  assert.deepEqual(give(sum([point])).samples, ['orders_total 0 5']);
  assert.deepEqual(give(sum([point], { isMonotonic: false })).samples, ['orders 0 5']);
  assert.deepEqual(
    give({ name: 'depth', gauge: { dataPoints: [{ timeUnixNano: nano(0), asDouble: -1.5 }] } }).samples,
    ['depth 0 -1.5'],
  );
});

test('a histogram is cumulative buckets, a count and a sum', () => {
  const { give } = setUp();
  const point = {
    timeUnixNano: nano(0),
    count: 6,
    sum: 12.5,
    bucketCounts: [1, 2, 3],
    explicitBounds: [0.5, 1],
  };
  assert.deepEqual(
    give({ name: 'd', unit: 's', histogram: { aggregationTemporality: 2, dataPoints: [point] } }).samples,
    [
      'd_seconds_bucket{le="0.5"} 0 1',
      'd_seconds_bucket{le="1"} 0 3',
      'd_seconds_bucket{le="+Inf"} 0 6',
      'd_seconds_count 0 6',
      'd_seconds_sum 0 12.5',
    ],
  );
});

test('a summary is its quantiles, a count and a sum', () => {
  const { give } = setUp();
  const point = { timeUnixNano: nano(0), count: 3, sum: 6, quantileValues: [{ quantile: 0.99, value: 4 }] };
  assert.deepEqual(give({ name: 's', summary: { dataPoints: [point] } }).samples, [
    's{quantile="0.99"} 0 4',
    's_count 0 3',
    's_sum 0 6',
  ]);
});

test('deltas add up', () => {
  const { give } = setUp();
  const delta = { aggregationTemporality: 1 };
  const at = (ms: number, value: number) => ({ timeUnixNano: nano(ms), asInt: value });
  assert.deepEqual(give(sum([at(1000, 5), at(2000, 2)], delta)).samples, [
    'orders_total 1000 5',
    'orders_total 2000 7',
  ]);
  const again = give(sum([at(2000, 2)], delta));
  assert.deepEqual(again.samples, [], 'a delta that was sent again does not count twice');
  assert.deepEqual([...again.rejected.counts], [['out_of_order', 1]]);
  const buckets = (ms: number) => ({
    name: 'd',
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [{ timeUnixNano: nano(ms), count: 3, sum: 1, bucketCounts: [1, 2], explicitBounds: [1] }],
    },
  });
  give(buckets(1000));
  assert.deepEqual(give(buckets(2000)).samples, [
    'd_bucket{le="1"} 2000 2',
    'd_bucket{le="+Inf"} 2000 6',
    'd_count 2000 6',
    'd_sum 2000 2',
  ]);
});

test('a property: the last of cumulative values made of deltas is their sum', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 30 }), deltas => {
      const { give } = setUp();
      let last = 0;
      for (const [index, value] of deltas.entries()) {
        const { samples } = give(
          sum([{ timeUnixNano: nano(index + 1), asInt: value }], { aggregationTemporality: 1 }),
        );
        last = Number(samples.at(-1)?.split(' ').at(-1));
      }
      assert.equal(
        last,
        deltas.reduce((a, b) => a + b, 0),
      );
    }),
  );
});

test('a counter that appears beside those seen before was zero at the export before', () => {
  const { give } = setUp();
  const ok = {
    timeUnixNano: nano(0),
    startTimeUnixNano: nano(-3_600_000),
    asInt: 100,
    attributes: attributes({ code: 200 }),
  };
  assert.deepEqual(
    give(sum([ok])).samples,
    ['orders_total{code="200"} 0 100'],
    'what began before we looked has no known start',
  );
  const failed = {
    timeUnixNano: nano(2000),
    startTimeUnixNano: nano(-3_600_000),
    asInt: 7,
    attributes: attributes({ code: 500 }),
  };
  assert.deepEqual(give(sum([{ ...ok, timeUnixNano: nano(2000) }, failed])).samples, [
    'orders_total{code="200"} 2000 100',
    'orders_total{code="500"} 0 0',
    'orders_total{code="500"} 2000 7',
  ]);
});

test('a counter that began a moment ago was zero then', () => {
  const { give } = setUp();
  const point = { timeUnixNano: nano(2000), startTimeUnixNano: nano(500), asInt: 3 };
  assert.deepEqual(give(sum([point])).samples, ['orders_total 500 0', 'orders_total 2000 3']);
});

test('a point without a value marks its series stale', () => {
  const { give } = setUp();
  assert.deepEqual(give(sum([{ timeUnixNano: nano(0), flags: 1 }])).samples, ['orders_total 0 stale']);
});

test('an exponential histogram is a native one: its buckets move by one, and its scale is at most 8', () => {
  const { give } = setUp();
  const point = {
    timeUnixNano: nano(0),
    count: 4,
    sum: 9,
    scale: 9,
    zeroCount: 1,
    positive: { offset: 0, bucketCounts: [1, 1, 1] },
  };
  const { rows } = give({
    name: 'e',
    exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point] },
  });
  const [, , scale, , zero, count, total, index, counts] = JSON.parse(rows.histograms);
  assert.deepEqual([scale, zero, count, total, index, counts], [8, 1, 4, 9, [1, 2], [2, 1]]);
});

test('what cannot be held is told by reason', () => {
  const { give } = setUp();
  const cases: [metric: object, reason: string][] = [
    [sum([{ timeUnixNano: nano(0), asInt: 1 }], { aggregationTemporality: 0 }), 'temporality'],
    [sum([{ timeUnixNano: '0', asInt: 1 }]), 'too_old'],
    [{ name: '...', gauge: { dataPoints: [{ timeUnixNano: nano(0), asInt: 1 }] } }, 'no_name'],
    [
      {
        name: 'e',
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [{ timeUnixNano: nano(0), scale: -5 }],
        },
      },
      'scale',
    ],
    [
      {
        name: 'h',
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [{ timeUnixNano: nano(0), bucketCounts: [1], explicitBounds: [1, 2] }],
        },
      },
      'malformed',
    ],
  ];
  for (const [metric, reason] of cases) {
    const { samples, rejected, accepted } = give(metric);
    assert.deepEqual([samples, [...rejected.counts], accepted], [[], [[reason, 1]], 0]);
  }
});

test('past the limit of series new ones are refused and told, and those known go on', () => {
  const { give, index } = setUp({ maxSeries: 1000, maxSeriesPerMetric: 3 });
  const point = (user: number, ms: number) => ({
    timeUnixNano: nano(ms),
    asInt: 1,
    attributes: attributes({ user }),
  });
  const first = give(sum([0, 1, 2, 3, 4].map(user => point(user, 0))));
  assert.equal(first.samples.length, 3);
  assert.deepEqual([...first.rejected.counts], [['series_limit', 2]]);
  assert.match(first.rejected.message, /orders_total/);
  assert.equal(give(sum([point(0, 10)])).samples.length, 1);
  assert.equal(index.select([{ name: '__name__', op: '=', value: 'orders_total' }]).length, 3);
});

test('attributes that become one label are joined in the order of their keys', () => {
  const { give } = setUp();
  const point = {
    timeUnixNano: nano(0),
    asInt: 1,
    attributes: attributes({ a_b: 'second', 'a.b': 'first' }),
  };
  assert.deepEqual(give(sum([point])).samples, ['orders_total{a_b="first;second"} 0 1']);
});
