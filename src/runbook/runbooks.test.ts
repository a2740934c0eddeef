import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Catalog, catalogMigrations, Service, Team } from '../catalog/index.ts';
import { Fault, type FaultCode, type Instant, type Principal } from '../kernel/index.ts';
import { type TestKernel, testKernel } from '../kernel/testing.ts';
import { type Gate, Guard, Platforms, platformMigrations } from '../platform/index.ts';
import { declare, FakePlatform, person } from '../platform/testing.ts';
import type { Finding } from './matching.ts';
import type { Proposal, Verification } from './proposal.ts';
import { renderProposal } from './render.ts';
import { Runbook } from './runbook.ts';
import { Runbooks } from './runbooks.ts';
import { runbookMigrations } from './store.ts';

const RUNBOOKS = `apiVersion: nines/v1
kind: Runbook
metadata: { name: roll-back }
spec:
  title: Roll back the release
  when: { causes: [release], services: [payments, auth] }
  start: automatic
  steps:
    - { name: back, action: rollback, verify: { window: 10s, within: 30s } }
---
apiVersion: nines/v1
kind: Runbook
metadata: { name: scale-out }
spec:
  title: Scale out, then restart
  when: { causes: [traffic] }
  start: two_people
  steps:
    - { name: out, action: scale, with: { by: 2 } }
    - { name: renew, action: restart, verify: { window: 10s, within: 30s, healthyFor: 10s } }`;

let kernel: TestKernel;
let platform: FakePlatform;
let guard: Guard;
let runbooks: Runbooks;
let reading: (since: Instant) => Verification;
let readings: { since: Instant; at: number }[];
let objection: string | undefined;
let closed = false;
let incident = 0;
const events: string[] = [];

before(async () => {
  kernel = await testKernel({ log: 'silent' });
  for (const type of ['proposed', 'approved', 'started', 'verified', 'undone', 'failed', 'rejected', 'none'])
    kernel.events.on(`remediation.${type}`, `test.remediation.${type}`, async ({ subject }) => {
      if (subject === `INC-${incident}`) events.push(type);
    });
  kernel.events.on('action.undo_failed', 'test.undo_failed', async () => {
    events.push('undo_failed');
  });
  const catalog = new Catalog(kernel, [Service, Team, Runbook]);
  platform = new FakePlatform();
  const platforms = new Platforms(kernel, catalog, [platform]);
  const freeze: Gate = {
    name: 'change freeze',
    check: async ({ principal }) => ({
      allowed: !(closed && principal.kind === 'policy'),
      reason: 'No automation during the sale.',
    }),
  };
  guard = new Guard(kernel, platforms, [freeze], { actionsPerHour: 1000 });
  runbooks = new Runbooks(kernel, catalog, guard, platforms, {
    verify: async (_service, since) => {
      readings.push({ since, at: kernel.clock.now() });
      return reading(since);
    },
    objections: [async () => objection],
  });
  await kernel.start([...catalogMigrations, ...platformMigrations, ...runbookMigrations]);
  await declare(catalog, ['payments', 'auth', 'orders-db'], RUNBOOKS);
});
beforeEach(async () => {
  await kernel.settle();
  incident++;
  await kernel.db.execute('delete from action; delete from proposal');
  events.length = 0;
  readings = [];
  reading = () => ({ healthy: true, figures: 'Errors are at 0.1 % of 900 requests.' });
  objection = undefined;
  closed = false;
  platform.reset();
  platform.set('payments', 'v1');
  platform.set('auth', 'v1');
  await platform.perform(
    { kind: 'release', service: 'payments', to: 'v2' },
    {
      key: `setup ${incident}`,
      signal: new AbortController().signal,
    },
  );
  platform.performed.length = 0;
});
after(() => kernel.stop());

const finding = (over: Partial<Finding> = {}): Finding => ({
  incident: `INC-${incident}`,
  service: 'payments',
  causeKind: 'release',
  verdict: 'confirmed',
  remedy: { kind: 'rollback', to: 'v1', reason: 'Connections are held since v2.' },
  ...over,
});
const traffic = () =>
  finding({ causeKind: 'traffic', remedy: { kind: 'scale', reason: 'Traffic has doubled.' } });
const refusedWith = (code: FaultCode, text: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === code && text.test(error.toText());
const done = () =>
  platform.performed.map(({ action }) => action.kind + ('to' in action ? ` ${action.to}` : ''));

async function propose(over: Partial<Finding> = {}): Promise<Proposal> {
  const proposal = await runbooks.propose(finding(over));
  assert.ok(proposal !== undefined);
  return proposal;
}
async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 5) await kernel.clock.advance(5_000);
}

