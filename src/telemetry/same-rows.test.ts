import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Block, Place } from './block/block.ts';
import { LogBlock } from './log-block.ts';
import { appendLogs } from './log-rows.ts';
import { levelOf } from './log-severity.ts';
import { boundText, metricName } from './metric-name.ts';
import { MetricTranslator } from './metric-translator.ts';
import { attribute, attributesJson, valueText } from './otlp/attribute.ts';
import { decodeExport, exportBytes } from './otlp/decode.ts';
import type { ExportLogs, ExportMetrics, ExportTrace } from './otlp/message.ts';
import { MalformedProtobuf } from './otlp/protobuf.ts';
import { labelsText } from './promql/labels.ts';
import { attributeLabels, resourceLabels } from './resource.ts';
import { columns, schema } from './schema.ts';
import { SeriesIndex } from './series-index.ts';
import { SpanBlock } from './span-block.ts';
import { appendSpans, type TakenRows } from './span-rows.ts';
import type { Store } from './store.ts';
import { protobufOf, testStore } from './testing.ts';

/**
 * What is written straight into columns is held here to the same rows as the plain way: decode into objects, write each
 * row as JSON.
 */
const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const bounds = { fromMs: t0, toMs: t0 + 86_400_000 };
let store: Store;
before(async () => {
  store = await testStore();
  for (const statement of schema({})) await store.exec(statement);
  await store.exec('CREATE TABLE plain_traces AS otel_traces');
  await store.exec('CREATE TABLE plain_logs AS otel_logs');
});
after(() => store.close());

const text = fc.oneof(
  fc.constantFrom('', 'service.name', 'GET /', 'event.name', 'a', 'x'.repeat(300), `${'ä'.repeat(100)}🦊`),
  fc.string({ unit: 'binary', maxLength: 12 }).map(one => one.toWellFormed()),
);
const scalar = fc.oneof(
  { weight: 4, arbitrary: text.map(stringValue => ({ stringValue })) },
  fc.boolean().map(boolValue => ({ boolValue })),
  fc.oneof(fc.maxSafeInteger(), fc.integer()).map(intValue => ({ intValue })),
  fc.double().map(doubleValue => ({ doubleValue })),
  fc.uint8Array({ maxLength: 5 }).map(bytes => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
  fc.constant({}),
);
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }).map(values => ({ arrayValue: { values } })),
  fc.dictionary(text, scalar, { maxKeys: 3, noNullPrototype: true }).map(all => ({
    kvlistValue: { values: Object.entries(all).map(([key, value]) => ({ key, value })) },
  })),
);
const attributes = fc.uniqueArray(fc.record({ key: text, value }, { requiredKeys: ['key'] }), {
  maxLength: 5,
  selector: ({ key }) => key,
});
const nanos = fc
  .tuple(fc.integer({ min: -1000, max: 86_500_000 }), fc.nat(999_999))
  .map(([ms, rest]) => String(BigInt(t0 + ms) * 1_000_000n + BigInt(rest)));
const id = (bytes: number) =>
  fc
    .oneof(
      { weight: 8, arbitrary: fc.uint8Array({ minLength: bytes, maxLength: bytes }) },
      fc.constantFrom(new Uint8Array(bytes), new Uint8Array(3)),
    )
    .map(one => Buffer.from(one).toString('hex'));
const resource = fc.record({ attributes }, { requiredKeys: [] });
const scope = fc.record({ name: text, version: text, attributes }, { requiredKeys: [] });

