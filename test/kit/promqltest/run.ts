import {
  type Labels,
  labelsKey,
  type NativeHistogram,
  type QueryOptions,
  type QueryResult,
  queryInstant,
  queryRange,
  type Series,
} from '../../../src/telemetry/promql/index.ts';
import { compactHistogram } from '../../../src/telemetry/promql/testing.ts';
import { withCustomBuckets } from './custom-buckets.ts';
import { type Evaluation, readScript } from './script.ts';
import type { NotedSeries, Point } from './series-notation.ts';
import { Storage } from './storage.ts';

/** What one eval statement came to: `error` says what differs, undefined when all is as expected. */
export interface Outcome {
  readonly line: number;
  readonly text: string;
  readonly error: string | undefined;
}

const epsilon = 1e-6;

function close(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const difference = Math.abs(a - b);
  const sum = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || sum < 2 ** -1022) return difference < epsilon * 2 ** -1022;
  return difference / Math.min(sum, Number.MAX_VALUE) < epsilon;
}

function closeLists(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => close(value, b[i]!));
}

function closeHistograms(wanted: NativeHistogram, got: NativeHistogram): boolean {
  const a = compactHistogram(wanted);
  const b = compactHistogram(got);
  return (
    a.schema === b.schema &&
    close(a.count, b.count) &&
    close(a.sum, b.sum) &&
    close(a.zeroCount, b.zeroCount) &&
    close(a.zeroThreshold, b.zeroThreshold) &&
    closeLists(a.customValues ?? [], b.customValues ?? []) &&
    closeLists(a.positive.index, b.positive.index) &&
    closeLists(a.positive.count, b.positive.count) &&
    closeLists(a.negative.index, b.negative.index) &&
    closeLists(a.negative.count, b.negative.count)
  );
}

function show(value: number | NativeHistogram | undefined): string {
  if (value === undefined || typeof value === 'number') return String(value);
  const { positive, negative, ...rest } = value;
  const side = (buckets: NativeHistogram['positive']) =>
    buckets.index.map((index, i) => `${index}:${buckets.count[i]}`).join(' ');
  return JSON.stringify({ ...rest, positive: side(positive), negative: side(negative) });
}

function comparePoint(
  point: Point | undefined,
  got: number | NativeHistogram | undefined,
  where: string,
): string | undefined {
  const wanted = !point || point.kind === 'none' || point.kind === 'stale' ? undefined : point.value;
  const differs = `${where}: expected ${show(wanted)}, got ${show(got)}`;
  if (wanted === undefined || got === undefined) return wanted === got ? undefined : differs;
  if (typeof wanted === 'number' || typeof got === 'number') {
    return typeof wanted === 'number' && typeof got === 'number' && close(wanted, got) ? undefined : differs;
  }
  if (point?.kind === 'histogram' && point.hint !== undefined && point.hint !== got.hint) return differs;
  return closeHistograms(wanted, got) ? undefined : differs;
}

