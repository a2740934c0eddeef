import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Incident } from '../incident/incident.ts';
import type { Slo } from '../slo/slo.ts';
import { type Declared, type Health, type MapNode, placesOf } from './service.ts';

const payments: Declared = {
  name: 'payments',
  displayName: 'Payments',
  owner: 'shop-team',
  tier: 1,
  dependsOn: [],
  telemetryName: 'shop/payments',
};
const node = (count: number, errors: number): MapNode => ({
  service: 'shop/payments',
  kind: 'service',
  count,
  errors,
  p50Ms: 1,
  p95Ms: 2,
  p99Ms: 3,
});
const slo = (state: Slo['state']) => ({ service: 'payments', displayName: 'Orders', state }) as Slo;
const incident = (status: Incident['status']) =>
  ({ id: 'INC-1', title: 'It fails', status, affectedServices: ['payments'] }) as Incident;

/** The health of `payments`, given these. */
function health(facts: { nodes?: MapNode[]; slos?: Slo[]; incidents?: Incident[] }): Health | undefined {
  return placesOf({
    declared: [payments],
    map: { seconds: 300, nodes: facts.nodes ?? [node(100, 0)], edges: [] },
    running: [],
    slos: facts.slos ?? [],
    incidents: facts.incidents ?? [],
  }).find(place => place.name === 'payments')?.health;
}

describe('the health of a service on the map', () => {
  const cases: [string, Parameters<typeof health>[0], Health | undefined][] = [
    ['few errors and no objective: fine', {}, 'fine'],
    ['few errors and an objective that is met: fine', { slos: [slo('ok')] }, 'fine'],
    ['few errors and an objective without data: not known', { slos: [slo('no_data')] }, 'unknown'],
    [
      'no request seen: not known, whatever the budget',
      { nodes: [node(0, 0)], slos: [slo('ok')] },
      'unknown',
    ],
    ['many errors, and nothing else known: failing', { nodes: [node(100, 10)] }, 'failing'],
    ['a budget that is spent says more than the last minutes', { slos: [slo('exhausted')] }, 'at_risk'],
    ['an open incident says most', { slos: [slo('exhausted')], incidents: [incident('open')] }, 'broken'],
    ['a mitigated incident no longer does', { incidents: [incident('mitigated')] }, 'fine'],
    [
      'declared, with an objective and no telemetry: there, and not known',
      { nodes: [], slos: [slo('ok')] },
      'unknown',
    ],
    ['only declared, neither run nor promised: not on the map', { nodes: [] }, undefined],
  ];
  for (const [says, facts, expected] of cases) test(says, () => assert.equal(health(facts), expected));
});
