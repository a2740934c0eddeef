/**
 * PromQL over the embedded store beside Prometheus: the same samples, the same queries, one run, and the ratio of their
 * times. Prometheus (Debian: `apt-get install prometheus`) is started here on a free port over blocks that promtool makes
 * of the same samples.
 *
 *   npm run bench -- promql [--series 1000] [--hours 24] [--turns 5]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EmbeddedMetrics } from '../src/telemetry/metrics.ts';
import { SampleHead } from '../src/telemetry/sample-head.ts';
import { columns, schema } from '../src/telemetry/schema.ts';
import { type IndexedSeries, SeriesIndex } from '../src/telemetry/series-index.ts';
import { storeSeries } from '../src/telemetry/series-source.ts';
import { openChdb } from '../src/telemetry/store-chdb.ts';

const { values: flags } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  strict: false,
  options: { series: { type: 'string' }, hours: { type: 'string' }, turns: { type: 'string' } },
});
const wanted = Number(flags.series ?? 1000);
const hours = Number(flags.hours ?? 24);
const turns = Number(flags.turns ?? 5);

const everyMs = 15_000;
const steps = Math.floor((hours * 3_600_000) / everyMs);
/** Four seconds beside whole minutes: no step of a subquery meets a sample at the left end of a range. */
const endMs = Math.floor(Date.now() / everyMs) * everyMs + 4_000;
const startMs = endMs - (steps - 1) * everyMs;

/** Half of the series are a histogram's buckets, four tenths are requests by code, the rest gauges. */
const bounds = ['0.05', '0.1', '0.25', '0.5', '1', '+Inf'];
const services = 10;
interface Made {
  labels: Record<string, string>;
  value(step: number): number;
}
/** A wave with a period of some hours, so that rates move and never fall under zero. */
const wave = (step: number, phase: number) => 1 + Math.sin((step + phase * 131) / 700) / 2;
function* made(): Generator<Made> {
  for (let n = 0; n < wanted; n++) {
    const service = `s${n % services}`;
    const instance = `i${Math.floor(n / services / 10)}`;
    const part = Math.floor(n / services) % 10;
    // A counter begins anew every 1,000 to 2,000 samples, as after a release.
    const life = 1000 + (n % 7) * 150;
    const count = (speed: number) => (step: number) =>
      Math.round(
        speed *
          (1 + n / 1000) *
          ((step % life) * 100 + 700 * (wave(step, n) - wave(step - (step % life), n))),
      );
    if (part < 4) {
      const code = ['200', '201', '404', '500'][part]!;
      yield {
        labels: { __name__: 'requests_total', service, instance, code },
        value: count(part === 3 ? 0.2 : 2),
      };
    } else if (part < 9) {
      const le = bounds[part - 3]!;
      yield { labels: { __name__: 'latency_seconds_bucket', service, instance, le }, value: count(part) };
    } else {
      yield {
        labels: { __name__: 'memory_bytes', service, instance },
        value: step => Math.round(1e8 * wave(step, n)),
      };
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'nines-bench-'));
const store = await openChdb(join(folder, 'nines'));
for (const statement of schema({ metrics: (90 * 86_400_000) as never })) await store.exec(statement);
const index = new SeriesIndex({ maxSeries: 200_000, maxSeriesPerMetric: 200_000 });

async function load(): Promise<IndexedSeries[]> {
  const text = createWriteStream(join(folder, 'samples.om'));
  const known: IndexedSeries[] = [];
  let lines: string[] = [];
  let open: string | undefined;
  const families = Map.groupBy(made(), ({ labels }) => labels.__name__!);
  for (const [family, members] of families) {
    if (open !== family) {
      const name = family.replace(/_(total|bucket)$/, '');
      text.write(`# TYPE ${name} unknown\n`.replace(name, family));
      open = family;
    }
    for (const { labels, value } of members) {
      const series = index.intern(labels, { type: 'unknown', unit: '', help: '' }, startMs)!;
      index.touch(series, endMs);
      known.push(series);
      const { __name__: name, ...rest } = labels;
      const head = `${name}{${Object.entries(rest)
        .map(([key, value]) => `${key}="${value}"`)
        .join(',')}} `;
      const page: string[] = [];
      for (let step = 0; step < steps; step++) {
        const at = startMs + step * everyMs;
        const sample = value(step);
        page.push(`${head}${sample} ${at / 1000}\n`);
        lines.push(`[${series.id},${at},${sample},0]\n`);
      }
      if (!text.write(page.join(''))) await once(text, 'drain');
      if (lines.length > 500_000) {
        await store.insert('nines_samples', columns.nines_samples, Buffer.from(lines.join('')));
        lines = [];
      }
    }
  }
  if (lines.length > 0)
    await store.insert('nines_samples', columns.nines_samples, Buffer.from(lines.join('')));
  text.end('# EOF\n');
  await once(text, 'finish');
  return known;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function prometheus(): Promise<{ url: string; process: ChildProcess }> {
  const data = join(folder, 'prometheus');
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'samples.om'), data], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(join(folder, 'samples.om'));
  writeFileSync(join(folder, 'prometheus.yml'), 'scrape_configs: []\n');
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--storage.tsdb.retention.time=90d',
      '--query.max-samples=500000000',
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 600; tries++) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok) return { url, process: child };
    await sleep(100);
  }
  throw new Error('Prometheus did not become ready within a minute.');
}

