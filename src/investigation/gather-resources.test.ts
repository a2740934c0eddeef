import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs } from '../kernel/index.ts';
import { gatherResources, readingsOf } from './gather-resources.ts';
import { resourceProbes, saturations } from './resource.ts';
import { at } from './testing.ts';

const window = { baseline: { from: at(-5), to: at(-0.2) }, incident: { from: at(0), to: at(2) } };
const [poolProbe] = resourceProbes;
const series = (labels: Record<string, string>, points: [number, number][]) => ({
  labels: { service_name: 'payments', db_client_connection_pool_name: 'shop', ...labels },
  points: points.map(([minute, value]): [number, number] => [epochMs(at(minute)), value]),
});
const minutes = [-4, -3, -2, -1, 0.2, 0.5, 1, 1.5];

test('the fullest replica stands for its service, and one that closed its pool counts for nothing', () => {
  const old = { instance: 'a', service_version: 'v1.2.2' };
  const fresh = { instance: 'b', service_version: 'v1.2.3' };
  const [reading] = readingsOf(
    poolProbe!,
    window,
    {
      used: 'used',
      series: [
        series(
          old,
          minutes.map(minute => [minute, minute < 0 ? 2 : 9]),
        ),
        series(fresh, [
          [0.2, 10],
          [0.5, 10],
          [1, 10],
          [1.5, 10],
        ]),
      ],
    },
    {
      limit: 'limit',
      series: [
        series(
          old,
          minutes.map(minute => [minute, minute < 0 ? 10 : 0]),
        ),
        series(fresh, [
          [0.2, 10],
          [0.5, 10],
          [1, 10],
          [1.5, 10],
        ]),
      ],
    },
  );
  assert.equal(reading?.before?.p90, 2);
  assert.equal(reading?.after?.p90, 10);
  assert.equal(reading?.limit, 10);
  assert.equal(saturations([reading!])[0]?.what, 'full');
});

test('a pool that was full before the onset too is no news', () => {
  const full = { median: 10, p90: 10, max: 10, points: 9 };
  const figures = {
    resource: 'database_pool',
    service: 'payments',
    instance: 'shop',
    unit: 'count' as const,
    query: 'used',
    limit: 10,
    before: full,
    after: full,
  };
  assert.deepEqual(saturations([figures]), []);
  assert.equal(saturations([{ ...figures, before: { ...full, p90: 3 } }]).length, 1);
});

test('the second naming of a metric is asked when the first has no samples', async () => {
  const asked: string[] = [];
  const found = await gatherResources(window, async query => {
    asked.push(query);
    if (query.includes('db_client_connections_usage'))
      return [{ labels: { service_name: 'payments', pool_name: 'shop' }, points: [[epochMs(at(1)), 4]] }];
    return [];
  });
  assert.ok(asked.some(query => query.includes('db_client_connection_count')));
  assert.deepEqual(
    found.map(({ resource, service, instance }) => ({ resource, service, instance })),
    [{ resource: 'database_pool', service: 'payments', instance: 'shop' }],
  );
});
