import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { seeded } from '../../src/kernel/index.ts';
import { type AlertRule, alertRules, evaluateRule } from '../../src/slo/alert-rule.ts';
import { countOf } from '../../src/slo/indicator.ts';
import { type Objective, objectivesOf } from '../../src/slo/objective.ts';
import { SloSpec } from '../../src/slo/openslo/slo.ts';
import { type Labels, queryRange } from '../../src/telemetry/promql/index.ts';
import { ratioSlo } from '../kit/declared.ts';
import { MemorySeries } from '../kit/memory-metrics.ts';
import {
  type PrometheusServer,
  prometheusMajor,
  startPrometheus,
  withoutPrometheus,
} from '../kit/prometheus-server.ts';
import { remoteWrite } from '../kit/remote-write.ts';
import { poisson } from '../kit/shop-traffic.ts';

// What the cases of sloburn are not: other shapes, objectives and windows, scraped by two clocks, of two instances. A
// real Prometheus evaluates the Workbook's expressions over the same samples; evaluation here agrees minute by minute.

const MINUTE = 60_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const HOURS = 30;
const MINUTES = HOURS * 60;

interface Shape {
  name: string;
  target: number;
  window: string;
  /** Requests a minute. */
  traffic: number;
  /** Share of failures, and what the counters do: nothing, begin anew, or say nothing. */
  at(
    minute: number,
    budget: number,
  ): { failing?: number; restart?: boolean; silent?: boolean; idle?: boolean };
  instances?: number;
  metric?: 'good';
  scrapeSeconds?: number;
}

const between = (minute: number, from: number, length: number) => minute >= from && minute < from + length;

const shapes: Shape[] = [
  {
    name: 'a whole outage',
    target: 0.95,
    window: '30d',
    traffic: 300,
    at: m => ({ failing: Number(between(m, 600, 47)) }),
  },
  {
    name: 'a slow burn',
    target: 0.999,
    window: '28d',
    traffic: 3000,
    at: (m, b) => ({ failing: between(m, 300, 900) ? 4 * b : 0 }),
  },
  {
    name: 'flapping',
    target: 0.99,
    window: '30d',
    traffic: 120,
    at: m => ({ failing: between(m, 300, 900) && m % 20 < 6 ? 0.6 : 0 }),
  },
  {
    name: 'little traffic',
    target: 0.99,
    window: '30d',
    traffic: 0.6,
    at: m => ({ failing: between(m, 500, 300) ? 0.5 : 0.001 }),
  },
  {
    name: 'a step as long as a window',
    target: 0.995,
    window: '30d',
    traffic: 600,
    at: (m, b) => ({ failing: between(m, 600, 60) ? 20 * b : 0 }),
  },
  {
    name: 'a rate at the very threshold',
    target: 0.99,
    window: '30d',
    traffic: 1000,
    at: (m, b) => ({ failing: between(m, 400, 500) ? 6 * b : 0 }),
  },
  {
    name: 'counters that begin anew in an outage',
    target: 0.999,
    window: '7d',
    traffic: 400,
    at: m => ({ failing: between(m, 700, 90) ? 0.2 : 0, restart: m === 725 || m === 760 }),
  },
  {
    name: 'two instances that restart in turn',
    target: 0.9995,
    window: '90d',
    traffic: 200,
    instances: 2,
    at: m => ({ failing: between(m, 700, 120) ? 0.05 : 0, restart: m % 97 === 0 }),
  },
  {
    name: 'gaps of many lengths',
    target: 0.99,
    window: '7d',
    traffic: 300,
    at: m => ({
      failing: between(m, 600, 500) ? 0.2 : 0,
      silent: [3, 5, 6, 31, 70].some((length, i) => between(m, 620 + i * 90, length)),
    }),
  },
  {
    name: 'traffic that stops',
    target: 0.99,
    window: '30d',
    traffic: 60,
    at: m => ({ failing: between(m, 600, 40) ? 1 : 0, idle: between(m, 625, 240) }),
  },
  {
    name: 'a late start',
    target: 0.9,
    window: '28d',
    traffic: 90,
    at: m => ({ failing: m > 900 ? 0.97 : 0, silent: m < 890 }),
  },
  {
    name: 'a count of what is good',
    target: 0.99,
    window: '30d',
    traffic: 500,
    metric: 'good',
    at: m => ({ failing: between(m, 300, 200) ? 0.3 : 0.001 }),
  },
  {
    name: 'a scrape every quarter of a minute',
    target: 0.99999,
    window: '90d',
    traffic: 900,
    scrapeSeconds: 15,
    at: m => ({ failing: between(m, 500, 60) ? 0.02 : 0 }),
  },
];

interface Counter {
  labels: Labels;
  timestamps: number[];
  values: number[];
}

/** The counters of a shape, as they are scraped. */
function countersOf(shape: Shape, index: number): Counter[] {
  const budget = 1 - shape.target;
  const step = (shape.scrapeSeconds ?? 60) * 1000;
  return Array.from({ length: shape.instances ?? 1 }, (_, instance) => {
    const random = seeded(index * 10 + instance + 1);
    const counter = (name: string): Counter => ({
      labels: { __name__: name, shape: String(index), instance: String(instance) },
      timestamps: [],
      values: [],
    });
    const total = counter('requests_total');
    const part = counter(shape.metric === 'good' ? 'good_total' : 'errors_total');
    let all = 1000;
    let bad = 3;
    for (let ms = 0; ms <= MINUTES * MINUTE; ms += step) {
      const minute = Math.floor(ms / MINUTE) + instance * 13;
      const now = shape.at(minute, budget);
      const events = now.idle ? 0 : poisson((shape.traffic * step) / MINUTE, random);
      if (now.restart && ms % MINUTE === 0) all = bad = 0;
      all += events;
      bad += Math.min(poisson(events * (now.failing ?? 0), random), events);
      if (now.silent) continue;
      // Nothing is scraped at the very minute.
      const at = START + ms + instance * 7_300 + Math.floor(random() * 200);
      for (const [one, value] of [
        [total, all],
        [part, shape.metric === 'good' ? all - bad : bad],
      ] as const) {
        one.timestamps.push(at);
        one.values.push(value);
      }
    }
    return [total, part];
  }).flat();
}

