import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { freePort } from '../../test/kit/port.ts';
import type { ActionRecord } from '../platform/index.ts';
import type { Proposal } from './proposal.ts';

// A service whose process writes a line when it starts: that counts how often each release was really started.
const SERVER = `
import http from 'node:http';
console.log('begins', process.env.SERVICE_VERSION);
const answer = (_, response) => response.end('ok');
http.createServer(answer).listen({ port: +process.env.PORT, host: '127.0.0.1', reusePort: true });
setTimeout(() => http.createServer(answer).listen(+process.env.HEALTH_PORT, '127.0.0.1'), 400);
`;

/** A Nines of the four rooms on a data folder. It tells its progress on standard output, one JSON a line. */
const HOST = `
const [, , src, folder, server, port] = process.argv;
const at = room => import(new URL(room + '/index.ts', src).href);
const { createKernel, createLog, openPglite } = await at('kernel');
const { Catalog, catalogMigrations, Service, Team } = await at('catalog');
const { Guard, localPlatform, Platforms, platformMigrations } = await at('platform');
const { Deploys, deployMigrations } = await at('deploy');
const { Runbooks, runbookKinds, runbookMigrations } = await at('runbook');
const tell = (what, data = {}) => process.stdout.write(JSON.stringify({ what, ...data }) + '\\n');

const kernel = createKernel({ db: await openPglite(folder + '/state'), log: createLog('silent') });
const catalog = new Catalog(kernel, [Service, Team, ...runbookKinds]);
const platforms = new Platforms(kernel, catalog, [
  localPlatform(kernel, catalog, { folder: folder + '/local', otlpEndpoint: () => 'http://127.0.0.1:1', superviseEveryMs: 100 }),
]);
const guard = new Guard(kernel, platforms);
const deploys = new Deploys(kernel, catalog, guard, platforms);
const runbooks = new Runbooks(kernel, catalog, guard, platforms, {
  verify: async () => ({ healthy: true, figures: 'All is well.' }),
});
for (const type of ['action.started', 'action.progress', 'remediation.progress', 'remediation.verified', 'remediation.failed', 'remediation.undone'])
  kernel.events.on(type, 'host.' + type, async ({ data }) => tell(data.stage ?? type));
await kernel.start([...catalogMigrations, ...platformMigrations, ...deployMigrations, ...runbookMigrations]);
await catalog.apply([{ path: server + '/all.yaml', text: \`
apiVersion: nines/v1
kind: Team
metadata: { name: crew }
spec: { members: [{ name: crew-oncall, contacts: [{ channel: console }] }] }
---
apiVersion: nines/v1
kind: Service
metadata: { name: web }
spec:
  owner: crew
  tier: 1
  runsOn: { platform: local, release: v1, command: [node, server.mjs, '\\\${release}'], port: \${port}, health: { timeout: 20s }, stopTimeout: 2s }
---
apiVersion: nines/v1
kind: Runbook
metadata: { name: roll-back }
spec:
  title: Roll back
  start: automatic
  steps: [{ name: back, action: rollback, verify: { window: 2s, within: 60s } }]
\` }]);
await platforms.start();
await guard.start();
const state = () => platforms.state('web');
const until = async check => { while (!check(await state())) await new Promise(done => setTimeout(done, 50)); };
await until(one => one.instances.length > 0 && one.instances.every(i => i.healthy) || one.rollout !== undefined);
tell('up', { state: await state() });
if (process.env.STAGE === 'break') {
  await deploys.deploy('web', 'v2', { principal: { name: 'shipper', kind: 'person', role: 'responder' }, reason: 'ships' });
  tell('broken', { state: await state() });
}
if (process.env.STAGE !== 'break')
  await runbooks.propose({ incident: 'INC-1', service: 'web', causeKind: 'release', verdict: 'confirmed', remedy: { kind: 'rollback', to: 'v1', reason: 'v2 is slow.' } });
for (;;) {
  const [proposal] = await runbooks.ofIncident('INC-1');
  if (process.env.STAGE === 'break' || ['succeeded', 'failed', 'undone'].includes(proposal?.state)) {
    const changes = await deploys.changes({}, 'web');
    tell('over', { proposal, actions: await guard.list(), changes, state: await state() });
    if (process.env.STAGE === 'last') await platforms.stop();
    break;
  }
  await new Promise(done => setTimeout(done, 50));
}
setInterval(() => {}, 1000);
`;

