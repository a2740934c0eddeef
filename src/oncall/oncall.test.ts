import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestClock } from 'pg-boss';
import { Catalog, catalogMigrations, Service, Team } from '../catalog/index.ts';
import { createKernel, createLog, type Event, type Kernel, openPglite } from '../kernel/index.ts';
import { type TestKernel, testKernel } from '../kernel/testing.ts';
import { type Channel, Notifications, notifyMigrations } from '../notify/index.ts';
import { OnCall, oncallKinds, oncallMigrations } from './index.ts';

const CODE = `
apiVersion: nines/v1
kind: Team
metadata: { name: shop-team }
spec:
  members:
    - { name: first, contacts: [{ channel: hook, address: first }] }
    - { name: second, contacts: [{ channel: hook, address: second }] }
    - { name: lead, contacts: [{ channel: hook, address: lead }] }
---
apiVersion: nines/v1
kind: Service
metadata: { name: payments }
spec: { owner: shop-team, tier: 1 }
---
apiVersion: nines/v1
kind: Schedule
metadata: { name: shop }
spec:
  team: shop-team
  layers:
    - { name: primary, participants: [first, second], start: 2026-01-26 }
    - { name: secondary, participants: [second, first], start: 2026-01-26 }
---
apiVersion: nines/v1
kind: EscalationPolicy
metadata: { name: shop }
spec:
  steps:
    - { notify: [{ schedule: shop, layer: primary }], wait: 30s }
    - { notify: [{ schedule: shop, layer: secondary }], wait: 60s }
    - { notify: [{ team: shop-team, person: lead }], wait: 90s }
  repeat: 1
---
apiVersion: nines/v1
kind: Route
metadata: { name: default }
spec: { policy: shop }
`;

const migrations = [...catalogMigrations, ...notifyMigrations, ...oncallMigrations];
const call = {
  key: 'INC-1',
  incident: 'INC-1',
  service: 'payments',
  severity: 'SEV1',
  title: 'Checkout is failing',
  text: '12 % of requests fail.',
  respond: 'nines incident acknowledge INC-1',
} as const;

interface World<K extends Kernel> {
  kernel: K;
  catalog: Catalog;
  notifications: Notifications;
  oncall: OnCall;
  /** `seconds since the page, who`, as they went out; seconds in tens, as the job queue is polled once a second. */
  told: string[];
  events: string[];
}

function world<K extends Kernel>(kernel: K, began: number): World<K> {
  const told: string[] = [];
  const events: string[] = [];
  const note = async (to: string) => {
    told.push(`${Math.floor((kernel.clock.now() - began) / 10_000) * 10} ${to}`);
    return {};
  };
  const hook: Channel = { name: 'hook', local: false, send: (_, address) => note(address) };
  const terminal: Channel = { name: 'terminal', local: true, send: () => note('terminal') };
  const notifications = new Notifications(kernel, [hook, terminal]);
  const catalog = new Catalog(kernel, [Service, Team, ...oncallKinds]);
  const oncall = new OnCall(kernel, catalog, notifications);
  for (const type of ['page.sent', 'page.escalated', 'page.acknowledged', 'page.stopped', 'page.exhausted'])
    kernel.events.on(
      type,
      `test.${type}`,
      async (event: Event) => void events.push(`${event.type} ${event.subject}`),
    );
  return { kernel, catalog, notifications, oncall, told, events };
}

const NOW = '2026-01-27T03:00:00.000Z';

async function setUp(code = CODE): Promise<World<TestKernel>> {
  const made = world(await testKernel({ now: NOW, log: 'silent' }), Date.parse(NOW));
  await made.kernel.start(migrations);
  if (code !== '') await made.catalog.apply([{ path: '/code/a.yaml', text: code }]);
  return made;
}

test('nobody acknowledges: primary at once, secondary at 30 s, lead at 90, all again from 180, exhausted at 360', async () => {
  const { kernel, oncall, told, events } = await setUp();
  await kernel.db.transaction(() => oncall.page(call));
  await kernel.settle();
  for (let second = 0; second < 380; second += 15) await kernel.clock.advance(15_000);
  assert.deepEqual(told, [
    '0 first',
    '30 second',
    '90 lead',
    '180 first',
    '210 second',
    '270 lead',
    '360 terminal',
  ]);
  assert.deepEqual(
    events,
    ['page.sent', ...Array(5).fill('page.escalated'), 'page.exhausted'].map(type => `${type} INC-1`),
  );
  const [page] = await oncall.list();
  assert.equal(page?.state, 'exhausted');
  assert.equal(page?.reason, 'nobody acknowledged after 6 steps');
  await kernel.stop();
});

