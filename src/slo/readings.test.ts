import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkoutAvailability, checkoutLatency } from '../../test/kit/declared.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { Fault, instant } from '../kernel/index.ts';
import { alertRules } from './alert-rule.ts';
import { objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import { type Metrics, Readings } from './readings.ts';

const START = Date.parse('2026-01-27T03:00:00.000Z');

function counting(metrics: Metrics): Metrics & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    instant: (query, at, options) => {
      asked.push(`${at} ${query}`);
      return metrics.instant(query, at, options);
    },
  };
}

const compiled = (resource: Resource) => {
  const [objective] = objectivesOf({ ...resource, spec: SloSpec.parse(resource.spec) }, () => undefined);
  return { objective: objective!, rules: alertRules(objective!).rules };
};

function traffic(): ShopTraffic {
  const one = new ShopTraffic({ from: START, rate: 8 });
  one.run(START + 120_000);
  one.change({ failing: 0.2, slow: 0.1 });
  one.run(START + 600_000);
  return one;
}

test('objectives and rules that share an expression over a window ask it once', async () => {
  const source = counting(traffic().series.metrics());
  const readings = new Readings(source);
  const at = instant(START + 600_000);
  const all = [checkoutAvailability(), checkoutLatency(), checkoutAvailability(0.99)].map(compiled);
  const windows = new Set<string>();
  for (const { objective, rules } of all)
    for (const window of rules.flatMap(rule => [rule.shortWindow, rule.longWindow])) {
      windows.add(window);
      await readings.count(objective.sli, window, at);
    }
  assert.equal(new Set(source.asked).size, source.asked.length, 'nothing is asked twice');
  // One total and two counts (errors, fast requests) for each window.
  assert.equal(source.asked.length, windows.size * 3);
});

test('no question holds the total a second time', async () => {
  const source = counting(traffic().series.metrics());
  const { objective } = compiled(checkoutAvailability());
  await new Readings(source).count(objective.sli, '5m', instant(START + 600_000));
  assert.equal(source.asked.length, 2);
  const [, part] = source.asked;
  assert.equal(part!.match(/increase/g)!.length, 1);
});

for (const [name, resource] of [
  ['bad ÷ total', checkoutAvailability()],
  ['good ÷ total', checkoutLatency()],
] as const)
  test(`what is counted is what the expressions of the rules say (${name})`, async () => {
    const metrics = traffic().series.metrics();
    const { objective } = compiled(resource);
    for (const minute of [0, 1, 2, 5, 10]) {
      const at = instant(START + minute * 60_000);
      const count = await new Readings(metrics).count(objective.sli, '5m', at);
      const [bad, total] = await Promise.all(
        [objective.sli.badExpr('5m'), objective.sli.totalExpr('5m')].map(
          async query => (await metrics.instant(query, at)).samples[0]?.value,
        ),
      );
      assert.deepEqual(
        count,
        bad === undefined || total === undefined ? undefined : { bad: Math.min(bad, total), total },
      );
    }
  });

test('a value that is no finite number is no data: an outage is not made of a division by nothing', async () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const readings = new Readings({ instant: async () => ({ samples: [{ value }] }) });
    assert.equal(await readings.value('errors / nothing', instant(START)), undefined);
  }
});

test('who asks beside one that loses its patience gets an answer all the same', async () => {
  let asked = 0;
  const readings = new Readings({
    instant: async (_query, _at, { signal } = {}) => {
      asked++;
      if (signal === undefined) return { samples: [{ value: 1 }] };
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Fault('cancelled', 'The query was cancelled.')));
      });
    },
  });
  const patience = new AbortController();
  const first = readings.value('up', instant(START), patience.signal);
  const second = readings.value('up', instant(START));
  patience.abort();
  await assert.rejects(first, { code: 'cancelled' });
  assert.equal(await second, 1);
  assert.equal(asked, 2);
});
