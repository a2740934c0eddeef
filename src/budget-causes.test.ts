import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetCauses } from './budget-causes.ts';
import type { Change } from './deploy/index.ts';
import type { Incident } from './incident/index.ts';
import type { Investigation } from './investigation/index.ts';
import { instant, type Kernel } from './kernel/index.ts';

const START = Date.parse('2026-01-27T00:00:00.000Z');
const at = (minutes: number) => instant(START + minutes * 60_000);
const WINDOW = { from: at(0), to: at(600) };

const change = (over: Partial<Change>): Change => ({
  id: 'chg_1',
  service: 'payments',
  kind: 'release',
  at: at(60),
  by: 'ci',
  status: 'done',
  ...over,
});

/** The causes of the gateway's budget, which calls payments. */
async function causes(changes: Change[], incidents: Partial<Incident>[] = [], blamed?: string) {
  const rooms = {
    catalog: {
      list: async () => [
        { metadata: { name: 'gateway' }, spec: { dependsOn: ['payments'] } },
        { metadata: { name: 'payments' }, spec: { dependsOn: [] } },
      ],
    },
    incidents: { list: async () => incidents as Incident[] },
    deploys: { changes: async () => changes },
    investigations: {
      find: async () =>
        blamed === undefined
          ? undefined
          : ({ verdict: 'confirmed', causes: [{ change: { id: blamed } }] } as unknown as Investigation),
    },
  };
  const kernel = { clock: { now: () => START + 600 * 60_000 } } as unknown as Kernel;
  return budgetCauses(kernel, () => rooms as never)('gateway', WINDOW);
}

test('planned work is charged as maintenance, from its beginning to its end', async () => {
  const [work] = await causes([change({ kind: 'maintenance', finishedAt: at(95) })]);
  assert.deepEqual([work!.kind, work!.from, work!.to], ['maintenance', at(60), at(95)]);
});

test('a restart or a change of size that no incident asked for is maintenance, one for an incident is not', async () => {
  const kinds = async (over: Partial<Change>) => (await causes([change(over)]))[0]!.kind;
  assert.equal(await kinds({ kind: 'restart' }), 'maintenance');
  assert.equal(await kinds({ kind: 'scale' }), 'maintenance');
  assert.equal(await kinds({ kind: 'restart', incident: 'INC-1' }), 'deploy');
  assert.equal(await kinds({ kind: 'config' }), 'deploy');
});

test('a release is charged for as long as the incident that it caused lasts', async () => {
  const incident = {
    id: 'INC-1',
    title: 'Requests fail',
    service: 'gateway',
    affectedServices: ['gateway'],
    onsetAt: at(61),
    mitigatedAt: at(240),
  };
  const found = await causes([change({})], [incident], 'chg_1');
  const [of, release] = [
    found.find(one => one.kind === 'incident')!,
    found.find(one => one.kind === 'deploy')!,
  ];
  assert.equal(of.causedBy, 'chg_1');
  assert.equal(release.to, at(240));
});
