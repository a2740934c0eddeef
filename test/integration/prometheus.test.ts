/** A real Prometheus beside Nines: it scrapes, writes to Nines, and both answer alike. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { instant, milliseconds } from '../../src/kernel/index.ts';
import { PrometheusMetrics } from '../../src/telemetry/sources/prometheus.ts';
import type { Telemetry } from '../../src/telemetry/telemetry.ts';
import { testStore, testTelemetry } from '../../src/telemetry/testing.ts';
import { serveMetrics } from '../kit/nines-metrics.ts';
import {
  type PrometheusServer,
  prometheusMajor,
  prometheusProgram,
  startPrometheus,
  withoutPrometheus,
} from '../kit/prometheus-server.ts';

const skip = withoutPrometheus ?? false;
const run = promisify(execFile);
/** How long Prometheus scrapes, each second, before both are asked. */
const scrapedForMs = 20_000;

const store = await testStore();
let telemetry: Telemetry;
let nines: Awaited<ReturnType<typeof serveMetrics>>;
let exporter: Server;
let prometheus: PrometheusServer;
let endMs = 0;

/** A program with metrics of every old type; one series ends while it is watched. */
function exporterOf(startedMs: number): Server {
  return createServer((_, response) => {
    const n = Math.floor((Date.now() - startedMs) / 250);
    const lines = [
      '# HELP shop_requests_total Requests by code.',
      '# TYPE shop_requests_total counter',
      `shop_requests_total{code="200",route="/cart"} ${n * 7}`,
      `shop_requests_total{code="500",route="/cart"} ${n}`,
      `shop_requests_total{code="200",route="/checkout"} ${(n * 3) % 50}`,
      '# TYPE shop_queue_length gauge',
      `shop_queue_length{queue="mail"} ${Math.sin(n / 5) * 10}`,
      `shop_queue_length{queue="odd \\"one\\"\\n"} NaN`,
      '# TYPE shop_latency_seconds histogram',
      ...[0.1, 0.5, 1, 5].map((le, i) => `shop_latency_seconds_bucket{le="${le}"} ${n * (i + 1)}`),
      `shop_latency_seconds_bucket{le="+Inf"} ${n * 5}`,
      `shop_latency_seconds_sum ${n * 2.5}`,
      `shop_latency_seconds_count ${n * 5}`,
      ...(Date.now() - startedMs < scrapedForMs / 2 ? ['# TYPE shop_passing gauge', 'shop_passing 1'] : []),
    ];
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`${lines.join('\n')}\n`);
  });
}

before(
  async () => {
    if (skip !== false) return;
    telemetry = await testTelemetry(store, { ranges: prometheusMajor() < 3 ? 'closed' : 'left-open' });
    nines = await serveMetrics(telemetry);
    exporter = exporterOf(Date.now()).listen(0, '127.0.0.1');
    await once(exporter, 'listening');
    const { port } = exporter.address() as AddressInfo;
    prometheus = await startPrometheus(`
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ['127.0.0.1:${port}'], labels: { team: shop } }]
remote_write:
  - url: ${nines.url}/prometheus/api/v1/write
    queue_config: { batch_send_deadline: 200ms }
    metadata_config: { send_interval: 2s }
`);
    const until = Date.now() + scrapedForMs;
    const giveUp = until + 60_000;
    const newest = async () =>
      (await telemetry.metrics.instant('max(timestamp(up))', instant(Date.now()))).samples[0]?.value ?? 0;
    // What is asked ends a little before the newest sample, so that both hold all of it.
    while (Date.now() < until || (await newest()) * 1000 < until) {
      assert.ok(Date.now() < giveUp, 'Prometheus does not write to Nines');
      await new Promise(resolve => setTimeout(resolve, 200));
    }
    endMs = Math.floor(until / 1000) * 1000 - 1_000;
  },
  { timeout: 120_000 },
);

after(async () => {
  await prometheus?.stop();
  exporter?.close();
  await nines?.close();
  await telemetry?.stop();
  await store.close();
});

const queries = [
  'shop_requests_total',
  'sum by (code) (rate(shop_requests_total[10s]))',
  'sum(rate(shop_requests_total{code=~"5.."}[10s])) / sum(rate(shop_requests_total[10s]))',
  'increase(shop_requests_total{route="/checkout"}[8s])',
  'resets(shop_requests_total[15s])',
  'histogram_quantile(0.9, sum by (le) (rate(shop_latency_seconds_bucket[10s])))',
  'rate(shop_latency_seconds_sum[5s]) / rate(shop_latency_seconds_count[5s])',
  'avg_over_time(shop_queue_length[7s])',
  'max_over_time(shop_queue_length{queue="mail"}[9s])',
  'quantile_over_time(0.5, shop_queue_length{queue="mail"}[9s])',
  'deriv(shop_queue_length{queue="mail"}[10s])',
  'shop_passing',
  'count_over_time(shop_passing[1m])',
  'absent(shop_passing)',
  'topk(2, shop_requests_total)',
  'shop_requests_total offset 5s',
  'max_over_time(rate(shop_requests_total{code="500"}[5s])[10s:2s])',
  'shop_requests_total{code="500"} / on (route) group_left () shop_requests_total{code="200"}',
  'label_replace(up, "port", "$1", "instance", ".*:(.*)") or scrape_samples_scraped',
  'changes(up[10s]) + stddev_over_time(scrape_samples_scraped[10s])',
  'count({__name__=~"shop_.+"}) by (__name__)',
];

