import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Catalog, catalogMigrations, Service, Team } from '../catalog/index.ts';
import { Fault, type FaultCode, instant } from '../kernel/index.ts';
import { type TestKernel, testKernel } from '../kernel/testing.ts';
import { type Gate, Guard, Platforms, platformMigrations } from '../platform/index.ts';
import { declare, FakePlatform, person } from '../platform/testing.ts';
import type { Change } from './change.ts';
import { Deploys } from './deploys.ts';
import { deployMigrations } from './store.ts';

let kernel: TestKernel;
let platform: FakePlatform;
let deploys: Deploys;
let budgetSpent = false;
const recorded: string[] = [];

before(async () => {
  kernel = await testKernel({ log: 'silent' });
  for (const type of ['recorded', 'finished'])
    kernel.events.on<{ change: Change }>(`change.${type}`, `test.${type}`, async ({ data: { change } }) => {
      recorded.push(`${type} ${change.kind} ${change.status}`);
    });
  const catalog = new Catalog(kernel, [Service, Team]);
  platform = new FakePlatform();
  const platforms = new Platforms(kernel, catalog, [platform]);
  const gate: Gate = {
    name: 'error budget',
    check: async ({ purpose }) => ({
      allowed: !(budgetSpent && purpose === 'release'),
      reason: 'payments has spent its error budget.',
    }),
  };
  deploys = new Deploys(
    kernel,
    catalog,
    new Guard(kernel, platforms, [gate], { actionsPerHour: 1000 }),
    platforms,
  );
  await kernel.start([...catalogMigrations, ...platformMigrations, ...deployMigrations]);
  await declare(catalog, ['payments']);
});
beforeEach(async () => {
  await kernel.settle();
  await kernel.db.execute('delete from action; delete from change');
  recorded.length = 0;
  budgetSpent = false;
  platform.reset();
  platform.set('payments', 'v1');
});
after(() => kernel.stop());

const asked = { principal: person('payments-oncall'), reason: 'adds the order history' };
const refusedWith = (code: FaultCode, text: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === code && text.test(error.toText());

/** Runs something that waits for jobs, moving the fake clock until it has ended. */
async function ended<T>(work: Promise<T>): Promise<T> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  work.then(mark, mark);
  for (let turn = 0; turn < 60 && !settled; turn++) await kernel.clock.advance(500);
  return work;
}

test('a release answers when it is rolled out, as a change with from, to, who and why', async () => {
  const { change, action } = await ended(deploys.deploy('payments', 'v2', asked));
  assert.deepEqual(
    [change.kind, change.from, change.to, change.by, change.reason, change.status],
    ['release', 'v1', 'v2', 'payments-oncall', 'adds the order history', 'done'],
  );
  assert.equal(change.action, action.id);
  await kernel.settle();
  assert.equal((await deploys.changes()).length, 1);
  assert.equal(recorded.filter(line => line.startsWith('recorded')).length, 1);
  const [progress] = (await kernel.events.after(0, { type: 'deploy.progress' })).slice(-1);
  assert.ok(progress !== undefined);
  assert.equal((progress.data as { change: string }).change, change.id);
});

test('a release that fails is an error for the caller and a failed change in the record', async () => {
  platform.failures.push({ status: 'failed', summary: 'It never became healthy.', restored: true });
  await assert.rejects(
    ended(deploys.deploy('payments', 'v2', asked)),
    refusedWith('conflict', /failed to release payments v2. It never became healthy/),
  );
  await kernel.settle();
  assert.equal((await deploys.changes({}, 'payments'))[0]?.status, 'failed');
});

test('a rollback goes to the release before, and without one asks for it', async () => {
  await ended(deploys.deploy('payments', 'v2', asked));
  budgetSpent = true;
  const { change } = await ended(deploys.rollback('payments', { ...asked, incident: 'INC-7' }));
  assert.deepEqual([change.kind, change.from, change.to, change.incident], ['rollback', 'v2', 'v1', 'INC-7']);
  await assert.rejects(
    deploys.rollback('payments', asked),
    refusedWith('conflict', /No earlier release[\s\S]*--to/),
  );
});

test('a spent error budget stops a release; an override with a reason lets it pass', async () => {
  budgetSpent = true;
  await assert.rejects(
    deploys.deploy('payments', 'v2', asked),
    refusedWith('denied', /spent its error budget/),
  );
  const { action } = await ended(
    deploys.deploy('payments', 'v2', { ...asked, override: 'it is the fix for the slow query' }),
  );
  assert.equal(action.override, 'it is the fix for the slow query');
});

test('deploying what runs already changes nothing and is no change', async () => {
  await assert.rejects(deploys.deploy('payments', 'v1', asked), refusedWith('conflict', /is on v1 already/));
  assert.deepEqual(await deploys.changes(), []);
});

test('the same key deploys once', async () => {
  const first = await ended(deploys.deploy('payments', 'v2', { ...asked, key: 'pipeline 41' }));
  const again = await ended(deploys.deploy('payments', 'v2', { ...asked, key: 'pipeline 41' }));
  assert.equal(again.change.id, first.change.id);
  assert.equal(platform.performed.length, 1);
});

test('a change from elsewhere is recorded once a key, and one that was running ends', async () => {
  const facts = { service: 'payments', kind: 'config' as const, by: 'pipeline', to: 'pool 50', key: 'run 7' };
  const begun = await deploys.record({ ...facts, status: 'running' });
  await kernel.clock.advance(60_000);
  const done = await deploys.record({ ...facts, status: 'done' });
  assert.equal(done.id, begun.id);
  assert.equal(done.at, begun.at);
  assert.equal(done.status, 'done');
  await deploys.record({ ...facts, status: 'running' });
  assert.deepEqual(
    (await deploys.changes()).map(change => change.status),
    ['done'],
  );
});

test('a change of an unknown service or of the future is refused', async () => {
  const facts = { service: 'payments', kind: 'external' as const, by: 'pipeline' };
  await assert.rejects(
    deploys.record({ ...facts, service: 'paiments' }),
    refusedWith('not_found', /There are: payments/),
  );
  await assert.rejects(
    deploys.record({ ...facts, at: instant(kernel.clock.now() + 3_600_000) }),
    refusedWith('invalid', /future/),
  );
});

test('a service that is first brought up is a change too, recorded once', async () => {
  await kernel.events.emit('service.brought_up', 'payments', {
    service: 'payments',
    release: 'v1',
    replicas: 1,
  });
  await kernel.settle();
  const [change] = await deploys.changes();
  assert.deepEqual([change?.kind, change?.to, change?.by], ['release', 'v1', 'nines']);
});
