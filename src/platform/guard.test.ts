import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Catalog, catalogMigrations, Service, Team } from '../catalog/index.ts';
import { Fault, type FaultCode } from '../kernel/index.ts';
import { type TestKernel, testKernel } from '../kernel/testing.ts';
import type { ActionRecord, Gate, GuardRequest } from './action-record.ts';
import { Guard } from './guard.ts';
import { platformMigrations } from './migrations.ts';
import { Platforms } from './platforms.ts';
import { declare, FakePlatform, person } from './testing.ts';

let kernel: TestKernel;
let platform: FakePlatform;
let guard: Guard;
let budgetSpent = false;
let twoPeople = false;
let seen: string[];

const errorBudget: Gate = {
  name: 'error budget',
  check: async ({ purpose }) =>
    budgetSpent && purpose === 'release'
      ? {
          allowed: false,
          reason: 'payments has spent its error budget.',
          ...(twoPeople ? { twoPeople: { hint: 'Two people decide.' } } : {}),
        }
      : { allowed: true, reason: 'The budget allows it.' },
};

before(async () => {
  kernel = await testKernel({ log: 'silent' });
  for (const type of ['started', 'done', 'failed', 'refused', 'undo_failed'])
    kernel.events.on<{ action: ActionRecord }>(`action.${type}`, `test.${type}`, async ({ data }) => {
      seen.push(`${type}: ${data.action.description}`);
    });
  const catalog = new Catalog(kernel, [Service, Team]);
  platform = new FakePlatform();
  guard = new Guard(kernel, new Platforms(kernel, catalog, [platform]), [errorBudget], { actionsPerHour: 3 });
  await kernel.start([...catalogMigrations, ...platformMigrations]);
  await declare(catalog, ['payments', 'auth']);
});
beforeEach(async () => {
  await kernel.settle();
  await kernel.db.execute('delete from action');
  seen = [];
  budgetSpent = false;
  twoPeople = false;
  platform.reset();
  platform.set('payments', 'v1');
  platform.set('auth', 'v1');
});
after(() => kernel.stop());

const request = (over: Partial<GuardRequest> = {}): GuardRequest => ({
  key: 'k1',
  action: { kind: 'release', service: 'payments', to: 'v2' },
  purpose: 'release',
  principal: person('payments-oncall'),
  reason: 'ships the faster query',
  ...over,
});
const refusedWith = (code: FaultCode, text: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === code && text.test(error.toText());

async function performed(over: Partial<GuardRequest> = {}): Promise<ActionRecord> {
  const { id } = await guard.submit(request(over));
  await kernel.settle();
  await kernel.clock.advance(6_000);
  return guard.get(id);
}

test('an action is recorded with who, why, what was before and after, and what would undo it', async () => {
  const record = await performed();
  assert.equal(record.status, 'done');
  assert.equal(record.principal.name, 'payments-oncall');
  assert.equal(record.before?.release, 'v1');
  assert.equal(record.after?.release, 'v2');
  assert.deepEqual(record.inverse, { kind: 'release', service: 'payments', to: 'v1' });
  assert.deepEqual(seen.sort(), ['done: release payments v2', 'started: release payments v2']);
});

test('the same key acts once, and for another action it is a conflict', async () => {
  const first = await performed();
  const second = await guard.submit(request());
  assert.equal(second.id, first.id);
  assert.equal(platform.performed.length, 1);
  await assert.rejects(
    guard.submit(request({ action: { kind: 'restart', service: 'payments' } })),
    refusedWith('conflict', /belongs to another action/),
  );
});

const refused: [name: string, over: Partial<GuardRequest>, code: FaultCode, text: RegExp][] = [
  [
    'a viewer may not act',
    { principal: { name: 'reader', kind: 'person', role: 'viewer' } },
    'forbidden',
    /role viewer/,
  ],
  ['an action needs a reason', { reason: ' ' }, 'invalid', /needs a reason/],
  [
    'an unknown service is named',
    { action: { kind: 'restart', service: 'basket' } },
    'not_found',
    /no Service 'basket'/,
  ],
  [
    'an unknown release is refused before anything is done',
    { action: { kind: 'release', service: 'payments', to: 'v0' } },
    'invalid',
    /no release v0/,
  ],
  [
    'more replicas than the service may have are refused',
    { action: { kind: 'scale', service: 'payments', replicas: 5 } },
    'denied',
    /more than the bound of 4/,
  ],
  [
    'more replicas than the bound of the request are refused',
    { action: { kind: 'scale', service: 'payments', replicas: 3 }, bound: { maxReplicas: 2 } },
    'denied',
    /more than the bound of 2/,
  ],
  [
    'an agent may not override a gate',
    { override: 'trust me', principal: { name: 'model', kind: 'agent', role: 'responder' } },
    'forbidden',
    /Only a person/,
  ],
];
for (const [name, over, code, text] of refused)
  test(name, async () => {
    await assert.rejects(guard.submit(request(over)), refusedWith(code, text));
    assert.equal(platform.performed.length, 0);
  });

test('one action at a time for a service; other services are free', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>(resolve => {
    release = resolve;
  });
  platform.meanwhile = action => (action.service === 'payments' ? held : Promise.resolve());
  const first = await guard.submit(request());
  await assert.rejects(
    guard.submit(request({ key: 'k2', action: { kind: 'restart', service: 'payments' } })),
    refusedWith('conflict', /Another action on payments is under way: release payments v2/),
  );
  await guard.submit(request({ key: 'k3', action: { kind: 'restart', service: 'auth' } }));
  release();
  await kernel.settle();
  assert.equal((await guard.get(first.id)).status, 'done');
});

