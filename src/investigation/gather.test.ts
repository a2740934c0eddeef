import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { epochMs, instant, seeded } from '../kernel/index.ts';
import type { Store, Telemetry } from '../telemetry/index.ts';
import { attributes, protobufOf, testStore, testTelemetry } from '../telemetry/testing.ts';
import { conclude } from './conclude.ts';
import { gather, thresholdOf } from './gather.ts';
import type { Sources } from './sources.ts';
import { at, HEAVY, ONSET, released, SELECT } from './testing.ts';

const random = seeded(5);
const onset = epochMs(ONSET);
const STEP_MS = 250;
let store: Store;
let telemetry: Telemetry;
let sources: Sources;

interface Part {
  service: string;
  version: string;
  name: string;
  kind: 2 | 3;
  parent: number;
  ms: number;
  error?: boolean;
  attributes?: Record<string, string | number>;
}

const sql = (text: string) => ({
  'db.system.name': 'postgresql',
  'db.namespace': 'shop',
  'db.query.text': text,
});
const http = (port: number) => ({ 'server.address': '127.0.0.1', 'server.port': port });

/** One checkout as spans: each names its parent by index. */
function trace(isBad: boolean): Part[] {
  const version = isBad ? 'v1.2.3' : 'v1.2.2';
  const near = (value: number) => value * (0.7 + 0.6 * random());
  const [wait, heavy] = isBad ? [near(1500), near(1800)] : [near(0.3), 0];
  const own = near(4);
  const orders = own + wait + heavy + 3;
  const failed = isBad && random() < 0.3;
  const payments = { service: 'payments-svc', version };
  const gateway = { service: 'gateway', version: 'v2.0.1' };
  return [
    { ...gateway, name: 'POST /checkout', kind: 2, parent: -1, ms: orders + 8, error: failed },
    { ...gateway, name: 'POST', kind: 3, parent: 0, ms: 4, attributes: http(4812) },
    { service: 'auth', version: 'v3.1.0', name: 'POST /verify', kind: 2, parent: 1, ms: 3 },
    { ...gateway, name: 'POST', kind: 3, parent: 0, ms: orders + 1, error: failed, attributes: http(4813) },
    { ...payments, name: 'POST /orders', kind: 2, parent: 3, ms: orders, error: failed },
    {
      ...payments,
      name: 'pg-pool.connect',
      kind: 3,
      parent: 4,
      ms: wait,
      attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'shop' },
    },
    { ...payments, name: 'pg.query:SELECT shop', kind: 3, parent: 4, ms: near(2), attributes: sql(SELECT) },
    ...(isBad
      ? [
          {
            ...payments,
            name: 'pg.query:SELECT shop',
            kind: 3 as const,
            parent: 4,
            ms: heavy,
            attributes: sql(HEAVY),
          },
        ]
      : []),
  ];
}

function otlp(from: number, to: number) {
  const resources = new Map<string, { resource: object; scopeSpans: { spans: object[] }[] }>();
  const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');
  for (let ms = from; ms < to; ms += STEP_MS)
    trace(ms >= onset).forEach((part, index, parts) => {
      const key = `${part.service}/${part.version}`;
      const into = resources.get(key) ?? {
        resource: {
          attributes: attributes({ 'service.name': part.service, 'service.version': part.version }),
        },
        scopeSpans: [{ spans: [] }],
      };
      resources.set(key, into);
      into.scopeSpans[0]!.spans.push({
        traceId: hex(ms, 32),
        spanId: hex(index + 1, 16),
        ...(parts[part.parent] === undefined ? {} : { parentSpanId: hex(part.parent + 1, 16) }),
        name: part.name,
        kind: part.kind,
        startTimeUnixNano: String(BigInt(ms) * 1_000_000n),
        endTimeUnixNano: String(BigInt(ms) * 1_000_000n + BigInt(Math.round(part.ms * 1_000_000))),
        attributes: attributes(part.attributes ?? {}),
        ...(part.error ? { status: { code: 2 } } : {}),
      });
    });
  return { resourceSpans: [...resources.values()] };
}

