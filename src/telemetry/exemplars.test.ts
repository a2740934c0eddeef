import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KnownServices } from '../catalog/index.ts';
import { type AnyOperation, instant, systemPrincipal } from '../kernel/index.ts';
import { telemetryOperations } from './operations.ts';
import { SampleAppender } from './sample-appender.ts';
import { ScrapeConfig } from './scrape/config.ts';
import { targetsOf } from './scrape/target.ts';
import { TargetScrape } from './scrape/target-scrape.ts';
import { SeriesIndex } from './series-index.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { attributes, protobufOf, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const nano = (ms: number) => String(BigInt(t0 + ms) * 1_000_000n);
const slowTrace = '5b8efff798038103d269b633813fc60c';
const window = { from: instant(t0 - 60_000), to: instant(t0 + 60_000) };
let store: Store;
let telemetry: Telemetry;
let now = t0;

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => now });
  const resource = { attributes: attributes({ 'service.name': 'payments', 'service.version': 'v2' }) };
  const server = (index: number, ms: number, error = false) => ({
    traceId: index === 3 ? slowTrace : String(index + 1).padStart(32, '0'),
    spanId: String(index + 1).padStart(16, '0'),
    name: 'POST /orders',
    kind: 2,
    startTimeUnixNano: nano(index),
    endTimeUnixNano: nano(index + ms),
    ...(error ? { status: { code: 2 } } : {}),
  });
  await telemetry.ingestTraces(
    protobufOf('traces', {
      resourceSpans: [
        {
          resource,
          scopeSpans: [{ spans: [server(0, 20), server(1, 30), server(2, 40, true), server(3, 900)] }],
        },
      ],
    }),
    'application/x-protobuf',
  );
  await telemetry.ingestMetrics(
    protobufOf('metrics', {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'http.server.request.duration',
                  unit: 's',
                  histogram: {
                    aggregationTemporality: 2,
                    dataPoints: [
                      {
                        timeUnixNano: nano(10),
                        count: 2,
                        sum: 1,
                        bucketCounts: [1, 1],
                        explicitBounds: [0.5],
                        exemplars: [
                          {
                            timeUnixNano: nano(5),
                            asDouble: 0.9,
                            traceId: slowTrace,
                            spanId: '4'.padStart(16, '0'),
                          },
                          {
                            timeUnixNano: nano(4),
                            asDouble: 0.1,
                            traceId: 'a'.repeat(32),
                            spanId: 'b'.repeat(16),
                            filteredAttributes: attributes({ tenant: 'shop' }),
                          },
                        ],
                      },
                    ],
                  },
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

async function asked(query: string, more: object = {}) {
  const all: readonly AnyOperation<{ telemetry: Telemetry; services: KnownServices }>[] = telemetryOperations;
  const operation = all.find(({ name }) => name === 'telemetry.exemplars')!;
  const output = (await operation.run(operation.input.parse({ query, ...window, ...more }) as never, {
    telemetry,
    services: new KnownServices({ all: async () => [] }, telemetry.seen),
    principal: systemPrincipal,
    surface: 'cli',
    now: () => instant(now),
    signal: new AbortController().signal,
  })) as {
    exemplars: { value: number; traceId: string; attributes: object; series: Record<string, string> }[];
    total: number;
  };
  operation.output.parse(output);
  return { ...output, text: operation.render!(output as never) };
}

test('exemplars of an OTLP histogram are found by its buckets, its count and its quantile, the highest first', async () => {
  for (const query of [
    'http_server_request_duration_seconds_bucket{service_name="payments"}',
    'rate(http_server_request_duration_seconds_count[5m])',
    'histogram_quantile(0.99, sum by (le) (rate(http_server_request_duration_seconds_bucket[5m])))',
  ]) {
    const { exemplars, text } = await asked(query);
    assert.deepEqual(
      exemplars.map(({ value, traceId, series, attributes }) => [value, traceId, series.le, attributes]),
      [
        [0.9, slowTrace, '+Inf', {}],
        [0.1, 'a'.repeat(32), '0.5', { tenant: 'shop' }],
      ],
      query,
    );
    assert.match(text, new RegExp(`nines traces show ${slowTrace}`));
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  }
});

test('exemplars of the metrics made of spans are the slowest spans, each in the bucket that counted it', async () => {
  const { exemplars } = await asked(
    'traces_spanmetrics_latency_seconds_bucket{status_code="STATUS_CODE_UNSET"}',
  );
  assert.deepEqual(
    exemplars.map(({ value, traceId, series }) => [value, traceId, series.le]),
    [
      [0.9, slowTrace, '1'],
      [0.03, '2'.padStart(32, '0'), '0.05'],
      [0.02, '1'.padStart(32, '0'), '0.025'],
    ],
  );
  const failed = await asked('rate(traces_spanmetrics_calls_total{status_code="STATUS_CODE_ERROR"}[5m])');
  assert.deepEqual(
    failed.exemplars.map(({ traceId }) => traceId),
    ['3'.padStart(32, '0')],
  );
});

test("Prometheus's API gives the exemplars of spans' metrics too", async () => {
  const { read } = telemetry.prometheus({ version: 'test' });
  const answer = await read({
    method: 'GET',
    path: 'query_exemplars',
    params: new URLSearchParams({
      query: 'traces_spanmetrics_latency_seconds_bucket{le="1"}',
      start: String(t0 / 1000 - 60),
      end: String(t0 / 1000 + 60),
    }),
    signal: new AbortController().signal,
  } as never);
  assert.match(JSON.stringify(answer), new RegExp(slowTrace));
});

test('exemplars of a scraped OpenMetrics exposition go with the samples that are stored', async () => {
  const job = ScrapeConfig.parse({ job_name: 'shop', static_configs: [{ targets: ['a:1'] }] });
  const { active } = targetsOf(job, { intervalMs: 15_000, timeoutMs: 1000 }, job.static_configs);
  const body =
    `# TYPE jobs histogram\njobs_bucket{le="1"} 3 # {trace_id="${slowTrace}",span_id="00000000000000aa"} 0.7 ${t0 / 1000}\n` +
    'jobs_bucket{le="+Inf"} 3\njobs_count 3\njobs_sum 1\n# EOF\n';
  const headers = { 'content-type': 'application/openmetrics-text; version=1.0.0' };
  const scrape = new TargetScrape(active[0]!, job, async () => new Response(body, { headers }));
  const { request } = await scrape.scrape(t0, new AbortController().signal);
  const index = new SeriesIndex({ maxSeries: 100, maxSeriesPerMetric: 100 });
  const { rows, exemplars } = new SampleAppender(index).append(request, { fromMs: 0, toMs: t0 });
  assert.equal(exemplars, 1);
  assert.match(rows.exemplars, new RegExp(`,${t0},0.7,"${slowTrace}","00000000000000aa"`));
});

test('no exemplar is said as such, and what is no PromQL is refused', async () => {
  const { total, text } = await asked('nothing_here');
  assert.equal(total, 0);
  assert.match(text, /^No exemplar/);
  await assert.rejects(asked('sum('), { code: 'invalid' });
});
