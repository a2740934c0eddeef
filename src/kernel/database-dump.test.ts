import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPglite, restorePglite } from './database-pglite.ts';

test('a dump holds one instant while others write, and what is made of it has the same rows', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'nines-dump-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const db = await openPglite(join(folder, 'state'));
  await db.execute('create table page (id serial primary key, text text)');
  await db.query("insert into page (text) select 'page ' || n from generate_series(1, 500) n");
  let writing = true;
  const writer = (async () => {
    while (writing) await db.query("insert into page (text) values ('meanwhile')");
  })();
  const { bytes, rows } = await db.dump!();
  writing = false;
  await writer;
  await db.close();
  assert.ok(rows['public.page']! >= 500);
  const restored = await restorePglite(join(folder, 'restored'), Uint8Array.from(bytes));
  assert.deepEqual(restored, rows);
});

test('bytes that are no dump are one clear fault', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'nines-dump-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await assert.rejects(restorePglite(join(folder, 'state'), new TextEncoder().encode('not a dump')), {
    code: 'invalid',
  });
});
