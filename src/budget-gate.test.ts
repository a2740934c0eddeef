import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declared } from '../test/kit/declared.ts';
import { budgetGate } from './budget-gate.ts';
import type { Resource } from './catalog/index.ts';
import type { Incident } from './incident/index.ts';
import { Fault, type Instant, type Principal } from './kernel/index.ts';
import type { GuardRequest } from './platform/index.ts';

const now: Instant = '2026-01-27T03:00:00.000Z';
const person: Principal = { name: 'responder-a', kind: 'person', role: 'responder' };
const nines: Principal = { name: 'nines', kind: 'system', role: 'admin' };
const release = { kind: 'release' as const, service: 'payments', to: 'v2' };

const incident = (id: string, of: string, status: 'open' | 'mitigated' | 'resolved'): Incident =>
  ({ id, service: of, affectedServices: [of], status }) as Incident;
const INCIDENTS: Record<string, Incident> = {
  'INC-1': incident('INC-1', 'payments', 'open'),
  'INC-2': incident('INC-2', 'payments', 'resolved'),
  'INC-3': incident('INC-3', 'gateway', 'mitigated'),
  'INC-4': incident('INC-4', 'orders-db', 'open'),
  'INC-5': incident('INC-5', 'auth', 'open'),
};

function service(name: string, dependsOn: string[]): Resource {
  return {
    apiVersion: 'nines/v1',
    kind: 'Service',
    metadata: { name },
    spec: { owner: 'shop', tier: 1, dependsOn },
  };
}

/** The gate over a budget at a level, with what it was asked for. */
function gate(options: { allowed?: boolean; needsSecond?: boolean; open?: string[] } = {}) {
  const asked: string[] = [];
  const { allowed = true, needsSecond = false, open = [] } = options;
  return {
    asked,
    gate: budgetGate({
      slos: {
        gate: async (service, purpose) => {
          asked.push(`${service} ${purpose}`);
          return { allowed, level: 'freeze', reason: 'The budget is spent.', service, needsSecond };
        },
      },
      incidents: {
        get: async id =>
          INCIDENTS[id] ?? Promise.reject(new Fault('not_found', 'There is no such incident.')),
        list: async () => [{ affectedServices: open } as unknown as Incident],
      },
      catalog: declared([
        service('gateway', ['auth', 'payments']),
        service('auth', []),
        service('payments', ['orders-db']),
        service('orders-db', []),
        service('reports', []),
      ]),
    }),
  };
}

const request = (over: Partial<GuardRequest>): GuardRequest => ({
  key: 'k',
  action: release,
  purpose: 'release',
  principal: person,
  reason: 'r',
  ...over,
});

const table: [what: string, request: Partial<GuardRequest>, asked: string | undefined][] = [
  ['a release is asked for as a release', {}, 'release'],
  ['a release for an incident is its fix', { incident: 'inc-1' }, 'fix_release'],
  ['a release for an incident that is not there is none', { incident: 'INC-404' }, 'release'],
  ['a release that is part of a drill is chaos', { rehearsal: true }, 'chaos'],
  [
    'what Nines carries out by itself is automation',
    { purpose: 'remediation', principal: nines },
    'automation',
  ],
  ['what a person approved is not asked for', { purpose: 'remediation' }, undefined],
  ['a way back is not asked for', { purpose: 'rollback' }, undefined],
  ['an undo is not asked for', { purpose: 'undo' }, undefined],
  ['what a person does on a quiet day is maintenance', { purpose: 'operate' }, 'maintenance'],
  [
    'what a person does for an incident is not asked for',
    { purpose: 'operate', incident: 'INC-1' },
    undefined,
  ],
  [
    'what a person does for an incident that is over is maintenance',
    { purpose: 'operate', incident: 'INC-2' },
    'maintenance',
  ],
  ['a release for an incident that is over is an ordinary one', { incident: 'INC-2' }, 'release'],
  ['a release below what an incident concerns may be its fix', { incident: 'INC-3' }, 'fix_release'],
  ['a release above what an incident concerns may be its fix', { incident: 'INC-4' }, 'fix_release'],
  ['a release for an incident of another service is an ordinary one', { incident: 'INC-5' }, 'release'],
  [
    'what an agent does for an incident of another service is maintenance',
    { purpose: 'operate', incident: 'INC-5', principal: { ...person, kind: 'agent' } },
    'maintenance',
  ],
];
for (const [what, over, expected] of table)
  test(what, async () => {
    const { gate: budget, asked } = gate();
    assert.equal((await budget.check(request(over), now)).allowed, true);
    assert.deepEqual(asked, expected === undefined ? [] : [`payments ${expected}`]);
  });

test('an incident that gives no leave is named with the reason', async () => {
  const reason = async (incident: string) =>
    (await gate({ allowed: false }).gate.check(request({ incident }), now)).reason;
  assert.equal(await reason('INC-2'), 'INC-2 is resolved, so this is asked as release. The budget is spent.');
  assert.match(await reason('INC-5'), /^INC-5 is on auth, which neither calls payments nor is called by it/);
  assert.match(await reason('INC-404'), /^There is no incident INC-404/);
  assert.equal(await reason('INC-1'), 'The budget is spent.');
});

test('while an incident of the service is open, nothing that a person does on it is asked for', async () => {
  const { gate: budget, asked } = gate({ open: ['payments'] });
  await budget.check(request({ purpose: 'operate' }), now);
  assert.deepEqual(asked, []);
});

test('a no at a level of two people says how two people let it through', async () => {
  const one = await gate({ allowed: false }).gate.check(request({}), now);
  assert.equal(one.twoPeople, undefined);
  const two = await gate({ allowed: false, needsSecond: true }).gate.check(request({}), now);
  assert.match(two.twoPeople!.hint, /nines slo override payments --for release/);
  assert.equal(two.level, 'freeze');
});
