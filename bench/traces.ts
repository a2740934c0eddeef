/**
 * Questions about traces over millions of spans in the embedded store, each beside the plain floor of the same engine
 * over the same spans: `count() by service`. Judge by the ratios; the times depend on the machine.
 *
 *   npm run bench -- traces [million spans]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duration, instant } from '../src/kernel/index.ts';
import { openChdb, Telemetry } from '../src/telemetry/index.ts';
import { telemetryKernel } from '../src/telemetry/testing.ts';

const millions = Number(process.argv.find(arg => /^\d+(\.\d+)?$/.test(arg)) ?? 1);
const turns = 5;
const spansOfTrace = 12;
const traces = Math.round((millions * 1e6) / spansOfTrace);
const to = Date.now();
const from = to - 3_600_000;

const folder = process.env.NINES_BENCH_FOLDER ?? mkdtempSync(join(tmpdir(), 'nines-bench-'));
const store = await openChdb(folder);
const telemetry = new Telemetry(telemetryKernel(), { store, retention: { traces: duration('14d') } });
await telemetry.open();

/**
 * Checkouts of twenty routes: gateway calls payments (two statements) and catalog (one statement four times). One in 33 waits for a lock in
 * payments, most of these on its new version. `i` is the span of the trace, `t` the trace.
 */
const filling = (first: number, last: number) => `
  INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, TraceState, SpanName, SpanKind, ServiceName, ResourceAttributes,
    ScopeName, ScopeVersion, SpanAttributes, Duration, StatusCode, StatusMessage)
  WITH sipHash64(t) AS hash, hash % 33 = 0 AS isSlow, hash % 97 = 0 AS fails, toString(t % 20) AS route,
    if(isSlow, 400, 0) + hash % 17 AS lock,
    ['gateway','gateway','payments','payments','payments','payments','gateway','catalog','catalog','catalog','catalog','catalog'][i + 1] AS service,
    [-1, 0, 1, 2, 2, 2, 0, 6, 7, 7, 7, 7][i + 1] AS parent,
    service = 'payments' AND hash % 33 < 4 AS onNew
  SELECT fromUnixTimestamp64Milli(toInt64(${from} + toFloat64(t) * ${(to - from) / traces} + [0, 1, 2, 3, 6, 26 + lock, 40 + lock, 41 + lock, 42 + lock, 45 + lock, 48 + lock, 51 + lock][i + 1])) AS Timestamp,
    lower(hex(sipHash128(t))) AS TraceId, lower(hex(sipHash64(t, toUInt64(i)))) AS SpanId,
    if(parent < 0, '', lower(hex(sipHash64(t, toUInt64(greatest(parent, 0)))))) AS ParentSpanId, '' AS TraceState,
    ['POST /checkout/' || route, 'POST', 'POST /orders/' || route, 'pg-pool.connect', 'pg.query:SELECT shop', 'pg.query:INSERT shop', 'GET', 'GET /items/' || route,
      'pg.query:SELECT catalog', 'pg.query:SELECT catalog', 'pg.query:SELECT catalog', 'pg.query:SELECT catalog'][i + 1] AS SpanName,
    ['Server','Client','Server','Internal','Client','Client','Client','Server','Client','Client','Client','Client'][i + 1] AS SpanKind,
    service AS ServiceName,
    map('service.name', service, 'service.version', if(onNew, 'v2', 'v1'), 'service.instance.id', service || '-' || toString(t % 4), 'host.name', 'node-' || toString(t % 4),
      'deployment.environment.name', 'production', 'telemetry.sdk.language', 'nodejs', 'process.pid', '4711', 'process.runtime.name', 'nodejs') AS ResourceAttributes,
    'http' AS ScopeName, '1' AS ScopeVersion,
    multiIf(i IN (1, 6), map('http.request.method', 'POST', 'url.full', 'http://10.0.0.1/' || toString(t), 'server.address', service || '.shop', 'server.port', if(i = 1, '4813', '4814'), 'http.response.status_code', if(fails, '500', '200')),
      i IN (3, 4, 5), map('db.system.name', 'postgresql', 'db.namespace', 'shop', 'server.address', '127.0.0.1', 'server.port', '5432', 'db.query.text',
        if(i = 4, 'SELECT * FROM orders WHERE id = ' || toString(t) || ' AND email = ''user' || toString(t) || '@shop.example'' FOR UPDATE', 'INSERT INTO orders (id, total) VALUES (' || toString(t) || ', 12.5)')),
      i >= 8, map('db.system.name', 'postgresql', 'db.namespace', 'catalog', 'db.query.text', 'SELECT * FROM items WHERE id = ' || toString(t + i)),
      map('http.request.method', 'POST', 'http.route', '/route/' || route, 'http.response.status_code', if(fails, '500', '200'), 'url.path', '/x/' || toString(t), 'user_agent.original', 'load/1.0')) AS SpanAttributes,
    toUInt64([60 + lock, 38 + lock, 36 + lock, 2, 18 + lock, 10, 18, 16, 3, 3, 3, 3][i + 1]) * 1000000 AS Duration,
    if(fails AND i IN (0, 1, 2, 5), 'Error', 'Unset') AS StatusCode, if(fails AND i = 5, 'duplicate key ' || toString(t), '') AS StatusMessage
  FROM (SELECT number AS t, arrayJoin(range(${spansOfTrace})) AS i FROM numbers(${first}, ${last - first}))
  SETTINGS max_insert_block_size = 50000, max_partitions_per_insert_block = 0`;

