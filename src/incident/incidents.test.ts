import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catalog, catalogMigrations, Service, Team } from '../catalog/index.ts';
import { duration, type Event, instant, type Principal } from '../kernel/index.ts';
import { type TestKernel, testKernel } from '../kernel/testing.ts';
import { type Channel, Notifications, notifyMigrations } from '../notify/index.ts';
import { OnCall, oncallKinds, oncallMigrations } from '../oncall/index.ts';
import type { AlertFacts } from './facts.ts';
import { type IncidentOptions, Incidents } from './incidents.ts';
import type { IndicatorReading } from './settling.ts';
import { incidentMigrations } from './store.ts';

const CODE = `
apiVersion: nines/v1
kind: Team
metadata: { name: shop-team }
spec:
  members:
    - { name: first, contacts: [{ channel: hook, address: first }] }
    - { name: second, contacts: [{ channel: hook, address: second }] }
---
apiVersion: nines/v1
kind: Service
metadata: { name: gateway, displayName: Gateway }
spec: { owner: shop-team, tier: 1, dependsOn: [payments] }
---
apiVersion: nines/v1
kind: Service
metadata: { name: payments, displayName: Payments }
spec: { owner: shop-team, tier: 1 }
---
apiVersion: nines/v1
kind: Service
metadata: { name: reports }
spec: { owner: shop-team, tier: 4 }
---
apiVersion: nines/v1
kind: EscalationPolicy
metadata: { name: shop }
spec:
  steps:
    - { notify: [{ team: shop-team, person: first }], wait: 30s }
    - { notify: [{ team: shop-team, person: second }], wait: 30s }
  repeat: 0
---
apiVersion: nines/v1
kind: Route
metadata: { name: default }
spec: { policy: shop }
`;

const NOW = '2026-01-27T03:15:00.000Z';
const someone: Principal = { name: 'first', kind: 'person', role: 'responder' };

interface World {
  kernel: TestKernel;
  incidents: Incidents;
  oncall: OnCall;
  /** `seconds, in tens: address subject`, as it went out. */
  told: string[];
  events: string[];
}

async function setUp(options: IncidentOptions = {}): Promise<World> {
  const kernel = await testKernel({ now: NOW, log: 'silent' });
  const told: string[] = [];
  const events: string[] = [];
  const hook: Channel = {
    name: 'hook',
    local: false,
    send: async (message, address) => {
      const seconds = Math.floor((kernel.clock.now() - Date.parse(NOW)) / 10_000) * 10;
      told.push(`${seconds} ${message.kind} ${address}: ${message.subject}`);
      return {};
    },
  };
  const notifications = new Notifications(kernel, [hook]);
  const catalog = new Catalog(kernel, [Service, Team, ...oncallKinds]);
  const oncall = new OnCall(kernel, catalog, notifications);
  const incidents = new Incidents(kernel, catalog, oncall, { settle: duration('20s'), ...options });
  for (const type of ['opened', 'acknowledged', 'mitigated', 'resolved', 'reopened'])
    kernel.events.on(`incident.${type}`, `test.${type}`, async (event: Event) => {
      events.push(`${event.type.slice(9)} ${event.subject}`);
    });
  await kernel.start([...catalogMigrations, ...notifyMigrations, ...oncallMigrations, ...incidentMigrations]);
  await catalog.apply([{ path: '/code/a.yaml', text: CODE }]);
  await kernel.settle();
  return { kernel, incidents, oncall, told, events };
}

function alert(id: string, more: Partial<AlertFacts> = {}): AlertFacts {
  return {
    id,
    fingerprint: `fp-${id}`,
    name: 'CheckoutAvailabilityBurn',
    service: 'payments',
    severity: 'page',
    firedAt: '2026-01-27T03:14:58.000Z',
    onsetAt: '2026-01-27T03:14:10.000Z',
    burnRate: 124,
    errorRatio: 0.124,
    allowedRatio: 0.001,
    badMeans: 'checkout requests fail',
    ...more,
  };
}

async function lines(incidents: Incidents, id: string): Promise<string[]> {
  return (await incidents.timeline(id)).map(entry => `${entry.kind}: ${entry.text}`);
}

