import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratioSlo } from '../../test/kit/declared.ts';
import { poisson } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { duration, seeded } from '../kernel/index.ts';
import { alertRules } from './alert-rule.ts';
import { budgetOf } from './error-budget.ts';
import type { History } from './history.ts';
import { type Objective, objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import { type Replay, replayOf } from './replay.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const MINUTE = 60_000;
const MINUTES = 30 * 24 * 60;
const RATES = [1000, 10, 0.01];
const TARGETS = [0.95, 0.99, 0.999, 0.9999];

interface Fault {
  /** Minutes from the beginning. */
  at: number;
  length: number;
  failing: number;
}

/**
 * A month by the minute: traffic that rises by day and falls by night, and less of it at weekends; some requests always
 * fail, by chance, as large a share of them as `noise` times the budget.
 */
function month(options: {
  perSecond: number;
  target: number;
  noise: number;
  seed: number;
  faults?: Fault[];
}): History {
  const { perSecond, target, noise, seed, faults = [] } = options;
  const random = seeded(seed);
  const steps = Array.from({ length: MINUTES }, (_, minute) => {
    const day = Math.sin((2 * Math.PI * (minute - 9 * 60)) / (24 * 60));
    const weekend = Math.floor(minute / (24 * 60)) % 7 >= 5 ? 0.6 : 1;
    const total = poisson(perSecond * 60 * (1 + 0.7 * day) * weekend, random);
    const fault = faults.find(one => minute >= one.at && minute < one.at + one.length);
    const failing = Math.max(fault?.failing ?? 0, noise * budgetOf(target));
    return { bad: Math.min(poisson(total * failing, random), total), total };
  });
  return { from: START, stepMs: MINUTE, steps };
}

function objective(target: number, window = '30d'): Objective {
  const slo = ratioSlo('checkout', target, { bad: 'errors_total', total: 'requests_total' }, window);
  return objectivesOf({ ...slo, spec: SloSpec.parse(slo.spec) } as Resource<SloSpec>, () => undefined)[0]!;
}

function played(options: Parameters<typeof month>[0], window?: string): Replay {
  const one = objective(options.target, window);
  return replayOf(month(options), one, alertRules(one).rules);
}

for (const perSecond of RATES)
  test(`a month at ${perSecond} requests a second without a fault pages nobody`, () => {
    for (const target of TARGETS)
      for (const noise of [0.3, 0.8])
        for (const [seed, window] of [
          [1, '30d'],
          [2, '30d'],
          [3, '7d'],
        ] as const) {
          const { alerts, good } = played(
            { perSecond, target, noise, seed: seed + TARGETS.indexOf(target) },
            window,
          );
          const pages = alerts.filter(alert => alert.severity === 'page');
          assert.deepEqual(pages, [], `target ${target}, noise ${noise} of the budget, window ${window}`);
          if (noise === 0.8 && perSecond >= 10)
            assert.ok(good! >= target, 'the noise is within the objective');
          if (perSecond >= 10) assert.ok(good! < 1, 'the noise is real');
        }
  });

/**
 * Within how many minutes of a whole outage somebody is paged: 14.4× of an hour's budget takes 8.6 min at 99 % and 0.9 at
 * 99.9 %; at the lowest rate five requests have to come, which by night takes over an hour.
 */
function latest(perSecond: number, target: number, byNight: boolean): number {
  if (perSecond < 1) return byNight ? 110 : 30;
  return target === 0.99 ? 9 : 2;
}

for (const perSecond of RATES)
  test(`in a noisy month at ${perSecond} requests a second a whole outage pages in time, and nothing else does`, () => {
    // By day and by night.
    const faults = [
      { at: 6 * 24 * 60 + 14 * 60, length: 90, failing: 1 },
      { at: 20 * 24 * 60 + 4 * 60, length: 120, failing: 1 },
    ];
    for (const target of [0.99, 0.999]) {
      const { alerts } = played({ perSecond, target, noise: 0.3, seed: 7, faults });
      const pages = alerts.filter(alert => alert.severity === 'page');
      assert.equal(pages.length, faults.length, JSON.stringify(pages));
      for (const [index, { at, length }] of faults.entries()) {
        const page = pages[index]!;
        const after = (Date.parse(page.from) - START) / MINUTE - at;
        assert.ok(
          after >= 1 && after <= latest(perSecond, target, index === 1),
          `target ${target}: page ${after} min after the fault`,
        );
        const over = (Date.parse(page.to) - START) / MINUTE - at - length;
        assert.ok(over <= duration('6h') / MINUTE, `target ${target}: over ${over} min after the fault`);
      }
    }
  });

test('in a noisy month at 1000 and 10 requests a second a tenth of errors for an hour pages, at 0.1 % it does not', () => {
  for (const perSecond of [1000, 10]) {
    const at = 10 * 24 * 60 + 12 * 60;
    const failing = (share: number) =>
      played({ perSecond, target: 0.999, noise: 0.3, seed: 3, faults: [{ at, length: 60, failing: share }] });
    const [tenth, little] = [failing(0.1), failing(0.001)];
    assert.equal(tenth.alerts.filter(alert => alert.severity === 'page').length, 1);
    assert.equal(little.alerts.filter(alert => alert.severity === 'page').length, 0);
  }
});
