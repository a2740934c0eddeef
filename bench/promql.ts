/**
 * PromQL over the embedded store beside Prometheus: the same samples, the same questions to both HTTP APIs, turn by turn in
 * one run, and the ratio of their times. Nines is what the server has: the store, the series that it reads when it opens,
 * the in-memory head with its default bounds and what it reads ahead when the server starts.
 *
 *   npm run bench -- promql [--series 10000] [--hours 24] [--turns 5] [--only TEXT] [--data FOLDER]
 *
 * With a folder what is loaded is kept there, and asked again by the next run.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { duration } from '../src/kernel/index.ts';
import { openChdb } from '../src/telemetry/index.ts';
import { schema } from '../src/telemetry/schema.ts';
import { Telemetry } from '../src/telemetry/telemetry.ts';
import { telemetryKernel } from '../src/telemetry/testing.ts';
import { serveMetrics } from '../test/kit/nines-metrics.ts';
import { type Answer, startClient } from './promql/client.ts';
import { dataset } from './promql/dataset.ts';
import { load } from './promql/load.ts';
import { makeBlocks, prometheusOver, type Running } from './promql/prometheus.ts';
import { type Question, questions } from './promql/questions.ts';

const { values: flags } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  strict: false,
  options: {
    series: { type: 'string', default: '10000' },
    hours: { type: 'string', default: '24' },
    turns: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    data: { type: 'string' },
  },
});
const folder = flags.data === undefined ? mkdtempSync(join(tmpdir(), 'nines-bench-')) : String(flags.data);
const keptFile = join(folder, 'bench.json');
const kept = existsSync(keptFile) ? JSON.parse(readFileSync(keptFile, 'utf8')) : undefined;
const wanted = Number(kept?.series ?? flags.series);
const hours = Number(kept?.hours ?? flags.hours);
const turns = Number(flags.turns);
/** No further turn of a question once its turns took so long, but for so many. */
const longestMs = 25_000;
const leastTurns = 3;

/** As the server's configuration has it; the size of the store's partitions follows from it. */
const retention = { metrics: duration('90d') };
const everyMs = 15_000;
/** Four seconds beside whole minutes: no step of a subquery meets a sample at the left end of a range. */
const endMs: number = kept?.endMs ?? Math.floor(Date.now() / everyMs) * everyMs + 4_000;
/** Seven seconds beside the samples: a range holds the same samples whether its left end counts or not. */
const askedMs = endMs - 7_000;

const client = startClient();

function ask(url: string, { query, over }: Question): Promise<{ ms: number; answer: Answer }> {
  const params = new URLSearchParams({ query });
  if (over === undefined) params.set('time', String(askedMs / 1000));
  else {
    params.set('start', String((askedMs - over.hours * 3_600_000 + 600_000) / 1000));
    params.set('end', String(askedMs / 1000));
    params.set('step', String(over.stepMs / 1000));
  }
  return client.ask(`${url}/api/v1/query${over === undefined ? '' : '_range'}?${params}`);
}