const span = fc.record(
  {
    traceId: id(16),
    spanId: id(8),
    parentSpanId: id(8),
    traceState: text,
    name: text,
    kind: fc.integer({ min: -1, max: 7 }),
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    attributes,
    events: fc.array(fc.record({ timeUnixNano: nanos, name: text, attributes }, { requiredKeys: [] }), {
      maxLength: 3,
    }),
    links: fc.array(
      fc.record({ traceId: id(16), spanId: id(8), traceState: text, attributes }, { requiredKeys: [] }),
      { maxLength: 3 },
    ),
    status: fc.record({ code: fc.integer({ min: -1, max: 4 }), message: text }, { requiredKeys: [] }),
  },
  { requiredKeys: ['traceId', 'spanId', 'startTimeUnixNano'] },
);
const record = fc.record(
  {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    severityNumber: fc.integer({ min: -1, max: 26 }),
    severityText: fc.oneof(fc.constantFrom('', 'Error', 'warning', 'INFO'), text),
    body: value,
    attributes,
    flags: fc.nat(),
    traceId: id(16),
    spanId: id(8),
    eventName: text,
  },
  { requiredKeys: [] },
);
const request = (outer: string, middle: string, inner: string, one: fc.Arbitrary<object>) =>
  fc
    .array(
      fc.record(
        {
          resource,
          schemaUrl: text,
          [middle]: fc.array(
            fc.record(
              { scope, schemaUrl: text, [inner]: fc.array(one, { maxLength: 4 }) },
              { requiredKeys: [] },
            ),
            { maxLength: 3 },
          ),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    )
    .map(list => ({ [outer]: list }));
const traces = request('resourceSpans', 'scopeSpans', 'spans', span);
const logs = request('resourceLogs', 'scopeLogs', 'logRecords', record);

const json = (one: string) => JSON.stringify(one);
const inTime = (ns: bigint) => ns / 1_000_000n >= bounds.fromMs && ns / 1_000_000n <= bounds.toMs;
const kinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const codes = ['Unset', 'Ok', 'Error'];
const isId = (hex: string, length: number) => hex.length === length && !/^0*$/.test(hex);
const list = (parts: string[]) => `[${parts.join(',')}]`;

function plainSpans({ resourceSpans }: ExportTrace): string[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans
        .filter(one => inTime(one.startTimeUnixNano) && isId(one.traceId, 32) && isId(one.spanId, 16))
        .map(one => {
          const { startTimeUnixNano: start, endTimeUnixNano: end, events, links, status } = one;
          const of = resource?.attributes ?? [];
          return list([
            `${start},"${one.traceId}","${one.spanId}","${one.parentSpanId}",${json(one.traceState)},${json(one.name)}`,
            `"${kinds[one.kind] ?? kinds[0]}",${json(attribute(of, 'service.name') ?? '')},${attributesJson(of)}`,
            `${json(scope?.name ?? '')},${json(scope?.version ?? '')},${attributesJson(one.attributes)}`,
            `${end > start ? end - start : 0n},"${codes[status?.code ?? 0] ?? codes[0]}",${json(status?.message ?? '')}`,
            list(events.map(event => String(event.timeUnixNano))),
            list(events.map(event => json(event.name))),
            list(events.map(event => attributesJson(event.attributes))),
            list(links.map(link => json(link.traceId))),
            list(links.map(link => json(link.spanId))),
            list(links.map(link => json(link.traceState))),
            list(links.map(link => attributesJson(link.attributes))),
          ]);
        }),
    ),
  );
}

function plainLogs({ resourceLogs }: ExportLogs): string[] {
  return resourceLogs.flatMap(({ resource, schemaUrl: resourceUrl, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, schemaUrl, logRecords }) =>
      logRecords.flatMap(one => {
        const at = one.timeUnixNano || one.observedTimeUnixNano || BigInt(t0) * 1_000_000n;
        if (!inTime(at)) return [];
        const of = resource?.attributes ?? [];
        const severity = one.severityText || levelOf(one.severityNumber).toUpperCase();
        const guessed = [
          /^trace/i,
          /^debug/i,
          /^info/i,
          /^warn/i,
          /^err/i,
          /^(fatal|crit|emerg|alert|panic)/i,
        ];
        const guess = guessed.findIndex(pattern => pattern.test(one.severityText));
        const number =
          one.severityNumber >= 1 && one.severityNumber <= 24
            ? one.severityNumber
            : guess < 0
              ? 0
              : guess * 4 + 1;
        const named =
          one.eventName === '' ? [] : [{ key: 'event.name', value: { stringValue: one.eventName } }];
        return list([
          `${at},"${one.traceId}","${one.spanId}",${one.flags & 0xff},${json(severity)},${number}`,
          `${json(attribute(of, 'service.name') ?? '')},${json(valueText(one.body))}`,
          `${json(resourceUrl)},${attributesJson(of)},${json(schemaUrl)}`,
          `${json(scope?.name ?? '')},${json(scope?.version ?? '')},${attributesJson(scope?.attributes ?? [])}`,
          attributesJson([...one.attributes, ...named]),
          // Nobody looks for templates here.
          '0',
        ]);
      }),
    ),
  );
}

