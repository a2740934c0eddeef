import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nines, oneError, serve, workFolder } from '../kit/nines-process.ts';

const work = workFolder();
/** A folder that a server has used. */
const data = join(work.path, 'data');

before(async () => {
  const server = await serve(['--data', data]);
  await server.end('SIGTERM');
});
after(() => work.remove());

test('a wrong start is one clear error, and nothing of it stays', async t => {
  const start = (args: string[], options = {}) =>
    nines(['serve', '--listen', '127.0.0.1:0', ...args], options);
  const fresh = (name: string) => join(work.path, name);
  const configured = (name: string, text: string) =>
    start(['--data', fresh(name), '--config', work.file(`${name}.yaml`, text)]);

  await t.test('an address that is none', async () => {
    const ran = await nines(['serve', '--data', fresh('rubbish'), '--listen', 'rubbish']);
    oneError(ran, 2, /'rubbish' is not an address to listen on[\s\S]*127\.0\.0\.1:4800/);
    assert.equal(existsSync(fresh('rubbish')), false);
  });
  await t.test('a wrong field in the configuration, with its line and column', async () => {
    const ran = await configured('field', 'logLevel: warn\nalerting:\n  evry: 5s\n');
    oneError(ran, 2, /field\.yaml:3:3: alerting\.evry: unknown field 'evry'/);
    assert.equal(existsSync(fresh('field')), false);
  });
  await t.test('a PostgreSQL that does not answer; its password is not shown', async () => {
    const ran = await configured('postgres', 'database: { url: "postgres://me:sekret@127.0.0.1:2/x" }\n');
    oneError(ran, 6, /PostgreSQL at postgres:\/\/me:\[redacted\]@127\.0\.0\.1:2\/x does not answer/);
    assert.doesNotMatch(ran.stderr, /sekret/);
  });
  await t.test('a ClickHouse that does not answer', async () => {
    const text = 'telemetry: { clickhouse: { url: "http://127.0.0.1:2" } }\n';
    const ran = await start(['--data', data, '--config', work.file('clickhouse.yaml', text)]);
    oneError(ran, 6, /ClickHouse server at http:\/\/127\.0\.0\.1:2 cannot be used/);
  });
  await t.test('a data folder that is a file', async () => {
    const ran = await start(['--data', work.file('plain', 'not a folder')]);
    oneError(ran, 6, /data folder .*plain cannot be written[\s\S]*--data/);
  });
  await t.test('a data folder that may not be written', async sub => {
    const folder = fresh('read-only');
    mkdirSync(folder);
    chmodSync(folder, 0o555);
    const before = asNobody();
    if (before === undefined) return sub.skip('root may write anywhere, and setpriv is not here');
    chmodSync(work.path, 0o755);
    const ran = await start(['--data', folder], { before });
    oneError(ran, 6, /data folder .*read-only cannot be written[\s\S]*permissions/);
  });
  await t.test('a disk that is full', async sub => {
    const disk = fresh('disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]);
    if (mounted.status !== 0) return sub.skip('a small disk can be mounted by root only');
    try {
      oneError(
        await start(['--data', join(disk, 'data')]),
        6,
        /no space is left on the disk[\s\S]*Make room/,
      );
    } finally {
      spawnSync('umount', [disk]);
    }
  });
  await t.test('a state of which the files are damaged', async () => {
    const damaged = fresh('damaged-state');
    cpSync(data, damaged, { recursive: true });
    overwrite(join(damaged, 'state', 'global'));
    const ran = await start(['--data', damaged]);
    oneError(
      ran,
      6,
      /embedded database in .*state cannot be opened: the engine gave up on its files[\s\S]*backup/,
    );
  });
  await t.test('telemetry of which the files are damaged', async () => {
    const damaged = fresh('damaged-telemetry');
    cpSync(data, damaged, { recursive: true });
    overwrite(join(damaged, 'telemetry'));
    const ran = await start(['--data', damaged]);
    assert.equal(ran.code, 6, ran.stderr);
    // ClickHouse itself writes which file it is, before our one sentence.
    assert.match(ran.stderr, /error: The telemetry folder .*telemetry cannot be opened[\s\S]*damaged/);
    assert.doesNotMatch(ran.stderr, /^\s+at /m);
  });
});

function asNobody(): string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  const found = spawnSync('setpriv', ['--version']).status === 0;
  return found ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : undefined;
}

/** Writes random bytes over the beginning of every file in a folder. */
function overwrite(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || statSync(file).size === 0) continue;
    const at = openSync(file, 'r+');
    writeSync(at, randomBytes(Math.min(8_192, statSync(file).size)));
    closeSync(at);
  }
}