interface Told {
  what: string;
  state?: { release: string; instances: { id: string; pid: number; healthy: boolean; restarts: number }[] };
  proposal?: Proposal;
  actions?: ActionRecord[];
  changes?: { kind: string; status: string }[];
}

const folder = mkdtempSync(join(tmpdir(), 'nines-crash-'));
const children = new Set<ChildProcess>();

/** Runs a Nines on the folder until it tells this, then kills it (unless it is the last thing to wait for). */
async function nines(port: number, stage: string, stopAt: string): Promise<Told[]> {
  const src = new URL('../', import.meta.url).href;
  const child = spawn(
    process.execPath,
    [join(folder, 'host.mjs'), src, join(folder, 'data'), folder, String(port)],
    { env: { ...process.env, STAGE: stage }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.add(child);
  const told: Told[] = [];
  const timer = setTimeout(() => child.kill('SIGKILL'), 90_000);
  for await (const line of createInterface({ input: child.stdout! })) {
    told.push(JSON.parse(line) as Told);
    if (told.at(-1)?.what === stopAt) break;
    if (told.at(-1)?.what === 'over') break;
  }
  if (stage === 'last') await new Promise(resolve => setTimeout(resolve, 500));
  child.kill('SIGKILL');
  clearTimeout(timer);
  await new Promise(resolve =>
    child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(0),
  );
  children.delete(child);
  return told;
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};
const starts = () =>
  readdirSync(join(folder, 'data', 'local', 'logs', 'web'))
    .flatMap(name =>
      readFileSync(join(folder, 'data', 'local', 'logs', 'web', name), 'utf8')
        .split('\n')
        .filter(line => line.startsWith('begins')),
    )
    .map(line => line.slice('begins '.length))
    .sort();

test('killed at every stage of a rollback, Nines goes on each time, starts nothing twice and adopts what runs', {
  timeout: 300_000,
}, async t => {
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  writeFileSync(join(folder, 'host.mjs'), HOST);
  const port = await freePort();
  const pids = new Set<number>();
  t.after(() => {
    for (const child of children) child.kill('SIGKILL');
    for (const pid of pids) if (alive(pid)) process.kill(-pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const note = (told: Told[]) => {
    for (const { state, actions } of told)
      for (const one of [
        ...(state?.instances ?? []),
        ...(actions ?? []).flatMap(action => [
          ...(action.before?.instances ?? []),
          ...(action.after?.instances ?? []),
        ]),
      ])
        if (one.pid !== undefined) pids.add(one.pid);
    return told;
  };

  note(await nines(port, 'break', 'over'));
  assert.deepEqual(starts(), ['v1', 'v2']);

  // Each stage of the rollback, in its order; at each the process is killed.
  const reached: string[] = [];
  for (const stage of ['action.started', 'healthy', 'stopping'])
    reached.push(...note(await nines(port, 'heal', stage)).map(one => one.what));
  const told = note(await nines(port, 'last', 'over'));
  const last = told.at(-1);
  assert.equal(last?.what, 'over', `it did not end; reached were ${reached.join(', ')}`);
  assert.equal(last.proposal?.state, 'succeeded');
  assert.equal(last.state?.release, 'v1');
  assert.equal(last.state?.instances.length, 1);
  assert.equal(last.state?.instances[0]?.restarts, 0);

  const rollbacks = last.actions?.filter(action => action.purpose === 'remediation') ?? [];
  assert.equal(rollbacks.length, 1);
  assert.equal(rollbacks[0]?.before?.release, 'v2');
  assert.deepEqual(
    last.changes?.map(change => `${change.kind} ${change.status}`),
    ['rollback done', 'release done', 'release done'],
  );
  // v1 at first, v2 by the deploy, v1 once more by the rollback; nothing was started twice.
  assert.deepEqual(starts(), ['v1', 'v1', 'v2']);
  assert.ok(reached.includes('healthy') || reached.includes('starting'), reached.join(', '));
});
