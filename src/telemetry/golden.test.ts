import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemorySeries } from '../../test/kit/memory-metrics.ts';
import { duration, instant } from '../kernel/index.ts';
import { GoldenSignals, goldenSignals } from './golden.ts';
import { requestSources } from './golden-sources.ts';
import { parse } from './promql/index.ts';
import { goldenText } from './render.ts';
import type { SaturationSource } from './saturation-source.ts';
import { saturationSources } from './saturation-sources.ts';
import { parseExposition, parseSeries } from './scrape/exposition.ts';
import type { Traces } from './traces.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const noTraces = { answered: async () => [] } as unknown as Traces;

/** Each line as a series over five minutes: what ends in `+` grows by its value every 15 s, other values stand. */
function seriesOf(exposition: string): MemorySeries {
  const memory = new MemorySeries();
  const grows = new Set(
    exposition
      .split('\n')
      .filter(line => line.endsWith('+'))
      .map(line => line.slice(0, line.lastIndexOf(' '))),
  );
  const { samples } = parseExposition(exposition.replaceAll(/\+$/gm, ''), 'text');
  for (const { series, value } of samples) {
    const { __name__: name = '', ...labels } = Object.fromEntries(parseSeries(series));
    for (let step = -20; step <= 0; step++)
      memory.add(name, labels, t0 + step * 15_000, grows.has(series) ? (step + 20) * value : value);
  }
  return memory;
}

async function golden(service: string, exposition: string, traces = noTraces) {
  const found = await goldenSignals(
    { traces, metrics: seriesOf(exposition).metrics() },
    service,
    instant(t0),
    duration('5m'),
  );
  GoldenSignals.parse(found);
  return { ...found, text: goldenText(found) };
}

test('a Go service that Prometheus scrapes has cpu, memory, goroutines, connections and files', async () => {
  const { text } = await golden(
    'payments',
    `process_cpu_seconds_total{job="payments",instance="a:80"} 9+
go_sched_gomaxprocs_threads{job="payments",instance="a:80"} 4
process_resident_memory_bytes{job="payments",instance="a:80"} 104857600
go_memstats_heap_inuse_bytes{job="payments",instance="a:80"} 52428800
go_goroutines{job="payments",instance="a:80"} 812
process_open_fds{job="payments",instance="a:80"} 90
process_max_fds{job="payments",instance="a:80"} 100
go_sql_in_use_connections{job="payments",instance="a:80",db_name="shop"} 10
go_sql_max_open_connections{job="payments",instance="a:80",db_name="shop"} 10
process_cpu_seconds_total{job="other",instance="b:80"} 99+
`,
  );
  assert.match(text, /saturation {2}cpu: 0\.6 cores of 4 cores\n/);
  assert.match(text, /memory: 100 MiB\n/);
  assert.match(text, /go memory: 50 MiB\n/);
  assert.match(text, /goroutines: 812\n/);
  assert.match(text, /database connections \(shop\): 10 of 10\n/);
  assert.match(text, /open files and sockets: 90 of 100\n/);
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
});

test('what containers and hosts tell counts for the service that runs there, and no other', async () => {
  const { saturation } = await golden(
    'payments',
    `target_info{job="shop/payments",instance="p-1",host_name="node-a",telemetry_sdk_language="nodejs"} 1
container_cpu_usage_seconds_total{container="payments",pod="payments-7d9-x"} 6+
container_spec_cpu_quota{container="payments",pod="payments-7d9-x"} 100000
container_spec_cpu_period{container="payments",pod="payments-7d9-x"} 100000
container_memory_working_set_bytes{container="payments",pod="payments-7d9-x"} 900
container_spec_memory_limit_bytes{container="payments",pod="payments-7d9-x"} 1000
container_memory_working_set_bytes{container="gateway",pod="gateway-1"} 5000
node_cpu_seconds_total{instance="node-a:9100",cpu="0",mode="idle"} 3+
node_cpu_seconds_total{instance="node-b:9100",cpu="0",mode="idle"} 15+
node_filesystem_avail_bytes{instance="node-a:9100",mountpoint="/",fstype="ext4"} 10
node_filesystem_size_bytes{instance="node-a:9100",mountpoint="/",fstype="ext4"} 100
node_filesystem_avail_bytes{instance="node-a:9100",mountpoint="/run",fstype="tmpfs"} 1
node_filesystem_size_bytes{instance="node-a:9100",mountpoint="/run",fstype="tmpfs"} 100
`,
  );
  assert.deepEqual(
    saturation.map(({ resource, which, value, limit }) => [resource, which, Number(value.toFixed(3)), limit]),
    [
      ['cpu of containers', undefined, 0.4, 1],
      ['cpu of the host', 'node-a:9100', 0.8, 1],
      ['memory of containers', undefined, 900, 1000],
      ['disk of the host', 'node-a:9100 /', 0.9, 1],
    ],
  );
});