test('an alert opens an incident and pages; the same alert again changes nothing', async () => {
  const { kernel, incidents, told, events } = await setUp({
    link: id => `http://127.0.0.1:4800/incidents/${id}`,
  });
  const [one, two] = await Promise.all([incidents.open(alert('a')), incidents.open(alert('a'))]);
  await kernel.settle();
  await incidents.open(alert('a'));
  await kernel.settle();
  assert.equal(one.id, 'INC-1');
  assert.equal(two.id, 'INC-1');
  assert.deepEqual(told, ['0 page first: INC-1: Payments: checkout requests fail']);
  assert.deepEqual(events, ['opened INC-1']);
  assert.deepEqual(await lines(incidents, 'INC-1'), [
    'alert: Alert CheckoutAvailabilityBurn on payments fired at 03:14:58 UTC. The data go bad at 03:14:10 UTC.',
    'phase: Opened as SEV1: the service is tier 1, and the error budget burns 120× too fast.',
    'update: Payments: 12.4 % of checkout requests fail (the objective allows 0.1 %) since 03:14 UTC. The cause is not known yet; it is being looked into. Next update 03:30 UTC.',
    'page: Paged first by hook.',
  ]);
  const incident = await incidents.get('INC-1');
  assert.equal(incident.onsetAt, '2026-01-27T03:14:10.000Z');
  assert.equal(incident.nextUpdateAt, '2026-01-27T03:30:00.000Z');
  await kernel.stop();
});

test('alerts of the same trouble share one incident and one page, numbers have no gaps', async () => {
  const { kernel, incidents, told } = await setUp();
  const opened = await Promise.all([
    incidents.open(alert('a')),
    incidents.open(alert('b', { name: 'CheckoutLatencyBurn' })),
    incidents.open(alert('c', { service: 'gateway', name: 'GatewayAvailabilityBurn' })),
    incidents.open(alert('d', { service: 'reports', name: 'ReportsBurn' })),
  ]);
  assert.deepEqual(
    opened.map(incident => incident.id),
    ['INC-1', 'INC-1', 'INC-1', 'INC-2'],
  );
  await assert.rejects(
    kernel.db.transaction(async () => {
      await incidents.declare({ service: 'nobody', title: 'rolled back' }, 'first');
      throw new Error('no');
    }),
  );
  const third = await incidents.declare({ service: 'reports', title: 'Refunds are stuck' }, 'first');
  assert.equal(third.id, 'INC-3');
  assert.equal(
    (await incidents.declare({ service: 'reports', title: 'Refunds are stuck' }, 'first')).id,
    'INC-3',
  );
  await kernel.settle();
  assert.equal(told.length, 1, 'tier 4 and what is not SEV1 or SEV2 wakes nobody');
  const shared = await incidents.get('INC-1');
  assert.deepEqual(shared.affectedServices, ['payments', 'gateway']);
  assert.equal(shared.alerts.length, 3);
  await kernel.stop();
});

test('a page that comes after the incident was taken is answered by taking it again, and calls nobody else', async () => {
  const { kernel, incidents, oncall, told } = await setUp();
  await incidents.open(alert('a'));
  await incidents.acknowledge('INC-1', someone);
  const request = { incident: 'INC-1', service: 'gateway', severity: 'SEV1' as const };
  await oncall.page({
    ...request,
    key: 'INC-1/rem_1',
    title: 'the fix did not help',
    text: 'It was undone.',
    respond: 'nines incident acknowledge INC-1',
  });
  await kernel.clock.advance(1_000);
  await incidents.acknowledge('INC-1', someone);
  await kernel.clock.advance(120_000);
  assert.deepEqual(
    (await oncall.list()).map(page => page.state),
    ['acknowledged', 'acknowledged'],
  );
  assert.ok(!told.some(line => line.includes('second')), told.join('\n'));
  await kernel.stop();
});

