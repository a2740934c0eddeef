import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { compress } from 'snappyjs';
import { emptied, testStore, testTelemetry } from '../testing.ts';
import { WireReader } from './wire.ts';

const t0 = 1_700_000_000_000;
const store = await testStore();
after(() => store.close());

/** The messages as the specifications have them, so that what is read was written by another implementation. */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message V1 { repeated TimeSeries timeseries = 1; repeated Metadata metadata = 3; }
  message Metadata { uint32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
  message Label { string name = 1; string value = 2; }
  message Sample { fixed64 value = 1; int64 timestamp = 2; }
  message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
  message Span { sint32 offset = 1; uint32 length = 2; }
  message Histogram {
    uint64 count_int = 1; double count_float = 2; double sum = 3; sint32 schema = 4; double zero_threshold = 5; uint64 zero_count_int = 6; double zero_count_float = 7;
    repeated Span negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10;
    repeated Span positive_spans = 11; repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
    uint32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16;
  }
  message V2 { repeated string symbols = 4; repeated TimeSeries2 timeseries = 5; }
  message Sample2 { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
  message Exemplar2 { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
  message Metadata2 { uint32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
  message TimeSeries2 { repeated uint32 labels_refs = 1; repeated Sample2 samples = 2; repeated Histogram histograms = 3; repeated Exemplar2 exemplars = 4; Metadata2 metadata = 5; int64 created_timestamp = 6; }`,
);

/** A float as the bits that are sent; the staleness marker is a NaN with bits of its own. */
function bits(value: number | 'stale'): protobuf.Long {
  const bytes = Buffer.alloc(8);
  if (value === 'stale') bytes.writeBigUInt64LE(0x7ff0000000000002n);
  else bytes.writeDoubleLE(value);
  return new protobuf.util.Long(bytes.readInt32LE(0), bytes.readInt32LE(4), true);
}

function packed(message: 'V1' | 'V2', request: object): Uint8Array {
  const type = root.lookupType(message);
  return compress(type.encode(type.fromObject(request as Record<string, unknown>)).finish());
}

const series = (
  name: string,
  samples: [atSeconds: number, value: number | 'stale'][],
  more: Record<string, string> = {},
) => ({
  labels: Object.entries({ __name__: name, ...more }).map(([name, value]) => ({ name, value })),
  samples: samples.map(([at, value]) => ({ value: bits(value), timestamp: t0 + at * 1000 })),
});

async function receiver(limits: Record<string, number> = {}) {
  await emptied(store);
  const telemetry = await testTelemetry(store, { now: () => t0 + 300_000, limits });
  const api = telemetry.prometheus({ version: '0' });
  const v1 = 'application/x-protobuf';
  const v2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
  return {
    telemetry,
    v1: (request: object) => api.write(packed('V1', request), () => v1),
    v2: (request: object) => api.write(packed('V2', request), () => v2),
    raw: (body: Uint8Array, contentType = v1) => api.write(body, () => contentType),
    query: async (query: string, atSeconds: number) => {
      const params = new URLSearchParams({ query, time: String(t0 / 1000 + atSeconds) });
      const { body } = await api.read({ path: 'query', params });
      const { data } = JSON.parse(body) as {
        data: {
          result: {
            metric: Record<string, string>;
            value?: [number, string];
            histogram?: [number, { count: string; buckets: unknown[] }];
          }[];
        };
      };
      return data.result;
    },
    exemplars: async (query: string) => {
      const { body } = await api.read({ path: 'query_exemplars', params: new URLSearchParams({ query }) });
      return (JSON.parse(body) as { data: unknown }).data;
    },
    metadata: async () =>
      (
        JSON.parse((await api.read({ path: 'metadata', params: new URLSearchParams() })).body) as {
          data: unknown;
        }
      ).data,
  };
}

test('remote write 1.0: samples are stored, and asked for at once', async () => {
  const { v1, query } = await receiver();
  const answer = await v1({
    timeseries: [
      series(
        'requests_total',
        [
          [0, 1],
          [15, 2.5],
        ],
        { code: '200' },
      ),
    ],
  });
  assert.deepEqual([answer.status, answer.body], [204, '']);
  assert.deepEqual(await query('requests_total', 20), [
    { metric: { __name__: 'requests_total', code: '200' }, value: [t0 / 1000 + 20, '2.5'] },
  ]);
});

test('a staleness marker ends a series, and another NaN does not', async () => {
  const { v1, query } = await receiver();
  await v1({
    timeseries: [
      series('a', [
        [0, 1],
        [15, 'stale'],
      ]),
      series('b', [
        [0, 1],
        [15, Number.NaN],
      ]),
    ],
  });
  assert.equal((await query('a', 14)).length, 1);
  assert.equal((await query('a', 15)).length, 0);
  assert.deepEqual((await query('b', 20))[0]?.value?.[1], 'NaN');
});

test('late samples are taken, the same again changes nothing, and a contradiction is refused', async () => {
  const { v1, query } = await receiver();
  await v1({ timeseries: [series('a', [[60, 6]])] });
  assert.equal(
    (
      await v1({
        timeseries: [
          series('a', [
            [30, 3],
            [45, 4],
          ]),
        ],
      })
    ).status,
    204,
  );
  assert.equal((await v1({ timeseries: [series('a', [[60, 6]])] })).status, 204);
  assert.equal((await query('count_over_time(a[2m])', 60))[0]?.value?.[1], '3');
  const refused = await v1({ timeseries: [series('a', [[60, 7]]), series('b', [[60, 1]])] });
  assert.equal(refused.status, 400);
  assert.match(refused.body, /Two samples of a for the same time have different values/);
  assert.equal((await query('a', 60))[0]?.value?.[1], '6');
  assert.equal((await query('b', 60)).length, 1, 'what is right in a request is stored');
});

test('a retry after a failed insert is stored', async () => {
  await emptied(store);
  let broken = true;
  const telemetry = await testTelemetry(
    {
      ...store,
      insert: async (...args) => {
        if (broken) throw new Error('the disk is away');
        return store.insert(...args);
      },
    },
    { now: () => t0 + 300_000 },
  );
  const api = telemetry.prometheus({ version: '0' });
  const body = packed('V1', { timeseries: [series('a', [[0, 1]])] });
  assert.ok((await api.write(body, () => 'application/x-protobuf')).status >= 500);
  broken = false;
  assert.equal((await api.write(body, () => 'application/x-protobuf')).status, 204);
  const params = new URLSearchParams({ query: 'a', time: String(t0 / 1000) });
  assert.match((await api.read({ path: 'query', params })).body, /"1"/);
});

test('what is wrong for good is 400, with the reasons counted', async () => {
  const { v1 } = await receiver();
  const answer = await v1({
    timeseries: [
      { labels: [{ name: 'code', value: '1' }], samples: [{ value: bits(1), timestamp: t0 }] },
      {
        labels: [
          { name: '__name__', value: 'x' },
          { name: 'a', value: '1' },
          { name: 'a', value: '2' },
        ],
        samples: [{ value: bits(1), timestamp: t0 }],
      },
      series('future', [[5000, 1]]),
    ],
  });
  assert.equal(answer.status, 400);
  assert.match(answer.body, /A series has no name \(__name__\)\. \(labels: 2, too_new: 1\)/);
});

test('a content type of neither version is 415; a body that is not Snappy or not the message is 400; a huge one 413', async () => {
  const { raw } = await receiver({ maxBodyBytes: 1000 });
  assert.equal((await raw(compress(new Uint8Array(3)), 'application/json')).status, 415);
  assert.equal((await raw(compress(new Uint8Array(3)), 'application/x-protobuf;proto=x.Y')).status, 415);
  assert.equal((await raw(Buffer.from('no snappy here'))).status, 400);
  assert.equal((await raw(compress(Buffer.from([0x0a, 0xff, 0x01])))).status, 400);
  assert.equal((await raw(compress(new Uint8Array(2000)))).status, 413);
});

test('what the queue cannot hold is 429, to be sent again', async () => {
  const { v1 } = await receiver({ maxQueuedBytes: 100 });
  const answer = await v1({
    timeseries: [
      series(
        'a',
        Array.from({ length: 50 }, (_, i) => [i, i]),
      ),
    ],
  });
  assert.equal(answer.status, 429);
  assert.ok((answer.retryAfterSeconds ?? 0) > 0);
});

const histogram = {
  countInt: 12,
  sum: 18.4,
  schema: 1,
  zeroThreshold: 0.001,
  zeroCountInt: 2,
  positiveSpans: [
    { offset: 0, length: 2 },
    { offset: 1, length: 2 },
  ],
  positiveDeltas: [1, 1, -1, 0],
  negativeSpans: [{ offset: 0, length: 2 }],
  negativeDeltas: [2, 1],
  timestamp: t0,
};

test('native histograms are stored, with whole counts or floats', async () => {
  const { v1, query } = await receiver();
  const { positiveDeltas: _p, negativeDeltas: _n, countInt: _c, zeroCountInt: _z, ...rest } = histogram;
  const floats = {
    ...rest,
    countFloat: 12,
    zeroCountFloat: 2,
    positiveCounts: [1, 2, 1, 1],
    negativeCounts: [2, 3],
  };
  const label = (name: string) => [{ name: '__name__', value: name }];
  await v1({
    timeseries: [
      { labels: label('h'), histograms: [histogram] },
      { labels: label('f'), histograms: [floats] },
    ],
  });
  const [whole] = await query('h', 0);
  assert.equal(whole?.histogram?.[1].count, '12');
  assert.equal(whole?.histogram?.[1].buckets.length, 7);
  assert.deepEqual((await query('f', 0))[0]?.histogram, whole?.histogram);
  assert.equal((await query('histogram_sum(h)', 0))[0]?.value?.[1], '18.4');
});

test('a histogram whose spans and buckets disagree is refused', async () => {
  const { v1 } = await receiver();
  const answer = await v1({
    timeseries: [
      { labels: [{ name: '__name__', value: 'h' }], histograms: [{ ...histogram, positiveDeltas: [1] }] },
    ],
  });
  assert.equal(answer.status, 400);
  assert.match(answer.body, /spans hold 4 buckets, and 1 are given/);
});

test('metadata of 1.0 comes by itself, before or after its series', async () => {
  const { v1, metadata } = await receiver();
  const told = (name: string, type: number) => ({ metricFamilyName: name, type, help: `${name}.`, unit: '' });
  await v1({ timeseries: [series('early_total', [[0, 1]])] });
  await v1({ metadata: [told('early_total', 1), told('late_seconds', 3)] });
  await v1({ timeseries: [series('late_seconds_bucket', [[0, 1]], { le: '1' })] });
  assert.deepEqual(await metadata(), {
    early_total: [{ type: 'counter', help: 'early_total.', unit: '' }],
    late_seconds: [{ type: 'histogram', help: 'late_seconds.', unit: '' }],
  });
});

test('remote write 2.0: symbols, metadata, exemplars, histograms, and how much was written', async () => {
  const { v2, query, metadata, exemplars } = await receiver();
  const symbols = [
    '',
    '__name__',
    'requests_total',
    'trace_id',
    '0af7651916cd43dd8448eb211c80319c',
    'Requests.',
    'h',
  ];
  const answer = await v2({
    symbols,
    timeseries: [
      {
        labelsRefs: [1, 2],
        samples: [
          { value: 1, timestamp: t0 },
          { value: 2, timestamp: t0 + 15_000 },
        ],
        exemplars: [{ labelsRefs: [3, 4], value: 0.5, timestamp: t0 }],
        metadata: { type: 1, helpRef: 5, unitRef: 0 },
      },
      { labelsRefs: [1, 6], histograms: [histogram] },
    ],
  });
  assert.equal(answer.status, 204);
  assert.deepEqual(answer.headers, {
    'X-Prometheus-Remote-Write-Samples-Written': '2',
    'X-Prometheus-Remote-Write-Histograms-Written': '1',
    'X-Prometheus-Remote-Write-Exemplars-Written': '1',
  });
  assert.equal((await query('requests_total', 15))[0]?.value?.[1], '2');
  assert.deepEqual((await metadata()) as object, {
    h: [{ type: 'histogram', help: '', unit: '' }],
    requests_total: [{ type: 'counter', help: 'Requests.', unit: '' }],
  });
  assert.deepEqual(await exemplars('rate(requests_total[5m])'), [
    {
      seriesLabels: { __name__: 'requests_total' },
      exemplars: [
        { labels: { trace_id: '0af7651916cd43dd8448eb211c80319c' }, value: '0.5', timestamp: t0 / 1000 },
      ],
    },
  ]);
  assert.deepEqual(await exemplars('other'), []);
  const wrong = await v2({
    symbols: [''],
    timeseries: [{ labelsRefs: [1, 2], samples: [{ value: 1, timestamp: t0 }] }],
  });
  assert.equal(wrong.status, 400);
  assert.equal(wrong.headers['X-Prometheus-Remote-Write-Samples-Written'], '0');
});

test('numbers on the wire come back as they were written', () => {
  const number = fc.oneof(fc.integer(), fc.maxSafeInteger());
  // Zigzag doubles a number: what is exact has one bit less. Integers have no minus zero.
  const zigzag = number.map(value => Math.trunc(value / 2) + 0);
  fc.assert(
    fc.property(number, zigzag, fc.double(), (a, b, c) => {
      const writer = protobuf.Writer.create().int64(a).sint64(b).double(c);
      const bytes = writer.finish();
      const reader = new WireReader(bytes);
      assert.equal(reader.int64(bytes.length), a);
      assert.equal(reader.sint64(bytes.length), b);
      assert.ok(Object.is(reader.double(bytes.length), c));
    }),
  );
});

test('any bytes get an answer, and never a defect', async () => {
  const { raw } = await receiver();
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.boolean(),
      fc.boolean(),
      async (bytes, pack, second) => {
        const type = `application/x-protobuf;proto=${second ? 'io.prometheus.write.v2.Request' : 'prometheus.WriteRequest'}`;
        const { status } = await raw(pack ? compress(bytes) : bytes, type);
        assert.ok([204, 400, 413].includes(status), String(status));
      },
    ),
    { numRuns: 500 },
  );
});
