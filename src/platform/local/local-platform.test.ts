import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { LocalRun } from '../../catalog/index.ts';
import { createKernel, createLog, type Fault, type Kernel, openPglite } from '../../kernel/index.ts';
import type { ServiceState } from '../service-state.ts';
import { freePort } from './health.ts';
import { LocalPlatform } from './local-platform.ts';
import { identityOf } from './process.ts';
import { localMigrations } from './store.ts';

// A server whose release tells how it behaves.
const SERVER = `
import http from 'node:http';
const { PORT, HEALTH_PORT, SERVICE_VERSION: version, SERVICE_INSTANCE_ID: instance } = process.env;
console.log('begins', version);
if (version === 'v-broken') { console.error('no database'); process.exit(3); }
if (version === 'v-stubborn') process.on('SIGTERM', () => console.log('ignored'));
const answer = (request, response) => {
  if (request.url === '/crash') process.exit(7);
  const sick = version === 'v-sick' && request.url === '/healthz';
  response.writeHead(sick ? 503 : 200).end(JSON.stringify({ version, instance, env: process.env }));
};
if (PORT) http.createServer(answer).listen({ port: +PORT, host: '127.0.0.1', reusePort: true });
http.createServer(answer).listen(+HEALTH_PORT, '127.0.0.1');
`;

let kernel: Kernel;
let folder: string;
let port: number;
let platform: LocalPlatform;
const runs = new Map<string, LocalRun>();

before(async () => {
  process.env.NINES_TEST_SECRET = 'not for services';
  kernel = createKernel({ db: await openPglite(), log: createLog('silent') });
  await kernel.start(localMigrations);
});
after(() => kernel.stop());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nines-platform-'));
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  port = await freePort();
  declare('web', { port });
  platform = make();
});
afterEach(async () => {
  await platform.stop();
  await platform.sync([]).catch(() => {});
  await kernel.db.execute('delete from local_service');
  runs.clear();
  rmSync(folder, { recursive: true });
});

function declare(service: string, over: Partial<LocalRun> = {}): void {
  runs.set(
    service,
    LocalRun.parse({
      platform: 'local',
      release: 'v1',
      command: ['node', 'server.mjs', '${release}'],
      directory: folder,
      env: { GREETING: 'hello' },
      health: { path: '/healthz', timeout: '4s' },
      stopTimeout: '1s',
      ...over,
    }),
  );
}

function make(options: { stopOnExit?: boolean; maxLogBytes?: number } = {}): LocalPlatform {
  return new LocalPlatform(kernel, {
    folder,
    lookup: async service => {
      const run = runs.get(service);
      return run === undefined ? undefined : { run, telemetryName: service };
    },
    otlpEndpoint: () => 'http://127.0.0.1:4800',
    superviseEveryMs: 50,
    ...options,
  });
}

async function until(
  what: (state: ServiceState) => boolean,
  of = platform,
  service = 'web',
): Promise<ServiceState> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const state = await of.state(service);
    if (what(state)) return state;
    if (Date.now() > deadline) assert.fail(`not reached; the state is ${JSON.stringify(state)}`);
    await kernel.clock.sleep(30);
  }
}

const up = (state: ServiceState) =>
  state.instances.length === state.replicas && state.instances.every(one => one.healthy);
const pids = (state: ServiceState) => state.instances.map(one => one.pid).sort();
const perform = (action: Parameters<LocalPlatform['perform']>[0], key: string = crypto.randomUUID()) =>
  platform.perform(action, { key, signal: new AbortController().signal });
const ask = async () =>
  (await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).json()) as {
    version: string;
    env: Record<string, string>;
  };

async function bringUp(): Promise<ServiceState> {
  await platform.sync([...runs.keys()]);
  await platform.start();
  return until(up);
}

test('a declared service is brought up, and its process is told who it is and gets no secrets of ours', async () => {
  const state = await bringUp();
  assert.equal(state.release, 'v1');
  assert.equal(state.instances[0]?.state, 'running');
  const { version, env } = await ask();
  assert.equal(version, 'v1');
  assert.equal(env.OTEL_SERVICE_NAME, 'web');
  assert.equal(env.OTEL_EXPORTER_OTLP_ENDPOINT, 'http://127.0.0.1:4800');
  assert.equal(env.SERVICE_INSTANCE_ID, state.instances[0]?.id);
  assert.equal(env.GREETING, 'hello');
  assert.equal(env.NINES_TEST_SECRET, undefined);
});

test('a release replaces the instances once the new ones are healthy, and the one before is remembered', async () => {
  const before = await bringUp();
  const stages: string[] = [];
  const outcome = await platform.perform(
    { kind: 'release', service: 'web', to: 'v2' },
    {
      key: 'r1',
      signal: new AbortController().signal,
      onProgress: async progress => void stages.push(progress.stage),
    },
  );
  assert.equal(outcome.status, 'done');
  assert.deepEqual(stages, ['starting', 'healthy', 'switched', 'stopping']);
  const state = await platform.state('web');
  assert.deepEqual([state.release, state.previousRelease, state.instances.length], ['v2', 'v1', 1]);
  assert.equal((await ask()).version, 'v2');
  assert.equal(await identityOf(before.instances[0]!.pid!), undefined);

  await perform({ kind: 'release', service: 'web', to: 'v1' });
  const back = await platform.state('web');
  assert.deepEqual([back.release, back.previousRelease], ['v1', undefined]);
});

test('the same key performs an action once', async () => {
  await bringUp();
  await perform({ kind: 'restart', service: 'web' }, 'once');
  const first = pids(await platform.state('web'));
  const again = await perform({ kind: 'restart', service: 'web' }, 'once');
  assert.equal(again.status, 'done');
  assert.deepEqual(pids(await platform.state('web')), first);
});

