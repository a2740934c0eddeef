import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { meantFolder } from './data-folder.ts';
import { type Folder, openFolderOrFindServer } from './kernel/index.ts';

const open = async (folder: string) => (await openFolderOrFindServer(folder)) as Folder;

test('a command means what npm start serves in this clone, unless the usual folder is served', async t => {
  const base = mkdtempSync(join(tmpdir(), 'nines-meant-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const folders = { usual: join(base, 'usual'), started: join(base, 'started') };
  assert.equal(meantFolder(folders), folders.usual);

  const started = await open(folders.started);
  assert.equal(meantFolder(folders), folders.usual, 'it has no address yet');
  started.recordServer({ url: 'http://127.0.0.1:1', pid: process.pid });
  assert.equal(meantFolder(folders), folders.started);

  const usual = await open(folders.usual);
  usual.recordServer({ url: 'http://127.0.0.1:2', pid: process.pid });
  assert.equal(meantFolder(folders), folders.usual);
  usual.release();
  started.release();
  assert.equal(meantFolder(folders), folders.usual, 'neither is served');
});
