import assert from 'node:assert/strict';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { createZstdCompress } from 'node:zlib';
import { createTarPacker } from 'modern-tar';
import { logLines } from '../test/kit/made-logs.ts';
import { openApp } from './app.ts';
import { keptElsewhere } from './backup.ts';
import { packArchive } from './backup-archive.ts';
import { Config } from './config.ts';
import { createLog, createMetrics, instant, openFolderOrFindServer } from './kernel/index.ts';
import { checkArchive, restoreBackup, verifyBackup } from './restore.ts';

function scratch(t: { after(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'nines-backup-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function appOver(path: string) {
  const folder = await openFolderOrFindServer(path, 0);
  assert.ok('at' in folder);
  const app = await openApp({
    folder,
    config: Config.parse({}),
    log: createLog('silent'),
    metrics: createMetrics(),
  });
  await app.open();
  return {
    app,
    close: async () => {
      await app.stop();
      folder.release();
    },
  };
}

const asked = {
  principal: { name: 'local', kind: 'person' as const, role: 'admin' as const },
  surface: 'cli' as const,
};

const lines = (from: number, count: number) => new TextEncoder().encode(logLines('payments', count, from));

let made: string;
let file: string;

before(async () => {
  made = mkdtempSync(join(tmpdir(), 'nines-backup-'));
  file = join(made, 'backup.tar.zst');
  const { app, close } = await appOver(join(made, 'data'));
  await app.rooms.telemetry.ingestLogs(lines(0, 500), 'application/json');
  let ingesting = true;
  const ingest = (async () => {
    for (let n = 0; ingesting; n++)
      await app.rooms.telemetry.ingestLogs(lines(1000 + n, 1), 'application/json');
  })();
  const archive = await app.backup(asked);
  await assert.rejects(app.backup(asked), { code: 'conflict' }, 'one at a time');
  await pipeline(archive, createWriteStream(file, { mode: 0o600 }));
  ingesting = false;
  await ingest;
  const abandoned = await app.backup(asked);
  abandoned.destroy();
  await close();
});
after(() => rmSync(made, { recursive: true, force: true }));

test('a backup taken while logs come in is restored with state and telemetry, and opens', async t => {
  const folder = scratch(t);
  const verified = await verifyBackup(file);
  assert.ok(verified.stateRows > 0);
  const logs = verified.tables.find(one => one.table === 'otel_logs');
  assert.ok(logs !== undefined && logs.rows >= 500);

  const restored = await restoreBackup({ file, data: join(folder, 'again'), replace: false });
  assert.deepEqual(restored.tables, verified.tables);
  assert.deepEqual(readdirSync(folder), ['again'], 'nothing else is left');
  assert.equal(statSync(join(folder, 'again')).mode & 0o777, 0o700);
  const { app, close } = await appOver(join(folder, 'again'));
  const [entry] = await app.rooms.audit.list(1);
  assert.equal(entry?.operation, 'backup');
  const now = Date.now();
  const found = await app.rooms.telemetry.logs.search(
    { from: instant(now - 3_600_000), to: instant(now + 60_000) },
    { service: 'payments' },
  );
  assert.ok(found.length > 0);
  await close();
});

test('a folder with data or in use is not restored over, and what is replaced is moved aside', async t => {
  const folder = scratch(t);
  const data = join(folder, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'precious'), 'mine');
  await assert.rejects(restoreBackup({ file, data, replace: false }), {
    code: 'conflict',
    message: /not empty/,
  });
  const held = await openFolderOrFindServer(data, 0);
  assert.ok('release' in held);
  for (const replace of [true, false])
    await assert.rejects(restoreBackup({ file, data, replace }), {
      code: 'conflict',
      message: /open in another process/,
    });
  held.release();
  const { movedTo } = await restoreBackup({ file, data, replace: true });
  assert.equal(readFileSync(join(movedTo!, 'precious'), 'utf8'), 'mine');
  assert.ok(existsSync(join(data, 'state')));
});

test('a file where the folder should be is left alone', async t => {
  const notes = join(scratch(t), 'notes.txt');
  writeFileSync(notes, 'mine');
  for (const replace of [false, true])
    await assert.rejects(restoreBackup({ file, data: notes, replace }), {
      code: 'conflict',
      message: /is no folder/,
    });
  assert.equal(readFileSync(notes, 'utf8'), 'mine');
});

test('an archive that unpacks to more than it says is refused before it fills the disk', async t => {
  const path = join(scratch(t), 'bomb.zst');
  const { readable, controller } = createTarPacker();
  const add = async (name: string, bytes: Uint8Array) => {
    const writer = controller.add({ name, size: bytes.byteLength, type: 'file' }).getWriter();
    await writer.write(bytes);
    await writer.close();
  };
  const header = { format: 1, nines: '0.0.0', at: '2026-01-01T00:00:00.000Z', bytes: 10 };
  const packing = (async () => {
    await add('nines-backup.json', new TextEncoder().encode(JSON.stringify(header)));
    await add('telemetry/zeros', new Uint8Array(1_000_000));
    controller.finalize();
  })();
  const tar = Readable.fromWeb(readable as Parameters<typeof Readable.fromWeb>[0]);
  await Promise.all([packing, pipeline(tar, createZstdCompress(), createWriteStream(path))]);
  await assert.rejects(checkArchive(path), { code: 'invalid', message: /holds more than it says/ });
});

test('an archive that was cut off, changed or is something else leaves nothing behind', async t => {
  const folder = scratch(t);
  const whole = readFileSync(file);
  const changed = Uint8Array.from(whole);
  changed[changed.length >> 1]! ^= 0xff;
  const bad: [string, Uint8Array][] = [
    ['cut.zst', whole.subarray(0, whole.length - 20)],
    ['half.zst', whole.subarray(0, whole.length >> 1)],
    ['empty.zst', new Uint8Array()],
    ['changed.zst', changed],
    ['text.zst', new TextEncoder().encode('not an archive')],
  ];
  for (const [name, bytes] of bad) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    await assert.rejects(
      restoreBackup({ file: path, data: join(folder, 'target'), replace: false }),
      { code: 'invalid', message: /no whole backup of Nines/ },
      name,
    );
    rmSync(path);
    assert.deepEqual(readdirSync(folder), [], `${name}: nothing is left`);
  }
  await assert.rejects(
    restoreBackup({ file: join(folder, 'none'), data: join(folder, 'x'), replace: false }),
    {
      code: 'not_found',
    },
  );
});

