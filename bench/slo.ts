/**
 * Objectives evaluated in one turn of the loop: 100, 1,000 and 10,000 of them, each over series of its own, by the same
 * code as the server's. The samples are in memory, so that what is measured is evaluation and PromQL and no disk.
 *
 *   npm run bench -- slo [most objectives]
 */

import { duration, instant, type Kernel } from '../src/kernel/index.ts';
import { bounded, Slos } from '../src/slo/index.ts';
import { EmbeddedMetrics } from '../src/telemetry/index.ts';
import type { Labels, Matcher, Series } from '../src/telemetry/promql/index.ts';
import { checkoutAvailability, declared } from '../test/kit/declared.ts';

const most = Number(process.argv.find(arg => /^\d+$/.test(arg)) ?? 10_000);
const START = Date.parse('2026-01-27T00:00:00.000Z');
const SCRAPE_MS = 30_000;
const HOURS = 7;
const SAMPLES = (HOURS * 3_600_000) / SCRAPE_MS;
const CYCLE_MS = 5_000;
const CYCLES = 12;

/** Two counters a service, found by their label as an index would. */
class Counters {
  readonly #timestamps = Float64Array.from({ length: SAMPLES }, (_, i) => START + i * SCRAPE_MS);
  readonly #series = new Map<string, { labels: Labels; values: Float64Array }>();
  selections = 0;

  constructor(services: number) {
    for (let index = 0; index < services; index++) {
      const job = `service-${index}`;
      const total = Float64Array.from({ length: SAMPLES }, (_, i) => i * 300);
      // A few errors everywhere, one service in a hundred in trouble for the last ten minutes.
      const trouble = index % 100 === 0 ? SAMPLES - 20 : SAMPLES;
      const errors = Float64Array.from(
        { length: SAMPLES },
        (_, i) => Math.floor(i / 20) + Math.max(i - trouble, 0) * 60,
      );
      for (const [name, values] of [
        ['requests_total', total],
        ['errors_total', errors],
      ] as const)
        this.#series.set(`${name}|${job}`, { labels: { __name__: name, job }, values });
    }
  }

  list(matchers: readonly Matcher[]): Labels[] {
    return this.#found(matchers).map(one => one.labels);
  }

  async select(matchers: readonly Matcher[], startMs: number, endMs: number): Promise<Series[]> {
    this.selections++;
    const from = Math.max(Math.ceil((startMs - START) / SCRAPE_MS), 0);
    const to = Math.min(Math.floor((endMs - START) / SCRAPE_MS) + 1, SAMPLES);
    if (to <= from) return [];
    return this.#found(matchers).map(({ labels, values }) => ({
      labels,
      timestamps: this.#timestamps.subarray(from, to),
      values: values.subarray(from, to),
    }));
  }

  #found(matchers: readonly Matcher[]) {
    const of = (name: string) => matchers.find(matcher => matcher.name === name)?.value;
    const one = this.#series.get(`${of('__name__')}|${of('job')}`);
    return one === undefined ? [] : [one];
  }
}

function sloResources(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const text = JSON.stringify(checkoutAvailability())
      .replaceAll('checkout-availability', `service-${index}-availability`)
      .replaceAll(
        /http_server_request_duration_seconds_count\{[^}]*code[^}]*\}/g,
        `errors_total{job=\\"service-${index}\\"}`,
      )
      .replaceAll(
        /http_server_request_duration_seconds_count\{[^}]*\}/g,
        `requests_total{job=\\"service-${index}\\"}`,
      );
    return JSON.parse(text) as ReturnType<typeof checkoutAvailability>;
  });
}

async function measure(count: number) {
  const counters = new Counters(count);
  let now = START + HOURS * 3_600_000 - 60_000;
  const kernel = {
    clock: { now: () => now, sleep: async () => {} },
    log: console,
    events: { on: () => {} },
    db: {},
  } as unknown as Kernel;
  const catalog = declared(sloResources(count));
  let queries = 0;
  const metrics = new EmbeddedMetrics(counters);
  const counted = Object.assign(Object.create(metrics) as EmbeddedMetrics, {
    instant: (query: string, at: string, options?: object) => {
      queries++;
      return metrics.instant(query, at, options);
    },
  });
  const slos = new Slos(kernel, catalog, { metrics: counted });
  const loading = performance.now();
  const ids = (await slos.objectives()).map(one => one.id);
  const loaded = performance.now() - loading;
  global.gc?.();
  const before = process.memoryUsage();
  const times: number[] = [];
  const cpus: number[] = [];
  let firing = 0;
  const first = { queries: 0 };
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const at = instant(now);
    const began = performance.now();
    const cpu = process.cpuUsage();
    const found = await bounded(ids, 6, id => slos.evaluate(id, at));
    times.push(performance.now() - began);
    const used = process.cpuUsage(cpu);
    cpus.push((used.user + used.system) / 1000);
    firing = found.filter(rules => rules.some(rule => rule.state === 'firing')).length;
    if (cycle === 0) first.queries = queries;
    now += CYCLE_MS;
  }
  global.gc?.();
  const after = process.memoryUsage();
  const work = cpus.slice(1).sort((a, b) => a - b);
  const later = times.slice(1).sort((a, b) => a - b);
  return {
    objectives: count,
    'compile ms': Math.round(loaded),
    'first cycle ms': Math.round(times[0]!),
    'median cycle ms': Math.round(later[later.length >> 1]!),
    'worst cycle ms': Math.round(later.at(-1)!),
    'median CPU ms': Math.round(work[work.length >> 1]!),
    'CPU us an objective': Math.round((work[work.length >> 1]! * 1000) / count),
    'queries, first': first.queries,
    'queries, later': Math.round((queries - first.queries) / (CYCLES - 1)),
    'heap MB more': Math.round((after.heapUsed - before.heapUsed) / 1e6),
    'rss MB': Math.round(after.rss / 1e6),
    firing,
  };
}

const rows = [];
for (const count of [100, 1_000, 10_000].filter(one => one <= most)) rows.push(await measure(count));
console.table(Object.fromEntries(rows.map(({ objectives, ...row }) => [objectives, row])));
const [small, large] = [rows[0]!, rows.at(-1)!];
if (rows.length > 1)
  console.log(
    `From ${small.objectives} to ${large.objectives} objectives a cycle takes ${(large['median CPU ms'] / Math.max(small['median CPU ms'], 1)).toFixed(0)} times as much CPU; a cycle is due every ${duration('5s') / 1000} s.`,
  );
