import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { fuzzSeed } from '../../../test/kit/fuzz.ts';
import { MemorySeries } from '../../../test/kit/memory-metrics.ts';
import { noPromtool, promtool } from '../../../test/kit/real-promtool.ts';
import { duration, seeded } from '../../kernel/index.ts';
import { queryRange } from '../../telemetry/promql/index.ts';
import { alertRules, evaluateRule } from '../alert-rule.ts';
import { countOf } from '../indicator.ts';
import { type Objective, objectivesOf } from '../objective.ts';
import { SloSpec } from '../openslo/slo.ts';
import { objectiveRuleSpec } from '../sloth/objective-rule-spec.ts';
import { readSpecs } from '../sloth/read.ts';
import { generate, rulesText } from './generate.ts';

const MINUTE = 60_000;
const MINUTES = 240;
const RUNS = 20;
const SLOTH = new URL('../../../test/fixtures/sloth/', import.meta.url);

/** Not for Prometheus: queries in VictoriaMetrics's own dialect, plugins in Go, a version that is refused. */
const OTHERS = [
  'victoria-metrics.yml',
  'in-sli-plugin.yaml',
  'in-slo-plugin.yaml',
  'in-slo-plugin-k8s.yaml',
  'in-invalid-version.yaml',
];
const fixtures = [
  ...readdirSync(new URL('in/', SLOTH))
    .filter(name => !OTHERS.includes(name))
    .map(name => `in/${name}`),
  ...readdirSync(new URL('integration/', SLOTH))
    .filter(name => /^in-.*\.yaml$/.test(name) && !OTHERS.includes(name))
    .map(name => `integration/${name}`),
];
for (const path of fixtures)
  test(`promtool accepts the rules made of ${path}`, { skip: noPromtool ?? false }, async () => {
    const { documents } = readSpecs([{ path, text: readFileSync(new URL(path, SLOTH), 'utf8') }]);
    const { groups } = generate(documents.flatMap(one => one.specs));
    const { ok, output } = await promtool(['check', 'rules', '--lint=none', 'rules.yaml'], {
      'rules.yaml': rulesText(groups),
    });
    assert.ok(ok, output);
    assert.match(output, /SUCCESS: [1-9]\d* rules found/);
  });

interface Drawn {
  target: number;
  window: string;
  metric: 'bad' | 'good';
  perMinute: number;
  bursts: { at: number; length: number; ratio: number }[];
  /** Minutes without a sample, or a restart of the counters. */
  trouble: { at: number; length: number } | { resetAt: number };
  seed: number;
  budgeting: 'Occurrences' | 'Timeslices' | 'RatioTimeslices';
  /** Beside it a second part, with its own target and weight. */
  other?: { target: number; weight: number; metric: 'bad' | 'good'; seed: number } | undefined;
  calendar: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  target: fc.constantFrom(0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999),
  window: fc.constantFrom('12h', '1d', '3d', '7d', '28d', '30d', '90d'),
  metric: fc.constantFrom('bad' as const, 'good' as const),
  perMinute: fc.constantFrom(0.05, 1, 30, 600),
  bursts: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: MINUTES }),
      length: fc.integer({ min: 1, max: 120 }),
      ratio: fc.double({ min: 0.001, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  trouble: fc.oneof(
    fc.record({ at: fc.integer({ min: 0, max: MINUTES }), length: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ resetAt: fc.integer({ min: 0, max: MINUTES * 2 }) }),
  ),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  budgeting: fc.oneof(
    { weight: 2, arbitrary: fc.constant('Occurrences' as const) },
    { weight: 1, arbitrary: fc.constantFrom('Timeslices' as const, 'RatioTimeslices' as const) },
  ),
  other: fc.option(
    fc.record({
      target: fc.constantFrom(0.9, 0.99, 0.999),
      weight: fc.constantFrom(0.5, 1, 3),
      metric: fc.constantFrom('bad' as const, 'good' as const),
      seed: fc.integer({ min: 1, max: 1_000_000 }),
    }),
    { nil: undefined, freq: 3 },
  ),
  calendar: fc.boolean(),
});

const NAMES = { bad: 'errors_total', good: 'good_total' };

