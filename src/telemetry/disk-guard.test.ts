import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { instant, type Kernel } from '../kernel/index.ts';
import { DiskConfig, type DiskPartition } from './disk.ts';
import { DiskGuard } from './disk-guard.ts';
import { storageText } from './storage.ts';
import type { Store } from './store.ts';
import { Telemetry } from './telemetry.ts';
import { attributes, telemetryKernel, testStore } from './testing.ts';

const GiB = 1024 ** 3;
const day = 86_400_000;
const now = Date.parse('2026-02-01T12:00:00.000Z');
let store: Store & { folder: string };
before(async () => {
  store = await testStore();
});
after(() => store.close());

interface Told {
  type: string;
  data: Record<string, unknown>;
}

function kernelThatTells(told: Told[]): Kernel {
  const events = {
    emit: async (type: string, _: string, data: Record<string, unknown>) => {
      told.push({ type, data });
    },
    latest: async (type: string) =>
      told.filter(one => one.type === type).map(({ data }) => ({ at: instant(now), data })),
  };
  return { ...telemetryKernel(() => now), events } as unknown as Kernel;
}

const partition = (id: number, bytes: number): DiskPartition => ({
  table: 'otel_logs',
  signal: 'logs',
  id: String(id),
  bytes,
  rows: 10,
  oldest: id * day,
  newest: id * day + 1,
});

/** A guard over three partitions of a gibibyte on a disk with too little left; one of them may be stuck. */
function nearlyFull(stuck?: string) {
  const told: Told[] = [];
  const dropped: string[] = [];
  const disk = { free: 1.5 * GiB };
  let partitions = [partition(1, GiB), partition(2, GiB), partition(3, GiB)];
  const guard = new DiskGuard(kernelThatTells(told), {
    store,
    folder: undefined,
    config: DiskConfig.parse({ keepFree: '2GiB' }),
    mayShed: true,
    onDropped: signals => assert.deepEqual([...signals], ['logs']),
    measure: async () => ({ state: { used: 3 * GiB, free: disk.free, total: 100 * GiB }, partitions }),
    drop: async one => {
      if (one.id === stuck) throw new Error('it is larger than max_partition_size_to_drop');
      dropped.push(one.id);
      partitions = partitions.filter(other => other !== one);
    },
  });
  return { guard, told, dropped, disk };
}

test('what is dropped is told, a second turn does not drop for bytes that are on their way, and refusing begins and ends', async () => {
  const { guard, told, dropped, disk } = nearlyFull();
  await guard.turn(now, false);
  assert.deepEqual(dropped, [], 'a replica without the lease drops nothing');
  await guard.turn(now, true);
  assert.deepEqual(dropped, ['1']);
  assert.deepEqual(
    told.map(one => one.type),
    ['telemetry.shed'],
  );
  assert.match(String(told[0]?.data.why), /1\.5 GiB are free/);
  await guard.turn(now + 15_000, true);
  assert.deepEqual(dropped, ['1'], 'the gibibyte of before is not free yet');
  disk.free = 1.2 * GiB;
  await guard.turn(now + 400_000, true);
  assert.deepEqual(dropped, ['1', '2']);
  guard.admit('traces');
  disk.free = 0.1 * GiB;
  await guard.turn(now + 800_000, true);
  assert.throws(() => guard.admit('metrics'), { code: 'unavailable', message: /No metrics are taken/ });
  assert.equal(guard.check().ok, false);
  await guard.turn(now + 815_000, true);
  assert.equal(told.filter(one => one.type === 'telemetry.refusing').length, 1, 'told once');
  disk.free = 50 * GiB;
  await guard.turn(now + 830_000, true);
  guard.admit('metrics');
  assert.equal(told.at(-1)?.type, 'telemetry.accepting');
  assert.deepEqual(guard.check(), { ok: true });
});

test('a partition that cannot be dropped is done without: others are dropped, and what does not suffice is refused', async () => {
  const { guard, dropped, disk } = nearlyFull('1');
  await guard.turn(now, true);
  assert.deepEqual(dropped, []);
  await guard.turn(now + 15_000, true);
  assert.deepEqual(dropped, ['2']);
  disk.free = 0.1 * GiB;
  await guard.turn(now + 400_000, true);
  assert.throws(() => guard.admit('metrics'), { code: 'unavailable' });
});

test('over a shared server nothing is dropped or refused unless it was configured', async () => {
  const told: Told[] = [];
  const guard = new DiskGuard(kernelThatTells(told), {
    store,
    folder: undefined,
    config: DiskConfig.parse({}),
    mayShed: false,
    onDropped: () => assert.fail(),
    measure: async () => ({
      state: { used: GiB, free: 0, total: 100 * GiB },
      partitions: [partition(1, 1), partition(2, 1)],
    }),
    drop: async () => assert.fail(),
  });
  await guard.turn(now, true);
  guard.admit('logs');
  assert.deepEqual(told, []);
});

const samplesOf = (days: readonly number[]) => ({
  resourceMetrics: [
    {
      resource: { attributes: attributes({ 'service.name': 'payments' }) },
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'queue.depth',
              gauge: {
                dataPoints: days.map(ago => ({
                  timeUnixNano: `${now - ago * day}000000`,
                  asDouble: ago,
                })),
              },
            },
          ],
        },
      ],
    },
  ],
});

const refusals = [
  ['metrics', samplesOf([0])],
  ['logs', { resourceLogs: [] }],
] as const;

test('on the engine: old partitions go, what is asked stays right, memory forgets them, and the report says so', async () => {
  const told: Told[] = [];
  const telemetry = new Telemetry(kernelThatTells(told), {
    store,
    folder: store.folder,
    // Less than the store takes, so that all but the newest partition has to go.
    disk: DiskConfig.parse({ atMost: '1kB' }),
    limits: { maxWaitMs: 1 },
  });
  await telemetry.open();
  const body = (request: object) => new TextEncoder().encode(JSON.stringify(request));
  await telemetry.ingestMetrics(body(samplesOf([0, 1, 2, 3])), 'application/json');
  const count = async () => {
    const { samples } = await telemetry.metrics.instant('count_over_time(queue_depth[5d])', instant(now));
    return samples[0]?.value;
  };
  assert.equal(await count(), 4);
  await telemetry.keepWithinDisk(now, false);
  assert.equal(await count(), 4);
  await telemetry.keepWithinDisk(now, true);
  assert.equal(await count(), 1, 'the newest partition is left, also for who asked before');
  const { data } = told.find(one => one.type === 'telemetry.shed')!;
  assert.equal(data.signal, 'metrics');
  assert.equal(data.partitions, 3);
  const storage = await telemetry.storage();
  assert.equal(storage.shed.length, 1);
  const text = storageText(storage);
  assert.match(text, /Dropped before its time/);
  assert.ok(text.split('\n').every(line => line.length <= 80));
  // Nothing is left to drop, and it is still too much: what comes is refused, with a time to come back.
  for (const [signal, request] of refusals)
    await assert.rejects(telemetry.ingest(signal, body(request), { contentType: 'application/json' }), {
      code: 'unavailable',
      httpStatus: 503,
    });
  await telemetry.stop();
});
