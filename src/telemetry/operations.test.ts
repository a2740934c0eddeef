import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KnownServices } from '../catalog/index.ts';
import type { AnyOperation, Fault } from '../kernel/index.ts';
import { systemPrincipal } from '../kernel/index.ts';
import { telemetryOperations } from './operations.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { attributes, protobufOf, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const nano = (ms: number) => String(BigInt(t0 + ms) * 1_000_000n);
const traceId = '5b8efff798038103d269b633813fc60c';
let store: Store;
let telemetry: Telemetry;
/** Beside what sends telemetry, reports are declared; they are quiet. */
const services = new KnownServices(
  {
    all: async () => [
      {
        apiVersion: 'nines/v1',
        kind: 'Service',
        metadata: { name: 'reports' },
        spec: { telemetryName: 'reports-service' },
      },
    ],
  },
  {
    has: (name, window) => telemetry.seen.has(name, window),
    names: window => telemetry.seen.names(window),
  },
);

const resource = { attributes: attributes({ 'service.name': 'payments', 'service.version': 'v1.2.3' }) };

before(async () => {
  store = await testStore();
  let now = t0;
  telemetry = await testTelemetry(store, { now: () => now });
  const span = (
    spanId: string,
    parentSpanId: string,
    name: string,
    kind: number,
    at: number,
    ms: number,
    more: object,
  ) => ({
    traceId,
    spanId: spanId.repeat(16),
    ...(parentSpanId === '' ? {} : { parentSpanId: parentSpanId.repeat(16) }),
    name,
    kind,
    startTimeUnixNano: nano(at),
    endTimeUnixNano: nano(at + ms),
    ...more,
  });
  const spans = [
    span('a', '', 'POST /orders', 2, 0, 2400, { status: { code: 2, message: 'no connection' } }),
    span('b', 'a', 'pg-pool.connect', 3, 1, 100, {}),
    span('c', 'a', 'pg.query:SELECT shop', 3, 101, 2200, {
      attributes: attributes({
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'db.query.text': 'SELECT 1',
      }),
    }),
  ];
  await telemetry.ingestTraces(
    protobufOf('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
    'application/x-protobuf',
  );
  const used = (at: number, value: number) => ({
    timeUnixNano: nano(at),
    asInt: value,
    attributes: attributes({
      'db.client.connection.state': 'used',
      'db.client.connection.pool.name': 'shop',
    }),
  });
  const most = (at: number) => ({
    timeUnixNano: nano(at),
    asInt: 10,
    attributes: attributes({ 'db.client.connection.pool.name': 'shop' }),
  });
  const sum = (name: string, dataPoints: object[]) => ({
    name,
    unit: '{connection}',
    sum: { aggregationTemporality: 2, dataPoints },
  });
  await telemetry.ingestMetrics(
    protobufOf('metrics', {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [
            {
              metrics: [
                sum('db.client.connection.count', [used(0, 3), used(2000, 10)]),
                sum('db.client.connection.max', [most(0), most(2000)]),
              ],
            },
          ],
        },
      ],
    }),
    'application/x-protobuf',
  );
  await telemetry.ingestLogs(
    protobufOf('logs', {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: nano(5),
                  severityNumber: 17,
                  body: { stringValue: 'checkout failed' },
                  traceId,
                },
              ],
            },
          ],
        },
      ],
    }),
    'application/x-protobuf',
  );
  await telemetry.writeDerivedMetrics();
  now += 5000;
  await telemetry.writeDerivedMetrics();
});
after(() => store.close());

/** As the call pipeline does it: parse, run, check the answer; with the text for a terminal. */
async function called(
  name: string,
  input: object,
): Promise<{ output: Record<string, unknown>; text: string }> {
  const all: readonly AnyOperation<{ telemetry: Telemetry; services: KnownServices }>[] = telemetryOperations;
  const operation = all.find(one => one.name === name);
  assert.ok(operation, name);
  const output = operation.output.parse(
    await operation.run(operation.input.parse(input) as never, {
      telemetry,
      services,
      principal: systemPrincipal,
      surface: 'cli',
      now: () => new Date(t0 + 10_000).toISOString(),
      signal: new AbortController().signal,
    }),
  );
  return { output: output as Record<string, unknown>, text: operation.render!(output as never) };
}

test('telemetry.query gives samples, and says so when there are none', async () => {
  const { output, text } = await called('telemetry.query', {
    query: 'sum by (service_version) (traces_spanmetrics_calls_total)',
  });
  assert.deepEqual(output.samples, [{ labels: { service_version: 'v1.2.3' }, value: 1 }]);
  assert.match(text, /1 {2}\{service_version="v1.2.3"\}/);
  const none = await called('telemetry.query', { query: 'nothing_here' });
  assert.deepEqual(none.output.samples, []);
  assert.match(none.text, /No data/);
});