test('a time table: page at 0, second person at 30 s, acknowledged at 40 s, fixed at 60 s, quiet from 80 s, resolved at 100 s', async () => {
  const { kernel, incidents, told, events, oncall } = await setUp();
  await incidents.open(alert('a'));
  await kernel.clock.advance(40_000);
  await incidents.acknowledge('INC-1', someone);
  await incidents.acknowledge('INC-1', { ...someone, name: 'second' });
  await incidents.addEntry('INC-1', {
    kind: 'verdict',
    text: 'payments v1.2.3 started a query without an index.',
    data: { verdict: 'confirmed', cause: 'payments v1.2.3 started a query without an index' },
    dedupe: 'inv-1',
  });
  await incidents.addEntry('INC-1', {
    kind: 'action',
    text: 'Rolling payments back to v1.2.2.',
    data: { state: 'running' },
  });
  await kernel.clock.advance(20_000);
  await incidents.mitigated('INC-1', 'the error ratio of the last minute is 0.02 %');
  await kernel.clock.advance(20_000);
  await incidents.alertResolved({ id: 'a' });
  await kernel.clock.advance(10_000);
  assert.equal((await incidents.get('INC-1')).status, 'mitigated');
  await kernel.clock.advance(15_000);
  const incident = await incidents.get('INC-1');
  assert.equal(incident.status, 'resolved');
  assert.equal(incident.acknowledgedBy, 'first');
  assert.deepEqual(
    incident.phases.map(
      ({ phase, at }) => `${phase} ${Math.floor((Date.parse(at) - Date.parse(NOW)) / 10_000) * 10}`,
    ),
    ['detect 0', 'assess 40', 'mitigate 40', 'communicate 60', 'resolve 100'],
  );
  assert.deepEqual(
    told.map(line => line.replace(/: .*/, '')),
    ['0 page first', '30 page second', '100 notice first', '100 notice second'],
  );
  assert.deepEqual(events, ['opened INC-1', 'acknowledged INC-1', 'mitigated INC-1', 'resolved INC-1']);
  assert.equal((await oncall.list())[0]?.state, 'acknowledged');
  const updates = (await incidents.timeline('INC-1')).filter(entry => entry.kind === 'update');
  assert.equal(updates.length, 4, 'at the opening, with the verdict, when mitigated, when resolved');
  assert.match(
    updates.at(-1)!.text,
    /^Payments: resolved at 03:16 UTC\. It hurt for 1 min 5\d s, .* Cause: payments v1\.2\.3/,
  );
  await kernel.stop();
});

test('it is back while it settles: open again, and somebody is called again', async () => {
  const { kernel, incidents, told, events } = await setUp();
  await incidents.open(alert('a'));
  await kernel.settle();
  await incidents.acknowledge('INC-1', someone);
  await kernel.clock.advance(10_000);
  await incidents.alertResolved({ id: 'a' });
  await kernel.clock.advance(5_000);
  const back = await incidents.open(alert('a', { firedAt: instant(kernel.clock.now() - 1_000) }));
  assert.deepEqual([back.id, back.status, back.phase], ['INC-1', 'open', 'assess']);
  await kernel.clock.advance(25_000);
  assert.equal((await incidents.get('INC-1')).status, 'open', 'the timer of the first mitigation is void');
  assert.deepEqual(told, [
    '0 page first: INC-1: Payments: checkout requests fail',
    '10 page first: INC-1: Payments: checkout requests fail',
  ]);
  assert.deepEqual(events, ['opened INC-1', 'acknowledged INC-1', 'mitigated INC-1', 'reopened INC-1']);
  await kernel.stop();
});

function indicators(readings: IndicatorReading['state'][]): IncidentOptions {
  return {
    indicators: async () => {
      const state = readings.length > 1 ? readings.shift()! : readings[0]!;
      return { state, statement: state === 'no_data' ? 'there is no data' : `the error ratio is ${state}` };
    },
  };
}