interface Question {
  name: string;
  query: string;
  /** Which of two equal series is named is open: only the sum of all is compared. */
  ties?: true;
  /** The window of a range query; an instant one has none. */
  over?: { hours: number; stepMs: number };
}
const long = { hours, stepMs: hours > 48 ? 600_000 : 60_000 };
const questions: Question[] = [
  { name: 'rate by service', query: 'sum by (service) (rate(requests_total[5m]))', over: long },
  {
    name: 'SLO ratio [1h]',
    query: 'sum(rate(requests_total{code=~"5.."}[1h])) / sum(rate(requests_total[1h]))',
    over: long,
  },
  {
    name: 'SLO ratio [6h]',
    query:
      'sum by (service) (rate(requests_total{code=~"5.."}[6h])) / sum by (service) (rate(requests_total[6h]))',
    over: long,
  },
  {
    name: 'quantile by service',
    query: 'histogram_quantile(0.99, sum by (service, le) (rate(latency_seconds_bucket[5m])))',
    over: long,
  },
  {
    name: 'topk',
    query: 'topk(5, rate(requests_total[5m]))',
    ties: true,
    over: { hours: Math.min(hours, 6), stepMs: 60_000 },
  },
  {
    name: 'join',
    query:
      'sum by (service, instance) (rate(requests_total{code="500"}[5m])) / on (service, instance) group_left memory_bytes',
    over: long,
  },
  {
    name: 'subquery',
    query: 'max_over_time(sum by (service) (rate(requests_total[5m]))[1h:1m])',
    over: { hours: Math.min(hours, 6), stepMs: 60_000 },
  },
  {
    name: 'regex',
    query: 'sum by (code) (rate({__name__=~"requests.*",service=~"s[1-3]"}[5m]))',
    over: long,
  },
  { name: 'avg_over_time [1h]', query: 'avg by (service) (avg_over_time(memory_bytes[1h]))', over: long },
  { name: 'instant rate', query: 'sum by (service) (rate(requests_total[5m]))' },
  {
    name: 'instant SLO [1h]',
    query: 'sum(increase(requests_total{code=~"5.."}[1h])) / sum(increase(requests_total[1h]))',
  },
  { name: 'instant increase 23 h', query: `sum(increase(requests_total[${Math.max(1, hours - 1)}h]))` },
  {
    name: 'instant quantile',
    query: 'histogram_quantile(0.99, sum by (service, le) (rate(latency_seconds_bucket[5m])))',
  },
  { name: 'instant one service', query: 'sum(rate(requests_total{service="s3"}[5m]))' },
];

/** Seven seconds beside the samples: a range holds the same samples whether its left end counts or not. */
const askedMs = endMs - 7_000;
const rangeOf = ({ hours, stepMs }: NonNullable<Question['over']>) => {
  const startMs = askedMs - hours * 3_600_000 + 600_000;
  return { startMs, endMs: askedMs, stepMs };
};

/** Each series of an answer with its sum over the steps: enough to see that two answers are the same. */
type Answer = Map<string, { points: number; sum: number }>;
const keyOf = (labels: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(labels).sort());

async function askPrometheus(url: string, { query, over }: Question): Promise<Answer> {
  const range = over && rangeOf(over);
  const params = new URLSearchParams(
    range === undefined
      ? { query, time: String(askedMs / 1000) }
      : {
          query,
          start: String(range.startMs / 1000),
          end: String(range.endMs / 1000),
          step: String(range.stepMs / 1000),
        },
  );
  const response = await fetch(`${url}/api/v1/${range === undefined ? 'query' : 'query_range'}?${params}`);
  const body = (await response.json()) as {
    status: string;
    error?: string;
    data: {
      result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
    };
  };
  if (body.status !== 'success') throw new Error(body.error);
  return new Map(
    body.data.result.map(({ metric, value, values }) => {
      const all = values ?? [value!];
      return [
        keyOf(metric),
        { points: all.length, sum: all.reduce((sum, [, text]) => sum + Number(text), 0) },
      ];
    }),
  );
}