function objectiveOf({ target, window, metric, budgeting, other, calendar }: Drawn): Objective {
  const query = (text: string) => ({ metricSource: { type: 'Prometheus', spec: { query: text } } });
  const indicator = (prefix: string, of: 'bad' | 'good') => ({
    metadata: { name: 'sli' },
    spec: {
      ratioMetric: {
        counter: true,
        [of]: query(`${prefix}${NAMES[of]}`),
        total: query(`${prefix}requests_total`),
      },
    },
  });
  const slices =
    budgeting === 'Occurrences'
      ? {}
      : { timeSliceWindow: '5m', ...(budgeting === 'Timeslices' ? { timeSliceTarget: 0.93 } : {}) };
  const spec = SloSpec.parse({
    service: 'shop',
    ...(other === undefined ? { indicator: indicator('', metric) } : {}),
    timeWindow: [
      calendar
        ? { duration: window, calendar: { startTime: '2026-01-01 00:00:00', timeZone: 'Europe/Berlin' } }
        : { duration: window, isRolling: true },
    ],
    budgetingMethod: budgeting,
    objectives:
      other === undefined
        ? [{ target, ...slices }]
        : [
            { target, ...slices, indicator: indicator('', metric) },
            {
              target: other.target,
              compositeWeight: other.weight,
              ...slices,
              indicator: indicator('other_', other.metric),
            },
          ],
  });
  return objectivesOf(
    { apiVersion: 'openslo/v1', kind: 'SLO', metadata: { name: 'drawn' }, spec },
    () => undefined,
  )[0]!;
}

/** All series of a case by name. */
function seriesOf(one: Drawn): Record<string, (number | undefined)[]> {
  const { total, part } = samplesOf(one);
  const own = { requests_total: total, [NAMES[one.metric]]: part };
  const { other } = one;
  if (other === undefined) return own;
  const second = samplesOf({ ...one, seed: other.seed, metric: other.metric, bursts: one.bursts.slice(1) });
  return { ...own, other_requests_total: second.total, [`other_${NAMES[other.metric]}`]: second.part };
}

/** Values a minute of the total and of the counter beside it; undefined: no sample. */
function samplesOf(one: Drawn): { total: (number | undefined)[]; part: (number | undefined)[] } {
  const random = seeded(one.seed);
  const { trouble } = one;
  // Prometheus 2 and 3 differ in how far they extrapolate a counter that is near zero where a window has no samples at
  // its beginning: counters with a gap are far from zero, and those that begin or restart have none.
  const gap = 'length' in trouble ? trouble : { at: 0, length: 0 };
  const resetAt = 'resetAt' in trouble ? trouble.resetAt : -1;
  const offset = 'length' in trouble ? 1_000_000 : 0;
  const total: (number | undefined)[] = [];
  const part: (number | undefined)[] = [];
  let all = 0;
  let bad = 0;
  for (let minute = 0; minute <= MINUTES; minute++) {
    if (minute === resetAt) all = bad = 0;
    const events =
      one.perMinute < 1
        ? random() < one.perMinute
          ? 1
          : 0
        : Math.round(one.perMinute * (0.7 + 0.6 * random()));
    const burst = one.bursts.find(each => minute >= each.at && minute < each.at + each.length);
    let failed = 0;
    for (let i = 0; i < events; i++) if (random() < (burst?.ratio ?? 0)) failed++;
    if (minute > 0 && minute !== resetAt) {
      all += events;
      bad += failed;
    }
    const silent = minute >= gap.at && minute < gap.at + gap.length;
    total.push(silent ? undefined : offset + all);
    part.push(silent ? undefined : offset + (one.metric === 'bad' ? bad : all - bad));
  }
  // The counter of errors is there since just before the first error.
  const first = part.findIndex(value => value !== undefined && value > 0);
  if (one.metric === 'bad' && offset === 0)
    part.fill(undefined, 0, first < 0 ? part.length : Math.max(first - 1, 0));
  return { total, part };
}

