import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BudgetStatus } from './budget-status.ts';
import { defaultPolicy, type ErrorBudgetPolicySpec, Purpose } from './error-budget-policy.ts';
import { type GateAnswer, gateAnswers, joinedAnswer } from './gate.ts';

const policy = { name: 'shop-budget', spec: defaultPolicy };
const status = (objective: string, over: Partial<BudgetStatus>): BudgetStatus => ({
  objective,
  slo: objective,
  displayName: objective,
  service: 'gateway',
  at: '2026-01-27T03:00:00.000Z',
  target: 0.999,
  window: '30d',
  windowFrom: '2025-12-28T03:00:00.000Z',
  state: 'ok',
  budgetMinutes: 43.2,
  burnRates: [],
  coverage: 1,
  ...over,
});
const left = (objective: string, budgetRemaining: number) => status(objective, { budgetRemaining });
const dark = (objective: string) => status(objective, { state: 'no_data', reason: 'nothing was counted' });
const unread = (objective: string) =>
  status(objective, { state: 'no_data', reason: 'the metrics could not be read: away', unread: true });

function answer(
  purpose: Purpose,
  statuses: BudgetStatus[],
  { spec = defaultPolicy, broken = [] as { slo: string; problem: string }[] } = {},
): GateAnswer {
  const views = statuses.map(one => ({ status: one, burns: new Map<string, number | undefined>() }));
  return joinedAnswer(gateAnswers('gateway', purpose, { ...policy, spec }, views, broken));
}

test('of several budgets the worst level decides, and of two at that level the scarcer', () => {
  const found = answer('release', [left('a', 0.9), left('b', -0.1), left('c', -0.4), left('d', 0.1)]);
  assert.equal(found.allowed, false);
  assert.equal(found.level, 'freeze');
  assert.match(found.reason, /^All of the budget of c is spent, and 40 % of it beyond/);
});

test('a budget of which nothing is known is told beside a healthy one, and asked for by noData', () => {
  const release = answer('release', [left('a', 0.9), dark('b')]);
  assert.equal(release.allowed, true);
  assert.equal(release.level, 'healthy');
  assert.deepEqual(release.unknown, ['b']);
  assert.match(release.reason, /allows release\. Nothing is known of b\.$/);
  const chaos = answer('chaos', [left('a', 0.9), dark('b')]);
  assert.equal(chaos.allowed, false);
  assert.equal(chaos.level, 'no_data');
  assert.match(chaos.reason, /no data on the budget of b; the policy shop-budget does not allow chaos then/);
  const open: ErrorBudgetPolicySpec = { ...defaultPolicy, noData: Purpose.options.slice() };
  assert.equal(answer('chaos', [left('a', 0.9), dark('b')], { spec: open }).allowed, true);
  const shut: ErrorBudgetPolicySpec = { ...defaultPolicy, noData: [] };
  assert.equal(answer('release', [left('a', 0.9), dark('b')], { spec: shut }).allowed, false);
});

test('a budget that is known from long ago says so', () => {
  const burnRates = [
    { window: '1h', burnRate: null },
    { window: '5m', burnRate: null },
    { window: '6h', burnRate: 0.1 },
  ];
  const said = (rates: typeof burnRates) =>
    answer('release', [status('a', { budgetRemaining: 0.9, burnRates: rates })]).reason;
  assert.match(said(burnRates), /allows release\. Nothing was counted of a in the last 1h\.$/);
  assert.doesNotMatch(said(burnRates.slice(1)), /Nothing was counted/, 'five minutes are no news');
  assert.match(said(burnRates.slice(0, 1)), /in the last 1h/);
});

for (const [purpose, allowed] of [
  ['release', false],
  ['chaos', false],
  ['maintenance', false],
  ['fix_release', true],
  ['automation', true],
] as const)
  test(`while a budget cannot be read ${purpose} ${allowed ? 'goes on, as it ends what burns' : 'waits'}`, () => {
    const found = answer(purpose, [left('a', 0.9), unread('b')]);
    assert.equal(found.allowed, allowed);
    assert.match(found.unread ?? '', allowed ? /^$|away/ : /b: the metrics could not be read: away/);
  });

test('an SLO that cannot be evaluated is no reason to pass', () => {
  const found = answer('release', [], { broken: [{ slo: 'b', problem: 'the SLI of b is not there.' }] });
  assert.equal(found.allowed, false);
  assert.match(found.reason, /could not be read \(the SLI of b is not there\); release waits until it can/);
});

test('a second person is needed where any of the budgets that say no needs one', () => {
  const strict = gateAnswers(
    'gateway',
    'release',
    { ...policy, spec: { ...defaultPolicy, twoPeopleFrom: 'freeze' } },
    [{ status: left('a', -0.1), burns: new Map() }],
  );
  const lax = gateAnswers(
    'payments',
    'release',
    { ...policy, spec: { ...defaultPolicy, twoPeopleFrom: 'stop' } },
    [{ status: left('b', -0.2), burns: new Map() }],
  );
  for (const both of [
    [...strict, ...lax],
    [...lax, ...strict],
  ])
    assert.equal(joinedAnswer(both).needsSecond, true);
  assert.equal(joinedAnswer(lax).needsSecond, undefined);
});
