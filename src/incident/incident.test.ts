import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault, type Instant, instant } from '../kernel/index.ts';
import { alertEnded, alertJoined } from './alerts.ts';
import {
  acknowledged,
  advanced,
  assigned,
  type Change,
  Incident,
  mitigated,
  movedTo,
  Phase,
  RoleName,
  reopened,
  resolved,
  stillFiring,
  withSeverity,
} from './incident.ts';
import { openedByAlert, openedByPerson } from './opening.ts';

const T0 = Date.parse('2026-01-27T03:15:00.000Z');
const at = (seconds: number): Instant => instant(T0 + seconds * 1000);
const payments = { name: 'payments', displayName: 'Payments', tier: 1 as const };
const alert = (id: string, more: object = {}) => ({
  id,
  fingerprint: `fp-${id}`,
  name: `Alert${id}`,
  service: 'payments',
  severity: 'page' as const,
  burnRate: 20,
  ...more,
});
const fresh = () =>
  openedByAlert('INC-7', alert('a', { onsetAt: at(-60), firedAt: at(0) }), payments, at(0)).incident;

test('an incident opens in detect, with the onset from the data and the severity from tier and burn', () => {
  const incident = fresh();
  assert.deepEqual(
    [incident.status, incident.phase, incident.severity, incident.onsetAt],
    ['open', 'detect', 'SEV1', at(-60)],
  );
  assert.deepEqual(Incident.parse(incident), incident);
});

test('what a person declares is as severe as they say, or follows from the tier', () => {
  const declare = (severity?: 'SEV1') =>
    openedByPerson(
      'INC-1',
      { service: 'payments', title: 'x', ...(severity && { severity }) },
      payments,
      'someone',
      at(0),
    );
  assert.equal(declare('SEV1').incident.severity, 'SEV1');
  assert.equal(declare().incident.severity, 'SEV2');
});

test('who acknowledges commands, unless somebody does already', () => {
  assert.equal(acknowledged(fresh(), 'first', at(5)).incident.roles.commander, 'first');
  const led = assigned(fresh(), 'commander', 'lead', 'lead').incident;
  assert.equal(acknowledged(led, 'first', at(5)).incident.roles.commander, 'lead');
});

test('phases go forward, may be skipped, and do not go back', () => {
  const acting = movedTo(fresh(), 'mitigate', 'x', at(5)).incident;
  assert.deepEqual(
    acting.phases.map(one => one.phase),
    ['detect', 'mitigate'],
  );
  assert.throws(() => movedTo(acting, 'assess', 'x', at(6)), { code: 'conflict' });
  assert.throws(() => movedTo(acting, 'resolve', 'x', at(6)), /by being resolved/);
  assert.equal(advanced(acting, 'assess', at(6)).incident, acting);
});

test('when all alerts have ended it is mitigated, and quiet since then', () => {
  const two = alertJoined(
    fresh(),
    alert('b'),
    { severity: 'SEV2', why: 'x' },
    'same service',
    at(10),
  ).incident;
  const one = alertEnded(two, { id: 'a' }, at(100), at(101)).incident;
  assert.deepEqual([one.status, one.quietSince], ['open', undefined]);
  const none = alertEnded(one, { id: 'b' }, at(110), at(111)).incident;
  assert.deepEqual([none.status, none.mitigatedAt, none.quietSince], ['mitigated', at(111), at(111)]);
});

test('mitigated before the alerts have ended, it is quiet only when they have', () => {
  const better = mitigated(fresh(), 'rolled back', 'nines', at(50)).incident;
  assert.equal(better.quietSince, undefined);
  assert.equal(alertEnded(better, { id: 'a' }, at(70), at(71)).incident.quietSince, at(71));
});

const late: [what: string, more: object, status: string][] = [
  [
    'of the same trouble, seen through a longer window, reopens nothing',
    { onsetAt: at(-50), firedAt: at(80) },
    'mitigated',
  ],
  ['of trouble that began after the mitigation reopens', { onsetAt: at(70), firedAt: at(80) }, 'open'],
  ['that pages, with an onset that is not known, reopens', { firedAt: at(80) }, 'open'],
  [
    'that is a ticket, with an onset that is not known, reopens nothing',
    { firedAt: at(80), severity: 'ticket' },
    'mitigated',
  ],
];
for (const [what, more, status] of late)
  test(`an alert after the mitigation ${what}`, () => {
    const better = mitigated(fresh(), 'rolled back', 'nines', at(50)).incident;
    const quiet = alertEnded(better, { id: 'a' }, at(60), at(60)).incident;
    const { incident } = alertJoined(
      quiet,
      alert('b', more),
      { severity: 'SEV3', why: 'x' },
      'same service',
      at(81),
    );
    assert.equal(incident.status, status);
    assert.equal(incident.quietSince, undefined);
    assert.equal(incident.alerts.length, 2);
    if (status === 'open') assert.deepEqual([incident.phase, incident.mitigatedAt], ['assess', undefined]);
  });

test('an alert that comes back under its own id reopens, and the late news of its first end changes nothing', () => {
  const ended = alertEnded(fresh(), { id: 'a', firedAt: at(0) }, at(60), at(60)).incident;
  const again = alert('a', { firedAt: at(90), onsetAt: at(-60) });
  const back = alertJoined(ended, again, { severity: 'SEV1', why: 'x' }, 'the same alert', at(91)).incident;
  assert.deepEqual([back.status, back.alerts.length, stillFiring(back).length], ['open', 1, 1]);
  assert.equal(alertEnded(back, { id: 'a', firedAt: at(0) }, at(60), at(92)).incident, back);
  assert.equal(alertEnded(back, { id: 'a', firedAt: at(90) }, at(99), at(99)).incident.status, 'mitigated');
});