test('a confirmed verdict starts the automatic runbook, and a clean window after the action verifies it', async () => {
  const { id } = await propose();
  await pass(5);
  assert.equal((await runbooks.get(id)).state, 'verifying');
  await pass(15);
  const proposal = await runbooks.get(id);
  assert.equal(proposal.state, 'succeeded');
  assert.equal(proposal.outcome, 'Errors are at 0.1 % of 900 requests.');
  assert.deepEqual(proposal.approvals, []);
  assert.equal(proposal.runner?.kind, 'policy');
  assert.deepEqual(done(), ['release v1']);
  assert.deepEqual(events, ['proposed', 'approved', 'started', 'verified']);
  const actedAt = proposal.steps[0]!.actedAt!;
  assert.ok(
    readings.every(({ since }) => since >= actedAt),
    'nothing from before the action is read',
  );
  const last = readings.at(-1)!;
  assert.ok(last.at - Date.parse(last.since) >= 10_000, 'the last reading is over the whole window');
  assert.match(renderProposal(proposal), /1\. release payments v1: succeeded/);
});

test('a likely verdict waits for one person, and says why', async () => {
  const { id, start, lowered } = await propose({ verdict: 'likely' });
  assert.equal(start, 'one_click');
  assert.match(lowered ?? '', /likely, not confirmed/);
  await pass(10);
  assert.deepEqual(done(), []);
  await runbooks.approve(id, person('payments-oncall'));
  await pass(25);
  const proposal = await runbooks.get(id);
  assert.equal(proposal.state, 'succeeded');
  assert.equal(proposal.runner?.name, 'payments-oncall');
});

test('an objection of the policy lowers automatic to one click', async () => {
  objection = 'The error budget policy forbids automation.';
  const { start, lowered } = await propose();
  assert.equal(start, 'one_click');
  assert.match(lowered ?? '', /forbids automation/);
});

test('a guard that refuses the policy leaves it to a person, who may then start it', async () => {
  closed = true;
  const { id } = await propose();
  await pass(10);
  const held = await runbooks.get(id);
  assert.deepEqual([held.state, held.start], ['proposed', 'one_click']);
  assert.match(held.lowered ?? '', /No automation during the sale/);
  assert.deepEqual(done(), []);
  await runbooks.approve(id, person('payments-oncall'));
  await pass(25);
  assert.equal((await runbooks.get(id)).state, 'succeeded');
});

test('two people means two different people, and never a model', async () => {
  const { id } = (await runbooks.propose(traffic()))!;
  const model: Principal = { name: 'assistant', kind: 'agent', role: 'responder' };
  await assert.rejects(runbooks.approve(id, model), refusedWith('forbidden', /Only a person/));
  await runbooks.approve(id, person('first'));
  await assert.rejects(
    runbooks.approve(id, person('first')),
    refusedWith('conflict', /has approved .* already/),
  );
  await pass(10);
  assert.deepEqual(done(), []);
  await runbooks.approve(id, person('second'));
  await pass(40);
  const proposal = await runbooks.get(id);
  assert.equal(proposal.state, 'succeeded');
  assert.deepEqual(done(), ['scale', 'restart']);
  assert.equal((await platform.state('payments')).replicas, 3);
  await assert.rejects(
    runbooks.approve(id, person('third')),
    refusedWith('conflict', /is succeeded and cannot be approved/),
  );
});

test('what did not help is undone, with the figures that show it', async () => {
  reading = () => ({ healthy: false, figures: 'Errors are at 31 % of 900 requests.' });
  const { id } = await propose();
  await pass(45);
  const proposal = await runbooks.get(id);
  assert.equal(proposal.state, 'undone');
  assert.match(
    proposal.outcome ?? '',
    /did not help within 30s\. Errors are at 31 %.*Undone: release payments v1/,
  );
  assert.deepEqual(done(), ['release v1', 'release v2']);
  assert.deepEqual(events, ['proposed', 'approved', 'started', 'undone']);
});

test('no data is not health: the action is not verified', async () => {
  reading = () => ({ healthy: null, figures: 'No request was seen.' });
  const { id } = await propose();
  await pass(45);
  const proposal = await runbooks.get(id);
  assert.equal(proposal.state, 'undone');
  assert.match(proposal.outcome ?? '', /no data to verify it by\. No request was seen/);
});

test('objectives that cannot be read are no data', async () => {
  reading = () => {
    throw new Error('the store is away');
  };
  const { id } = await propose();
  await pass(20);
  assert.match(
    (await runbooks.get(id)).steps[0]?.verification?.figures ?? '',
    /could not be read: the store is away/,
  );
});