function poolMetrics() {
  const points = (values: (ms: number) => number, state?: string) => {
    const made = [];
    for (let ms = onset - 180_000; ms < onset + 40_000; ms += 5_000)
      made.push({
        attributes: attributes({
          'db.client.connection.pool.name': 'shop',
          ...(state === undefined ? {} : { 'db.client.connection.state': state }),
        }),
        timeUnixNano: String(BigInt(ms) * 1_000_000n),
        asInt: values(ms),
      });
    return { aggregationTemporality: 2, isMonotonic: false, dataPoints: made };
  };
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes({ 'service.name': 'payments-svc', 'service.instance.id': 'a' }) },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'db.client.connection.count',
                unit: '{connection}',
                sum: points(ms => (ms < onset ? 1 : 10), 'used'),
              },
              { name: 'db.client.connection.max', unit: '{connection}', sum: points(() => 10) },
            ],
          },
        ],
      },
    ],
  };
}

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => onset + 40_000 });
  const type = 'application/x-protobuf';
  await telemetry.ingestTraces(protobufOf('traces', otlp(onset - 180_000, onset)), type);
  await telemetry.ingestTraces(protobufOf('traces', otlp(onset, onset + 40_000)), type);
  await telemetry.ingestMetrics(protobufOf('metrics', poolMetrics()), type);
  sources = {
    telemetry,
    slos: { objectives: async () => [], reading: async () => [] },
    incidents: { get: async () => Promise.reject(new Error('unused')) },
    deploys: {
      changes: async () => [
        released('payments', 'v1.2.3', -0.1, { from: 'v1.2.2' }),
        released('gateway', 'v2.0.1', -0.05, { from: 'v2.0.0' }),
      ],
    },
    services: async () => [
      { name: 'gateway', telemetryName: 'gateway', dependsOn: ['auth', 'payments'] },
      { name: 'auth', telemetryName: 'auth', dependsOn: [] },
      { name: 'payments', telemetryName: 'payments-svc', dependsOn: [] },
    ],
  };
});
after(() => store.close());

test('from stored telemetry to a confirmed verdict, with names as in the catalog and an onset from the spans', async () => {
  const incident = {
    id: 'INC-1',
    service: 'gateway',
    status: 'open' as const,
    onsetAt: at(0.4),
    openedAt: at(0.6),
  };
  const observation = await gather(sources, incident, at(0.65));
  assert.deepEqual(observation.gaps, []);
  assert.deepEqual(observation.onset, { at: ONSET, from: 'spans' });
  assert.ok(
    observation.window.baseline.from >= instant(onset - 180_000),
    'no further back than data reaches',
  );
  assert.ok(observation.operations.incident.some(each => each.service === 'payments'));
  assert.ok(observation.edges.incident.some(each => each.from === 'gateway' && each.to === 'payments'));
  const found = conclude(observation);
  assert.equal(found.verdict, 'confirmed', JSON.stringify(found, null, 1));
  const [first] = found.causes;
  assert.equal(first?.change?.to, 'v1.2.3');
  assert.match(first?.statement?.text ?? '', /lower\(email\)/);
  assert.deepEqual(first?.saturated, [
    { resource: 'database_pool', noun: 'database connections', used: 10, limit: 10 },
  ]);
  assert.ok(found.ruledOut.some(each => each.title === 'Release of gateway v2.0.1'));
  assert.deepEqual(found.remedy?.to, 'v1.2.2');
  const asked = first!.evidence.map(({ link }) => link).filter(link => link.startsWith('/api/v1/traces'));
  assert.ok(asked.some(link => link.includes('service=payments-svc')));
  assert.ok(!asked.some(link => link.includes('service=payments&')), 'telemetry is asked by its own names');
});

test('a latency threshold is read off the query of its indicator', () => {
  assert.equal(
    thresholdOf(['sum(rate(http_server_request_duration_seconds_bucket{job="x",le="0.5"}[5m]))']),
    500,
  );
  assert.equal(thresholdOf(['rate(latency_milliseconds_bucket{le="250"}[5m])']), 250);
  assert.equal(thresholdOf(['rate(requests_total[5m])']), undefined);
});
