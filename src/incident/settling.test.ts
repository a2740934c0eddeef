import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../kernel/index.ts';
import type { IncidentOptions } from './incidents.ts';
import type { IndicatorReading } from './settling.ts';
import { alert, lines, NOW, setUp, someone } from './testing.ts';

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