/** Which alerts fire at each minute, evaluated here: alertname and severity. `by` moves the thresholds a little. */
async function native(objective: Objective, series: MemorySeries, by: number): Promise<string[][]> {
  const rules = alertRules(objective).rules.map(rule => ({
    ...rule,
    threshold: rule.threshold * by,
    minEvents: rule.minEvents * by,
  }));
  const range = { startMs: 0, endMs: MINUTES * MINUTE, stepMs: MINUTE };
  const points = async (query: string) => {
    // Prometheus before 3.0, as Debian has it, takes both ends of a range.
    const answer = await queryRange(series, query, range, { ranges: 'closed' });
    return new Map(
      answer.series.flatMap(one => Array.from(one.timestamps, (at, i) => [at, one.values[i]!] as const)),
    );
  };
  const windows = new Map<string, { part: Map<number, number>; total: Map<number, number> }>();
  for (const window of new Set(rules.flatMap(rule => [rule.longWindow, rule.shortWindow])))
    windows.set(window, {
      part: await points(objective.sli.counted.expr(window)),
      total: await points(objective.sli.totalExpr(window)),
    });
  const count = (window: string, at: number) => {
    const part = windows.get(window)!.part.get(at);
    const total = windows.get(window)!.total.get(at);
    return part === undefined || total === undefined ? undefined : countOf(objective.sli, part, total);
  };
  const since = new Map<string, number>();
  return Array.from({ length: MINUTES + 1 }, (_, minute) => {
    const at = minute * MINUTE;
    const firing = rules.filter(rule => {
      const { state } = evaluateRule(rule, count(rule.longWindow, at), count(rule.shortWindow, at));
      if (state !== 'firing') {
        since.delete(rule.id);
        return false;
      }
      since.set(rule.id, since.get(rule.id) ?? at);
      return at - since.get(rule.id)! >= duration(rule.for);
    });
    return [...new Set(firing.map(rule => `${rule.name}/${rule.severity}`))].sort();
  });
}

function unitTest(
  series: Record<string, (number | undefined)[]>,
  expected: (string[] | undefined)[],
  groups: readonly string[],
): string {
  const firing = 'count by (alertname, severity) (ALERTS{alertstate="firing"})';
  return stringify({
    rule_files: ['rules.yaml'],
    evaluation_interval: '1m',
    // Without it promtool takes the groups in any order, and alerts may see the recordings of a minute ago.
    group_eval_order: groups,
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({
          series: name,
          values: values.map(value => (value === undefined ? '_' : String(value))).join(' '),
        })),
        promql_expr_test: expected.flatMap((alerts, minute) =>
          alerts === undefined
            ? []
            : [
                {
                  expr: firing,
                  eval_time: `${minute}m`,
                  exp_samples: alerts.map(alert => ({
                    labels: `{alertname="${alert.split('/')[0]}", severity="${alert.split('/')[1]}"}`,
                    value: 1,
                  })),
                },
              ],
        ),
      },
    ],
  });
}

test('evaluation here and the generated rules, run by promtool, agree minute by minute', {
  skip: noPromtool ?? false,
  // A minute of CPU.
  timeout: 600_000,
}, async t => {
  let fired = 0;
  const kinds = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(drawn, async one => {
      const objective = objectiveOf(one);
      const named = seriesOf(one);
      const series = new MemorySeries();
      for (const [metric, values] of Object.entries(named))
        values.forEach((value, minute) => {
          if (value !== undefined) series.add(metric, {}, minute * MINUTE, value);
        });
      // A ratio that is a threshold to the last bit is over it or not by the order of multiplications.
      const [strict, loose] = [
        await native(objective, series, 1 + 1e-9),
        await native(objective, series, 1 - 1e-9),
      ];
      const expected = strict.map((alerts, minute) =>
        alerts.join() === loose[minute]!.join() ? alerts : undefined,
      );
      if (expected.some(alerts => alerts !== undefined && alerts.length > 0)) fired++;
      const kind = `${one.budgeting}${one.other === undefined ? '' : ', composite'}${one.calendar ? ', calendar' : ''}`;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const { groups } = generate([objectiveRuleSpec(objective)]);
      const { ok, output } = await promtool(['test', 'rules', 'test.yaml'], {
        'rules.yaml': rulesText(groups),
        'test.yaml': unitTest(
          named,
          expected,
          groups.map(group => group.name),
        ),
      });
      assert.ok(ok, output.slice(0, 3000));
    }),
    { numRuns: RUNS, seed: fuzzSeed, endOnFailure: true },
  );
  t.diagnostic(
    `${fired} of ${RUNS} fired: ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join('; ')}`,
  );
  assert.ok(fired >= 5, 'the patterns make alerts fire');
});