/**
 * Appends all requests to one block: each as protobuf, then cut somewhere (which is refused or a shorter request, and is
 * taken back), then as JSON. The JSON ones are written by themselves, so that a part of a block is tried as well.
 */
async function appended(
  signal: 'traces' | 'logs',
  requests: readonly object[],
  block: Block,
  append: (body: Uint8Array) => TakenRows,
): Promise<void> {
  const first = block.place();
  const parts: [from: Place, to: Place][] = [];
  for (const [index, one] of requests.entries()) {
    const body = protobufOf(signal, one);
    append(body);
    const kept = block.place();
    try {
      append(body.subarray(0, Math.floor((body.length * (index % 10)) / 10)));
    } catch (error) {
      assert.ok(error instanceof MalformedProtobuf, String(error));
    }
    block.back(kept);
    assert.deepEqual(block.place(), kept);
  }
  const middle = block.place();
  for (const one of requests) {
    const from = block.place();
    append(exportBytes(signal, Buffer.from(JSON.stringify(one)), 'json'));
    parts.push([from, block.place()]);
  }
  const table = `otel_${signal}` as const;
  if (middle.rows > 0) await store.insert(table, columns[table], block.native(first, middle), 'Native');
  const later = parts.filter(([from, to]) => to.rows > from.rows);
  const half = later.length >> 1;
  for (const some of [later.slice(0, half), later.slice(half)])
    if (some.length > 0)
      await store.insert(table, columns[table], block.native(some[0]![0], some.at(-1)![1]), 'Native');
}

async function rowsOf(table: string): Promise<string[]> {
  const rows = await store.query<object>(`SELECT * FROM ${table}`);
  return rows.map(row => JSON.stringify(row)).sort();
}

for (const [signal, arbitrary, plain] of [
  ['traces', traces, (body: Uint8Array) => plainSpans(decodeExport('traces', body, 'protobuf'))],
  ['logs', logs, (body: Uint8Array) => plainLogs(decodeExport('logs', body, 'protobuf'))],
] as const)
  test(`a property: ${signal} written into columns are the rows that the plain way gives`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitrary, { minLength: 20, maxLength: 40 }), async requests => {
        await store.exec(`TRUNCATE TABLE otel_${signal}`);
        await store.exec(`TRUNCATE TABLE plain_${signal}`);
        if (signal === 'traces') {
          const block = new SpanBlock();
          await appended(signal, requests, block, body => appendSpans(body, block, bounds));
        } else {
          const block = new LogBlock();
          await appended(signal, requests, block, body => appendLogs(body, block, bounds, t0));
        }
        const lines = requests.flatMap(one => plain(protobufOf(signal, one)));
        const twice = [...lines, ...lines].join('\n');
        if (lines.length > 0)
          await store.insert(`plain_${signal}`, columns[`otel_${signal}`], Buffer.from(twice));
        assert.deepEqual(await rowsOf(`otel_${signal}`), await rowsOf(`plain_${signal}`));
      }),
      { numRuns: 8 },
    );
  });

const bucketBounds = fc.constantFrom<readonly number[]>([], [1], [0.5, 1, 2], [-1, 0, Number.MAX_VALUE]);
const point = fc.record(
  { timeUnixNano: nanos, attributes, exemplars: fc.constant([]) },
  { requiredKeys: ['timeUnixNano'] },
);
const number = fc
  .tuple(point, fc.oneof(fc.record({ asDouble: fc.double() }), fc.record({ asInt: fc.integer() })))
  .map(([one, value]) => ({ ...one, ...value }));
const histogram = fc
  .tuple(
    point,
    bucketBounds,
    fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
    fc.option(fc.double(), { nil: undefined }),
  )
  .map(([one, explicitBounds, counts, sum]) => ({
    ...one,
    explicitBounds,
    bucketCounts: counts.slice(0, explicitBounds.length + 1),
    count: counts.reduce((a, b) => a + b, 0),
    ...(sum === undefined ? {} : { sum }),
  }));
const summaryPoint = fc
  .tuple(point, fc.uniqueArray(fc.constantFrom(0, 0.5, 0.99, 1), { maxLength: 3 }), fc.nat(), fc.double())
  .map(([one, quantiles, count, sum]) => ({
    ...one,
    count,
    sum,
    quantileValues: quantiles.map(quantile => ({ quantile, value: quantile * 2 })),
  }));
