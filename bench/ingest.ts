/**
 * OTLP into the embedded store, function by function as the HTTP server calls it: decode, rows, insert, acknowledged.
 * Beside it the raw insert rate of the engine for the same rows: the very blocks that were inserted, into the same
 * tables, one insert after the other, in the format that the engine takes fastest (Native columns, over the same path).
 * What these rows cost as JSON is told as well. Then the latency of instant queries while ingest goes on.
 *
 *   npm run bench -- ingest [seconds] [traces|metrics|logs]
 *
 * Two ratios: by time, which is what a sender sees on this machine, and by CPU, which holds on a busy one as well. Where
 * there are two cores the engine inserts on one while the next requests are decoded on the other, so that the ratio by
 * time is the better one on a quiet machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { duration, instant } from '../src/kernel/index.ts';
import { openChdb, type Store, Telemetry } from '../src/telemetry/index.ts';
import type { InsertFormat } from '../src/telemetry/store.ts';
import { attributes, protobufOf, telemetryKernel } from '../src/telemetry/testing.ts';

const seconds = Number(process.argv.find(arg => /^\d+$/.test(arg)) ?? 8);
const spansARequest = 500;
/** Enough that a batch is full while the one before is being stored: the senders are not what is measured. */
const concurrency = 120;
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
interface Insert {
  table: string;
  columns: readonly string[];
  rows: Uint8Array;
  format: InsertFormat | undefined;
  count: number;
}

/** What one signal had inserted, to be inserted again without anything around it; as many batches as fit in 64 MB. */
let replay: Insert[] = [];
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
  await settled();
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
  const rows = accepted * (signal === 'metrics' ? samplesAPoint : 1);
  const percent = (part: number) => `${(part * 100).toFixed(0)} %`;
  const batches = replay.filter(({ table }) => table in main);
  await settled();
  const raw = await rawRate(batches);
  const asJson = await rawRate(await inJson(batches));
  console.log(
    `         the engine by itself: ${Math.round(raw.perSecond)} of the same rows/s with ${raw.cpuMicros.toFixed(2)} µs of CPU each, ` +
      `peak memory ${Math.round(raw.peak / 1024 / 1024)} MiB\n` +
      `         ingest reaches ${percent(rows / took / raw.perSecond)} of it by time, ` +
      `${percent((raw.cpuMicros * rows) / (used.user + used.system))} by CPU; ` +
      `as JSON the engine takes ${Math.round(asJson.perSecond)} rows/s with ${asJson.cpuMicros.toFixed(2)} µs each`,
  );
  return rate;
}

/** Waits until the engine has merged what came before, which would be counted as what comes now. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    const [merges] = await engine.query<{ n: number }>('SELECT count() AS n FROM system.merges');
    if (merges?.n === 0) return;
    await new Promise(resolve => setTimeout(resolve, 300));
  }
}

/** The tables of the rows themselves; series and templates, which are written once, are left out. */
const main: Readonly<Record<string, true>> = { otel_traces: true, otel_logs: true, nines_samples: true };

/** What the engine does with these batches, one after another. */
async function rawRate(
  batches: readonly Insert[],
): Promise<{ perSecond: number; cpuMicros: number; peak: number }> {
  let rows = 0;
  let peak = 0;
  const began = performance.now();
  const cpu = process.cpuUsage();
  do {
    for (const batch of batches) {
      await engine.insert(batch.table, batch.columns, batch.rows, batch.format);
      rows += batch.count;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
  } while (performance.now() - began < Math.max(3, seconds) * 1000);
  const used = process.cpuUsage(cpu);
  return {
    perSecond: rows / ((performance.now() - began) / 1000),
    cpuMicros: (used.user + used.system) / rows,
    peak,
  };
}

/** The rows of a table as JSON, as the engine itself writes what it has of them: how a simple client would send them. */
async function inJson([first]: readonly Insert[]): Promise<Insert[]> {
  if (first === undefined) return [];
  const rows = await engine.query<Record<string, unknown>>(
    `SELECT * REPLACE (${first.table === 'nines_samples' ? 'toUnixTimestamp64Milli(ts) AS ts' : 'toUnixTimestamp64Nano(Timestamp) AS Timestamp'})
     FROM ${first.table} LIMIT 50000`,
  );
  const lines = rows.map(row => `${JSON.stringify(first.columns.map(name => row[name]))}\n`).join('');
  return [{ ...first, rows: Buffer.from(lines), format: 'JSONCompactEachRow', count: rows.length }];
}

function countOf(rows: Uint8Array, format: InsertFormat | undefined): number {
  if (format !== 'Native') return linesOf(rows);
  // The first numbers of a block, as varints: its columns, its rows.
  let at = 0;
  while (rows[at]! > 0x7f) at += 1;
  let count = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = rows[++at]!;
    count += (byte & 0x7f) * shift;
    if (byte <= 0x7f) return count;
  }
}

function linesOf(rows: Uint8Array): number {
  let lines = 0;
  for (const byte of rows) if (byte === 10) lines += 1;
  return lines;
}

console.log(`one process, ${concurrency} senders, ${seconds} s each`);
const only = process.argv.find(arg => /^(traces|metrics|logs)$/.test(arg));
const wanted = (signal: string) => only === undefined || only === signal;
if (wanted('traces')) await feed('traces', traceRequest);
if (wanted('metrics')) {
  const points = await feed('metrics', metricRequest);
  console.log(
    `         ${points * samplesAPoint} samples/s (a histogram point of 14 bounds is ${samplesAPoint} samples)`,
  );
}
if (wanted('logs')) await feed('logs', logRequest);

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
