/**
 * OTLP into the embedded store, function by function as the HTTP server calls it: decode, rows, insert, acknowledged.
 * Beside it, the engine's own insert of the same rows. Then the latency of instant queries while ingest goes on.
 *
 *   npm run bench -- ingest [seconds]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { duration, instant } from '../src/kernel/index.ts';
import { openChdb, type Store, Telemetry } from '../src/telemetry/index.ts';
import { attributes, protobufOf, telemetryKernel } from '../src/telemetry/testing.ts';

const seconds = Number(process.argv.find(arg => /^\d+$/.test(arg)) ?? 8);
const spansARequest = 500;
const concurrency = 48;
/** A histogram point of 14 bounds: 15 buckets, sum and count. */
const samplesAPoint = 17;

const services = ['gateway', 'auth', 'payments', 'catalog', 'search', 'mail', 'stock', 'orders'];
const resourceOf = (service: string) => ({
  attributes: attributes({
    'service.name': service,
    'service.version': 'v1.4.2',
    'service.instance.id': `${service}-1`,
    'deployment.environment.name': 'production',
    'host.name': 'node-a',
    'process.pid': 4711,
  }),
});

function traceRequest(at: number, sequence: number) {
  const service = services[sequence % services.length]!;
  const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');
  const spans = Array.from({ length: spansARequest }, (_, index) => {
    const id = sequence * spansARequest + index + 1;
    return {
      traceId: hex(Math.floor(id / 8) + 1, 32),
      spanId: hex(id, 16),
      ...(id % 8 === 0 ? {} : { parentSpanId: hex(id - 1, 16) }),
      name: `POST /route-${id % 20}`,
      kind: 2 + (id % 2),
      startTimeUnixNano: String(BigInt(at) * 1_000_000n + BigInt(index)),
      endTimeUnixNano: String(BigInt(at + (id % 300)) * 1_000_000n),
      attributes: attributes({
        'http.request.method': 'POST',
        'http.route': `/route-${id % 20}`,
        'http.response.status_code': id % 50 === 0 ? 500 : 200,
        'url.path': `/route-${id % 20}/${id}`,
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'server.port': 4813,
        'user_agent.original': 'load/1.0',
      }),
      ...(id % 50 === 0 ? { status: { code: 2 } } : {}),
    };
  });
  return protobufOf('traces', {
    resourceSpans: [{ resource: resourceOf(service), scopeSpans: [{ scope: { name: 'http' }, spans }] }],
  });
}

function metricRequest(at: number, sequence: number) {
  const service = services[sequence % services.length]!;
  const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
  const dataPoints = Array.from({ length: 40 }, (_, index) => ({
    startTimeUnixNano: String(BigInt(at - 600_000) * 1_000_000n),
    timeUnixNano: String(BigInt(at) * 1_000_000n),
    count: 15 * (sequence + 1),
    sum: sequence,
    bucketCounts: bounds.concat(0).map(() => sequence + 1),
    explicitBounds: bounds,
    attributes: attributes({
      'http.route': `/route-${index % 20}`,
      'http.response.status_code': index < 20 ? 200 : 500,
    }),
  }));
  const metrics = [
    { name: 'http.server.request.duration', unit: 's', histogram: { aggregationTemporality: 2, dataPoints } },
  ];
  return protobufOf('metrics', {
    resourceMetrics: [{ resource: resourceOf(service), scopeMetrics: [{ metrics }] }],
  });
}

function logRequest(at: number, sequence: number) {
  const service = services[sequence % services.length]!;
  const logRecords = Array.from({ length: spansARequest }, (_, index) => ({
    timeUnixNano: String(BigInt(at) * 1_000_000n + BigInt(index)),
    severityNumber: index % 20 === 0 ? 17 : 9,
    severityText: index % 20 === 0 ? 'ERROR' : 'INFO',
    body: { stringValue: `order ${sequence * 1000 + index} placed in ${index % 90} ms` },
    attributes: attributes({ 'order.id': sequence * 1000 + index, 'customer.id': index % 100 }),
    traceId: (sequence + 1).toString(16).padStart(32, '0'),
    spanId: (index + 1).toString(16).padStart(16, '0'),
  }));
  return protobufOf('logs', {
    resourceLogs: [{ resource: resourceOf(service), scopeLogs: [{ logRecords }] }],
  });
}

const folder = mkdtempSync(join(tmpdir(), 'nines-bench-'));
const engine = await openChdb(folder);
/** What one signal had inserted, to be inserted again without anything around it; as many batches as fit in 64 MB. */
let replay: {
  table: string;
  columns: readonly string[];
  rows: Uint8Array;
  format: 'Native' | 'JSONCompactEachRow' | undefined;
  count: number;
}[] = [];
let replayBytes = 0;
const store: Store = {
  ...engine,
  insert: async (table, columns, rows, format) => {
    if (replayBytes + rows.byteLength < 64e6) {
      replayBytes += rows.byteLength;
      replay.push({ table, columns, rows, format, count: countOf(rows, format) });
    }
    await engine.insert(table, columns, rows, format);
  },
};
const telemetry = new Telemetry(telemetryKernel(), {
  store,
  retention: { metrics: duration('90d'), traces: duration('14d'), logs: duration('14d') },
});
await telemetry.open();

