import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { attachTables, type Frozen, freezeTables } from './backup-store.ts';
import { schema } from './schema.ts';
import { openChdb } from './store-chdb.ts';

const folderOf = (t: { after(run: () => void): void }) => {
  const folder = mkdtempSync(join(tmpdir(), 'nines-backup-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const samples = (from: number, count: number) =>
  `INSERT INTO nines_samples SELECT number % 10, toDateTime64('2026-01-01 00:00:00', 3) + ${from} + number, number, 0
   FROM numbers(${count})`;

async function frozenCopy(folder: string): Promise<Pick<Frozen, 'tables'> & { incoming: string }> {
  const store = await openChdb(join(folder, 'live'));
  for (const statement of schema({})) await store.exec(statement);
  await store.exec(samples(0, 100_000));
  await store.exec(samples(100_000, 1_000));
  const frozen = await freezeTables(store, join(folder, 'live'), 'one');
  // What comes after the freezing is not in it, and what goes does not take anything out of it.
  await store.exec(samples(200_000, 7));
  await store.exec("ALTER TABLE nines_samples DROP PARTITION '2026-01-01 00:00:00'");
  const incoming = join(folder, 'incoming');
  for (const { name, path } of frozen.files) {
    mkdirSync(dirname(join(incoming, name)), { recursive: true });
    cpSync(path, join(incoming, name));
  }
  await frozen.release();
  assert.ok(!existsSync(join(folder, 'live', 'shadow', 'one')), 'nothing is left of the freezing');
  await store.close();
  return { tables: frozen.tables, incoming };
}

test('frozen tables keep their instant, and are attached elsewhere with all their rows', async t => {
  const folder = folderOf(t);
  const { tables, incoming } = await frozenCopy(folder);
  assert.equal(tables.find(one => one.table === 'nines_samples')?.rows, 101_000);
  assert.equal(tables.at(-1)?.table, 'otel_traces_trace_id_ts');
  const restored = await openChdb(join(folder, 'restored'));
  await attachTables(restored, join(folder, 'restored'), incoming, tables);
  assert.deepEqual(await restored.query('SELECT count() AS rows, sum(value) AS sum FROM nines_samples'), [
    { rows: 101_000, sum: (100_000 * 99_999) / 2 + (1_000 * 999) / 2 },
  ]);
  await restored.close();
});

test('a damaged part is found when it is attached, and missing rows too', async t => {
  const folder = folderOf(t);
  const { tables, incoming } = await frozenCopy(folder);
  const one = tables.find(one => one.table === 'nines_samples')!;
  const short = { ...one, parts: one.parts.slice(1) };
  const store = await openChdb(join(folder, 'short'));
  await assert.rejects(attachTables(store, join(folder, 'short'), incoming, [short]), /rows after restoring/);
  await store.close();
  const data = join(incoming, 'nines_samples', one.parts[0]!, 'data.bin');
  const bytes = readFileSync(data);
  bytes[bytes.length >> 1]! ^= 0xff;
  writeFileSync(data, bytes);
  const again = await openChdb(join(folder, 'damaged'));
  await assert.rejects(
    attachTables(again, join(folder, 'damaged'), incoming, [{ ...one, parts: [one.parts[0]!] }]),
    { code: 'invalid', message: /damaged/ },
  );
  await again.close();
});

test('a statement that is none of a table is not carried out', async t => {
  const folder = folderOf(t);
  const store = await openChdb(join(folder, 'store'));
  for (const create of [
    'DROP TABLE nines_samples',
    'CREATE TABLE nines_samples (a UInt8) ENGINE = Memory; SELECT 1',
  ])
    await assert.rejects(
      attachTables(store, join(folder, 'store'), folder, [
        { table: 'nines_samples', create, rows: 0, parts: [] },
      ]),
      { code: 'invalid' },
    );
  await store.close();
});
