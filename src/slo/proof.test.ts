import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { checkoutAvailability, checkoutLatency, declared, ratioSlo } from '../../test/kit/declared.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { duration, instant } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import { alertRules, evaluateRule } from './alert-rule.ts';
import { objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import { proofText } from './proof.ts';
import { Slos } from './slos.ts';
import { fastest, timeToFire } from './time-to-page.ts';

const START = Date.parse('2026-01-27T03:00:00.000Z');
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel([], { log: 'silent' });
});
after(() => kernel.stop());

const compiled = (resource: Resource) => {
  const [objective] = objectivesOf({ ...resource, spec: SloSpec.parse(resource.spec) }, () => undefined);
  return { objective: objective!, ...alertRules(objective!) };
};

test('the times to page are those of the table of the SRE Workbook', () => {
  const { rules } = compiled(checkoutAvailability(0.999));
  const page = (errorRatio: number) => {
    const found = fastest(
      rules.filter(rule => rule.severity === 'page'),
      { errorRatio },
    );
    return found === undefined ? undefined : Math.round(found.ms / 60_000);
  };
  // 100 %: 14.4 × 0.1 % of an hour is 52 s. 10 %: ten times that. 1.5 %: nearly the whole hour.
  assert.equal(Math.round(fastest(rules, { errorRatio: 1 })!.ms / 1000), 55);
  assert.equal(page(0.1), 9);
  assert.equal(page(0.015), 58);
  // 1 %: too little for 14.4×, and 6 × 0.1 % of six hours is 3.6 hours.
  assert.equal(page(0.01), 216);
  assert.equal(page(0.005), undefined);
});

test('the time to fire is what evaluating the rule turn by turn gives', () => {
  const { rules } = compiled(checkoutAvailability(0.99));
  fc.assert(
    fc.property(
      fc.constantFrom(...rules.filter(rule => rule.kind === 'burn' && rule.severity === 'page')),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      fc.constantFrom(0.01, 0.1, 1, 100),
      (rule, errorRatio, eventsPerSecond) => {
        const every = 30_000;
        const count = (window: string, ms: number) => ({
          bad: (errorRatio * eventsPerSecond * Math.min(ms, duration(window))) / 1000,
          total: (eventsPerSecond * duration(window)) / 1000,
        });
        let expected: number | undefined;
        for (let ms = every; ms <= duration(rule.longWindow) + every && expected === undefined; ms += every)
          if (evaluateRule(rule, count(rule.longWindow, ms), count(rule.shortWindow, ms)).state === 'firing')
            expected = ms;
        assert.equal(timeToFire(rule, { errorRatio, eventsPerSecond }, every), expected);
      },
    ),
    { numRuns: 200 },
  );
});

function open(resources: Resource[], minutes = 10, rate = 6): { slos: Slos; at: string } {
  const traffic = new ShopTraffic({ from: START, rate });
  traffic.run(START + minutes * 60_000);
  const late = { ...kernel, events: { on: () => {} } } as unknown as TestKernel;
  const slos = new Slos(late, declared(resources), { metrics: traffic.series.metrics() });
  return { slos, at: instant(START + minutes * 60_000) };
}

test('an SLO whose errors have never happened is able to page', async () => {
  const { slos, at } = open([checkoutAvailability(), checkoutLatency()]);
  for (const id of ['checkout-availability', 'checkout-latency']) {
    const proof = await slos.prove(id, at);
    assert.deepEqual(proof.problems, []);
    assert.ok(proof.able);
    assert.ok(Math.abs(proof.eventsPerSecond! - 6) < 0.6);
    for (const line of proofText(proof).split('\n'))
      assert.ok(line.length <= 80 || /^ {2}[!·]/.test(line), line);
  }
});

const mistakes: [what: string, metric: { bad?: string; good?: string; total: string }, problem: RegExp][] = [
  [
    'a metric that does not exist',
    { bad: 'nothing_total{code="500"}', total: 'nothing_total' },
    /there is no metric nothing_total/,
  ],
  [
    'a label that does not exist',
    {
      bad: 'http_server_request_duration_seconds_count{status=~"5.."}',
      total: 'http_server_request_duration_seconds_count',
    },
    /the series have no label status/,
  ],
  [
    'a bucket that does not exist',
    {
      good: 'http_server_request_duration_seconds_bucket{le="0.7"}',
      total: 'http_server_request_duration_seconds_count',
    },
    /le has the values 0\.5/,
  ],
  [
    'a service that does not exist',
    {
      bad: 'http_server_request_duration_seconds_count{service_name="gatewy",http_response_status_code=~"5.."}',
      total: 'http_server_request_duration_seconds_count{service_name="gatewy"}',
    },
    /service_name has the values gateway/,
  ],
];
for (const [what, metric, problem] of mistakes)
  test(`${what} keeps an SLO from paging, and is told`, async () => {
    const { slos, at } = open([ratioSlo('mistaken', 0.999, metric)]);
    const proof = await slos.prove('mistaken', at);
    assert.equal(proof.able, false);
    assert.match(proof.problems.join('\n'), problem);
  });

test("rules that today's traffic is too little for are told", async () => {
  const { slos, at } = open([checkoutAvailability()], 240, 3 / 3600);
  const proof = await slos.prove('checkout-availability', at);
  assert.match(proof.notes.join('\n'), /page:1h cannot fire at today's traffic/);
});