test('although a long window still fires, good indicators resolve it; two bad ones after that reopen it', async () => {
  const { kernel, incidents, told } = await setUp(indicators(['good', 'bad', 'good', 'bad', 'bad']));
  await incidents.open(alert('a'));
  await kernel.settle();
  await incidents.acknowledge('INC-1', someone);
  await incidents.mitigated('INC-1', 'rolled back');
  await kernel.clock.advance(23_000);
  assert.equal((await incidents.get('INC-1')).status, 'resolved');
  assert.match(
    (await lines(incidents, 'INC-1')).findLast(line => line.startsWith('resolve'))!,
    /Still firing: CheckoutAvailabilityBurn\.$/,
  );
  for (let i = 0; i < 6; i++) await kernel.clock.advance(10_000);
  assert.equal((await incidents.get('INC-1')).status, 'resolved', 'bad, then good');
  for (let i = 0; i < 4; i++) await kernel.clock.advance(10_000);
  assert.equal((await incidents.get('INC-1')).status, 'open', 'bad twice in a row');
  assert.equal(told.filter(line => line.includes(' page first')).length, 2);
  await kernel.stop();
});

test('an end that overtakes its beginning is refused, so that it is told again', async () => {
  const { kernel, incidents } = await setUp();
  const firedAt = '2026-01-27T03:14:58.000Z';
  await assert.rejects(incidents.alertResolved({ id: 'a', firedAt }), { code: 'conflict' });
  await incidents.open(alert('a'));
  assert.equal((await incidents.alertResolved({ id: 'a', firedAt })).status, 'mitigated');
  await kernel.stop();
});

test('a source that is away counts as no data, and the watch goes on', async () => {
  let away = true;
  const { kernel, incidents } = await setUp({
    indicators: async () => {
      if (away) throw new Error('the source is away');
      return { state: 'good', statement: 'the error ratio is 0.02 %' };
    },
  });
  await incidents.open(alert('a'));
  await incidents.mitigated('INC-1', 'rolled back');
  for (let i = 0; i < 5; i++) await kernel.clock.advance(10_000);
  assert.equal((await incidents.get('INC-1')).status, 'mitigated');
  away = false;
  for (let i = 0; i < 3; i++) await kernel.clock.advance(10_000);
  assert.equal((await incidents.get('INC-1')).status, 'resolved');
  await kernel.stop();
});

test('on missing data nothing is resolved, and that is said once', async () => {
  const { kernel, incidents } = await setUp(indicators(['no_data']));
  await incidents.open(alert('a'));
  await incidents.mitigated('INC-1', 'rolled back');
  for (let i = 0; i < 10; i++) await kernel.clock.advance(10_000);
  assert.equal((await incidents.get('INC-1')).status, 'mitigated');
  const said = (await lines(incidents, 'INC-1')).filter(line => line.startsWith('verification'));
  assert.deepEqual(said, [
    'verification: It cannot be told whether it is over: there is no data. Nines does not resolve it on missing data.',
  ]);
  await kernel.stop();
});

test('what a person declares stays until a person resolves it', async () => {
  const { kernel, incidents } = await setUp(indicators(['good']));
  await incidents.declare({ service: 'payments', title: 'Refunds are stuck' }, 'first');
  await incidents.mitigated('INC-1', 'the queue moves again', 'first');
  for (let i = 0; i < 5; i++) await kernel.clock.advance(10_000);
  assert.equal((await incidents.get('INC-1')).status, 'mitigated');
  await incidents.resolve('INC-1', { why: 'all refunds are through', by: 'first' });
  assert.equal((await incidents.get('INC-1')).resolvedBy, 'first');
  await kernel.stop();
});

test('raising the severity pages, once', async () => {
  const { kernel, incidents, told } = await setUp();
  await incidents.open(alert('d', { service: 'reports', severity: 'ticket' }));
  await kernel.settle();
  assert.deepEqual(told, []);
  await incidents.setSeverity('INC-1', 'SEV1', 'all regions', 'first');
  await incidents.setSeverity('INC-1', 'SEV2', 'one region', 'first');
  await incidents.setSeverity('INC-1', 'SEV1', 'all regions', 'first');
  await kernel.settle();
  assert.equal(told.length, 1);
  await kernel.stop();
});