test('health must last for healthyFor', async () => {
  let count = 0;
  reading = () => ({ healthy: count++ % 2 === 0, figures: 'It flaps.' });
  const { id } = (await runbooks.propose(traffic()))!;
  await runbooks.approve(id, person('first'));
  await runbooks.approve(id, person('second'));
  await pass(60);
  const proposal = await runbooks.get(id);
  // The restart has nothing to undo; the scaling before it has.
  assert.equal(proposal.state, 'undone');
  assert.deepEqual(
    proposal.steps.map(step => step.state),
    ['undone', 'not_verified'],
  );
  assert.equal((await platform.state('payments')).replicas, 1);
});

test('an action that fails is failed, and the steps before it are undone in reverse', async () => {
  const { id } = (await runbooks.propose(traffic()))!;
  platform.meanwhile = async action => {
    if (action.kind === 'restart')
      platform.failures.push({ status: 'failed', summary: 'It never became healthy.', restored: true });
  };
  await runbooks.approve(id, person('first'));
  await runbooks.approve(id, person('second'));
  await pass(30);
  const proposal = await runbooks.get(id);
  assert.equal(proposal.state, 'failed');
  assert.match(proposal.outcome ?? '', /never became healthy\. Undone: scale payments to 3 replicas/);
  assert.deepEqual(done(), ['scale', 'restart', 'scale']);
});

test('an undo that fails ends in failed, and a person is called for', async () => {
  reading = () => ({ healthy: false, figures: 'Errors are at 31 %.' });
  const { id } = await propose();
  await pass(10);
  platform.failures.push({ status: 'failed', summary: 'v2 does not start.', restored: true });
  await pass(40);
  const proposal = await runbooks.get(id);
  assert.equal(proposal.state, 'failed');
  assert.match(proposal.outcome ?? '', /could not be undone: v2 does not start\. A person is needed/);
  assert.ok(events.includes('undo_failed') && events.includes('failed'));
});

test('a finding is put forward once, however often it is told; a newer one replaces what nobody approved', async () => {
  const first = await propose({ verdict: 'likely' });
  const again = await propose({ verdict: 'likely' });
  assert.equal(again.id, first.id);
  const other = (await runbooks.propose(traffic()))!;
  assert.notEqual(other.id, first.id);
  const replaced = await runbooks.get(first.id);
  assert.equal(replaced.state, 'rejected');
  assert.match(replaced.outcome ?? '', new RegExp(other.id));
});

test('what waited for a person because the verdict was likely starts by itself once it is confirmed', async () => {
  const first = await propose({ verdict: 'likely' });
  assert.equal(first.start, 'one_click');
  const sure = await propose();
  assert.equal(sure.start, 'automatic');
  assert.match((await runbooks.get(first.id)).outcome ?? '', new RegExp(sure.id));
  await pass(40);
  assert.equal((await runbooks.get(sure.id)).state, 'succeeded');
  assert.deepEqual(done(), ['release v1']);
});

test('where nothing fits nothing is proposed, and it is said why', async () => {
  assert.equal(await runbooks.propose(finding({ causeKind: 'dependency' })), undefined);
  assert.equal(await runbooks.propose(finding({ service: 'orders-db' })), undefined);
  await kernel.settle();
  assert.deepEqual(events, ['none', 'none']);
});

test('a rejected proposal stays rejected, also when the same finding comes again', async () => {
  const { id } = await propose({ verdict: 'likely' });
  await runbooks.reject(id, person('payments-oncall'), 'traffic is falling by itself');
  const again = await propose({ verdict: 'likely' });
  assert.deepEqual([again.id, again.state], [id, 'rejected']);
  await pass(20);
  assert.deepEqual(done(), []);
});

test('a step waits while another action on the service is under way', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  platform.meanwhile = action => (action.kind === 'restart' ? held : Promise.resolve());
  await guard.submit({
    key: `other ${incident}`,
    action: { kind: 'restart', service: 'payments' },
    purpose: 'operate',
    principal: person('payments-oncall'),
    reason: 'stale connections',
  });
  const { id } = await propose();
  await kernel.testClock.tick(12_000);
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
  assert.match((await runbooks.get(id)).steps[0]?.waitsFor ?? '', /Another action on payments is under way/);
  release();
  await pass(40);
  assert.equal((await runbooks.get(id)).state, 'succeeded');
  assert.deepEqual(done(), ['restart', 'release v1']);
});