test('a release that ends at once is taken back, says why, and the old instances keep running', async () => {
  const before = await bringUp();
  const outcome = await perform({ kind: 'release', service: 'web', to: 'v-broken' });
  assert.equal(outcome.status, 'failed');
  assert.match(outcome.summary, /exited with code 3 before it was healthy/);
  assert.match(outcome.summary, /no database/);
  assert.match(outcome.summary, /1 instance of v1 runs as before/);
  const state = await until(up);
  assert.equal(state.release, 'v1');
  assert.deepEqual(pids(state), pids(before));
});

test('a release that never becomes healthy is taken back after its time', async () => {
  declare('web', { port, health: { path: '/healthz', timeout: '1s' } });
  const before = await bringUp();
  const outcome = await perform({ kind: 'release', service: 'web', to: 'v-sick' });
  assert.equal(outcome.status, 'failed');
  assert.match(outcome.summary, /was not healthy within 1 s/);
  assert.deepEqual(pids(await platform.state('web')), pids(before));
});

test('scaling starts more instances that share the port, and stops them again', async () => {
  await bringUp();
  assert.equal((await perform({ kind: 'scale', service: 'web', replicas: 3 })).status, 'done');
  assert.equal((await until(up)).instances.length, 3);
  assert.equal((await perform({ kind: 'scale', service: 'web', replicas: 1 })).status, 'done');
  assert.equal((await until(up)).instances.length, 1);
  assert.equal((await ask()).version, 'v1');
  assert.match(
    (await platform.refuses({ kind: 'scale', service: 'web', replicas: 9 })) ?? '',
    /more than its maxReplicas \(4\)/,
  );
});

test('a restart replaces the process, and one that ignores SIGTERM is killed after its stop timeout', async () => {
  declare('web', { port, release: 'v-stubborn', stopTimeout: '300ms' });
  const before = await bringUp();
  assert.equal((await perform({ kind: 'restart', service: 'web' })).status, 'done');
  const state = await until(up);
  assert.notDeepEqual(pids(state), pids(before));
  assert.equal(await identityOf(before.instances[0]!.pid!), undefined);
});

test('an instance that dies is started again and said to have crashed', async () => {
  const before = await bringUp();
  const from = await kernel.events.lastSeq();
  process.kill(before.instances[0]!.pid!, 'SIGKILL');
  const state = await until(now => up(now) && now.instances[0]!.restarts === 1);
  assert.notDeepEqual(pids(state), pids(before));
  assert.match(state.instances[0]!.lastExit ?? '', /SIGKILL/);
  const [event] = await kernel.events.after(from, { type: 'instance.crashed' });
  assert.equal(event?.subject, 'web');
});

test('an instance that crashes again and again is shown as failed, with the time of its next start', async () => {
  declare('web', { port, release: 'v-broken' });
  await platform.sync(['web']);
  await platform.start();
  // It is shown as failed while it is tried again, too: between two tries it has the time of the next.
  const state = await until(
    now => now.instances[0]?.state === 'failed' && now.instances[0].nextStartAt !== undefined,
  );
  assert.match(state.instances[0]!.lastExit ?? '', /exited with code 3/);
  const lines = await platform.logs('web', { lines: 10 });
  assert.ok(lines.some(line => line.text === 'no database'));
});

test('a taken port, a missing command and a missing directory each give one clear sentence', async () => {
  const holder = createServer();
  await new Promise<void>(resolve => holder.listen({ port, host: '127.0.0.1' }, resolve));
  declare('no-command', { command: ['no-such-program'] });
  declare('no-folder', { directory: join(folder, 'nowhere') });
  await platform.sync([...runs.keys()]);
  await platform.start();
  const exit = async (service: string) =>
    (await until(state => state.instances[0]?.lastExit !== undefined, platform, service)).instances[0]!
      .lastExit;
  assert.match((await exit('web')) ?? '', new RegExp(`Port ${port} of web is taken`));
  assert.match((await exit('no-command')) ?? '', /'no-such-program' is not on the PATH/);
  assert.match((await exit('no-folder')) ?? '', /The directory of no-folder does not exist/);
  await new Promise(resolve => holder.close(resolve));
  await until(up);
});

test('an orderly stop ends all processes, and the next start brings them back', async () => {
  const before = await bringUp();
  await platform.stop();
  assert.equal(await identityOf(before.instances[0]!.pid!), undefined);
  assert.equal((await platform.state('web')).instances[0]?.state, 'stopped');
  platform = make();
  await platform.start();
  const state = await until(up);
  assert.equal(state.instances[0]?.restarts, 0);
});

test('a service that is declared no more is stopped', async () => {
  const before = await bringUp();
  await platform.sync([]);
  assert.equal(await identityOf(before.instances[0]!.pid!), undefined);
  await assert.rejects(platform.state('web'), (fault: Fault) => fault.code === 'not_found');
});

test('output of any length stays within the bound of the log files', async () => {
  platform = make({ maxLogBytes: 2_000 });
  declare('web', {
    port,
    command: [
      'node',
      '-e',
      `setInterval(() => console.log('x'.repeat(500)), 5); ${SERVER.replace(/^import.*$/m, "const http = require('node:http');")}`,
    ],
  });
  await bringUp();
  const deadline = Date.now() + 8_000;
  const { statSync } = await import('node:fs');
  const [instance] = (await platform.state('web')).instances;
  const file = join(folder, 'logs', 'web', `${instance!.id}.log`);
  while (statSync(`${file}.1`, { throwIfNoEntry: false }) === undefined) {
    assert.ok(Date.now() < deadline, 'the file was never rotated');
    await kernel.clock.sleep(50);
  }
  assert.ok((await platform.logs('web', { lines: 5 })).length === 5);
});
