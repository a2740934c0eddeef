import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startClickHouse, type TestClickHouse } from '../../test/kit/clickhouse-server.ts';
import { instant } from '../kernel/index.ts';
import type { Store } from './store.ts';
import { diskContract, downsamplingContract, retentionContract } from './store-age-contract.ts';
import { openClickHouse } from './store-clickhouse.ts';
import { storeContract } from './store-contract.ts';
import { attributes, protobufOf, testTelemetry } from './testing.ts';

let folder: string;
let server: TestClickHouse;
let store: Store;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nines-clickhouse-'));
  server = await startClickHouse(folder);
  store = await openClickHouse({ url: server.url, database: 'nines' });
});
after(async () => {
  await store.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

storeContract('ClickHouse', () => store);
downsamplingContract('ClickHouse', () => store);
retentionContract('ClickHouse', () => store);
diskContract('ClickHouse', () => store);

test('a server that does not answer is one clear fault', async () => {
  await assert.rejects(openClickHouse({ url: 'http://127.0.0.1:1' }), { code: 'unavailable' });
});

test('an address that is none is one clear fault', async () => {
  await assert.rejects(openClickHouse({ url: 'not an address' }), { code: 'invalid' });
});

test('telemetry works over the remote engine as over the embedded one, and another replica sees its series', async () => {
  const t0 = Date.parse('2026-01-27T03:00:00.000Z');
  const telemetry = await testTelemetry(store, { now: () => t0 });
  const request = {
    resourceMetrics: [
      {
        resource: { attributes: attributes({ 'service.name': 'payments' }) },
        scopeMetrics: [
          {
            metrics: [
              { name: 'queue.length', gauge: { dataPoints: [{ timeUnixNano: `${t0}000000`, asInt: 7 }] } },
            ],
          },
        ],
      },
    ],
  };
  await telemetry.ingestMetrics(protobufOf('metrics', request), 'application/x-protobuf');
  const expected = [
    { labels: { __name__: 'queue_length', job: 'payments', service_name: 'payments' }, value: 7 },
  ];
  assert.deepEqual((await telemetry.metrics.instant('queue_length', instant(t0))).samples, expected);
  const replica = await testTelemetry(store, { now: () => t0 });
  assert.deepEqual((await replica.metrics.instant('queue_length', instant(t0))).samples, expected);
  assert.ok(server.asked('INSERT INTO nines_samples') >= 1);
});
