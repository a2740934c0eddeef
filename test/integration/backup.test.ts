import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { logLines } from '../kit/made-logs.ts';
import { nines, type Server, serve, until, workFolder } from '../kit/nines-process.ts';

const work = workFolder();
const data = join(work.path, 'data');
const hash = (token: string) => createHash('sha256').update(token).digest('hex');
let server: Server | undefined;

before(async () => {
  const config = work.file(
    'nines.yaml',
    `
auth:
  tokens:
    - { name: backups, role: admin, sha256: "${hash('admin-token')}" }
    - { name: dashboards, role: viewer, sha256: "${hash('viewer-token')}" }
logLevel: warn
`,
  );
  server = await serve(['--data', data, '--config', config]);
});
after(async () => {
  await server?.end('SIGKILL');
  work.remove();
});

test('a data folder that is not there is not made so that it can be backed up', async () => {
  const missing = join(work.path, 'mistyped');
  const ran = await nines(['backup', '--data', missing, '--out', join(work.path, 'none.tar.zst')]);
  assert.equal(ran.code, 3, ran.stderr);
  assert.match(ran.stderr, /There is no data folder .*mistyped.*\n.*--data DIR/);
  assert.ok(!existsSync(missing));
});

test('a running server is backed up through itself by an admin, the backup is proved, restored, and answers', async () => {
  const { url } = server!;
  const sent = await fetch(`${url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer admin-token' },
    body: logLines('payments', 300),
  });
  assert.equal(sent.status, 200);
  const file = join(work.path, 'backup.tar.zst');
  const refused = await nines(['backup', '--data', data, '--out', file, '--token', 'viewer-token']);
  assert.equal(refused.code, 4, refused.stderr);
  assert.match(refused.stderr, /dashboards has the role viewer, and a backup needs admin/);
  assert.ok(!existsSync(file));

  const made = await nines([
    'backup',
    '--data',
    data,
    '--out',
    file,
    '--token',
    'admin-token',
    '--verify',
    '--json',
  ]);
  assert.equal(made.code, 0, made.stderr);
  const summary = JSON.parse(made.stdout) as {
    verified: boolean;
    telemetry: { table: string; rows: number }[];
  };
  assert.equal(summary.verified, true);
  assert.equal(summary.telemetry.find(one => one.table === 'otel_logs')?.rows, 300);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(work.path).toSorted(),
    ['backup.tar.zst', 'data', 'nines.yaml'],
    'nothing else is left',
  );
  assert.deepEqual(
    await until(
      async () => readdirSync(join(data, 'telemetry', 'shadow')).filter(name => name.startsWith('backup')),
      left => left.length === 0,
    ),
    [],
    'the server keeps no frozen parts',
  );
  const again = await nines(['backup', '--data', data, '--out', file, '--token', 'admin-token']);
  assert.equal(again.code, 5, 'a backup is never written over');

  const inUse = await nines(['restore', file, '--data', data, '--replace']);
  assert.equal(inUse.code, 5);
  assert.match(inUse.stderr, /is open in the server at/);

  const elsewhere = join(work.path, 'elsewhere');
  const restored = await nines(['restore', file, '--data', elsewhere]);
  assert.equal(restored.code, 0, restored.stderr);
  const found = await nines([
    'logs',
    'search',
    '--service',
    'payments',
    '--limit',
    '5',
    '--json',
    '--data',
    elsewhere,
  ]);
  assert.equal(found.code, 0, found.stderr);
  assert.equal((JSON.parse(found.stdout) as { logs: unknown[] }).logs.length, 5);
  const audit = await nines(['audit', 'list', '--json', '--data', elsewhere]);
  assert.match(audit.stdout, /"operation": "backup"/);
});
