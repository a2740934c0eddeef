import assert from 'node:assert/strict';
import { test } from 'node:test';
import { impactOf, percent } from './impact.ts';
import { type UpdateFacts, updateText } from './update.ts';

const base: UpdateFacts = {
  status: 'open',
  service: 'Checkout',
  onsetAt: '2026-01-27T02:03:00.000Z',
  now: '2026-01-27T02:05:00.000Z',
  nextUpdateAt: '2026-01-27T02:20:00.000Z',
};
const verdict = {
  verdict: 'confirmed',
  text: 'payments POST /charge p99 is 2.0 s (SLO 500 ms) since 02:03 UTC; errors are flat. The statement that takes most database time started with payments v1.2.3 (02:00).',
  cause: 'payments v1.2.3 added a query without an index',
};

const table: [what: string, facts: Partial<UpdateFacts>, text: string][] = [
  [
    'nothing is known yet, and that is said',
    {},
    'Checkout is degraded since 02:03 UTC. How many requests are affected is not known yet. The cause is not known yet; it is being looked into. Next update 02:20 UTC.',
  ],
  [
    'the impact is known',
    {
      impact: {
        statement: 'Checkout: 12.4 % of requests fail (the objective allows 0.1 %) since 02:03 UTC.',
      },
    },
    'Checkout: 12.4 % of requests fail (the objective allows 0.1 %) since 02:03 UTC. The cause is not known yet; it is being looked into. Next update 02:20 UTC.',
  ],
  [
    'the cause is known and the fix under way',
    { verdict, fix: { text: 'Started: payments back to v1.2.2', unchecked: true } },
    `${verdict.text} Started: payments back to v1.2.2. Whether it helps is being checked. Next update 02:20 UTC.`,
  ],
  [
    'mitigated',
    {
      status: 'mitigated',
      verdict,
      mitigatedAt: '2026-01-27T02:09:00.000Z',
      mitigatedWhy: 'the error ratio of the last minute is 0.02 %',
    },
    'Checkout is good again since 02:09 UTC: the error ratio of the last minute is 0.02 %. Cause: payments v1.2.3 added a query without an index. The indicators are watched until they have stayed good. Next update 02:20 UTC.',
  ],
  [
    'a verdict that is inconclusive names no cause',
    {
      status: 'mitigated',
      verdict: { ...verdict, verdict: 'inconclusive' },
      mitigatedAt: '2026-01-27T02:09:00.000Z',
    },
    'Checkout is good again since 02:09 UTC. The cause is not known. The indicators are watched until they have stayed good. Next update 02:20 UTC.',
  ],
];
for (const [what, facts, text] of table)
  test(`update: ${what}`, () => {
    assert.equal(updateText({ ...base, ...facts }), text);
  });

test('update: the last one says how long it hurt, promises no other, and hedges a likely cause', () => {
  const { nextUpdateAt: _, ...facts } = base;
  assert.equal(
    updateText({
      ...facts,
      status: 'resolved',
      verdict: { ...verdict, verdict: 'likely' },
      mitigatedAt: '2026-01-27T02:09:00.000Z',
      resolvedAt: '2026-01-27T02:14:00.000Z',
    }),
    'Checkout: resolved at 02:14 UTC. It hurt for 6 min, from 02:03 to 02:09 UTC. How many requests were affected is not known. Likely cause: payments v1.2.3 added a query without an index. A postmortem follows.',
  );
});

test('impact: the sentence has the share, what the objective allows and the onset; without a figure there is none', () => {
  const alert = { id: 'a', fingerprint: 'f', name: 'Burn', service: 'payments', severity: 'page' as const };
  assert.equal(impactOf(alert, 'Payments', base.now), undefined);
  assert.equal(
    impactOf(
      { ...alert, errorRatio: 0.124, allowedRatio: 0.001, badMeans: 'requests fail', onsetAt: base.onsetAt },
      'Payments',
      base.now,
    )?.statement,
    'Payments: 12.4 % of requests fail (the objective allows 0.1 %) since 02:03 UTC.',
  );
});

test('impact: an alert that says it better is quoted', () => {
  const summary =
    'Checkout availability: 12 % of requests fail (target 99.9 %); the error budget burns 120× too fast.';
  const alert = { id: 'a', fingerprint: 'f', name: 'Burn', service: 'payments', severity: 'page' as const };
  const impact = impactOf({ ...alert, errorRatio: 0.1, annotations: { summary } }, 'Payments', base.now);
  assert.equal(impact?.statement, summary);
  assert.equal(impact?.figures[0]?.value, '10 %');
});

test('impact: a share keeps the digits that matter, and is not 0 % unless it is', () => {
  assert.deepEqual([0, 0.000001, 0.00012, 0.1, 0.98765, 1].map(percent), [
    '0 %',
    '<0.001 %',
    '0.012 %',
    '10 %',
    '98.8 %',
    '100 %',
  ]);
});