const [{ have } = { have: 0 }] = await store.query<{ have: number }>(
  'SELECT count() AS have FROM otel_traces',
);
if (have === 0) {
  const began = performance.now();
  for (let first = 0; first < traces; first += 20_000)
    await store.exec(filling(first, Math.min(traces, first + 20_000)));
  console.log(
    `${traces * spansOfTrace} spans of ${traces} traces made in ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
}

const [bounds] = await store.query<{ least: number; most: number }>(
  'SELECT toUnixTimestamp64Milli(min(Timestamp)) AS least, toUnixTimestamp64Milli(max(Timestamp)) + 1 AS most FROM otel_traces',
);
const window = { from: instant(bounds!.least), to: instant(bounds!.most) };
const [some] = await telemetry.traces.search(window, { service: 'payments', errorsOnly: true, limit: 1 });
const asked: [name: string, ask: () => Promise<unknown>][] = [
  [
    'count() by service: the floor',
    () =>
      store.query(
        `SELECT ServiceName, count() FROM otel_traces WHERE Timestamp >= fromUnixTimestamp64Milli(${bounds!.least}) GROUP BY ServiceName`,
      ),
  ],
  ['get one by its id', () => telemetry.traces.get(some!.traceId)],
  ['search the newest', () => telemetry.traces.search(window, { service: 'payments' })],
  ['search errors', () => telemetry.traces.search(window, { service: 'payments', errorsOnly: true })],
  ['search the slowest', () => telemetry.traces.search(window, { order: 'slowest' })],
  ['operations', () => telemetry.traces.operations(window)],
  ['operations of a service', () => telemetry.traces.operations(window, { service: 'payments' })],
  [
    'operations by version',
    () => telemetry.traces.operations(window, { service: 'payments', groupByVersion: true }),
  ],
  ['edges', () => telemetry.traces.edges(window)],
  ['answered', () => telemetry.traces.answered(window)],
  [
    'timeline of a service',
    () => telemetry.traces.timeline(window, { service: 'payments', step: duration('1m') }),
  ],
  ['bottleneck of all', () => telemetry.traces.bottleneck(window)],
  ['bottleneck of a service', () => telemetry.traces.bottleneck(window, { service: 'payments' })],
];
let floor = 0;
console.log(
  `${'question'.padEnd(32)} ${'ms'.padStart(8)} ${'CPU ms'.padStart(8)} ${'floors'.padStart(8)}   (medians of ${turns}; the ratio is of CPU)`,
);
for (const [name, ask] of asked) {
  await ask();
  const times: [wall: number, cpu: number][] = [];
  for (let turn = 0; turn < turns; turn++) {
    const began = performance.now();
    const cpu = process.cpuUsage();
    await ask();
    const used = process.cpuUsage(cpu);
    times.push([performance.now() - began, (used.user + used.system) / 1000]);
  }
  const median = (of: number[]) => of.sort((a, b) => a - b)[of.length >> 1]!;
  const [wall, cpu] = [median(times.map(([one]) => one)), median(times.map(([, one]) => one))];
  if (floor === 0) floor = cpu;
  console.log(
    `${name.padEnd(32)} ${wall.toFixed(1).padStart(8)} ${cpu.toFixed(1).padStart(8)} ${(cpu / floor).toFixed(1).padStart(8)}`,
  );
}
await store.close();
if (process.env.NINES_BENCH_FOLDER === undefined) rmSync(folder, { recursive: true, force: true });
