import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { declared } from '../../test/kit/declared.ts';
import { MemorySeries } from '../../test/kit/memory-metrics.ts';
import type { Resource } from '../catalog/index.ts';
import { instant } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import { overrideMigrations } from './override-store.ts';
import { Slos } from './slos.ts';

const START = Date.parse('2026-01-27T00:00:00.000Z');
const MINUTE = 60_000;
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(overrideMigrations, { log: 'silent' });
});
after(() => kernel.stop());

interface PartOf {
  name: string;
  target: number;
  weight?: number;
  /** Share of bad, from the half of the time on. */
  failing: number;
  rate?: number;
}

/** A composite SLO over counters of two hours. */
function composite(parts: readonly PartOf[]): { slo: Resource; series: MemorySeries } {
  const query = (text: string) => ({ metricSource: { type: 'Prometheus', spec: { query: text } } });
  const series = new MemorySeries();
  for (const { name, failing, rate = 600 } of parts) {
    if (rate < 0) continue;
    for (let minute = 0; minute <= 120; minute++) {
      const bad = Math.max(minute - 60, 0) * rate * failing;
      series.add('requests_total', { part: name }, START + minute * MINUTE, minute * rate);
      series.add('errors_total', { part: name }, START + minute * MINUTE, bad);
    }
  }
  const slo: Resource = {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name: 'journey', displayName: 'The journey' },
    spec: {
      service: 'shop',
      timeWindow: [{ duration: '30d', isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: parts.map(({ name, target, weight }) => ({
        displayName: name,
        target,
        ...(weight === undefined ? {} : { compositeWeight: weight }),
        indicator: {
          metadata: { name },
          spec: {
            ratioMetric: {
              counter: true,
              bad: query(`errors_total{part="${name}"}`),
              total: query(`requests_total{part="${name}"}`),
            },
          },
        },
      })),
    },
  };
  return { slo, series };
}

function open(parts: readonly PartOf[]): Slos {
  const { slo, series } = composite(parts);
  const late = { ...kernel, events: { on: () => {} } } as unknown as TestKernel;
  return new Slos(late, declared([slo]), { metrics: series.metrics() });
}

const NOW = instant(START + 120 * MINUTE);
const near = (value: number | undefined | null, expected: number, what: string) =>
  assert.ok(Math.abs(value! / expected - 1) < 0.02, `${what}: ${value}, expected ${expected}`);
const hour = async (slos: Slos, id: string) =>
  (await slos.status(id, NOW)).burnRates.find(one => one.window === '1h')?.burnRate;

test('the whole burns as fast as the weighted mean of its parts, and its target is theirs', async () => {
  const slos = open([
    { name: 'login', target: 0.99, weight: 3, failing: 0.02 },
    { name: 'checkout', target: 0.99, weight: 1, failing: 0.1 },
  ]);
  assert.deepEqual(
    (await slos.objectives()).map(one => [one.id, one.target, one.silent ?? false]),
    [
      ['journey', 0.99, false],
      ['journey/1', 0.99, true],
      ['journey/2', 0.99, true],
    ],
  );
  // (3 × 2 + 1 × 10) ÷ 4
  near(await hour(slos, 'journey'), 4, 'the whole');
  near(await hour(slos, 'journey/1'), 2, 'the first part');
  near(await hour(slos, 'journey/2'), 10, 'the second part');
  const status = await slos.status('journey', NOW);
  const parts = await Promise.all(['journey/1', 'journey/2'].map(id => slos.status(id, NOW)));
  near(status.budgetConsumed, (3 * parts[0]!.budgetConsumed! + parts[1]!.budgetConsumed!) / 4, 'consumed');
  near(1 - status.sli!, (3 * (1 - parts[0]!.sli!) + (1 - parts[1]!.sli!)) / 4, 'the SLI');
});

test('parts with unlike targets weigh by what they burn of their budgets, and an absent weight is 1', async () => {
  const slos = open([
    { name: 'login', target: 0.999, failing: 0.01 },
    { name: 'search', target: 0.9, failing: 0 },
  ]);
  near(await hour(slos, 'journey'), 5, 'half of 10×');
  near((await slos.objectives())[0]!.target, 0.9495, 'the mean of the targets');
});

test('only the whole pages; each rule fires on the whole’s burn', async () => {
  const slos = open([
    { name: 'login', target: 0.99, failing: 0.5 },
    { name: 'checkout', target: 0.99, failing: 0 },
  ]);
  assert.deepEqual([...new Set((await slos.alertRules()).map(rule => rule.objective))], ['journey']);
  const firing = (await slos.evaluate('journey', NOW)).filter(one => one.state === 'firing');
  assert.ok(firing.some(one => one.rule === 'journey:page:1h'));
});

test('a part without data makes the whole no data, and a part in which nothing happens burns nothing', async () => {
  const gone = open([
    { name: 'login', target: 0.99, failing: 0.5 },
    { name: 'checkout', target: 0.99, failing: 0, rate: -1 },
  ]);
  assert.equal((await gone.status('journey', NOW)).state, 'no_data');
  const quiet = open([
    { name: 'login', target: 0.99, failing: 0.5 },
    { name: 'checkout', target: 0.99, failing: 0, rate: 0 },
  ]);
  near(await hour(quiet, 'journey'), 25, 'half of 50×');
});

test('the proof says how soon each part alone pages', async () => {
  const slos = open([
    { name: 'login', target: 0.999, weight: 9, failing: 0 },
    { name: 'extras', target: 0.999, weight: 0.01, failing: 0 },
  ]);
  const proof = await slos.prove('journey', NOW);
  assert.equal(proof.able, true, proof.problems.join());
  assert.match(proof.notes.join('\n'), /All of journey\/1 \(weight 9\) failing alone pages after/);
  assert.match(proof.notes.join('\n'), /All of journey\/2 \(weight 0\.01\) failing alone pages nobody/);
});

test('one objective with its own indicator is an SLO like any other', async () => {
  const slos = open([{ name: 'login', target: 0.99, failing: 0.5 }]);
  assert.deepEqual(
    (await slos.objectives()).map(one => [one.id, one.silent]),
    [['journey', undefined]],
  );
});
