/**
 * Objectives evaluated in one turn of the loop: 100, 1,000 and 10,000 of them, each over series of its own, by the same
 * code as the server's. The samples are in memory, so that what is measured is evaluation and PromQL and no disk. Then,
 * where there is one, a Prometheus with the same samples runs the rules that are generated for the same SLOs.
 *
 *   npm run bench -- slo [most objectives] [--alone]
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duration, instant, type Kernel } from '../src/kernel/index.ts';
import { bounded, Slos } from '../src/slo/index.ts';
import { objectivesOf } from '../src/slo/objective.ts';
import { SloSpec } from '../src/slo/openslo/slo.ts';
import { generate } from '../src/slo/prometheus/generate.ts';
import { objectiveRuleSpec } from '../src/slo/sloth/objective-rule-spec.ts';
import { EmbeddedMetrics } from '../src/telemetry/index.ts';
import type { Labels, Matcher, Series } from '../src/telemetry/promql/index.ts';
import { checkoutAvailability, declared } from '../test/kit/declared.ts';
import { startPrometheus, withoutPrometheus } from '../test/kit/prometheus-server.ts';
import { remoteWrite } from '../test/kit/remote-write.ts';

const most = Number(process.argv.find(arg => /^\d+$/.test(arg)) ?? 10_000);
const SCRAPE_MS = 30_000;
const HOURS = 7;
/** Prometheus evaluates at the time of the day: the samples end now. */
const START = Math.floor(Date.now() / SCRAPE_MS) * SCRAPE_MS - HOURS * 3_600_000;
const SAMPLES = (HOURS * 3_600_000) / SCRAPE_MS;
const CYCLE_MS = 5_000;
const CYCLES = 12;
/** How often Prometheus evaluates: its own default. */
const EVALUATION_S = 60;

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

  /** All series, cut to a stretch of samples. */
  *slices(from: number, to: number) {
    const timestamps = this.#timestamps.subarray(from, to);
    for (const { labels, values } of this.#series.values())
      yield { labels, timestamps, values: values.subarray(from, to) };
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

const progress = (text: string) => console.error(`  ${text} …`);

async function measure(count: number) {
  progress(`${count} objectives, ${CYCLES} cycles`);
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
    'first CPU ms': Math.round(cpus[0]!),
    'median CPU ms': Math.round(work[work.length >> 1]!),
    'CPU us an objective': Math.round((work[work.length >> 1]! * 1000) / count),
    'queries, first': first.queries,
    'queries, later': Math.round((queries - first.queries) / (CYCLES - 1)),
    'heap MB more': Math.round((after.heapUsed - before.heapUsed) / 1e6),
    'rss MB': Math.round(after.rss / 1e6),
    firing,
  };
}

/** The text of a Prometheus metric's one value. */
function gauge(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
}

function sumOf(metrics: string, name: string): { sum: number; count: number } {
  const values = [...metrics.matchAll(new RegExp(`^${name}\\{[^\\n]*\\} (\\S+)$`, 'gm'))].map(one =>
    Number(one[1]),
  );
  return { sum: values.reduce((sum, value) => sum + value, 0), count: values.length };
}

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** The same samples and the generated rules, in a Prometheus of its own: one turn over all rules. */
async function besidePrometheus(count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'nines-bench-slo-'));
  const server = await startPrometheus(
    `global: { scrape_interval: 1h, evaluation_interval: ${EVALUATION_S}s }\nrule_files: ['${folder}/*.json']\n`,
  );
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
  try {
    progress(`Prometheus takes the samples of ${count} objectives`);
    const counters = new Counters(count);
    const perRequest = Math.max(Math.floor(400_000 / (2 * count)), 1);
    for (let from = 0; from < SAMPLES; from += perRequest)
      await remoteWrite(`${server.url}/api/v1/write`, [
        ...counters.slices(from, Math.min(from + perRequest, SAMPLES)),
      ]);
    const loaded = gauge(await metrics(), 'process_resident_memory_bytes');
    const objectives = sloResources(count).flatMap(slo =>
      objectivesOf({ ...slo, spec: SloSpec.parse(slo.spec) }, () => undefined),
    );
    const { groups } = generate(objectives.map(objectiveRuleSpec));
    const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
    // JSON is YAML, and is written faster.
    for (let at = 0; at < groups.length; at += 3_000)
      writeFileSync(
        join(folder, `rules-${at}.json`),
        JSON.stringify({ groups: groups.slice(at, at + 3_000) }),
      );
    progress(`Prometheus evaluates ${rules} rules: a first turn, then the one that is measured`);
    server.reload();
    const evaluations = async () => {
      const text = await metrics();
      return {
        cpu: gauge(text, 'process_cpu_seconds_total'),
        rss: gauge(text, 'process_resident_memory_bytes'),
        done: sumOf(text, 'prometheus_rule_evaluations_total').sum,
        missed: sumOf(text, 'prometheus_rule_group_iterations_missed_total').sum,
        last: sumOf(text, 'prometheus_rule_group_last_duration_seconds'),
      };
    };
    // The first turn reads everything for the first time; the next is measured, or what is done of it in four minutes.
    let now = await evaluations();
    const reloaded = Date.now();
    while (now.done < rules && Date.now() - reloaded < 300_000) {
      await sleep(5_000);
      now = await evaluations();
    }
    const before = now;
    const began = Date.now();
    while (now.done < before.done + rules && Date.now() - began < 240_000) {
      await sleep(2_000);
      now = await evaluations();
    }
    const turns = (now.done - before.done) / rules;
    if (turns === 0) throw new Error('Prometheus has evaluated no rule in four minutes.');
    return {
      objectives: count,
      rules,
      'turn CPU ms': Math.round(((now.cpu - before.cpu) * 1000) / turns),
      'groups, sum ms': Math.round(now.last.sum * 1000),
      'turns measured': Number(turns.toFixed(2)),
      'turns missed': now.missed,
      'rss MB': Math.round(now.rss / 1e6),
      'of it samples MB': Math.round(loaded / 1e6),
    };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const counts = [100, 1_000, 10_000].filter(one => one <= most);
const rows = [];
for (const count of counts) rows.push(await measure(count));
console.table(Object.fromEntries(rows.map(({ objectives, ...row }) => [objectives, row])));
const [small, large] = [rows[0]!, rows.at(-1)!];
if (rows.length > 1)
  console.log(
    `From ${small.objectives} to ${large.objectives} objectives a cycle takes ${(large['median CPU ms'] / Math.max(small['median CPU ms'], 1)).toFixed(0)} times as much CPU; a cycle is due every ${duration('5s') / 1000} s.`,
  );
if (!process.argv.includes('--alone') && withoutPrometheus === undefined) {
  const beside = await besidePrometheus(large.objectives);
  console.log(`\nPrometheus with the generated rules, a turn every ${EVALUATION_S} s:`);
  const { objectives, ...row } = beside;
  console.table({ [objectives]: row });
  const ratio = (ours: number, theirs: number) => (ours / theirs).toFixed(2);
  const minute = (60_000 / CYCLE_MS) * large['median CPU ms'];
  console.log(
    `Beside it, a turn here takes ${ratio(large['median CPU ms'], beside['turn CPU ms'])} of its CPU (with every window read anew, as the first turn does, ${ratio(large['first CPU ms'], beside['turn CPU ms'])}); a minute here has ${60_000 / CYCLE_MS} turns and takes ${ratio(minute, beside['turn CPU ms'] * (60 / EVALUATION_S))} of it. Memory: ${ratio(large['rss MB'], beside['rss MB'])}.`,
  );
} else if (withoutPrometheus !== undefined) console.log(`Without a Prometheus beside: ${withoutPrometheus}`);
