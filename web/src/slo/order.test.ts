import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arranged, type Wanted } from './order.ts';
import type { Slo } from './slo.ts';

const all: Wanted = { text: '', service: '', show: 'all' };

function slo(objective: string, state: Slo['state'], left?: number, burn?: number): Slo {
  return {
    objective,
    slo: objective.split('/')[0]!,
    displayName: objective,
    service: objective.startsWith('p') ? 'payments' : 'gateway',
    state,
    ...(left === undefined ? {} : { budgetRemaining: left }),
    burnRates: [{ window: '1h', burnRate: burn ?? null }],
  } as unknown as Slo;
}

const slos = [
  slo('a', 'ok', 0.9, 0.2),
  slo('b', 'ok', 0.4, 3),
  slo('blind', 'no_data'),
  slo('pay', 'at_risk', 0.1, 1),
  slo('gone', 'exhausted', -0.5, 40),
  slo('whole', 'ok', 0.5, 2),
  slo('whole/1', 'exhausted', -3, 60),
  slo('whole/2', 'ok', 1, 0),
];
const order = (wanted: Partial<Wanted>) =>
  arranged(slos, { ...all, ...wanted }).map(row => row.slo.objective);

test('what needs somebody comes first, and the parts of a composite objective stand below it', () => {
  assert.deepEqual(order({}), ['gone', 'pay', 'blind', 'b', 'whole', 'whole/1', 'whole/2', 'a']);
  const part = arranged(slos, all).find(row => row.slo.objective === 'whole/1');
  assert.equal(part?.whole?.objective, 'whole');
});

test('sorted by the budget or the burn, what is not known stands last either way', () => {
  assert.deepEqual(order({ sort: { by: 'budget', down: false } }).slice(0, 3), ['whole/1', 'gone', 'pay']);
  assert.equal(order({ sort: { by: 'budget', down: false } }).at(-1), 'blind');
  assert.equal(order({ sort: { by: 'budget', down: true } }).at(-1), 'blind');
  assert.deepEqual(order({ sort: { by: 'burn', down: false } }).slice(0, 2), ['whole/1', 'gone']);
  assert.equal(order({ sort: { by: 'burn', down: true } }).at(-1), 'blind');
});

test('a part in trouble is shown also where its whole is not', () => {
  assert.deepEqual(order({ show: 'trouble' }), ['whole/1', 'gone', 'pay']);
  assert.deepEqual(order({ show: 'no_data' }), ['blind']);
  assert.deepEqual(order({ text: ' PAY ' }), ['pay']);
  assert.deepEqual(order({ service: 'payments' }), ['pay']);
});

test('an order that nobody knows is the usual one', () => {
  assert.equal(order({ sort: { by: '__proto__', down: false } })[0], 'whole/1');
});