test('two that ask at once get one action: the second is a conflict, not a second action', async () => {
  const answers = await Promise.allSettled([
    guard.submit(request({ key: 'a' })),
    guard.submit(request({ key: 'b', action: { kind: 'restart', service: 'payments' } })),
  ]);
  assert.deepEqual(answers.map(answer => answer.status).sort(), ['fulfilled', 'rejected']);
  await kernel.settle();
  assert.equal(platform.performed.length, 1);
});

test('a gate that says no refuses the action, with its reason and a record', async () => {
  budgetSpent = true;
  await assert.rejects(
    guard.submit(request()),
    refusedWith('denied', /spent its error budget.*\n.*--override/),
  );
  const [record] = await guard.list({ service: 'payments' });
  assert.equal(record?.status, 'refused');
  await kernel.settle();
  assert.deepEqual(seen, ['refused: release payments v2']);
  // The same key may be asked again: a refusal is not the action.
  budgetSpent = false;
  assert.equal((await performed()).status, 'done');
});

test('a person overrides a gate with a reason, and the record keeps both', async () => {
  budgetSpent = true;
  const record = await performed({ override: 'it carries the fix' });
  assert.equal(record.status, 'done');
  assert.equal(record.override, 'it carries the fix');
  assert.equal(record.gates.find(gate => gate.gate === 'error budget')?.allowed, false);
});

test('a spent error budget never stops a rollback', async () => {
  await performed();
  budgetSpent = true;
  const record = await performed({
    key: 'back',
    action: { kind: 'release', service: 'payments', to: 'v1' },
    purpose: 'rollback',
  });
  assert.equal(record.status, 'done');
});

test('the action budget holds for an hour, and undoing is always possible', async () => {
  for (const to of ['v2', 'v3', 'v4'])
    await performed({ key: to, action: { kind: 'release', service: 'payments', to } });
  await assert.rejects(
    guard.submit(request({ key: 'v5', action: { kind: 'release', service: 'payments', to: 'v5' } })),
    refusedWith('denied', /had 3 actions in the last hour; the budget is 3/),
  );
  const [last] = (await guard.list({ service: 'payments' })).filter(one => one.status === 'done');
  const undo = await guard.undo(last!.id, {
    key: 'u',
    principal: person('payments-oncall'),
    reason: 'slower still',
  });
  await kernel.settle();
  assert.equal((await guard.get(undo.id)).status, 'done');
  assert.equal((await platform.state('payments')).release, 'v3');
  await kernel.db.execute(`update action set requested_at = requested_at - interval '1 hour'`);
  const later = await performed({ key: 'v6', action: { kind: 'release', service: 'payments', to: 'v6' } });
  assert.equal(later.status, 'done');
});

test('an action that the platform took back is failed, and nobody need be paged for it', async () => {
  platform.failures.push({ status: 'failed', summary: 'It never became healthy.', restored: true });
  const record = await performed();
  assert.equal(record.status, 'failed');
  assert.equal(record.summary, 'It never became healthy.');
  assert.deepEqual(seen.sort(), ['failed: release payments v2', 'started: release payments v2']);
});

test('an action that could not be taken back is said so: a person must know', async () => {
  platform.failures.push({ status: 'failed', summary: 'It hangs.', restored: false });
  await performed();
  assert.ok(seen.includes('undo_failed: release payments v2'));
});

test('done by the platform and unhealthy by the check is undone', async () => {
  platform.meanwhile = async action => {
    platform.sick = action.kind === 'release' && action.to === 'v2' ? 1 : 0;
  };
  const { id } = await guard.submit(request());
  for (let turn = 0; turn < 10; turn++) await kernel.clock.advance(1_000);
  const record = await guard.get(id);
  assert.equal(record.status, 'failed');
  assert.match(record.summary ?? '', /the check says: 0 of 1 instances of payments v2 are healthy/);
  const undo = (await guard.list()).find(one => one.undoes === id);
  assert.equal(undo?.status, 'done');
  assert.equal((await platform.state('payments')).release, 'v1');
});

