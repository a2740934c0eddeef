import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { checkoutAvailability, checkoutLatency, declared, ratioSlo } from '../../test/kit/declared.ts';
import { MemorySeries } from '../../test/kit/memory-metrics.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { duration, instant } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import { alertRules, evaluateRule } from './alert-rule.ts';
import { objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import { blindSpots, proofText } from './proof.ts';
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
    for (const line of proofText(proof).split('\n')) assert.ok(line.length <= 80, line);
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

/** Counters that a test writes, a sample every so many seconds, over the last hours. */
function counted(
  hours: number,
  everySeconds: number,
  write: (add: MemorySeries['add'], at: number, index: number) => void,
): { series: MemorySeries; at: string } {
  const series = new MemorySeries();
  const count = Math.floor((hours * 3600) / everySeconds);
  for (let index = 0; index <= count; index++)
    write(series.add.bind(series), START + index * everySeconds * 1000, index);
  return { series, at: instant(START + count * everySeconds * 1000) };
}

async function proofOf(
  { series, at }: { series: MemorySeries; at: string },
  metric = { bad: 'requests_total{code=~"5.."}', total: 'requests_total' } as Parameters<typeof ratioSlo>[2],
) {
  const late = { ...kernel, events: { on: () => {} } } as unknown as TestKernel;
  const slos = new Slos(late, declared([ratioSlo('mine', 0.999, metric)]), { metrics: series.metrics() });
  const proof = await slos.prove('mine', at);
  for (const line of proofText(proof).split('\n')) assert.ok(line.length <= 80, line);
  return proof;
}

test('a label that was renamed is told, although the series of before are still listed', async () => {
  const proof = await proofOf(
    counted(6, 60, (add, at, index) =>
      index < 120
        ? add('requests_total', { code: '200' }, at, index * 60)
        : add('requests_total', { status: '200' }, at, index * 60),
    ),
  );
  assert.equal(proof.able, false);
  assert.match(proof.problems.join('\n'), /the series have no label code/);
});

test('a metric that came once and comes no more is told as that', async () => {
  const scene = counted(3, 60, (add, at, index) => add('requests_total', { code: '200' }, at, index));
  const proof = await proofOf({ ...scene, at: instant(START + 9 * 3_600_000) });
  assert.match(proof.problems.join('\n'), /requests_total came once, and has not for 1h/);
});

test('a source that is down is a problem of the proof, and not its end', async () => {
  const scene = counted(3, 60, (add, at, index) => add('requests_total', { code: '200' }, at, index));
  scene.series.failure = new Error('connection refused');
  const proof = await proofOf(scene);
  assert.equal(proof.able, false);
  assert.equal(proof.eventsPerSecond, null);
  assert.match(proof.problems.join('\n'), /could not be read: connection refused/);
  assert.notEqual(proof.rows[0]!.page, null, 'the rules are simulated all the same');
});

test('errors that have never happened are no problem, and no proof either', async () => {
  const proof = await proofOf(
    counted(3, 60, (add, at, index) => add('requests_total', { code: '200' }, at, index * 60)),
  );
  assert.ok(proof.able);
  assert.match(proof.notes.join('\n'), /has never counted anything/);
});

test('a query for what is good that finds nothing is told: everything would count as bad', async () => {
  const scene = counted(3, 60, (add, at, index) => add('requests_total', { code: '200' }, at, index * 60));
  const proof = await proofOf(scene, { good: 'requests_total{code="20O"}', total: 'requests_total' });
  assert.equal(proof.able, false);
  assert.match(proof.problems.join('\n'), /code has the values 200/);
});

test('samples that are too far apart for a rule are told, with how close they must be', async () => {
  const proof = await proofOf(
    counted(3, 600, (add, at, index) => add('requests_total', { code: '200' }, at, index * 60)),
  );
  assert.match(
    proof.problems.join('\n'),
    /mine:page:1h cannot fire: the queries give nothing over 5m\..* every 150 s/,
  );
});

test('an hour without traffic is told, and the times are not said to be those of today', async () => {
  const proof = await proofOf(counted(3, 60, (add, at) => add('requests_total', { code: '200' }, at, 1000)));
  assert.equal(proof.eventsPerSecond, null);
  assert.match(proof.notes.join('\n'), /Nothing has happened for 1h/);
});

test('where too little comes for any rule, that is told, with a way out', () => {
  // An event every three hours: two in the six hours that a whole outage is looked for over.
  const { objective, rules, notes } = compiled(checkoutAvailability());
  const rate = 1 / 10_800;
  const pages = rules.filter(rule => rule.severity === 'page');
  assert.equal(fastest(pages, { errorRatio: 1, eventsPerSecond: rate }), undefined);
  const blind = blindSpots({ objective, rules, notes }, rate);
  for (const rule of pages) assert.ok(blind.some(note => note.startsWith(`${rule.id} cannot fire`)));
  assert.match(blind.at(-1)!, /nines slo template uptime gateway/);
  // Every twenty minutes: the rule of six hours has its 8 events, and 30 min have 2 of them only by luck.
  assert.match(
    blindSpots({ objective, rules, notes }, 1 / 1200).join('\n'),
    /page:6h fires only by luck at today's traffic: in 30m come 1\.5 events, and it needs 2 bad/,
  );
});
