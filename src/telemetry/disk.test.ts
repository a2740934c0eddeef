import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, sizeText } from './byte-size.ts';
import { DiskConfig, type DiskPartition, decideOnDisk, keepFreeOf } from './disk.ts';
import type { Signal } from './otlp/decode.ts';

const GiB = 1024 ** 3;
const tables: Readonly<Record<string, Signal>> = {
  otel_traces: 'traces',
  otel_logs: 'logs',
  nines_samples: 'metrics',
  nines_histograms: 'metrics',
};
const partition = (table: string, day: number, bytes: number): DiskPartition => ({
  table,
  signal: tables[table]!,
  id: `${day}`,
  bytes,
  rows: 1,
  oldest: day,
  newest: day + 1,
});

test('sizes and shares are read, and nothing else', () => {
  assert.equal(bytesOf('20GiB'), 20 * GiB);
  assert.equal(bytesOf('500MB'), 500e6);
  assert.equal(bytesOf('5%', 1000), 50);
  assert.throws(() => bytesOf('much'), { code: 'invalid' });
  assert.equal(sizeText(1.5 * GiB), '1.5 GiB');
  for (const wrong of [
    { keepFree: '80%' },
    { keepFree: '0%' },
    { atMost: '20' },
    { order: ['logs', 'logs', 'traces'] },
  ])
    assert.equal(DiskConfig.safeParse(wrong).success, false, JSON.stringify(wrong));
  assert.equal(keepFreeOf(DiskConfig.parse({}), 250 * GiB), 2 * GiB);
  assert.equal(keepFreeOf(DiskConfig.parse({}), 10 * GiB), GiB / 2);
});

test('within the bounds nothing goes', () => {
  const { drop, refuse, short } = decideOnDisk(
    { used: 5 * GiB, free: 50 * GiB, total: 100 * GiB },
    [partition('otel_traces', 1, GiB), partition('otel_traces', 2, GiB)],
    DiskConfig.parse({ atMost: '20GiB' }),
  );
  assert.deepEqual({ drop, refuse, short }, { drop: [], refuse: [], short: 0 });
});

test('traces go before logs before metrics, the oldest first, the newest never', () => {
  const all = [3, 1, 2].flatMap(day =>
    ['otel_logs', 'nines_samples', 'otel_traces'].map(table => partition(table, day, GiB)),
  );
  const gone = (used: number) =>
    decideOnDisk(
      { used: used * GiB, free: 50 * GiB, total: 100 * GiB },
      all,
      DiskConfig.parse({ atMost: '9GiB' }),
    ).drop.map(({ table, id }) => `${table}/${id}`);
  assert.deepEqual(gone(10), ['otel_traces/1']);
  assert.deepEqual(gone(11.5), ['otel_traces/1', 'otel_traces/2', 'otel_logs/1']);
  assert.deepEqual(gone(30), [
    'otel_traces/1',
    'otel_traces/2',
    'otel_logs/1',
    'otel_logs/2',
    'nines_samples/1',
    'nines_samples/2',
  ]);
});

test('when nothing old is left, signals are refused, the more the nearer the end', () => {
  const config = DiskConfig.parse({ keepFree: '8GiB' });
  const refused = (free: number) =>
    decideOnDisk({ used: GiB, free: free * GiB, total: 100 * GiB }, [partition('otel_logs', 1, GiB)], config);
  assert.deepEqual(refused(7).refuse, ['traces']);
  assert.deepEqual(refused(3).refuse, ['traces', 'logs']);
  assert.deepEqual(refused(1).refuse, ['traces', 'logs', 'metrics']);
  assert.match(refused(1).why, /1\.0 GiB are free on the disk, and 8\.0 GiB should be/);
});

test('what was dropped and is not free yet is not dropped twice', () => {
  const { drop } = decideOnDisk(
    { used: 10 * GiB, free: GiB, total: 100 * GiB },
    [partition('otel_logs', 1, GiB), partition('otel_logs', 2, GiB)],
    DiskConfig.parse({}),
    GiB,
  );
  assert.deepEqual(drop, []);
});

const anyCase = fc.record({
  partitions: fc.uniqueArray(
    fc.record({
      table: fc.constantFrom(...Object.keys(tables)),
      day: fc.integer({ min: 1, max: 12 }),
      bytes: fc.integer({ min: 1, max: 1000 }),
    }),
    { selector: ({ table, day }) => `${table}/${day}`, maxLength: 40 },
  ),
  used: fc.integer({ min: 0, max: 40_000 }),
  free: fc.integer({ min: 0, max: 10_000 }),
  order: fc.shuffledSubarray(['traces', 'logs', 'metrics'] as const, { minLength: 3 }),
});

test('never more goes than is needed by one partition, and never something newer before something older', () => {
  fc.assert(
    fc.property(anyCase, ({ partitions, used, free, order }) => {
      const all = partitions.map(({ table, day, bytes }) => partition(table, day, bytes));
      const config = DiskConfig.parse({ atMost: '20000B', keepFree: '2000B', order });
      const { drop, refuse, short } = decideOnDisk({ used, free, total: 100_000 }, all, config);
      const bytes = drop.reduce((sum, one) => sum + one.bytes, 0);
      assert.equal(short, Math.max(0, used - 20_000, 2000 - free));
      if (short === 0) assert.equal(drop.length, 0);
      if (drop.length > 0) assert.ok(bytes - drop.at(-1)!.bytes < short, 'one partition less is too little');
      if (bytes < short) assert.ok(refuse.includes(order[0]!));
      else assert.deepEqual(refuse, []);
      const gone = new Set(drop);
      for (const kept of all.filter(one => !gone.has(one))) {
        const later = drop.filter(one => one.table === kept.table);
        assert.ok(
          later.every(one => one.newest < kept.newest),
          'the newer is kept',
        );
      }
      for (const table of new Set(all.map(one => one.table)))
        assert.ok(
          all.some(one => one.table === table && !gone.has(one)),
          'something of each table stays',
        );
      const signals = drop.map(one => order.indexOf(one.signal));
      assert.deepEqual(signals, signals.toSorted(), 'in the order of signals');
    }),
  );
});
