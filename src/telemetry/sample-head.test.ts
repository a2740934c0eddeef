import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Series } from './promql/index.ts';
import { outranks } from './same-time.ts';
import { type ReadSamples, SampleHead } from './sample-head.ts';
import type { IndexedSeries } from './series-index.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const seriesOf = (id: number): IndexedSeries => ({
  id,
  metric: 'm',
  labels: { __name__: 'm', id: String(id) },
  type: 'gauge',
  unit: '',
  help: '',
  firstSeen: t0 - 100 * 86_400_000,
  lastSeen: t0,
  writtenAt: t0,
});
const all = [1, 2, 3].map(seriesOf);

interface Row {
  id: number;
  at: number;
  value: number;
  stale: boolean;
}

/** A store in memory: rows as they were stored, read as the engine's would be, with the same rule for equal times. */
class Stored {
  readonly rows: Row[] = [];
  reads = 0;
  /** What a reading waits for, after it was asked and before it answers; it looks before that or after. */
  gate: Promise<void> = Promise.resolve();
  looksFirst = false;

  readonly read: ReadSamples = async (series, fromMs, toMs = Number.POSITIVE_INFINITY) => {
    this.reads += 1;
    const first = this.now(series, fromMs, toMs);
    await this.gate;
    return this.looksFirst ? first : this.now(series, fromMs, toMs);
  };

  now(series: readonly IndexedSeries[], fromMs: number, toMs: number): Map<number, Series> {
    const out = new Map<number, Series>();
    for (const { id, labels } of series) {
      const byTime = new Map<number, Row>();
      for (const row of this.rows) {
        if (row.id !== id || row.at < fromMs || row.at > toMs) continue;
        const held = byTime.get(row.at);
        if (held === undefined || outranks(row.value, row.stale, held.value, held.stale))
          byTime.set(row.at, row);
      }
      const rows = [...byTime.values()].sort((a, b) => a.at - b.at);
      if (rows.length > 0)
        out.set(id, {
          labels,
          timestamps: Float64Array.from(rows, ({ at }) => at),
          values: Float64Array.from(rows, ({ value }) => value),
          stale: Uint8Array.from(rows, ({ stale }) => (stale ? 1 : 0)),
        });
    }
    return out;
  }

  store(head: SampleHead, rows: readonly Row[]): void {
    this.rows.push(...rows);
    head.append(rows.flatMap(({ id, at, value, stale }) => [id, at * 2 + (stale ? 1 : 0), value]));
  }
}

/** Series as rows, so that an array of zeros and no array for staleness are the same. */
function listed(series: readonly Series[]) {
  return series.map(({ labels, timestamps, values, stale }) => ({
    labels,
    rows: Array.from(timestamps, (at, i) => [at, values[i], stale?.[i] === 1]),
  }));
}

const value = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
);
/** Times on a small grid, relative to now: late ones, equal ones and ones of a clock that is ahead come about. */
const row = fc.record({
  id: fc.constantFrom(1, 2, 3),
  ago: fc.oneof(fc.integer({ min: -3, max: 130 }), fc.integer({ min: -3, max: 2 })),
  value,
  stale: fc.boolean(),
});
const step = fc.oneof(
  fc.record({ kind: fc.constant('store' as const), rows: fc.array(row, { maxLength: 60 }) }),
  fc.record({
    kind: fc.constant('ask' as const),
    from: fc.integer({ min: 0, max: 140 }),
    width: fc.oneof(fc.constant(200), fc.integer({ min: 0, max: 140 })),
    ids: fc.subarray([1, 2, 3], { minLength: 1 }),
    /** What is stored while the question is being answered. */
    meanwhile: fc.array(row, { maxLength: 80 }),
    looksFirst: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('clear' as const) }),
);

test('a property: the head answers as the store, whatever is stored late, twice, or while it reads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
      fc.constantFrom(5_000, 2_000_000, 2_000_000),
      async (steps, maxBytes) => {
        let now = t0;
        const minute = 60_000;
        const stored = new Stored();
        const head = new SampleHead({ reachMs: 120 * minute, maxBytes, now: () => now });
        const rowsOf = (rows: readonly { id: number; ago: number; value: number; stale: boolean }[]) =>
          rows.map(({ ago, ...rest }) => ({ ...rest, at: now - ago * minute }));
        for (const each of steps) {
          if (each.kind === 'store') stored.store(head, rowsOf(each.rows));
          else if (each.kind === 'pass') now += each.minutes * minute;
          else if (each.kind === 'clear') head.clear();
          else {
            const chosen = all.filter(({ id }) => each.ids.includes(id));
            const start = now - each.from * minute;
            const end = start + each.width * minute;
            const gate = Promise.withResolvers<void>();
            stored.gate = gate.promise;
            stored.looksFirst = each.looksFirst;
            const before = head.select(chosen, start, end, stored.read);
            stored.store(head, rowsOf(each.meanwhile));
            gate.resolve();
            await before;
            const answer = await head.select(chosen, start, end, stored.read);
            const want = [...stored.now(chosen, start, end).values()];
            assert.deepEqual(listed(answer), listed(want));
          }
        }
      },
    ),
    { numRuns: 600 },
  );
});

const minutely = (id: number, from: number, to: number): Row[] =>
  Array.from({ length: Math.floor((to - from) / 60_000) + 1 }, (_, i) => ({
    id,
    at: from + i * 60_000,
    value: i,
    stale: false,
  }));