function objectiveOf({ target, window, metric }: Shape, index: number): Objective {
  const of = (name: string) => `${name}{shape="${index}"}`;
  const slo = ratioSlo(
    'drawn',
    target,
    {
      ...(metric === 'good' ? { good: of('good_total') } : { bad: of('errors_total') }),
      total: of('requests_total'),
    },
    window,
  );
  return objectivesOf({ ...slo, spec: SloSpec.parse(slo.spec) }, () => undefined)[0]!;
}

/** The Workbook's own expression for a rule. */
function workbook(rule: AlertRule, { metric }: Shape, index: number): string {
  const rate = (name: string, window: string) => `sum(rate(${name}{shape="${index}"}[${window}]))`;
  const over = (window: string) => {
    const total = rate('requests_total', window);
    const bad =
      metric === 'good' ? `(${total} - ${rate('good_total', window)})` : rate('errors_total', window);
    return `(${bad} / ${total} > ${rule.threshold})`;
  };
  return `${over(rule.longWindow)} and ${over(rule.shortWindow)}`;
}

let prometheus: PrometheusServer | undefined;
before(async () => {
  if (withoutPrometheus === undefined) prometheus = await startPrometheus('global: {}\n');
});
after(() => prometheus?.stop());

/** Shapes follow each other in time, as Prometheus takes samples in order. */
const shiftOf = (index: number) => index * (HOURS + 48) * 60 * MINUTE;

test('evaluation here fires in exactly the minutes in which a real Prometheus does', {
  skip: withoutPrometheus ?? false,
  timeout: 600_000,
}, async t => {
  for (const [index, shape] of shapes.entries())
    await t.test(
      `${shape.name}, ${Number((shape.target * 100).toPrecision(10))} % of ${shape.window}`,
      async () => {
        const counters = countersOf(shape, index).map(one => ({
          labels: one.labels,
          timestamps: Float64Array.from(one.timestamps, at => at + shiftOf(index)),
          values: Float64Array.from(one.values),
        }));
        const series = new MemorySeries();
        for (const { labels, timestamps, values } of counters) {
          const { __name__: name, ...rest } = labels;
          timestamps.forEach((at, i) => {
            series.add(name!, rest, at, values[i]!);
          });
        }
        await remoteWrite(`${prometheus!.url}/api/v1/write`, counters);
        const objective = objectiveOf(shape, index);
        const range = {
          startMs: START + shiftOf(index),
          endMs: START + shiftOf(index) + MINUTES * MINUTE,
          stepMs: MINUTE,
        };
        const points = async (query: string) => {
          const ranges = prometheusMajor() < 3 ? 'closed' : 'left-open';
          const answer = await queryRange(series, query, range, { ranges });
          return new Map(
            answer.series.flatMap(one =>
              Array.from(one.timestamps, (at, i) => [at, one.values[i]!] as const),
            ),
          );
        };
        const { sli } = objective;
        let fired = 0;
        for (const rule of alertRules(objective, { minBadEvents: 0 }).rules) {
          const [long, short] = await Promise.all(
            [rule.longWindow, rule.shortWindow].map(async window => {
              const [parts, totals] = [
                await points(sli.counted.expr(window)),
                await points(sli.totalExpr(window)),
              ];
              return (at: number) => {
                const [part, total] = [parts.get(at), totals.get(at)];
                return part === undefined || total === undefined ? undefined : countOf(sli, part, total);
              };
            }),
          );
          const expected = await firingMinutes(workbook(rule, shape, index), range);
          fired += expected.size;
          const wrong: string[] = [];
          for (let at = range.startMs; at <= range.endMs; at += MINUTE) {
            const found = evaluateRule(rule, long!(at), short!(at));
            // A ratio that is the threshold to the last bit is over it or not by the order of multiplications.
            const tie = [found.longRatio, found.shortRatio].some(
              ratio => ratio !== undefined && Math.abs(ratio / rule.threshold - 1) < 1e-12,
            );
            if (!tie && (found.state === 'firing') !== expected.has(at))
              wrong.push(`minute ${(at - range.startMs) / MINUTE}: ${JSON.stringify(found)}`);
          }
          assert.deepEqual(wrong, [], rule.id);
        }
        assert.ok(fired > 0, 'it makes some rule fire');
      },
    );
});

async function firingMinutes(query: string, range: { startMs: number; endMs: number }): Promise<Set<number>> {
  const response = await fetch(`${prometheus!.url}/api/v1/query_range`, {
    method: 'POST',
    body: new URLSearchParams({
      query,
      start: String(range.startMs / 1000),
      end: String(range.endMs / 1000),
      step: '60',
    }),
  });
  assert.ok(response.ok, await response.clone().text());
  const { data } = (await response.json()) as { data: { result: { values: [number, string][] }[] } };
  return new Set(data.result.flatMap(one => one.values.map(([at]) => Math.round(at * 1000))));
}
