import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratioSlo } from '../../test/kit/declared.ts';
import { duration } from '../kernel/index.ts';
import { alertRules, evaluateRule, keeps } from './alert-rule.ts';
import { fewestBadEvents } from './low-traffic.ts';
import { objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';

// From tables of Poisson's distribution: P(X ≥ 5 | 0.347) = 3.2e-5, times 720 hours of a month and 40 months: 0.92.
const table: [burnRate: number, long: string, events: number][] = [
  [14.4, '1h', 5],
  [6, '6h', 8],
  [6, '1h24m', 9],
  [14.4, '14m', 6],
  [3, '10m', 24],
  [1, '10m', 50],
];
for (const [burnRate, long, events] of table)
  test(`${burnRate}× over ${long} needs ${events} bad events`, () => {
    assert.equal(fewestBadEvents(burnRate, duration(long)), events);
  });

test('a rule keeps an alert that it would not begin: nothing, or too little that is bad, proves no recovery', () => {
  const slo = ratioSlo('checkout', 0.99, { bad: 'errors_total', total: 'requests_total' });
  const objective = objectivesOf({ ...slo, spec: SloSpec.parse(slo.spec) }, () => undefined)[0]!;
  const rule = alertRules(objective).rules.find(one => one.longWindow === '6h')!;
  const judged = (long: [bad: number, total: number], short: [bad: number, total: number]) => {
    const count = ([bad, total]: [number, number]) => ({ bad, total });
    const evaluation = evaluateRule(rule, count(long), count(short));
    return [evaluation.state, keeps(rule, evaluation)];
  };
  assert.deepEqual(judged([20, 100], [2, 10]), ['firing', false]);
  assert.deepEqual(judged([20, 100], [1, 10]), ['ok', true], 'one failure after an outage begins nothing');
  assert.deepEqual(judged([20, 100], [0, 0]), ['ok', true], 'silence');
  assert.deepEqual(judged([7, 30], [3, 10]), ['ok', true], 'what ages out of the long window');
  assert.deepEqual(judged([20, 100], [0, 10]), ['ok', false], 'good events');
  assert.deepEqual(judged([5, 1000], [2, 10]), ['ok', false], 'the long window is fine');
});