test('telemetry.query names what is wrong with the query, with a caret under the place', async () => {
  await assert.rejects(called('telemetry.query', { query: 'sum(' }), {
    code: 'invalid',
    message: 'PromQL: 1:5: parse error: unclosed left parenthesis\n  sum(\n      ^',
  });
  await assert.rejects(called('telemetry.range', { query: 'sum(\n  up foo\n)' }), {
    message: 'PromQL: 2:6: parse error: unexpected identifier "foo"\n    up foo\n       ^',
  });
  await assert.rejects(called('telemetry.exemplars', { query: 'rate(up[5x])' }), {
    message: /\n {2}rate\(up\[5x\]\)\n +\^$/,
  });
});

for (const [query, hint] of [
  ['rat(up[5m])', 'Did you mean rate()?'],
  ['summ(up)', 'Did you mean sum()?'],
  [
    'db_client_connection_count(5)',
    'db_client_connection_count is a metric: it takes no parentheses, only {…} and […].',
  ],
  [
    'db_client_conection_count()',
    'Did you mean the metric db_client_connection_count? It takes no parentheses.',
  ],
  ['frobnicate(up)', /nines telemetry metrics lists the metrics/],
] as const)
  test(`an unknown function is told with what may have been meant: ${query}`, async () => {
    await assert.rejects(called('telemetry.query', { query }), (error: Fault) => {
      assert.match(error.message, /unknown function/);
      if (typeof hint === 'string') assert.equal(error.detail.hint, hint);
      else assert.match(error.detail.hint ?? '', hint);
      return true;
    });
  });

test('telemetry.query gives infinities and NaN as text', async () => {
  const { output } = await called('telemetry.query', { query: '1/0' });
  assert.equal(output.scalar, '+Inf');
});

test('telemetry.range gives points on multiples of the step', async () => {
  const { output, text } = await called('telemetry.range', {
    query: 'db_client_connection_count',
    last: '10s',
    step: '2s',
  });
  const [series] = output.series as { points: [number, number][] }[];
  assert.deepEqual(series?.points, [
    [t0, 3],
    [t0 + 2000, 10],
    [t0 + 4000, 10],
    [t0 + 6000, 10],
    [t0 + 8000, 10],
    [t0 + 10000, 10],
  ]);
  assert.match(text, /3 … 10, last 10/);
});

test('telemetry.range refuses a step of nothing', async () => {
  await assert.rejects(called('telemetry.range', { query: '1', step: '0s' }), {
    code: 'invalid',
    message: 'A step of 0s leads nowhere.',
  });
});

test('telemetry.golden gives the four signals, a full pool among them', async () => {
  const { output, text } = await called('telemetry.golden', { service: 'payments' });
  assert.equal(output.source, 'spans');
  assert.deepEqual(output.errors, { count: 1, ratio: 1 });
  assert.match(text, /latency +p50 2\.4 s/);
  assert.match(text, /database connections \(shop\): 10 of 10/);
});

test('telemetry.golden of a declared service that sends nothing says no data', async () => {
  const { output, text } = await called('telemetry.golden', { service: 'reports' });
  assert.equal(output.source, 'no_data');
  assert.match(text, /No data/);
  assert.match(text, /not known/);
});

test('telemetry.metrics does not say that nothing is stored when only nothing agrees', async () => {
  const { text } = await called('telemetry.metrics', { match: 'nothing_like_this' });
  assert.match(text, /^No metric agrees, or none is stored yet/);
});

test('telemetry.metrics and telemetry.services list what there is', async () => {
  const metrics = await called('telemetry.metrics', { match: 'connection' });
  assert.deepEqual(
    (metrics.output.metrics as { metric: string; type: string }[]).map(({ metric, type }) => [metric, type]),
    [
      ['db_client_connection_count', 'gauge'],
      ['db_client_connection_max', 'gauge'],
    ],
  );
  const { text } = await called('telemetry.services', {});
  assert.match(text, /payments +v1\.2\.3/);
});

test('traces.show draws the waterfall and marks the bottleneck', async () => {
  const { text, output } = await called('traces.show', { traceId: traceId.toUpperCase() });
  assert.deepEqual(output.bottleneck, {
    spanId: 'c'.repeat(16),
    service: 'payments',
    operation: 'pg.query:SELECT shop',
    selfMs: 2200,
    spans: 1,
  });
  assert.deepEqual(output.criticalPath, [
    { spanId: 'a'.repeat(16), fromMs: 0, toMs: 1 },
    { spanId: 'b'.repeat(16), fromMs: 1, toMs: 101 },
    { spanId: 'c'.repeat(16), fromMs: 101, toMs: 2301 },
    { spanId: 'a'.repeat(16), fromMs: 2301, toMs: 2400 },
  ]);
  assert.deepEqual(output.errorOrigins, [{ spanId: 'a'.repeat(16), reachesRoot: true }]);
  const lines = text.split('\n');
  assert.match(lines[3]!, /^✗ payments POST \/orders +2\.4 s [░█]+ ◄ error$/);
  assert.match(lines[4]!, /^├─ payments pg-pool\.connect/);
  assert.match(lines[5]!, /^└─ payments pg\.query:SELECT shop .*◄ bottleneck$/);
  for (const line of lines) assert.ok(line.length <= 80, line);
  assert.match(text, /Error in payments POST \/orders: no connection/);
  await assert.rejects(called('traces.show', { traceId: 'f'.repeat(32) }), { code: 'not_found' });
});

