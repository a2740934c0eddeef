import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkoutAvailability } from '../../test/kit/declared.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { duration, instant } from '../kernel/index.ts';
import { alertRules, evaluateRule } from './alert-rule.ts';
import { backtested } from './backtest.ts';
import { budgetOf } from './error-budget.ts';
import type { WindowCount } from './indicator.ts';
import { objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import { replayOf } from './replay.ts';
import { suggestedTarget } from './target-suggestion.ts';

const START = Date.parse('2026-01-27T00:00:00.000Z');
const MINUTE = 60_000;

const compiled = (resource: Resource) => {
  const [objective] = objectivesOf({ ...resource, spec: SloSpec.parse(resource.spec) }, () => undefined);
  return { objective: objective!, rules: alertRules(objective!).rules };
};
const minuteOf = (at: string) => (Date.parse(at) - START) / MINUTE;

/** Four hours; 30 % fail from minute 120 to 130. */
function data() {
  const shop = new ShopTraffic({ from: START, rate: 5, exportMs: 20_000 });
  shop.run(START + 120 * MINUTE);
  shop.change({ failing: 0.3 });
  shop.run(START + 130 * MINUTE);
  shop.change({});
  shop.run(START + 240 * MINUTE);
  return shop.series.metrics();
}
const metrics = data();
const stretch = { from: instant(START), to: instant(START + 240 * MINUTE) };

test('the past of an SLO pages where its rules would have, and a looser target is quieter', async () => {
  const one = compiled(checkoutAvailability(0.999));
  const same = await backtested(metrics, one, {}, stretch);
  assert.equal(same.changed, undefined);
  const [page, ...more] = same.declared.alerts.filter(alert => alert.severity === 'page');
  assert.deepEqual(more, []);
  // 14.4 × 0.1 % of an hour is reached after three minutes of 30 %.
  assert.ok(minuteOf(page!.from) >= 122 && minuteOf(page!.from) <= 125, page!.from);
  assert.ok(minuteOf(page!.to) >= 130);
  // 3 min of full outage.
  assert.ok(Math.abs(same.declared.worst! - 3 / 43.2) < 0.01, `${same.declared.worst}`);
  const looser = await backtested(metrics, one, { target: 0.9 }, stretch);
  assert.deepEqual(
    looser.changed!.alerts.filter(alert => alert.severity === 'page'),
    [],
  );
  assert.ok(looser.changed!.worst! < 0.002);
  const shorter = await backtested(metrics, one, { window: '1d' }, stretch);
  assert.equal(shorter.changed!.window, '1d');
  assert.ok(Math.abs(shorter.changed!.budgetMinutes - 1.44) < 1e-9);
  assert.ok(shorter.changed!.worst! > 1.5, 'three minutes of a budget of one and a half');
});

test('a past without data replays to nothing known, and not to all good', async () => {
  const { declared } = await backtested(
    metrics,
    compiled(checkoutAvailability()),
    {},
    {
      from: instant(START - 86_400_000),
      to: instant(START - 3_600_000),
    },
  );
  assert.equal(declared.good, null);
  assert.equal(declared.consumed, null);
  assert.deepEqual(declared.alerts, []);
});

test('the replay fires exactly when evaluating the rules over the same counts does', () => {
  const { objective, rules } = compiled(checkoutAvailability(0.99));
  const burns = rules.filter(rule => rule.severity === 'page' && rule.kind === 'burn');
  const bursts = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 500 }),
      length: fc.integer({ min: 1, max: 60 }),
      ratio: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(bursts, drawn => {
      const steps = Array.from({ length: 540 }, (_, minute): WindowCount => {
        const hit = drawn.find(one => minute >= one.at && minute < one.at + one.length);
        return { total: 300, bad: 300 * (hit?.ratio ?? 0) };
      });
      const { alerts } = replayOf({ from: START, stepMs: MINUTE, steps }, objective, burns);
      const over = (window: string, end: number) => {
        const part = steps.slice(Math.max(end - duration(window) / MINUTE, 0), end);
        return {
          bad: part.reduce((sum, one) => sum + one.bad, 0),
          total: part.reduce((sum, one) => sum + one.total, 0),
        };
      };
      for (let end = 31; end <= steps.length; end++) {
        const at = START + end * MINUTE;
        const firing = burns.some(
          rule =>
            evaluateRule(rule, over(rule.longWindow, end), over(rule.shortWindow, end)).state === 'firing',
        );
        const inside = alerts.some(one => Date.parse(one.from) <= at && at <= Date.parse(one.to));
        if (firing) assert.ok(inside, `minute ${end} fires and is in no alert`);
        const begins = alerts.some(one => Date.parse(one.from) === at || Date.parse(one.to) === at);
        if (begins) assert.ok(firing, `minute ${end} is an alert's end and does not fire`);
      }
    }),
    { numRuns: 40 },
  );
});

test('the suggested target was kept with half of its budget to spare, and the next tighter was not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 100_000_000 }),
      fc.double({ min: 0, max: 0.3, noNaN: true }),
      (total, ratio) => {
        const past = { bad: total * ratio, total, days: 30, window: duration('30d') };
        const found = suggestedTarget(past);
        if (found === undefined) {
          assert.ok(ratio / 0.2 > 0.5 || total * 0.2 < 10);
          return;
        }
        assert.ok(ratio / budgetOf(found.target) <= 0.5);
        assert.ok(total * budgetOf(found.target) >= 10);
      },
    ),
  );
  assert.equal(suggestedTarget({ bad: 0, total: 0, days: 0, window: duration('30d') }), undefined);
});

test('a calendar window is replayed from its beginning, and begins anew', () => {
  const base = compiled(checkoutAvailability(0.99)).objective;
  const calendar = { startTime: '2026-01-01 00:00:00', timeZone: 'Europe/Berlin' };
  const objective = { ...base, window: { text: '1M', length: duration('30d'), calendar } };
  // January and the first ten days of February, by the hour, with all errors in January.
  const from = Date.parse('2025-12-31T23:00:00.000Z');
  const steps = Array.from(
    { length: 41 * 24 },
    (_, hour): WindowCount => ({
      total: 100,
      bad: hour >= 100 && hour < 110 ? 40 : 0,
    }),
  );
  const month = replayOf({ from, stepMs: 3_600_000, steps }, objective, []);
  // 400 bad of a budget of 744 hours × 100 × 1 %.
  assert.ok(Math.abs(month.worst! - 400 / 744) < 1e-9, `${month.worst}`);
  assert.equal(month.consumed, 0, 'February has spent nothing');
  const rolling = replayOf({ from, stepMs: 3_600_000, steps }, base, []);
  assert.ok(rolling.worst! > 0.5);
});
