import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkoutAvailability } from '../../test/kit/declared.ts';
import { instant } from '../kernel/index.ts';
import { Coverages } from './coverages.ts';
import { objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';

const NOW = Date.parse('2026-01-27T03:00:00.000Z');
const DAY = 86_400_000;

test('an objective that is declared anew over another window is looked at anew', async () => {
  const coverages = new Coverages({
    range: async (_query, { to, step }) => ({ series: [{ points: [[Date.parse(to) - (step % DAY), 1]] }] }),
  });
  const slo = checkoutAvailability();
  const over = (duration: string) => {
    const spec = SloSpec.parse({ ...(slo.spec as object), timeWindow: [{ duration, isRolling: true }] });
    return objectivesOf({ ...slo, spec }, () => undefined)[0]!;
  };
  const month = coverages.of(over('30d'), instant(NOW));
  assert.equal(coverages.of(over('30d'), instant(NOW + 1000)), month, 'the same is not asked twice');
  assert.notEqual(coverages.of(over('7d'), instant(NOW + 1000)), month);
});