test('a database by its exporter has its connections against the most that it takes', async () => {
  const { saturation } = await golden(
    'orders-db',
    `pg_stat_database_numbackends{job="orders-db",instance="db:9187",datname="shop"} 60
pg_stat_database_numbackends{job="orders-db",instance="db:9187",datname="postgres"} 37
pg_settings_max_connections{job="orders-db",instance="db:9187"} 100
`,
  );
  assert.deepEqual(
    saturation.map(({ resource, value, limit, from }) => [resource, value, limit, from]),
    [['connections to the server', 97, 100, 'postgres_exporter']],
  );
});

test('a service that sends no spans has its requests from a histogram of any of the conventions', async () => {
  const at = (metric: string, label: string) => `${metric}_bucket{job="payments",${label}="200",le="0.1"} 9+
${metric}_bucket{job="payments",${label}="200",le="+Inf"} 9+
${metric}_count{job="payments",${label}="200"} 9+
${metric}_bucket{job="payments",${label}="503",le="0.1"} 1+
${metric}_bucket{job="payments",${label}="503",le="+Inf"} 1+
${metric}_count{job="payments",${label}="503"} 1+
`;
  for (const [metric, label] of [
    ['http_server_request_duration_seconds', 'http_response_status_code'],
    ['http_request_duration_seconds', 'status'],
    ['http_request_duration_seconds', 'code'],
    ['http_server_requests_seconds', 'status'],
  ] as const) {
    const found = await golden('payments', at(metric, label));
    assert.equal(found.source, 'metrics', metric);
    assert.equal(found.metric, metric);
    assert.ok(Math.abs(found.errors!.ratio - 0.1) < 1e-9, `${metric} ${label}`);
    assert.ok(Math.abs(found.latency!.p99Ms - 99) < 1e-6);
    assert.match(found.text, new RegExp(`From ${metric}\\.`));
  }
  const former = await golden(
    'payments',
    at('http_server_duration_milliseconds', 'http_status_code').replaceAll('le="0.1"', 'le="100"'),
  );
  assert.ok(Math.abs(former.latency!.p99Ms - 99) < 1e-6);
});

test('signals that nothing tells of are missing, with what would tell them in the language of the service', async () => {
  const of = (language: string) =>
    golden('payments', `target_info{job="payments",instance="p-1",telemetry_sdk_language="${language}"} 1\n`);
  const node = await of('nodejs');
  assert.deepEqual(
    node.missing.map(({ signal }) => signal),
    ['requests', 'cpu', 'memory', 'event loop', 'connections', 'disk', 'queue'],
  );
  assert.match(node.text, /event loop {2}@opentelemetry\/instrumentation-runtime-node/);
  const java = await of('java');
  assert.ok(!java.missing.some(({ signal }) => signal === 'event loop'));
  assert.ok(java.missing.some(({ signal }) => signal === 'threads'));
  for (const { text } of [node, java])
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
});

test('requests come from spans where there are spans', async () => {
  const traces = {
    answered: async () => [{ service: 'payments', count: 30, errors: 3, p50Ms: 1, p95Ms: 2, p99Ms: 3 }],
  } as unknown as Traces;
  const found = await golden('payments', 'up{job="payments"} 1\n', traces);
  assert.equal(found.source, 'spans');
  assert.deepEqual(found.errors, { count: 3, ratio: 0.1 });
  assert.ok(!found.missing.some(({ signal }) => signal === 'requests'));
});

const filled = (query: string) => query.replaceAll('{S', '{job="x"').replaceAll('[W', '[5m');

for (const source of saturationSources)
  test(`${source.resource} (${source.from}) is found when its metrics are there`, async () => {
    parse(filled(source.query));
    const lines = [
      ...linesOf(source, source.query),
      ...(source.limit === undefined ? [] : linesOf(source, source.limit)),
    ];
    const { saturation } = await golden(
      'x',
      `target_info{job="x",instance="p-1",host_name="node-a"} 1\n${[...new Set(lines)].join('\n')}\n`,
    );
    const found = saturation.find(({ resource }) => resource === source.resource);
    assert.equal(found?.from, source.from);
    if (source.limit !== undefined) assert.ok(found?.limit !== undefined, 'its limit is found too');
  });

/** The metrics of a query with the labels that it asks for; counters grow. */
function linesOf({ scope }: SaturationSource, query: string): string[] {
  const own = { service: 'job="x"', container: 'container="x"', host: 'instance="node-a:9100"' }[scope];
  return [...query.matchAll(/(rate\()?([a-z][a-zA-Z0-9_]*)\{S((?:,[a-z_]+[=!~]+"[^"]*")*)\}/g)].map(
    ([, rate, name, more = '']) => {
      const labels = more.split(',').filter(part => /^[a-z_]+="/.test(part));
      return `${name}{${[own, ...labels].join(',')}} ${rate === undefined ? 5 : '3+'}`;
    },
  );
}

test('each source of requests has matchers that PromQL reads', () => {
  for (const { metric, failed } of requestSources) parse(`${metric}_count{job="x",${failed}}`);
});