test('an undo that comes too late, when another action has begun, waits for its end and is carried out', async () => {
  platform.meanwhile = async action => {
    platform.sick = action.kind === 'release' && action.to === 'v2' ? 1 : 0;
  };
  const { id } = await guard.submit(request());
  // In the very moment in which the action counts as ended somebody else's begins.
  let taken: Promise<unknown> | undefined;
  const { emit } = kernel.events;
  kernel.events.emit = async (type: string, subject: string, data: object) => {
    await emit.call(kernel.events, type, subject, data);
    if (type === 'action.failed')
      taken ??= kernel.db.query(`insert into action (id, key, service, status, requested_at, doc)
        select 'act_other', 'other', service, 'accepted', requested_at,
          doc || '{"id": "act_other", "key": "other", "status": "accepted"}' from action limit 1`);
    await taken;
  };
  for (let turn = 0; turn < 10; turn++) await kernel.clock.advance(1_000);
  kernel.events.emit = emit;
  assert.ok(taken !== undefined);
  assert.equal((await guard.list()).filter(one => one.undoes === id).length, 0);
  await kernel.db.query(`delete from action where id = 'act_other'`);
  for (let turn = 0; turn < 15; turn++) await kernel.clock.advance(1_000);
  assert.equal((await guard.list()).find(one => one.undoes === id)?.status, 'done');
  assert.equal((await platform.state('payments')).release, 'v1');
});

test('an undo that cannot even begin is said so: a person must know', async () => {
  platform.set('payments', 'v0');
  platform.meanwhile = async () => {
    platform.sick = 1;
  };
  const { id } = await guard.submit(request());
  for (let turn = 0; turn < 10; turn++) await kernel.clock.advance(1_000);
  assert.equal((await guard.get(id)).status, 'failed');
  assert.ok(seen.includes('undo_failed: release payments v2'), seen.join());
});

test('an undo that fails is said so: a person must know', async () => {
  const record = await performed();
  platform.failures.push({ status: 'failed', summary: 'v1 does not start any more.', restored: true });
  await guard.undo(record.id, { key: 'u', principal: person('payments-oncall'), reason: 'it did not help' });
  await kernel.settle();
  assert.ok(seen.includes('undo_failed: release payments v1'));
});

test('an action that a crash cut off is gone on with, and performed once', async () => {
  let crash = true;
  platform.meanwhile = async () => {
    if (crash) throw new DOMException('The operation was aborted.', 'AbortError');
  };
  const { id } = await guard.submit(request());
  await kernel.clock.advance(100);
  const cut = await guard.get(id);
  assert.equal(cut.status, 'running');
  crash = false;
  await guard.start();
  await kernel.clock.advance(5_000);
  const record = await guard.get(id);
  assert.equal(record.status, 'done');
  assert.equal(record.before?.release, 'v1');
  assert.equal(platform.performed.length, 1);
});

test('an action that can never be ended is failed in the end, and the service is free again', async () => {
  platform.meanwhile = async () => {
    throw new Error('the platform breaks off');
  };
  const { id } = await guard.submit(request());
  for (let minute = 0; minute < 10; minute++) await kernel.clock.advance(60_000);
  const record = await guard.get(id);
  assert.equal(record.status, 'failed');
  assert.match(record.summary ?? '', /given up after 8 attempts/);
  assert.ok(seen.includes('undo_failed: release payments v2'), 'a person is told');
});

test('an action whose lease ran out because the database was away, and that nobody took over, is gone on with', async () => {
  const { leases, clock } = kernel;
  const { claim } = leases;
  platform.meanwhile = async () => {
    leases.claim = async () => {
      throw new Error('the database is away');
    };
    await clock.sleep(20_000);
    leases.claim = claim;
  };
  const { id } = await guard.submit(request());
  for (let second = 0; second < 60; second += 5) await clock.advance(5_000);
  leases.claim = claim;
  assert.equal((await guard.get(id)).status, 'done');
  assert.equal(platform.performed.length, 1);
});

test('what another replica carries out is left to it, and taken over when that one dies', async () => {
  const { id } = await guard.submit(request());
  await kernel.db.query("insert into lease (name, owner, until) values ($1, 'other', $2)", [
    `action/${id}`,
    new Date(kernel.clock.now() + 8_000),
  ]);
  await kernel.clock.advance(5_000);
  assert.equal(platform.performed.length, 0, 'the other one is at it');
  await kernel.clock.advance(20_000);
  assert.equal((await guard.get(id)).status, 'done');
  assert.equal(platform.performed.length, 1);
});

test('who waits for an action gets its end', async () => {
  const answer = guard.perform(request());
  for (let turn = 0; turn < 5; turn++) await kernel.clock.advance(500);
  assert.equal((await answer).status, 'done');
});

test('where two people decide, the word of one lets nothing through, except in a drill', async () => {
  budgetSpent = true;
  twoPeople = true;
  await assert.rejects(
    guard.submit(request({ override: 'it is the fix' })),
    refusedWith('denied', /Two people decide/),
  );
  const record = await performed({ key: 'k2', override: 'drill bad-release', rehearsal: true });
  assert.equal(record.status, 'done');
  assert.equal(record.gates.find(gate => !gate.allowed)?.gate, 'error budget');
});
