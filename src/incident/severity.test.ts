import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWorse, wakesSomeone } from '../notify/index.ts';
import { severityOf, type Tier } from './severity.ts';

const table: [tier: Tier | undefined, kind: 'page' | 'ticket', burn: number | undefined, severity: string][] =
  [
    [1, 'page', 14.4, 'SEV1'],
    [1, 'page', 14.3, 'SEV2'],
    [1, 'page', undefined, 'SEV2'],
    [1, 'ticket', 100, 'SEV3'],
    [2, 'page', 30, 'SEV2'],
    [2, 'page', 6, 'SEV2'],
    [2, 'ticket', 1, 'SEV3'],
    [3, 'page', 14.4, 'SEV2'],
    [3, 'ticket', 1, 'SEV4'],
    [4, 'page', 1000, 'SEV3'],
    [4, 'ticket', 1, 'SEV4'],
    [undefined, 'page', 20, 'SEV2'],
  ];
for (const [tier, kind, burnRate, expected] of table)
  test(`severity: tier ${tier ?? 'not declared'}, a ${kind} at ${burnRate ?? 'an unknown'}× is ${expected}`, () => {
    const { severity, why } = severityOf({ tier, severity: kind, burnRate });
    assert.equal(severity, expected);
    assert.match(why, tier === undefined ? /not declared/ : new RegExp(`tier ${tier}`));
    assert.match(why, burnRate === undefined ? /burn rate is not known/ : /×/);
  });

test('severity: a lower tier or a faster burn never makes it milder, and a ticket never wakes anyone', () => {
  const tiers: Tier[] = [1, 2, 3, 4];
  const burns = [1, 6, 14.4, 100];
  for (const kind of ['page', 'ticket'] as const)
    for (const tier of tiers)
      for (const burnRate of burns) {
        const here = severityOf({ tier, severity: kind, burnRate }).severity;
        const slower = severityOf({ tier, severity: kind, burnRate: burnRate / 2 }).severity;
        assert.ok(!isWorse(slower, here));
        if (tier > 1) {
          const more = severityOf({ tier: (tier - 1) as Tier, severity: kind, burnRate }).severity;
          assert.ok(!isWorse(here, more));
        }
        assert.equal(wakesSomeone(here), kind === 'page' && tier < 4);
      }
});