test('what is asked again and again is read once, also while samples keep coming for a day', async () => {
  let now = t0;
  const stored = new Stored();
  const head = new SampleHead({ now: () => now });
  stored.store(head, minutely(1, t0 - 3_600_000, t0));
  for (let turn = 0; turn < 1440; turn++) {
    now += 60_000;
    stored.store(head, [{ id: 1, at: now, value: turn, stale: false }]);
    const [series] = await head.select([all[0]!], now - 3_600_000, now, stored.read);
    assert.equal(series?.timestamps.length, 61);
  }
  assert.equal(stored.reads, 1);
  assert.ok(head.bytes < 6_000, `${head.bytes} bytes are held for an hour of one a minute`);
});

test('what was dropped because nobody looked so far back is read again when somebody does', async () => {
  let now = t0;
  const stored = new Stored();
  const head = new SampleHead({ now: () => now });
  const ask = async (backMs: number) => listed(await head.select([all[0]!], now - backMs, now, stored.read));
  const want = (backMs: number) => listed([...stored.now([all[0]!], now - backMs, now).values()]);
  await ask(300_000);
  for (let minute = 0; minute < 300; minute++) {
    now += 60_000;
    stored.store(head, minutely(1, now, now));
  }
  assert.deepEqual(await ask(300_000), want(300_000));
  assert.equal(stored.reads, 1);
  // While the longer past is being read, late samples of it and many new ones come.
  const gate = Promise.withResolvers<void>();
  stored.gate = gate.promise;
  stored.looksFirst = true;
  const asked = ask(4 * 3_600_000);
  stored.store(head, [{ id: 1, at: now - 3 * 3_600_000 + 1, value: -1, stale: false }]);
  for (let minute = 0; minute < 300; minute++) {
    now += 60_000;
    stored.store(head, minutely(1, now, now));
  }
  gate.resolve();
  await asked;
  for (const hours of [2, 5.5, 8.9]) assert.deepEqual(await ask(hours * 3_600_000), want(hours * 3_600_000));
});

test('an answer that was handed out stays as it was when late samples come', async () => {
  const stored = new Stored();
  const head = new SampleHead({ now: () => t0 });
  stored.store(head, minutely(1, t0 - 600_000, t0));
  await head.select(all, t0 - 600_000, t0, stored.read);
  const [series] = await head.select(all, t0 - 600_000, t0, stored.read);
  const before = listed([series!]);
  stored.store(head, [
    { id: 1, at: t0 - 90_000, value: 99, stale: true },
    { id: 1, at: t0 - 60_000, value: 99, stale: false },
    ...minutely(1, t0 + 60_000, t0 + 6_000_000),
  ]);
  assert.deepEqual(listed([series!]), before);
});

test('a question for more than half of the room is answered and not held', async () => {
  const stored = new Stored();
  const head = new SampleHead({ now: () => t0, maxBytes: 3000 });
  stored.store(head, minutely(1, t0 - 1_200_000, t0));
  stored.store(head, minutely(2, t0 - 12_000_000, t0));
  await head.select([all[0]!], t0 - 300_000, t0, stored.read);
  const held = head.bytes;
  const [large] = await head.select([all[1]!], t0 - 12_000_000, t0, stored.read);
  assert.equal(large?.timestamps.length, 201);
  assert.equal(head.bytes, held);
  await head.select([all[0]!], t0 - 300_000, t0, stored.read);
  assert.equal(stored.reads, 2);
});

test('room is bounded, and what was asked longest ago goes first', async () => {
  const stored = new Stored();
  const head = new SampleHead({ now: () => t0, maxBytes: 16_000 });
  const many = Array.from({ length: 20 }, (_, i) => seriesOf(i + 10));
  for (const { id } of many) stored.store(head, minutely(id, t0 - 3_600_000, t0));
  for (const series of many) await head.select([series], t0 - 3_600_000, t0, stored.read);
  assert.ok(head.bytes <= 16_000);
  const reads = stored.reads;
  await head.select([many.at(-1)!], t0 - 3_600_000, t0, stored.read);
  assert.equal(stored.reads, reads);
  await head.select([many[0]!], t0 - 3_600_000, t0, stored.read);
  assert.equal(stored.reads, reads + 1);
});

test('a reading that fails leaves nothing half known behind', async () => {
  const stored = new Stored();
  const head = new SampleHead({ now: () => t0 });
  stored.rows.push(...minutely(1, t0 - 600_000, t0));
  await assert.rejects(
    head.select(all, t0 - 600_000, t0, async () => {
      throw new Error('the engine is busy');
    }),
  );
  assert.equal(head.bytes, 0);
  const [series] = await head.select(all, t0 - 600_000, t0, stored.read);
  assert.equal(series?.timestamps.length, 11);
});

test('what was read ahead is answered without reading, as far as a quarter of the room goes', async () => {
  const stored = new Stored();
  const head = new SampleHead({ now: () => t0, maxBytes: 40_000 });
  const many = Array.from({ length: 20 }, (_, i) => seriesOf(i + 10));
  for (const { id } of many) stored.store(head, minutely(id, t0 - 7_200_000, t0));
  await head.warm(many.slice(0, 3), stored.read);
  assert.equal(stored.reads, 1);
  const want = [...stored.now(many.slice(0, 3), t0 - 3_600_000, t0).values()];
  assert.deepEqual(
    listed(await head.select(many.slice(0, 3), t0 - 3_600_000, t0, stored.read)),
    listed(want),
  );
  assert.equal(stored.reads, 1);
  await head.warm(many, stored.read);
  const bytes = head.bytes;
  assert.ok(bytes > 10_000);
  await head.warm(
    many.map(({ id }) => seriesOf(id + 100)),
    stored.read,
  );
  assert.equal(head.bytes, bytes);
});