const points = <Point>(one: fc.Arbitrary<Point>) => fc.array(one, { maxLength: 4 });
const metric = fc
  .tuple(
    fc.constantFrom('http.server.duration', 'up', 'a b', '9'),
    fc.constantFrom('s', '', '1', 'By'),
    fc.oneof(
      points(number).map(dataPoints => ({ gauge: { dataPoints } })),
      fc.tuple(points(number), fc.boolean()).map(([dataPoints, isMonotonic]) => ({
        sum: { dataPoints, isMonotonic, aggregationTemporality: 2 },
      })),
      points(histogram).map(dataPoints => ({ histogram: { dataPoints, aggregationTemporality: 2 } })),
      points(summaryPoint).map(dataPoints => ({ summary: { dataPoints } })),
    ),
  )
  .map(([name, unit, data]) => ({ name, unit, ...data }));
const metrics = request('resourceMetrics', 'scopeMetrics', 'metrics', metric);

/** Samples as `labels time value`, without target_info. */
function plainSamples({ resourceMetrics }: ExportMetrics): string[] {
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(one => {
        const { sum, gauge, histogram, summary } = one;
        const kind = sum?.isMonotonic
          ? 'counter'
          : sum || gauge
            ? 'gauge'
            : summary
              ? 'summary'
              : 'histogram';
        const name = metricName(one.name, one.unit, kind);
        const data = [...(sum?.dataPoints ?? []), ...(gauge?.dataPoints ?? [])].map(
          one => [one, [[name, {}, one.asDouble ?? Number(one.asInt ?? 0n)]]] as const,
        );
        const buckets = (histogram?.dataPoints ?? []).map(one => {
          let below = 0;
          const series: [string, object, number][] = one.explicitBounds.map((bound, index) => {
            below += Number(one.bucketCounts[index]);
            return [`${name}_bucket`, { le: boundText(bound) }, below];
          });
          series.push([`${name}_bucket`, { le: '+Inf' }, Number(one.count)]);
          series.push([`${name}_count`, {}, Number(one.count)]);
          if (one.sum !== undefined) series.push([`${name}_sum`, {}, one.sum]);
          return [one, series] as const;
        });
        const quantiles = (summary?.dataPoints ?? []).map(one => {
          const series: [string, object, number][] = one.quantileValues.map(({ quantile, value }) => [
            name,
            { quantile: boundText(quantile) },
            value,
          ]);
          series.push([`${name}_count`, {}, Number(one.count)], [`${name}_sum`, {}, one.sum]);
          return [one, series] as const;
        });
        return [...data, ...buckets, ...quantiles].flatMap(([point, series]) => {
          if (!inTime(point.timeUnixNano)) return [];
          const at = Number(point.timeUnixNano / 1_000_000n);
          const labels = { ...attributeLabels(point.attributes), ...resourceLabels(resource) };
          return series.map(
            ([__name__, more, value]) =>
              `${labelsText({ ...labels, ...(more as object), __name__: __name__ as string })} ${at} ${value}`,
          );
        });
      }),
    ),
  );
}

test('a property: points of metrics become the samples that the plain way gives, again and again', () => {
  fc.assert(
    fc.property(fc.array(metrics, { minLength: 1, maxLength: 6 }), requests => {
      const index = new SeriesIndex({ maxSeries: 100_000, maxSeriesPerMetric: 100_000 });
      const translator = new MetricTranslator(index);
      for (const one of [...requests, ...requests]) {
        const body = protobufOf('metrics', one);
        const { packed } = translator.translate(body, bounds).rows;
        const found: string[] = [];
        for (let at = 0; at < packed.length; at += 3) {
          const { labels } = index.byId(packed[at]!)!;
          // Zeros before the first point of a counter have tests of their own; here nothing has a start.
          if (labels.__name__ !== 'target_info')
            found.push(`${labelsText(labels)} ${packed[at + 1]! / 2} ${packed[at + 2]}`);
        }
        const expected = new Set(plainSamples(decodeExport('metrics', body, 'protobuf')));
        const zeros = found.filter(line => !expected.has(line));
        const kept = new Set(found.filter(line => expected.has(line)));
        assert.deepEqual([...kept].sort(), [...expected].sort());
        for (const line of zeros) assert.match(line, / 0$/);
      }
    }),
    { numRuns: 150 },
  );
});
