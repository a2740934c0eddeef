import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../kit/port.ts';

// The main job, for real, and with the worst interruption: the whole drill on the example system, the server killed with
// -9 between the page and the rollback. It takes minutes, because detection and verification take what they take.

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nines-drill-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const LIMIT_MS = 9 * 60_000;

test('a drill whose server is killed between the page and the rollback ends well: one page, one rollback', {
  timeout: LIMIT_MS,
}, async t => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const data = join(folder, 'data');
  const args = [
    'scripts/start.ts',
    '--drill',
    'bad-release',
    '--once',
    '--json',
    '--data',
    data,
    '--listen',
    url.slice(7),
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGTERM'));
  let out = '';
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const ended = new Promise<number | null>(resolve => child.on('exit', resolve));
  const get = async <T>(path: string): Promise<T | undefined> => {
    const response = await fetch(`${url}/api/v1${path}`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    );
    return response?.ok === true ? ((await response.json().catch(() => undefined)) as T) : undefined;
  };

  let killed = false;
  let before: { pages: number; deliveries: number } | undefined;
  let last: Snapshot | undefined;
  let gate: { allowed: boolean; level: string; reason: string } | undefined;
  const watching = (async () => {
    while (child.exitCode === null) {
      const snapshot = await look(get);
      if (snapshot !== undefined) last = snapshot;
      // Once the release is rolled back: what another release would hear.
      if (snapshot !== undefined && snapshot.rollbacks > 0)
        gate = (await get<NonNullable<typeof gate>>('/services/payments/gate?ask=true')) ?? gate;
      if (!killed && snapshot !== undefined && snapshot.pages > 0) {
        assert.equal(snapshot.rollbacks, 0, 'the kill comes before the rollback');
        before = { pages: snapshot.pages, deliveries: snapshot.deliveries };
        const { pid } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as { pid: number };
        process.kill(pid, 'SIGKILL');
        killed = true;
      }
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  })();

  const code = await ended;
  await watching;
  assert.equal(code, 0, `the drill failed:\n${told.slice(-4000)}\n${out.slice(-2000)}`);
  assert.ok(killed && before !== undefined, 'the server was killed');
  assert.match(told, /ended by itself; starting it again/);
  const run = JSON.parse(out) as {
    state: string;
    incident: string;
    stages: { stage: string; at?: string; what: string }[];
  };
  assert.equal(run.state, 'passed');
  assert.deepEqual(
    run.stages.filter(stage => stage.at === undefined),
    [],
  );
  assert.match(run.stages.find(stage => stage.stage === 'cause_found')!.what, /^Confirmed/);
  assert.ok(last !== undefined);
  assert.equal(last.pages, 1, 'one page');
  assert.equal(last.steps, 1, 'no escalation was repeated');
  assert.equal(last.deliveries, last.recipients, 'nobody was told twice');
  assert.equal(last.rollbacks, 1, 'one rollback');
  assert.ok(
    gate !== undefined && !gate.allowed,
    'the drill has spent a budget, and the gate denies a release',
  );
  assert.equal(gate.level, 'freeze');
  assert.match(gate.reason, /of the budget of checkout-hour is (left|spent)/);
  const postmortem = readFileSync(
    join(root, 'postmortems', `${run.stages[0]!.at!.slice(0, 10)}-${run.incident}.md`),
    'utf8',
  );
  assert.match(postmortem, /Release of payments v1\.2\.3/);
  assert.match(postmortem, /lower\(customer_email\)/);
});

interface Snapshot {
  pages: number;
  steps: number;
  deliveries: number;
  recipients: number;
  rollbacks: number;
}

interface Delivery {
  message: string;
  person: string;
  channel: string;
}

/** What has been sent and done so far, as the server tells; undefined while it is away. */
async function look(get: <T>(path: string) => Promise<T | undefined>): Promise<Snapshot | undefined> {
  const [pages, actions, sent] = await Promise.all([
    get<{ pages: { id: string; steps: unknown[] }[] }>('/pages'),
    get<{ actions: { purpose: string; status: string }[] }>('/actions'),
    get<{ notifications: Delivery[] }>('/notifications'),
  ]);
  if (pages === undefined || actions === undefined || sent === undefined) return undefined;
  const calls = sent.notifications.filter(one => pages.pages.some(page => one.message.startsWith(page.id)));
  return {
    pages: pages.pages.length,
    steps: pages.pages.reduce((sum, page) => sum + page.steps.length, 0),
    deliveries: calls.length,
    recipients: new Set(calls.map(({ person, channel }) => `${person}/${channel}`)).size,
    rollbacks: actions.actions.filter(action => action.purpose === 'remediation').length,
  };
}
