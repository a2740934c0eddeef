import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alert, lines, setUp, someone } from './testing.ts';

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