function difference(one: Answer, other: Answer): string | undefined {
  if (one.size === 0) return 'no series';
  if (one.size !== other.size) return `${one.size} series, ${other.size} in Prometheus`;
  for (const [key, { points, sum }] of one) {
    const same = other.get(key);
    if (same === undefined) return `Prometheus has no ${key}`;
    if (same.points !== points) return `${points} points of ${key}, ${same.points} in Prometheus`;
    if (!(Math.abs(sum - same.sum) <= 1e-9 * Math.max(1, Math.abs(sum))))
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

const median = (times: number[]) => times.toSorted((a, b) => a - b)[times.length >> 1]!;
const shown = (ms: number) => ms.toFixed(ms < 10 ? 1 : 0);

/** A first turn of both, then turn by turn; the median of the later ones. */
async function compare(question: Question, nines: string, prometheus: string) {
  const began = performance.now();
  const firstTheirs = await ask(prometheus, question);
  const firstOurs = await ask(nines, question);
  const [ours, theirs] = [[] as number[], [] as number[]];
  for (let turn = 0; turn < turns && (turn < leastTurns || performance.now() - began < longestMs); turn++) {
    theirs.push((await ask(prometheus, question)).ms);
    ours.push((await ask(nines, question)).ms);
  }
  const [one, other] = [firstOurs.answer, firstTheirs.answer].map(question.ties ? folded : answer => answer);
  return {
    ours: median(ours),
    theirs: median(theirs),
    turns: ours.length,
    firstOurs: firstOurs.ms,
    firstTheirs: firstTheirs.ms,
    differs: difference(one!, other!),
  };
}

const store = await openChdb(join(folder, 'nines'));
let server: Running | undefined;
let http: { url: string; close(): Promise<void> } | undefined;
try {
  const began = performance.now();
  const tell = (what: string) =>
    console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${what}`);
  if (kept === undefined) {
    for (const statement of schema(retention)) await store.exec(statement);
    const data = dataset(wanted, hours, everyMs, endMs);
    tell(`${wanted * data.steps} samples go into the store and a file`);
    const file = await load(data, store, folder, part => tell(`${(part * 100).toFixed(0)} %`));
    tell('promtool makes blocks of the file');
    await makeBlocks(file, folder);
    writeFileSync(keptFile, JSON.stringify({ series: wanted, hours, endMs }));
  }
  server = await prometheusOver(folder);
  const telemetry = new Telemetry(
    telemetryKernel(() => endMs),
    { store },
  );
  await telemetry.open();
  http = await serveMetrics(telemetry);
  const loaded = Math.round(process.memoryUsage.rss() / 1024 ** 2);
  await telemetry.warm();
  tell(
    `${wanted} series, ${hours} h at ${everyMs / 1000} s; both answer; memory of this process ${loaded} MiB; load of the machine ${loadavg()[0]!.toFixed(1)}`,
  );
  console.log(
    `\n${'query (median of the later turns)'.padEnd(34)} ${'Nines'.padStart(8)} ${'Prometheus'.padStart(11)} ${'ratio'.padStart(6)}  turns` +
      '   first turn of each, ratio',
  );
  const ratios: number[] = [];
  const firsts: number[] = [];
  let wrong = 0;
  for (const question of questions(hours)) {
    if (!question.name.includes(String(flags.only))) continue;
    const found = await compare(question, `${http.url}/prometheus`, server.url).catch((error: unknown) => {
      console.log(`${question.name.padEnd(34)} no answer: ${error}`);
    });
    if (!found) {
      wrong += 1;
      continue;
    }
    const ratio = found.ours / found.theirs;
    const first = found.firstOurs / found.firstTheirs;
    ratios.push(ratio);
    firsts.push(first);
    if (found.differs !== undefined) wrong += 1;
    console.log(
      `${question.name.padEnd(34)} ${shown(found.ours).padStart(5)} ms ${shown(found.theirs).padStart(8)} ms ${ratio.toFixed(2).padStart(6)}` +
        ` ${String(found.turns).padStart(6)} ${shown(found.firstOurs).padStart(8)} / ${shown(found.firstTheirs)} ms, ${first.toFixed(2)}` +
        (found.differs === undefined ? '' : `  DIFFERS: ${found.differs}`),
    );
  }
  const worst = (list: number[]) => Math.max(...list).toFixed(2);
  console.log(
    `\nmedian ratio ${median(ratios).toFixed(2)}, worst ${worst(ratios)}; of first turns ${median(firsts).toFixed(2)} and ${worst(firsts)}\n` +
      `peak memory: this process (server, engine, loading and asking) ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB,` +
      ` now ${Math.round(process.memoryUsage.rss() / 1024 ** 2)} MiB; Prometheus ${server.peakMemory()} MiB`,
  );
  tell(wrong === 0 ? 'all answers are the same' : `${wrong} answers are missing or not the same`);
  if (wrong > 0) process.exitCode = 1;
} finally {
  server?.stop();
  await client.stop();
  await http?.close();
  await store.close();
  if (flags.data === undefined) rmSync(folder, { recursive: true, force: true });
}