test('the promised update comes, unless somebody told before; nobody is paged by it', async () => {
  const { kernel, incidents, told } = await setUp();
  await incidents.open(alert('a'));
  await kernel.settle();
  await incidents.acknowledge('INC-1', someone);
  const due = async () => Date.parse((await incidents.get('INC-1')).nextUpdateAt!);
  const updates = async () => (await incidents.timeline('INC-1')).filter(entry => entry.kind === 'update');
  const first = await due();
  await kernel.testClock.setTime(first - 5_000);
  await incidents.update('INC-1', 'first', 'The replica is being rebuilt.');
  await kernel.clock.advance(10_000);
  assert.equal((await updates()).length, 2, 'the first promise was kept by a person');
  const second = await due();
  assert.ok(second > first);
  await kernel.testClock.setTime(second - 2_000);
  await kernel.clock.advance(1_000);
  assert.equal((await updates()).length, 2, 'not before it is due');
  await kernel.clock.advance(3_000);
  assert.equal((await updates()).length, 3);
  assert.equal((await updates()).at(-1)?.data?.automatic, true);
  assert.ok((await due()) > second);
  assert.equal(told.length, 1);
  await kernel.stop();
});

test('the timeline cannot be changed, not even in the database, and its order is the order of its events', async () => {
  const { kernel, incidents } = await setUp();
  await incidents.open(alert('a'));
  await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      incidents.addEntry('INC-1', {
        kind: 'note',
        text: `note ${n % 4}`,
        actor: 'first',
        dedupe: `n${n % 4}`,
      }),
    ),
  );
  await kernel.settle();
  for (const statement of [
    "update incident_entry set text = 'x'",
    'delete from incident_entry',
    'truncate incident_entry',
  ])
    await assert.rejects(kernel.db.query(statement), /append-only/);
  const timeline = await incidents.timeline('INC-1');
  assert.equal(timeline.filter(entry => entry.kind === 'note').length, 4, 'the same is recorded once');
  assert.deepEqual(
    timeline.map(entry => entry.seq),
    timeline.map((_, index) => index + 1),
  );
  assert.deepEqual(
    timeline,
    timeline.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.seq - b.seq)),
  );
  const events = await kernel.events.after(0, { subject: 'INC-1', type: 'incident.timeline' });
  assert.deepEqual(
    events.map(event => (event.data as { entry: unknown }).entry),
    JSON.parse(JSON.stringify(timeline)),
  );
  const halves = [
    ...(await incidents.timeline('INC-1', { limit: 3 })),
    ...(await incidents.timeline('INC-1', { after: 3 })),
  ];
  assert.deepEqual(halves, timeline);
  await kernel.stop();
});

test('concurrent transitions do not lose one another', async () => {
  const { kernel, incidents } = await setUp();
  await incidents.open(alert('a'));
  await Promise.all([
    incidents.acknowledge('INC-1', someone),
    incidents.assignRole('INC-1', 'scribe', 'second', 'first'),
    incidents.moveTo('INC-1', 'mitigate', 'first'),
    incidents.setSeverity('INC-1', 'SEV2', 'one region', 'first'),
  ]);
  const { acknowledgedBy, roles, phase, severity } = await incidents.get('INC-1');
  assert.deepEqual(
    { acknowledgedBy, roles, phase, severity },
    {
      acknowledgedBy: 'first',
      roles: { commander: 'first', scribe: 'second' },
      phase: 'mitigate',
      severity: 'SEV2',
    },
  );
  await kernel.stop();
});

test('a transition whose transaction fails leaves no entry, no event and no page', async () => {
  const { kernel, incidents, told } = await setUp();
  await assert.rejects(
    kernel.db.transaction(async () => {
      await incidents.open(alert('a'));
      throw new Error('no');
    }),
  );
  await kernel.settle();
  assert.deepEqual(await incidents.list(), []);
  assert.deepEqual(told, []);
  assert.equal((await incidents.open(alert('a'))).id, 'INC-1');
  await kernel.stop();
});

test('an unknown incident, an empty note and a bad order of phases are one clear fault each', async () => {
  const { kernel, incidents } = await setUp();
  await assert.rejects(incidents.get('INC-9'), {
    code: 'not_found',
    message: "There is no incident 'INC-9'.",
  });
  await incidents.open(alert('a'));
  await assert.rejects(incidents.addEntry('INC-1', { kind: 'note', text: ' \u0007 ' }), { code: 'invalid' });
  await incidents.moveTo('INC-1', 'mitigate');
  await assert.rejects(incidents.moveTo('INC-1', 'assess'), { code: 'conflict' });
  await kernel.stop();
});