function stripped(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

function valueAt(series: Series, i: number): number | NativeHistogram {
  return series.histograms?.[i] ?? series.values[i]!;
}

function compareSeries(
  wanted: readonly NotedSeries[],
  got: readonly Series[],
  startMs: number,
  stepMs: number,
): string | undefined {
  const left = new Map(got.map(series => [labelsKey(series.labels), series]));
  for (const { labels, points } of wanted) {
    const key = labelsKey(stripped(labels));
    const series = left.get(key);
    const name = JSON.stringify(labels);
    if (!series) {
      if (points.every(point => point.kind === 'none')) continue;
      return `expected series ${name}, got ${JSON.stringify(got.map(each => each.labels))}`;
    }
    left.delete(key);
    const at = new Map<number, number | NativeHistogram>();
    series.timestamps.forEach((time, i) => void at.set(time, valueAt(series, i)));
    for (const [i, point] of points.entries()) {
      const time = startMs + i * stepMs;
      const wrong = comparePoint(point, at.get(time), `${name} at ${time / 1000} s`);
      at.delete(time);
      if (wrong) return wrong;
    }
    if (at.size > 0) return `${name} has unexpected samples at ${[...at.keys()].map(time => time / 1000)} s`;
  }
  const [more] = left.values();
  return (
    more &&
    `unexpected series ${JSON.stringify(more.labels)} ${[...more.timestamps.keys()].map(i => show(valueAt(more, i)))}`
  );
}

function compareVector(command: Evaluation, result: QueryResult & { type: 'vector' }): string | undefined {
  const ordered = command.expectations.some(each => each.type === 'ordered');
  const wanted = new Map(
    command.series.map((each, i) => [labelsKey(stripped(each.labels)), { ...each, order: i }]),
  );
  for (const [i, sample] of result.samples.entries()) {
    const expected = wanted.get(labelsKey(sample.labels));
    const name = JSON.stringify(sample.labels);
    if (!expected) return `unexpected sample ${name} ${show(sample.histogram ?? sample.value)}`;
    wanted.delete(labelsKey(sample.labels));
    if (ordered && expected.order !== i) return `${name} is at position ${i}, expected at ${expected.order}`;
    const wrong = comparePoint(expected.points[0], sample.histogram ?? sample.value, name);
    if (wrong) return wrong;
  }
  const [missing] = wanted.values();
  return missing && `missing sample ${JSON.stringify(missing.labels)}`;
}

function compareNotes(command: Evaluation, result: QueryResult): string | undefined {
  for (const [type, no, notes] of [
    ['warn', 'no_warn', result.warnings],
    ['info', 'no_info', result.infos],
  ] as const) {
    const wanted = command.expectations.filter(each => each.type === type);
    if (command.expectations.some(each => each.type === no) && notes.length > 0)
      return `expected no ${type}, got ${notes.join('; ')}`;
    if (wanted.length === 0) continue;
    if (notes.length === 0) return `expected ${type}, got none`;
    const fits = (note: string, each: (typeof wanted)[number]) =>
      each.message !== undefined ? note === each.message : !each.pattern || each.pattern.test(note);
    const unmet = wanted.find(each => !notes.some(note => fits(note, each)));
    if (unmet) return `expected ${type} ${unmet.message ?? unmet.pattern}, got ${notes.join('; ')}`;
    const extra = notes.find(note => !wanted.some(each => fits(note, each)));
    if (extra) return `unexpected ${type} ${extra}`;
  }
  return undefined;
}

function compareFailure(command: Evaluation, error: unknown): string | undefined {
  const wanted = command.expectations.filter(each => each.type === 'fail');
  const message = error instanceof Error ? error.message : String(error);
  if (wanted.length === 0) return `failed: ${message}`;
  for (const { message: text, pattern } of wanted) {
    if (text !== undefined && message !== text && message.replace(/^\d+:\d+: parse error: /, '') !== text) {
      return `expected failure "${text}", got "${message}"`;
    }
    if (pattern && !pattern.test(message)) return `expected failure ${pattern}, got "${message}"`;
  }
  return undefined;
}

function compareResult(command: Evaluation, result: QueryResult): string | undefined {
  if (command.expectations.some(each => each.type === 'fail')) return 'expected to fail';
  const notes = compareNotes(command, result);
  if (notes) return notes;
  if (result.type === 'string')
    return result.value === command.string ? undefined : `expected ${command.string}, got ${result.value}`;
  if (result.type === 'scalar') {
    return close(command.scalar ?? Number.NaN, result.value)
      ? undefined
      : `expected ${command.scalar}, got ${result.value}`;
  }
  if (result.type === 'vector') return compareVector(command, result);
  const raw = command.raw ?? { startMs: command.startMs, stepMs: command.stepMs ?? 0 };
  return compareSeries(command.series, result.series, raw.startMs, raw.stepMs);
}

/** An instant query must give the same as the middle step of a range query around it. */
async function compareAsRange(
  command: Evaluation,
  storage: Storage,
  options: QueryOptions,
): Promise<string | undefined> {
  const { startMs: at } = command;
  const range = { startMs: at - 60_000, endMs: at + 60_000, stepMs: 60_000 };
  const result = await queryRange(storage, command.query, range, options);
  const middle = result.series
    .map(series => {
      const i = series.timestamps.indexOf(at);
      if (i < 0) return undefined;
      const histogram = series.histograms?.[i];
      return {
        labels: series.labels,
        timestamp: at,
        value: series.values[i]!,
        ...(histogram && { histogram }),
      };
    })
    .filter(sample => sample !== undefined);
  if (command.scalar !== undefined) {
    return middle.length === 1 && close(command.scalar, middle[0]!.value)
      ? undefined
      : `as range: expected ${command.scalar}`;
  }
  const unordered = { ...command, expectations: [] };
  const wrong = compareVector(unordered, { type: 'vector', samples: middle, warnings: [], infos: [] });
  return wrong && `as range: ${wrong}`;
}

async function evaluated(
  command: Evaluation,
  storage: Storage,
  options: QueryOptions,
): Promise<string | undefined> {
  let result: QueryResult;
  try {
    const { query, startMs, endMs, stepMs } = command;
    result =
      stepMs === undefined
        ? await queryInstant(storage, query, startMs, options)
        : await queryRange(storage, query, { startMs, endMs, stepMs }, options);
  } catch (error) {
    return compareFailure(command, error);
  }
  const wrong = compareResult(command, result);
  const ordered = command.expectations.some(each => each.type === 'ordered');
  if (/(start|end|range|step)\(\)/.test(command.query)) return wrong;
  if (wrong || ordered || (result.type !== 'vector' && result.type !== 'scalar')) return wrong;
  try {
    return await compareAsRange(command, storage, options);
  } catch (error) {
    return `as range: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Run a file of Prometheus' test language and tell how every eval statement went. */
export async function runScript(text: string, options: QueryOptions = {}): Promise<Outcome[]> {
  const storage = new Storage();
  const out: Outcome[] = [];
  for (const command of readScript(text)) {
    if (command.kind === 'clear') storage.clear();
    else if (command.kind === 'load') {
      for (const series of command.series) storage.load(series, command.intervalMs);
      if (!command.withCustomBuckets) continue;
      for (const series of withCustomBuckets(command.series)) storage.load(series, command.intervalMs);
    } else {
      const error = await evaluated(command, storage, options);
      out.push({ line: command.line, text: command.text, error });
    }
  }
  return out;
}