const key = (labels: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

function assertAlike(got: number, expected: number, where: string): void {
  if (Number.isNaN(expected) && Number.isNaN(got)) return;
  const near = Math.abs(got - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
  assert.ok(near || got === expected, `${where}: ${got} instead of ${expected}`);
}

for (const query of queries)
  test(`Nines answers as Prometheus does: ${query}`, { skip }, async () => {
    const theirs = new PrometheusMetrics('prometheus', {
      url: prometheus.url,
      timeout: '10s',
      partialData: 'fail',
    });
    const ours = new PrometheusMetrics('nines', {
      url: `${nines.url}/prometheus`,
      timeout: '10s',
      partialData: 'fail',
    });
    const window = { from: instant(endMs - 15_000), to: instant(endMs), step: milliseconds(1_500) };
    const expected = await theirs.range(query, window);
    const got = await ours.range(query, window);
    const points = new Map(got.series.map(({ labels, points }) => [key(labels), points]));
    assert.deepEqual([...points.keys()].sort(), expected.series.map(({ labels }) => key(labels)).sort());
    assert.ok(expected.series.length > 0, 'the query finds something');
    for (const { labels, points: wanted } of expected.series) {
      const found = points.get(key(labels)) ?? [];
      assert.deepEqual(
        found.map(([at]) => at),
        wanted.map(([at]) => at),
        `the steps of ${key(labels)}`,
      );
      for (const [i, [at, value]] of wanted.entries())
        assertAlike(found[i]![1], value, `${key(labels)} at ${new Date(at).toISOString()}`);
    }
    const at = instant(endMs);
    const now = new Map((await ours.instant(query, at)).samples.map(one => [key(one.labels), one.value]));
    const then = await theirs.instant(query, at);
    assert.equal(now.size, then.samples.length);
    for (const { labels, value } of then.samples)
      assertAlike(now.get(key(labels)) ?? Number.NaN, value, key(labels));
  });

test('series, labels and metadata are those of Prometheus', { skip }, async () => {
  const get = async (base: string, path: string) => {
    const response = await fetch(`${base}/api/v1/${path}`);
    return ((await response.json()) as { data: unknown }).data;
  };
  const ours = `${nines.url}/prometheus`;
  const window = `start=${endMs / 1000 - 15}&end=${endMs / 1000}`;
  for (const path of [
    `series?match[]=shop_requests_total&match[]=up&${window}`,
    `labels?${window}`,
    `label/route/values?${window}`,
    `label/__name__/values?${window}`,
  ]) {
    const sorted = (data: unknown) => (data as object[]).map(one => JSON.stringify(one)).sort();
    const order = (data: unknown) =>
      sorted(
        (data as (string | Record<string, string>)[]).map(one =>
          typeof one === 'string' ? [one] : Object.entries(one).sort(),
        ),
      );
    assert.deepEqual(order(await get(ours, path)), order(await get(prometheus.url, path)), path);
  }
  const metadata = (await get(ours, 'metadata?metric=shop_requests_total')) as Record<string, unknown[]>;
  assert.deepEqual(metadata.shop_requests_total, [{ type: 'counter', help: 'Requests by code.', unit: '' }]);
});

const promtool = prometheusProgram('promtool');

test('promtool asks Nines as it asks Prometheus', { skip: skip || promtool === undefined }, async () => {
  const ask = async (base: string) => {
    const time = String(endMs / 1000);
    const { stdout } = await run(promtool!, [
      'query',
      'instant',
      `--time=${time}`,
      base,
      'sort(shop_requests_total)',
    ]);
    return stdout;
  };
  const answer = await ask(`${nines.url}/prometheus`);
  assert.match(answer, /shop_requests_total\{code="500", /);
  assert.equal(answer, await ask(prometheus.url));
  const { stdout } = await run(promtool!, ['query', 'labels', `${nines.url}/prometheus`, 'route']);
  assert.equal(stdout, '/cart\n/checkout\n');
  await assert.rejects(
    run(promtool!, ['query', 'instant', `${nines.url}/prometheus`, 'sum(']),
    /unclosed left parenthesis/,
  );
});