async function askNines(metrics: EmbeddedMetrics, { query, over }: Question): Promise<Answer> {
  if (over !== undefined) {
    const { series } = await metrics.evaluateRange(query, rangeOf(over));
    return new Map(
      series.map(({ labels, values }) => [
        keyOf(labels),
        { points: values.length, sum: values.reduce((sum, value) => sum + value, 0) },
      ]),
    );
  }
  const result = await metrics.evaluate(query, askedMs);
  if (result.type !== 'vector') throw new Error(`a ${result.type}, not a vector`);
  return new Map(result.samples.map(({ labels, value }) => [keyOf(labels), { points: 1, sum: value }]));
}

function difference(one: Answer, other: Answer): string | undefined {
  if (one.size !== other.size) return `${one.size} series, ${other.size} in Prometheus`;
  for (const [key, { points, sum }] of one) {
    const same = other.get(key);
    if (same === undefined) return `Prometheus has no ${key}`;
    if (same.points !== points) return `${points} points of ${key}, ${same.points} in Prometheus`;
    if (Math.abs(sum - same.sum) > 1e-9 * Math.max(1, Math.abs(sum)))
      return `${sum} for ${key}, ${same.sum} in Prometheus`;
  }
  return undefined;
}

function folded(answer: Answer): Answer {
  const all = { points: 0, sum: 0 };
  for (const { points, sum } of answer.values()) {
    all.points += points;
    all.sum += sum;
  }
  return new Map([['all', all]]);
}

/** In ms: the first turn, and the median of those after it. */
async function timed(run: () => Promise<Answer>): Promise<{ first: number; ms: number; answer: Answer }> {
  const asked = performance.now();
  let answer = await run();
  const first = performance.now() - asked;
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const began = performance.now();
    answer = await run();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { first, ms: times[times.length >> 1]!, answer };
}

let server: ChildProcess | undefined;
try {
  const began = performance.now();
  const known = await load();
  await store.exec('OPTIMIZE TABLE nines_samples FINAL');
  const running = await prometheus();
  server = running.process;
  console.log(
    `${known.length} series, ${hours} h at ${everyMs / 1000} s: ${known.length * steps} samples, loaded into both in ` +
      `${((performance.now() - began) / 1000).toFixed(0)} s; the median of ${turns} turns each`,
  );
  const head = new SampleHead({ now: () => endMs });
  const metrics = new EmbeddedMetrics(storeSeries(store, index, { head }));
  console.log(
    `${'query'.padEnd(24)} ${'Nines'.padStart(9)} ${'Prometheus'.padStart(11)} ${'ratio'.padStart(6)}   first turn of each`,
  );
  const ratios: number[] = [];
  for (const question of questions) {
    const theirs = await timed(() => askPrometheus(running.url, question));
    const line = question.name.padEnd(24);
    try {
      const ours = await timed(() => askNines(metrics, question));
      const ratio = ours.ms / theirs.ms;
      ratios.push(ratio);
      const differs = question.ties
        ? difference(folded(ours.answer), folded(theirs.answer))
        : difference(ours.answer, theirs.answer);
      console.log(
        `${line} ${ours.ms.toFixed(1).padStart(6)} ms ${theirs.ms.toFixed(1).padStart(8)} ms ${ratio.toFixed(2).padStart(6)}` +
          ` ${ours.first.toFixed(0).padStart(8)} / ${theirs.first.toFixed(0)} ms` +
          (differs === undefined ? '' : `  DIFFERS: ${differs}`),
      );
    } catch (error) {
      ratios.push(Number.POSITIVE_INFINITY);
      console.log(
        `${line} ${'no answer'.padStart(9)} ${theirs.ms.toFixed(1).padStart(8)} ms      ∞  ${error}`,
      );
    }
  }
  ratios.sort((a, b) => a - b);
  console.log(
    `median ratio ${ratios[ratios.length >> 1]!.toFixed(2)}, worst ${ratios.at(-1)!.toFixed(2)}; ` +
      `peak memory of Nines ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  );
} finally {
  server?.kill();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}
