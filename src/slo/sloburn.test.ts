import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { MemorySeries } from '../../test/kit/memory-metrics.ts';
import { queryRange } from '../telemetry/promql/index.ts';
import { type AlertRule, alertRules, evaluateRule } from './alert-rule.ts';
import { objectivesOf } from './objective.ts';
import type { SloSpec } from './openslo/slo.ts';

const FOLDER = new URL('../../test/fixtures/sloburn/', import.meta.url);
const STEP_MS = 60_000;

interface Case {
  id: string;
  kind: string;
  objective: number;
  expected: { page: [number, number][]; ticket: [number, number][] };
}

const cases = JSON.parse(readFileSync(new URL('expected.json', FOLDER), 'utf8')) as Case[];

function rulesOf(percent: number): {
  rules: AlertRule[];
  objective: ReturnType<typeof objectivesOf>[number];
} {
  const query = (text: string) => ({ metricSource: { type: 'Prometheus', spec: { query: text } } });
  const spec: SloSpec = {
    service: 'shop',
    indicator: {
      metadata: { name: 'sli' },
      spec: { ratioMetric: { counter: true, bad: query('errors_total'), total: query('requests_total') } },
    },
    timeWindow: [{ duration: '30d', isRolling: true }],
    budgetingMethod: 'Occurrences',
    objectives: [{ targetPercent: percent }],
  };
  const [objective] = objectivesOf(
    { apiVersion: 'openslo/v1', kind: 'SLO', metadata: { name: 'slo' }, spec },
    () => undefined,
  );
  return { objective: objective!, rules: alertRules(objective!, { minBadEvents: 0 }).rules };
}

function seriesOf(id: string): { series: MemorySeries; first: number; last: number } {
  const series = new MemorySeries();
  const rows = gunzipSync(readFileSync(new URL(`${id}.csv.gz`, FOLDER)))
    .toString()
    .trim()
    .split('\n')
    .slice(1);
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const row of rows) {
    const [at, requests, errors] = row.split(',');
    const ms = Number(at) * 1000;
    if (requests !== '') series.add('requests_total', {}, ms, Number(requests));
    if (errors !== '') series.add('errors_total', {}, ms, Number(errors));
    first = Math.min(first, ms);
    last = Math.max(last, ms);
  }
  return { series, first, last };
}

function intervals(instants: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const at of [...new Set(instants)].sort((a, b) => a - b)) {
    const open = found.at(-1);
    if (open !== undefined && at * 1000 - open[1] * 1000 === STEP_MS) open[1] = at;
    else found.push([at, at]);
  }
  return found;
}

for (const one of cases)
  test(`the rules fire over ${one.id} (${one.kind}, ${one.objective} %) exactly when Prometheus says so`, async () => {
    const { rules, objective } = rulesOf(one.objective);
    const { series, first, last } = seriesOf(one.id);
    const range = { startMs: first, endMs: last, stepMs: STEP_MS };
    const options = { ranges: 'closed' as const };
    const points = async (query: string) => {
      const { series: answers } = await queryRange(series, query, range, options);
      return new Map(
        answers.flatMap(each => Array.from(each.timestamps, (at, i) => [at, each.values[i]!] as const)),
      );
    };
    const windows = new Map<string, { bad: Map<number, number>; total: Map<number, number> }>();
    for (const window of new Set(rules.flatMap(rule => [rule.longWindow, rule.shortWindow])))
      windows.set(window, {
        bad: await points(objective.sli.badExpr(window)),
        total: await points(objective.sli.totalExpr(window)),
      });
    const count = (window: string, at: number) => {
      const bad = windows.get(window)!.bad.get(at);
      const total = windows.get(window)!.total.get(at);
      return bad === undefined || total === undefined ? undefined : { bad, total };
    };
    for (const severity of ['page', 'ticket'] as const) {
      const mine = rules.filter(rule => rule.severity === severity);
      const native: number[] = [];
      for (let at = first; at <= last; at += STEP_MS)
        if (
          mine.some(
            rule =>
              evaluateRule(rule, count(rule.longWindow, at), count(rule.shortWindow, at)).state === 'firing',
          )
        )
          native.push(at / 1000);
      assert.deepEqual(intervals(native), one.expected[severity], `${severity}, evaluated here`);
      const byExpression = new Set<number>();
      for (const rule of mine) for (const at of (await points(rule.expr)).keys()) byExpression.add(at / 1000);
      assert.deepEqual(
        intervals([...byExpression]),
        one.expected[severity],
        `${severity}, by the expressions`,
      );
    }
  });
