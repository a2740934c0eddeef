import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../kernel/index.ts';
import { protobufOf } from '../testing.ts';
import { decodeExport, encodingOf, type Signal } from './decode.ts';
import { exportResponse } from './response.ts';

/** As in opentelemetry-proto's examples: ids in upper case, 64-bit times as numbers, every kind of attribute. */
const attributes = [
  { key: 'string.attribute', value: { stringValue: 'some string' } },
  { key: 'boolean.attribute', value: { boolValue: true } },
  { key: 'int.attribute', value: { intValue: 10 } },
  { key: 'double.attribute', value: { doubleValue: 637.704 } },
  {
    key: 'array.attribute',
    value: { arrayValue: { values: [{ stringValue: 'many' }, { stringValue: 'values' }] } },
  },
  {
    key: 'map.attribute',
    value: { kvlistValue: { values: [{ key: 'some.map.key', value: { stringValue: 'some value' } }] } },
  },
];
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'my.service' } }] };
const scope = { name: 'my.library', version: '1.0.0', attributes: attributes.slice(0, 1) };
const examples: Record<Signal, object> = {
  traces: {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            scope,
            spans: [
              {
                traceId: '5B8EFFF798038103D269B633813FC60C',
                spanId: 'EEE19B7EC3C1B174',
                parentSpanId: 'EEE19B7EC3C1B173',
                name: "I'm a server span",
                startTimeUnixNano: 1544712660000000000,
                endTimeUnixNano: 1544712661000000000,
                kind: 2,
                attributes,
                events: [{ timeUnixNano: '1544712660500000001', name: 'exception', attributes }],
                links: [{ traceId: '5B8EFFF798038103D269B633813FC60C', spanId: 'EEE19B7EC3C1B175' }],
                status: { code: 2, message: 'it failed' },
              },
            ],
          },
        ],
      },
    ],
  },
  logs: {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            scope,
            logRecords: [
              {
                timeUnixNano: 1544712660300000000,
                observedTimeUnixNano: 1544712660300000000,
                severityNumber: 10,
                severityText: 'Information',
                traceId: '5B8EFFF798038103D269B633813FC60C',
                spanId: 'EEE19B7EC3C1B174',
                body: { stringValue: 'Example log record' },
                attributes,
              },
            ],
          },
        ],
      },
    ],
  },
  metrics: {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            scope,
            metrics: [
              {
                name: 'my.counter',
                unit: '1',
                description: 'I am a Counter',
                sum: {
                  aggregationTemporality: 1,
                  isMonotonic: true,
                  dataPoints: [
                    {
                      asDouble: 5,
                      startTimeUnixNano: 1544712660300000000,
                      timeUnixNano: '1544712660300000001',
                      attributes,
                    },
                  ],
                },
              },
              {
                name: 'my.histogram',
                unit: '1',
                histogram: {
                  aggregationTemporality: 1,
                  dataPoints: [
                    {
                      timeUnixNano: 1544712660300000000,
                      count: 2,
                      sum: 2,
                      bucketCounts: [1, 1],
                      explicitBounds: [1],
                    },
                  ],
                },
              },
              {
                name: 'my.exponential',
                exponentialHistogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      timeUnixNano: '1544712660300000000',
                      count: 3,
                      sum: 10,
                      scale: -1,
                      zeroCount: 1,
                      positive: { offset: -3, bucketCounts: [0, 2] },
                      zeroThreshold: 1e-6,
                    },
                  ],
                },
              },
              {
                name: 'my.summary',
                summary: {
                  dataPoints: [
                    { timeUnixNano: '1', count: 3, sum: 4, quantileValues: [{ quantile: 0.5, value: 1.5 }] },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  },
};
const signals = Object.keys(examples) as Signal[];
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

for (const signal of signals)
  test(`${signal} read the same from JSON and from protobuf`, () => {
    const fromJson = decodeExport(signal, json(examples[signal]), 'json');
    const fromProtobuf = decodeExport(signal, protobufOf(signal, examples[signal]), 'protobuf');
    assert.deepEqual(fromJson, fromProtobuf);
  });

test('times keep their nanoseconds, ids become lower-case hex', () => {
  const { resourceSpans } = decodeExport('traces', json(examples.traces), 'json');
  const span = resourceSpans[0]?.scopeSpans[0]?.spans[0];
  assert.equal(span?.events[0]?.timeUnixNano, 1544712660500000001n);
  assert.equal(span?.traceId, '5b8efff798038103d269b633813fc60c');
});

test('field names of the schema and unknown fields are taken in JSON', () => {
  const request = {
    resource_spans: [{ scope_spans: [{ spans: [{ name: 'a', not_yet_known: { deep: [1] } }] }] }],
    more: 1,
  };
  assert.equal(
    decodeExport('traces', json(request), 'json').resourceSpans[0]?.scopeSpans[0]?.spans[0]?.name,
    'a',
  );
});

test('unknown fields of every wire type are skipped in protobuf', () => {
  const unknown = Buffer.from([
    0xf8, 0x07, 0x05, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 0xfa, 0x07, 0x02, 9, 9, 0xfd, 0x07, 1, 2, 3, 4,
  ]);
  const body = Buffer.concat([unknown, protobufOf('traces', examples.traces)]);
  assert.equal(decodeExport('traces', body, 'protobuf').resourceSpans.length, 1);
});

const wrong: [name: string, signal: Signal, body: string, says: RegExp][] = [
  ['text that is no JSON', 'traces', '{', /JSON/],
  ['a list instead of an object', 'traces', '[]', /\$: expected an object/],
  [
    'a number where a list is expected',
    'traces',
    '{"resourceSpans": 5}',
    /\$\.resourceSpans: expected a list/,
  ],
  [
    'an id that is no hex',
    'traces',
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}',
    /spans\[0\]\.traceId: expected an id in hex/,
  ],
  [
    'a negative time',
    'traces',
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"-1"}]}]}]}',
    /unsigned 64-bit/,
  ],
  [
    'a time past 64 bits',
    'logs',
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"99999999999999999999"}]}]}]}',
    /64-bit/,
  ],
];
for (const [name, signal, body, says] of wrong)
  test(`${name} is refused with its place`, () => {
    assert.throws(
      () => decodeExport(signal, Buffer.from(body), 'json'),
      (error: unknown) => {
        assert.ok(error instanceof Fault && error.code === 'invalid');
        assert.match(error.message, says);
        return true;
      },
    );
  });