async function feed(
  signal: 'traces' | 'metrics' | 'logs',
  make: (at: number, sequence: number) => Uint8Array,
) {
  // Made beforehand: what is measured is the taking in. Times differ from request to request, as they do.
  const start = Date.now() - 60_000;
  const requests = Array.from({ length: 200 }, (_, sequence) => make(start + sequence * 100, sequence));
  replay = [];
  replayBytes = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const until = performance.now() + seconds * 1000;
  const began = performance.now();
  const cpu = process.cpuUsage();
  let accepted = 0;
  let next = 0;
  const latencies: number[] = [];
  let peak = 0;
  const sender = async () => {
    while (performance.now() < until) {
      const body = requests[next++ % requests.length]!;
      const sent = performance.now();
      const answer = await telemetry.ingest(signal, body, { contentType: 'application/x-protobuf' });
      accepted += answer.accepted;
      latencies.push(performance.now() - sent);
      peak = Math.max(peak, process.memoryUsage.rss());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
  const took = (performance.now() - began) / 1000;
  delay.disable();
  const used = process.cpuUsage(cpu);
  const cpuMicros = (used.user + used.system) / accepted;
  latencies.sort((a, b) => a - b);
  const rate = Math.round(accepted / took);
  console.log(
    `${signal.padEnd(8)} ${String(rate).padStart(8)}/s  ack p50 ${latencies[latencies.length >> 1]!.toFixed(0)} ms, ` +
      `p99 ${latencies[Math.floor(latencies.length * 0.99)]!.toFixed(0)} ms, event loop p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms, ` +
      `peak memory ${Math.round(peak / 1024 / 1024)} MiB, ` +
      `${cpuMicros.toFixed(0)} µs of CPU each`,
  );
  const raw = await rawRate();
  const rows = accepted * (signal === 'metrics' ? samplesAPoint : 1);
  const percent = (part: number) => `${(part * 100).toFixed(0)} %`;
  // Of CPU too: on a machine that does other work beside, rows a second say little.
  console.log(
    `         the engine by itself takes ${Math.round(raw.perSecond)} of the same rows/s with ${raw.cpuMicros.toFixed(1)} µs ` +
      `of CPU each: ingest reaches ${percent(rows / took / raw.perSecond)} by time, ` +
      `${percent((raw.cpuMicros * rows) / (used.user + used.system))} by CPU`,
  );
  return rate;
}

/** What the engine does with the same batches, one after another. Rows of series are left out. */
async function rawRate(): Promise<{ perSecond: number; cpuMicros: number }> {
  const batches = replay.filter(({ table }) => table !== 'nines_series');
  let rows = 0;
  const began = performance.now();
  const cpu = process.cpuUsage();
  do {
    for (const batch of batches) {
      await engine.insert(batch.table, batch.columns, batch.rows, batch.format);
      rows += batch.count;
    }
  } while (performance.now() - began < 3_000);
  const used = process.cpuUsage(cpu);
  return {
    perSecond: rows / ((performance.now() - began) / 1000),
    cpuMicros: (used.user + used.system) / rows,
  };
}

function countOf(rows: Uint8Array, format: string | undefined): number {
  if (format === 'Native') {
    // The second varint of a block.
    let at = 0;
    while (rows[at]! > 127) at += 1;
    at += 1;
    let n = 0,
      shift = 0;
    for (;;) {
      const b = rows[at++]!;
      n += (b & 127) * 2 ** shift;
      shift += 7;
      if (b < 128) return n;
    }
  }
  let lines = 0;
  for (const byte of rows) if (byte === 10) lines += 1;
  return lines;
}

console.log(`one process, ${concurrency} senders, ${seconds} s each`);
await feed('traces', traceRequest);
const points = await feed('metrics', metricRequest);
console.log(
  `         ${points * samplesAPoint} samples/s (a histogram point of 14 bounds is ${samplesAPoint} samples)`,
);
await feed('logs', logRequest);

const now = Date.now();
for (const query of [
  'sum(rate(http_server_request_duration_seconds_count{service_name="payments"}[5m]))',
  'sum(rate(http_server_request_duration_seconds_count{service_name="payments",http_response_status_code=~"5.."}[1h])) / sum(rate(http_server_request_duration_seconds_count{service_name="payments"}[1h]))',
  'histogram_quantile(0.99, sum by (le) (rate(http_server_request_duration_seconds_bucket{service_name="payments"}[5m])))',
]) {
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const began = performance.now();
    await telemetry.metrics.instant(query, instant(now));
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  console.log(
    `instant  p50 ${times[10]!.toFixed(1)} ms, max ${times[19]!.toFixed(1)} ms  ${query.slice(0, 90)}`,
  );
}
const window = { from: instant(now - 900_000), to: instant(now) };
for (const [name, ask] of [
  ['operations', () => telemetry.traces.operations(window)],
  ['edges', () => telemetry.traces.edges(window)],
  ['patterns', () => telemetry.logs.patterns(window)],
] as const) {
  const began = performance.now();
  await ask();
  console.log(`${name.padEnd(10)} ${(performance.now() - began).toFixed(0)} ms`);
}
const [rows] = await store.query<{ spans: number }>('SELECT count() AS spans FROM otel_traces');
console.log(`${rows?.spans} spans are stored`);
await telemetry.stop();
await store.close();
rmSync(folder, { recursive: true, force: true });