test('traces.bottleneck answers in a sentence, and takes a share or a duration as slow', async () => {
  const { text, output } = await called('traces.bottleneck', { service: 'payments' });
  assert.equal(output.verdict, 'no_difference');
  assert.match(text, /^The one request is not slow .*Most time:\spayments: SELECT/s);
  assert.match(
    text,
    /1 request failed\. Where the errors began:\n +1 {2}payments POST \/orders: no connection/,
  );
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  const slow = await called('traces.bottleneck', { service: 'payments', slow: '2s' });
  assert.equal(slow.output.slowMeans, 'longer than 2000 ms');
  assert.equal((slow.output.slow as { requests: number }).requests, 1);
  const none = await called('traces.bottleneck', { operation: 'nothing' });
  assert.match(none.text, /^No data/);
  for (const wrong of ['', '5', '%', '0%', '60%', 'slow', '5 percent'])
    await assert.rejects(called('traces.bottleneck', { slow: wrong }), { code: 'invalid' }, wrong);
});

test('traces.map shows services, databases and calls', async () => {
  const { output, text } = await called('traces.map', {});
  assert.deepEqual(
    (output.nodes as { service: string; kind: string }[]).map(({ service, kind }) => [service, kind]),
    [
      ['payments', 'service'],
      ['postgresql/shop', 'database'],
    ],
  );
  assert.match(text, /payments → postgresql\/shop/);
});

test('the other lists have a text and an answer each', async () => {
  assert.match((await called('traces.search', { errorsOnly: true })).text, new RegExp(traceId));
  assert.match((await called('traces.operations', { service: 'payments' })).text, /SELECT \?/);
  assert.match((await called('traces.timeline', { service: 'payments' })).text, /100 %/);
  assert.match((await called('logs.search', { text: 'failed' })).text, /payments: checkout failed/);
  assert.match((await called('logs.patterns', {})).text, /1 error payments: checkout failed/);
});

for (const [name, input] of [
  ['traces.search', {}],
  ['traces.operations', {}],
  ['traces.bottleneck', {}],
  ['traces.timeline', {}],
  ['logs.search', {}],
  ['logs.histogram', {}],
  ['logs.patterns', {}],
  ['logs.surge', {}],
  ['telemetry.golden', {}],
] as const) {
  test(`${name} tells a name that nothing has from a service that is quiet`, async () => {
    await assert.rejects(called(name, { ...input, service: 'paymets' }), {
      code: 'not_found',
      message:
        /^No service 'paymets' is known: nothing declares it, and no telemetry from 0\d:\d\d to 03:00 UTC has it\.$/,
      detail: {
        field: 'service',
        hint: 'Did you mean payments? nines service list has what is declared, nines telemetry services --last 24h what sends.',
      },
    });
    for (const quiet of ['reports', 'reports-service']) await called(name, { ...input, service: quiet });
    // It sends, only none of this.
    await called(name, {
      ...input,
      service: 'payments',
      ...(name.startsWith('logs') ? { query: 'nope' } : {}),
    });
  });
}

test('a service that a log query names is looked up too, and one that only metrics know is known', async () => {
  await assert.rejects(called('logs.search', { query: 'level:error service:paymets' }), {
    code: 'not_found',
  });
  await called('logs.search', { query: 'NOT service:paymets nothing-like-this' });
  const window = { from: '2026-01-27T02:50:00.000Z', to: '2026-01-27T03:00:30.000Z' };
  assert.equal(await telemetry.seen.has('payments', window), true);
  assert.ok((await telemetry.seen.names(window)).includes('payments'));
  assert.equal(
    await telemetry.seen.has('payments', {
      from: '2026-01-26T02:50:00.000Z',
      to: '2026-01-26T03:00:30.000Z',
    }),
    false,
  );
});

test('a window that ends before it begins is refused', async () => {
  await assert.rejects(
    called('traces.search', { from: '2026-01-27T04:00:00.000Z', to: '2026-01-27T03:00:00.000Z' }),
    { code: 'invalid' },
  );
});

test('every operation has examples, which begin with its name', () => {
  for (const { name, examples } of telemetryOperations)
    for (const example of examples ?? [''])
      assert.ok(example.startsWith(`nines ${name.replace('.', ' ')}`), example);
});
