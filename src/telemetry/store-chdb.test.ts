import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Store } from './store.ts';
import { openChdb } from './store-chdb.ts';
import { storeContract } from './store-contract.ts';

let folder: string;
let store: Store;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nines-chdb-'));
  store = await openChdb(folder);
});
after(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

storeContract('chDB', () => store);

test('a folder that another process has open is one clear fault', () => {
  const script = `
    import { openChdb } from ${JSON.stringify(new URL('./store-chdb.ts', import.meta.url).href)};
    try { await openChdb(${JSON.stringify(folder)}); console.log('opened'); } catch (error) { console.log(error.code, error.message); }
  `;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.match(child.stdout, /^(unavailable|conflict) .*cannot be opened|^conflict/);
});

test('a folder that is a file is one clear fault', async () => {
  const file = join(folder, '..', `nines-file-${process.pid}`);
  writeFileSync(file, 'not a folder');
  await assert.rejects(openChdb(file), { name: 'Fault' });
  rmSync(file);
});

test('after closing, every statement says so', async () => {
  const closing = await openChdb(folder);
  await closing.close();
  await assert.rejects(closing.query('SELECT 1'), { code: 'unavailable' });
});