test('an alert raises the severity and never lowers it', () => {
  const low = withSeverity(fresh(), 'SEV3', 'x', 'x').incident;
  const join = (severity: 'SEV2' | 'SEV4', id: string) =>
    alertJoined(low, alert(id), { severity, why: 'x' }, 'same service', at(9)).incident.severity;
  assert.equal(join('SEV2', 'b'), 'SEV2');
  assert.equal(join('SEV4', 'c'), 'SEV3');
});

test('resolving while an alert fires needs a word more, and says what still fires', () => {
  assert.throws(() => resolved(fresh(), { why: 'x', by: 'x' }, at(9)), /still fires: Alerta/);
  const { incident, entries } = resolved(fresh(), { why: 'it is known', by: 'x', anyway: true }, at(9));
  assert.equal(incident.status, 'resolved');
  assert.match(entries[0]!.text, /Still firing: Alerta/);
});

type Command = (incident: Incident, now: Instant) => Change;
const person = fc.constantFrom('first', 'second');
const command: fc.Arbitrary<{ name: string; run: Command }> = fc.oneof(
  fc.constantFrom(...Phase.options).map(phase => ({
    name: `moveTo ${phase}`,
    run: ((i, now) => movedTo(i, phase, 'x', now)) as Command,
  })),
  fc.constantFrom(...Phase.options.slice(0, 4)).map(phase => ({
    name: `advance ${phase}`,
    run: ((i, now) => advanced(i, phase, now)) as Command,
  })),
  person.map(by => ({ name: 'acknowledge', run: ((i, now) => acknowledged(i, by, now)) as Command })),
  fc.constant({ name: 'mitigate', run: ((i, now) => mitigated(i, 'x', 'x', now)) as Command }),
  fc.boolean().map(anyway => ({
    name: `resolve ${anyway}`,
    run: ((i, now) => resolved(i, { why: 'x', by: 'x', anyway }, now)) as Command,
  })),
  fc.constant({ name: 'reopen', run: ((i, now) => reopened(i, 'x', 'x', now)) as Command }),
  fc.constantFrom(...RoleName.options).map(role => ({
    name: `role ${role}`,
    run: (i => assigned(i, role, 'first', 'x')) as Command,
  })),
  fc.constantFrom('a', 'b', 'c').map(id => ({
    name: `alert ${id} ends`,
    run: ((i, now) => alertEnded(i, { id }, now, now)) as Command,
  })),
  fc
    .record({
      id: fc.constantFrom('b', 'c', 'd'),
      ticket: fc.boolean(),
      service: fc.constantFrom('payments', 'auth'),
    })
    .map(({ id, ticket, service }) => ({
      name: `alert ${id} joins`,
      run: ((i, now) =>
        alertJoined(
          i,
          alert(id, { service, severity: ticket ? 'ticket' : 'page', firedAt: now }),
          { severity: ticket ? 'SEV3' : 'SEV1', why: 'x' },
          'x',
          now,
        )) as Command,
    })),
);

const STATUS_GRAPH = new Set([
  'open→mitigated',
  'open→resolved',
  'mitigated→resolved',
  'mitigated→open',
  'resolved→open',
]);

test('no sequence of commands leaves the graph of the state machine', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), commands => {
      let incident = fresh();
      for (const [index, { name, run }] of commands.entries()) {
        const now = at(10 + index);
        const before = incident;
        const snapshot = structuredClone(before);
        let change: Change;
        try {
          change = run(before, now);
        } catch (error) {
          assert.ok(error instanceof Fault && error.code === 'conflict', `${name}: ${error}`);
          continue;
        }
        const after = change.incident;
        assert.deepEqual(before, snapshot, 'a transition changes nothing in place');
        Incident.parse(after);
        if (after.status !== before.status)
          assert.ok(
            STATUS_GRAPH.has(`${before.status}→${after.status}`),
            `${name}: ${before.status}→${after.status}`,
          );
        const order = Phase.options;
        const back = order.indexOf(after.phase) < order.indexOf(before.phase);
        assert.equal(
          back,
          back && after.status === 'open' && before.status !== 'open',
          `${name}: only reopening goes back`,
        );
        assert.equal(after.phase === 'resolve', after.status === 'resolved');
        assert.equal(after.phases.at(-1)!.phase, after.phase);
        assert.deepEqual(after.phases.slice(0, before.phases.length), before.phases, 'phases are only added');
        assert.ok(after.phases.every((one, i) => i === 0 || one.at >= after.phases[i - 1]!.at));
        assert.equal(after.resolvedAt !== undefined, after.status === 'resolved');
        assert.equal(after.mitigatedAt !== undefined, after.status !== 'open');
        if (after.quietSince !== undefined && after.status !== 'resolved')
          assert.deepEqual([after.status, stillFiring(after).length], ['mitigated', 0]);
        if (after !== before)
          assert.ok(change.entries.length > 0, `${name}: what changes is on the timeline`);
        const again = run(after, now);
        if (name !== 'reopen' && !name.startsWith('moveTo'))
          assert.equal(again.incident, after, `${name}: doing the same again changes nothing`);
        incident = after;
      }
    }),
    { numRuns: 300 },
  );
});