test('an acknowledgement stops the escalation, and a second one changes nothing', async () => {
  const { kernel, oncall, told, events } = await setUp();
  await oncall.page(call);
  await kernel.clock.advance(36_000);
  await oncall.acknowledge('INC-1', 'second');
  const [again] = await oncall.acknowledge('INC-1', 'first');
  assert.equal(again?.acknowledgedBy, 'second');
  for (let i = 0; i < 4; i++) await kernel.clock.advance(30_000);
  assert.deepEqual(told, ['0 first', '30 second']);
  assert.deepEqual(events, ['page.sent INC-1', 'page.escalated INC-1', 'page.acknowledged INC-1']);
  await kernel.stop();
});

test('an incident that ends stops its page', async () => {
  const { kernel, oncall, told } = await setUp();
  await oncall.page(call);
  await kernel.settle();
  await oncall.stop('INC-1');
  for (let i = 0; i < 4; i++) await kernel.clock.advance(30_000);
  assert.deepEqual(told, ['0 first']);
  assert.equal((await oncall.list())[0]?.state, 'stopped');
  await kernel.stop();
});

test('the same key pages once; a rolled-back transaction pages nobody', async () => {
  const { kernel, oncall, told } = await setUp();
  await assert.rejects(
    kernel.db.transaction(async () => {
      await oncall.page(call);
      throw new Error('no');
    }),
  );
  await oncall.page(call);
  await oncall.page({ ...call, title: 'Other words' });
  await kernel.settle();
  assert.deepEqual(told, ['0 first']);
  assert.equal((await oncall.list()).length, 1);
  await kernel.stop();
});

test('a step that reaches nobody is passed over at once and says why', async () => {
  const { kernel, oncall, told, catalog } = await setUp();
  await oncall.page(call);
  await kernel.settle();
  // The secondary layer goes away while the page is under way.
  const text = CODE.replace(/ {4}- \{ name: secondary.*\n/, '').replace('layer: secondary', 'layer: primary');
  await catalog.apply([{ path: '/code/a.yaml', text }]);
  for (let i = 0; i < 3; i++) await kernel.clock.advance(12_000);
  assert.deepEqual(told, ['0 first', '30 lead']);
  const [page] = await oncall.list();
  assert.deepEqual(page?.steps[1]?.missed, ["Schedule 'shop' has no layer 'secondary'"]);
  await kernel.stop();
});

test('without any route the owners are told; without owners this server itself says that nobody was', async () => {
  const onlyTeam = CODE.split('---').slice(0, 2).join('---');
  const { kernel, oncall, told } = await setUp(onlyTeam);
  await oncall.page(call);
  await kernel.settle();
  assert.deepEqual(told.toSorted(), ['0 first', '0 lead', '0 second']);
  await oncall.page({ ...call, key: 'INC-2', incident: 'INC-2', service: 'nobody-knows-it' });
  await kernel.settle();
  assert.equal(told.at(-1), '0 terminal');
  const [page] = await oncall.list({ state: 'exhausted' });
  assert.match(page?.reason ?? '', /no route leads from nobody-knows-it/);
  await kernel.stop();
});

test('people who were paged can be told that it is over; nobody else is', async () => {
  const { kernel, oncall, told } = await setUp();
  await oncall.page(call);
  await kernel.clock.advance(36_000);
  await oncall.acknowledge('INC-1', 'second');
  await oncall.tell('INC-1', { id: 'INC-1/resolved', subject: 'INC-1 is resolved', text: '' });
  await oncall.tell('INC-1', { id: 'INC-1/resolved', subject: 'INC-1 is resolved', text: '' });
  await kernel.settle();
  assert.deepEqual(told, ['0 first', '30 second', '30 first', '30 second']);
  await kernel.stop();
});

test('after a crash the escalation goes on where it was, and nobody is told twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nines-oncall-'));
  const open = async (now: string) => {
    const clock = new TestClock(now);
    const kernel = createKernel({
      db: await openPglite(folder),
      log: createLog('silent'),
      clock: { now: () => clock.now(), sleep: () => new Promise(() => {}) },
      testClock: clock,
    });
    const made = world(kernel, Date.parse(NOW));
    await kernel.start(migrations);
    return { ...made, clock };
  };
  const pass = async (clock: TestClock, seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await clock.tick(1_000);
      await new Promise(resolve => setImmediate(resolve));
    }
    for (let i = 0; i < 50; i++) {
      await clock.tick(0);
      await new Promise(resolve => setTimeout(resolve, 2));
    }
  };

  const before = await open(NOW);
  await before.catalog.apply([{ path: '/code/a.yaml', text: CODE }]);
  await before.oncall.page(call);
  await pass(before.clock, 40);
  assert.deepEqual(before.told, ['0 first', '30 second']);
  // As kill -9: the database is cut off; nothing is put in order.
  await before.kernel.db.close();

  const after = await open('2026-01-27T03:00:40.000Z');
  await pass(after.clock, 60);
  assert.deepEqual(after.told, ['90 lead']);
  await after.oncall.acknowledge('INC-1', 'lead');
  await pass(after.clock, 100);
  assert.deepEqual(after.told, ['90 lead']);
  await after.kernel.stop();
  await before.kernel.jobs.stop().catch(() => {});
  await rm(folder, { recursive: true });
});
