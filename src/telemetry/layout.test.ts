import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';

import { milliseconds } from '../kernel/index.ts';
import { DiskConfig } from './disk.ts';
import { type Cluster, layoutOf } from './layout.ts';
import { columnChanges, retentionChanges, schema } from './schema.ts';
import type { Store } from './store.ts';
import { openClickHouse } from './store-clickhouse.ts';
import { Telemetry } from './telemetry.ts';
import { telemetryKernel, testStore } from './testing.ts';

const day = 86_400_000;
const retention = {
  metrics: milliseconds(90 * day),
  traces: milliseconds(14 * day),
  logs: milliseconds(14 * day),
};
const clusters: Record<string, Cluster> = {
  'shards of replicas': { name: 'shop-prod', replicated: true, sharded: true },
  'replicas of one shard': { name: 'shop-prod', replicated: true, sharded: false },
  'shards without replicas': { name: 'shop-prod', replicated: false, sharded: true },
};
let store: Store;
before(async () => {
  store = await testStore();
});
after(() => store.close());

/** A statement as the engine writes it, on one line. */
async function canonical(sql: string): Promise<string> {
  const [row] = await store.query<{ text: string }>('SELECT formatQuerySingleLine({sql:String}) AS text', {
    sql,
  });
  return row!.text;
}

for (const [what, cluster] of Object.entries(clusters))
  test(`${what}: ClickHouse reads every statement, and each is for the whole cluster`, async () => {
    const layout = layoutOf(cluster);
    const tables = new Map(
      ['otel_traces', 'otel_logs', 'nines_samples'].flatMap(table => [
        [table, `CREATE TABLE ${table}`],
        [layout.local(table), `CREATE TABLE ${layout.local(table)}`],
      ]),
    );
    const all = [
      ...schema(retention, layout),
      ...retentionChanges(retention, tables, layout),
      ...columnChanges(tables, layout),
    ];
    for (const sql of all) assert.match(await canonical(sql), /^(CREATE|ALTER) .*? ON CLUSTER `shop-prod`/);
    const made = schema(retention, layout);
    assert.equal(made.filter(sql => sql.includes('Distributed(')).length, cluster.sharded ? 8 : 0);
    assert.equal(made.filter(sql => /ENGINE = Replicated/.test(sql)).length, cluster.replicated ? 8 : 0);
    assert.equal(
      made.filter(sql => /CREATE TABLE IF NOT EXISTS \w+_local /.test(sql)).length,
      cluster.sharded ? 8 : 0,
    );
  });

test('a sharded and replicated table, its view and the table over it are made so', async () => {
  const made = await Promise.all(schema(retention, layoutOf(clusters['shards of replicas'])).map(canonical));
  const of = (start: string) => made.find(sql => sql.startsWith(start));
  assert.equal(
    of('CREATE TABLE IF NOT EXISTS nines_samples_local'),
    "CREATE TABLE IF NOT EXISTS nines_samples_local ON CLUSTER `shop-prod` (`id` UInt64 CODEC(Delta(8), ZSTD(1)), `ts` DateTime64(3) CODEC(DoubleDelta, ZSTD(1)), `value` Float64 CODEC(Gorilla, ZSTD(1)), `kind` UInt8 CODEC(ZSTD(1))) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}') PARTITION BY toStartOfInterval(ts, toIntervalHour(6), 'UTC') ORDER BY (id, ts) TTL toDateTime(ts) + toIntervalSecond(7776000) SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1",
  );
  assert.match(
    of('CREATE TABLE IF NOT EXISTS nines_series_local')!,
    /ReplicatedReplacingMergeTree\('\/clickhouse\/tables\/\{shard\}\/\{database\}\/\{table\}', '\{replica\}', last_seen\)/,
  );
  assert.equal(
    of('CREATE TABLE IF NOT EXISTS nines_samples ON'),
    "CREATE TABLE IF NOT EXISTS nines_samples ON CLUSTER `shop-prod` AS nines_samples_local ENGINE = Distributed('shop-prod', currentDatabase(), 'nines_samples_local', id)",
  );
  assert.match(
    of('CREATE MATERIALIZED VIEW')!,
    /_mv ON CLUSTER `shop-prod` TO otel_traces_trace_id_ts_local AS SELECT .* FROM otel_traces_local /,
  );
  // A table can only be laid over one that is there.
  const position = (start: string) => made.findIndex(sql => sql.startsWith(start));
  assert.ok(
    position('CREATE TABLE IF NOT EXISTS otel_traces_local') <
      position('CREATE TABLE IF NOT EXISTS otel_traces ON'),
  );
});

test('the tables that hold the rows of a cluster without replicas can be made and written here', async () => {
  const layout = layoutOf(clusters['shards without replicas']);
  const local = schema(retention, layout)
    .filter(sql => !sql.includes('Distributed('))
    .map(sql => sql.replaceAll(layout.on, ''));
  for (const sql of local) await store.exec(sql);
  await store.exec("INSERT INTO otel_traces_local (Timestamp, TraceId) VALUES (now64(9), 'abc')");
  assert.deepEqual(await store.query('SELECT TraceId FROM otel_traces_trace_id_ts_local'), [
    { TraceId: 'abc' },
  ]);
});

test('without a cluster nothing of one is in the statements', () => {
  for (const sql of schema(retention)) assert.doesNotMatch(sql, /CLUSTER|Replicated|Distributed|_local/);
});

test('on a cluster the database is made everywhere, queries look tables up everywhere, and acknowledged means stored', async t => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      asked.push(decodeURIComponent(`${request.url} ${Buffer.concat(chunks)}`));
      response.end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const remote = await openClickHouse({ url, database: 'nines', cluster: 'shop-prod' });
  assert.deepEqual(remote.cluster, { name: 'shop-prod', replicated: true, sharded: true });
  await remote.query('SELECT 1');
  await remote.insert('nines_samples', ['id'], new TextEncoder().encode('[1]\n'));
  await remote.close();
  assert.match(asked[0]!, /CREATE DATABASE IF NOT EXISTS \{name:Identifier\} ON CLUSTER `shop-prod`/);
  assert.match(asked.find(one => one.includes('SELECT 1'))!, /distributed_product_mode=global/);
  assert.match(asked.find(one => one.includes('nines_samples'))!, /distributed_foreground_insert=1/);
  await assert.rejects(openClickHouse({ url, cluster: 'a b' }), { code: 'invalid' });
  assert.throws(
    () => new Telemetry(telemetryKernel(), { store: remote, disk: DiskConfig.parse({ atMost: '1GiB' }) }),
    { code: 'invalid', message: /not for a cluster/ },
  );
});