test('files outside the folder, or of another format, are refused', async t => {
  const folder = scratch(t);
  const facts = { nines: '0.0.0', at: '2026-01-01T00:00:00.000Z', elsewhere: [] };
  for (const name of ['../evil', '/etc/evil', 'telemetry/../../evil', 'a//b']) {
    const file = join(folder, 'evil.zst');
    const bytes = new TextEncoder().encode('x');
    const body = { name, bytes: 1, read: () => Readable.from([bytes]) };
    await pipeline(
      packArchive(facts, [body], async () => {}),
      createWriteStream(file),
    );
    await assert.rejects(checkArchive(file), { code: 'invalid' }, name);
  }
});

test('what is kept by URL is named with the command that backs it up, without a password', () => {
  const config = Config.parse({
    database: { url: 'postgres://nines:secret@db.shop.example:5433/nines' },
    telemetry: { clickhouse: { url: 'http://ch.shop.example:8123', password: 'secret' } },
  });
  const [state, telemetry] = keptElsewhere(config);
  assert.match(state!, /pg_dump .*--host=db\.shop\.example --port=5433 --username=nines nines/);
  assert.match(telemetry!, /BACKUP DATABASE nines TO Disk/);
  assert.doesNotMatch(`${state}${telemetry}`, /secret/);
});