test('nesting without end is refused, not followed', () => {
  const deep = `${'{"arrayValue":{"values":['.repeat(5000)}{}${']}}'.repeat(5000)}`;
  const body = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${deep}}]}]}]}`;
  assert.throws(() => decodeExport('logs', Buffer.from(body), 'json'), { code: 'invalid' });
});

test('random bytes never do more than be refused', () => {
  fc.assert(
    fc.property(fc.constantFrom(...signals), fc.uint8Array({ maxLength: 300 }), (signal, bytes) => {
      for (const encoding of ['protobuf', 'json'] as const) {
        try {
          decodeExport(signal, bytes, encoding);
        } catch (error) {
          assert.ok(error instanceof Fault && error.code === 'invalid', String(error));
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('a request with any bytes changed or cut is read or refused', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...signals),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
      fc.nat(),
      (signal, changes, cut) => {
        const body = Buffer.from(protobufOf(signal, examples[signal]));
        for (const [at, byte] of changes) body[at % body.length] = byte;
        try {
          decodeExport(signal, body.subarray(0, body.length - (cut % 20)), 'protobuf');
        } catch (error) {
          assert.ok(error instanceof Fault && error.code === 'invalid', String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('content types are those of OTLP/HTTP', () => {
  assert.equal(encodingOf('application/x-protobuf'), 'protobuf');
  assert.equal(encodingOf('application/json; charset=utf-8'), 'json');
  assert.throws(() => encodingOf('text/plain'), { code: 'invalid' });
  assert.throws(() => encodingOf(undefined), { code: 'invalid' });
});

test('a partial success says how many and why, in both encodings', () => {
  const partial = { rejected: 3, message: 'too old' };
  assert.deepEqual(JSON.parse(Buffer.from(exportResponse('metrics', 'json', partial)).toString()), {
    partialSuccess: { rejectedDataPoints: '3', errorMessage: 'too old' },
  });
  // ExportMetricsServiceResponse { partial_success = 1 { rejected_data_points = 1: 3, error_message = 2: "too old" } }
  assert.deepEqual(
    [...exportResponse('metrics', 'protobuf', partial)],
    [10, 11, 8, 3, 18, 7, ...Buffer.from('too old')],
  );
  assert.equal(exportResponse('traces', 'protobuf', undefined).length, 0);
});
