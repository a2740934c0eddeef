import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Fault } from './fault.ts';
import { openFolder, runningServer } from './folder.ts';

const base = mkdtempSync(join(tmpdir(), 'nines-folder-'));
after(() => rmSync(base, { recursive: true, force: true }));

/** A real process that opens the folder, records a server and stays. */
async function holder(folder: string) {
  const script = `
    import { openFolder } from ${JSON.stringify(new URL('./folder.ts', import.meta.url).href)};
    openFolder(${JSON.stringify(folder)}).recordServer({ url: 'http://127.0.0.1:1', pid: process.pid });
    console.log('open'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('two processes never open one folder, and the second is told who has it', async () => {
  const folder = join(base, 'a');
  const child = await holder(folder);
  assert.throws(
    () => openFolder(folder),
    (error: Fault) =>
      error.code === 'conflict' && error.message.includes(`http://127.0.0.1:1 (process ${child.pid})`),
  );
  assert.equal(runningServer(folder)?.url, 'http://127.0.0.1:1');
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('a folder is free again after its holder was killed with -9, and the old address is not believed', async () => {
  const folder = join(base, 'b');
  const child = await holder(folder);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(runningServer(folder), undefined);
  const mine = openFolder(folder);
  assert.throws(() => openFolder(folder), /is open in another process/);
  mine.release();
  openFolder(folder).release();
});

test('a folder that cannot be written is said to be so', {
  skip: process.getuid?.() === 0 && 'root may write everywhere',
}, () => {
  const folder = mkdtempSync(join(base, 'ro-'));
  chmodSync(folder, 0o500);
  assert.throws(
    () => openFolder(folder),
    (error: Fault) => error.code === 'unavailable' && /cannot be written/.test(error.message),
  );
});

test('a file where the folder should be is said to be so', () => {
  const file = join(base, 'file');
  writeFileSync(file, '');
  assert.throws(() => openFolder(file), /cannot be written/);
});
