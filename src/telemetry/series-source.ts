import { Fault } from '../kernel/index.ts';
import type { ListedSeries } from './metrics.ts';
import type { Labels, Matcher, NativeHistogram, Series } from './promql/index.ts';
import { outranks } from './same-time.ts';
import type { ReadSamples, SampleHead } from './sample-head.ts';
import type { IndexedSeries, SeriesIndex } from './series-index.ts';
import type { QueryOptions, Store } from './store.ts';

export interface SeriesSourceOptions {
  /** The newest samples in memory; only over a store that nobody else writes to. */
  head?: SampleHead;
  /** Most series of one selector. Default 20,000. */
  maxSeries?: number;
  /** Most samples of one selector. Default 20 million (480 MB while they are read). */
  maxSamples?: number;
  /** Samples that make a range function worth evaluating in parts, and those of a part, as estimated. Default 500,000. */
  samplesAPart?: number;
  timeoutMs?: number;
}

/** What is assumed of a series whose samples are to be estimated. */
const usualIntervalMs = 15_000;
/** The largest estimate of samples that one range function reads: beyond it a question is refused. */
const mostScanned = 500_000_000;

/** Ids in one statement: ClickHouse parses statements of up to 256 KiB. */
const idsAtATime = 10_000;

/** The samples of the own store, for PromQL. Which series there are comes from memory, their samples by id. */
export function storeSeries(
  store: Store,
  index: SeriesIndex,
  options: SeriesSourceOptions = {},
): ListedSeries {
  const { head, maxSeries = 20_000, maxSamples = 20_000_000, timeoutMs = 30_000 } = options;
  const { samplesAPart = 500_000 } = options;

  const selected = (matchers: readonly Matcher[], startMs: number, endMs: number) => {
    const chosen = index.select(matchers, startMs, endMs);
    if (chosen.length > maxSeries)
      throw new Fault('too_large', `A selector names ${chosen.length} series; ${maxSeries} are the most.`, {
        hint: 'Add matchers that narrow it.',
      });
    return chosen;
  };
  const boundsOf = (signal: AbortSignal | undefined): QueryOptions => ({
    timeoutMs,
    maxRows: maxSamples,
    maxMemoryBytes: 2 * 1024 ** 3,
    ...(signal ? { signal } : {}),
  });

  return {
    list: (matchers, fromMs, toMs) => index.select(matchers, fromMs, toMs).map(series => series.labels),
    select: async (matchers, startMs, endMs, _hint, signal) => {
      const chosen = selected(matchers, startMs, endMs);
      if (chosen.length === 0) return [];
      const bounds = boundsOf(signal);
      const read: ReadSamples = (series, fromMs, toMs) => readSamples(store, series, fromMs, toMs, bounds);
      const plain = chosen.filter(series => series.type !== 'nativehistogram');
      const native = chosen.filter(series => series.type === 'nativehistogram');
      const [from, to] = [Math.floor(startMs), Math.ceil(endMs)];
      const out =
        head === undefined
          ? inOrder(plain, await read(plain, from, to))
          : await head.select(plain, startMs, endMs, read);
      if (native.length > 0) {
        out.push(...inOrder(native, await read(native, from, to)));
        await readHistograms(store, native, { from, to }, bounds, out);
      }
      return out;
    },
    parts: (matchers, startMs, endMs, signal) => {
      const chosen = selected(matchers, startMs, endMs);
      const samplesEach = Math.max(1, (endMs - startMs) / usualIntervalMs);
      const samples = chosen.length * samplesEach;
      if (samples < 2 * samplesAPart || chosen.some(series => series.type === 'nativehistogram'))
        return undefined;
      if (head?.reaches(startMs) && samples <= head.mostAtOnce) return undefined;
      if (samples > mostScanned)
        throw new Fault('too_large', `The query reads about ${Math.round(samples / 1e6)} million samples.`, {
          hint: `Ask for a shorter range or fewer series: ${mostScanned / 1e6} million are the most.`,
        });
      const width = Math.max(1, Math.floor(samplesAPart / samplesEach));
      const bounds = boundsOf(signal);
      const [from, to] = [Math.floor(startMs), Math.ceil(endMs)];
      return readInParts(chosen, width, part => readSamples(store, part, from, to, bounds));
    },
  };
}

/** The next part is being read while one is worked on. */
async function* readInParts(
  chosen: readonly IndexedSeries[],
  width: number,
  read: (part: readonly IndexedSeries[]) => Promise<ReadonlyMap<number, Series>>,
): AsyncGenerator<Series[]> {
  const start = (at: number) => {
    const part = chosen.slice(at, at + width);
    const found = read(part);
    // Whoever stops asking leaves it unread.
    found.catch(() => {});
    return async () => inOrder(part, await found);
  };
  let next = start(0);
  for (let at = width; at < chosen.length; at += width) {
    const here = next;
    const series = await here();
    next = start(at);
    yield series;
  }
  yield await next();
}

function inOrder(chosen: readonly IndexedSeries[], found: ReadonlyMap<number, Series>): Series[] {
  return chosen.flatMap(({ id }) => found.get(id) ?? []);
}

async function readSamples(
  store: Store,
  series: readonly IndexedSeries[],
  from: number,
  to: number | undefined,
  bounds: QueryOptions,
): Promise<Map<number, Series>> {
  const out = new Map<number, Series>();
  const labels = new Map(series.map(one => [one.id, one.labels]));
  for (let at = 0; at < series.length; at += idsAtATime) {
    const ids = series.slice(at, at + idsAtATime).map(({ id }) => id);
    const bytes = await store.bytes(
      `SELECT toFloat64(id), toFloat64(toUnixTimestamp64Milli(ts) * 2 + kind), value FROM nines_samples
       WHERE id IN (${ids.join(',')}) AND ts >= fromUnixTimestamp64Milli({from:Int64})
         ${to === undefined ? '' : 'AND ts <= fromUnixTimestamp64Milli({to:Int64})'}
       ORDER BY id, ts`,
      to === undefined ? { from } : { from, to },
      bounds,
    );
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
    const rows = new Float64Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / 8));
    for (let from = 0; from < rows.length; ) {
      const id = rows[from]!;
      let to = from;
      while (to < rows.length && rows[to] === id) to += 3;
      out.set(id, seriesOf(labels.get(id)!, rows.subarray(from, to)));
      from = to;
    }
  }
  return out;
}

/** Rows of three floats: id, time in ms doubled plus 1 for a staleness marker, value; ordered by time. */
function seriesOf(labels: Labels, rows: Float64Array): Series {
  const count = rows.length / 3;
  const timestamps = new Float64Array(count);
  const values = new Float64Array(count);
  let stale: Uint8Array | undefined;
  let size = 0;
  for (let row = 0; row < rows.length; row += 3) {
    const packed = rows[row + 1]!;
    const at = Math.floor(packed / 2);
    const value = rows[row + 2]!;
    const marker = packed % 2 === 1;
    if (size > 0 && timestamps[size - 1] === at) {
      if (!outranks(value, marker, values[size - 1]!, stale?.[size - 1] === 1)) continue;
      size -= 1;
    }
    timestamps[size] = at;
    values[size] = value;
    if (marker) stale ??= new Uint8Array(count);
    if (stale !== undefined) stale[size] = marker ? 1 : 0;
    size += 1;
  }
  return {
    labels,
    timestamps: timestamps.subarray(0, size),
    values: values.subarray(0, size),
    ...(stale === undefined ? {} : { stale: stale.subarray(0, size) }),
  };
}

interface HistogramRow {
  id: number;
  at: number;
  scale: number;
  zero_threshold: number;
  zero_count: number;
  count: number;
  sum: number | null;
  positive_index: number[];
  positive_count: number[];
  negative_index: number[];
  negative_count: number[];
  custom_values: number[];
  gauge: number;
}

/** Adds native histograms; a series may have staleness markers among the plain samples already. */
async function readHistograms(
  store: Store,
  native: readonly IndexedSeries[],
  params: { from: number; to: number },
  bounds: QueryOptions,
  out: Series[],
): Promise<void> {
  const rows = await store.query<HistogramRow>(
    `SELECT id, toUnixTimestamp64Milli(ts) AS at, scale, zero_threshold, zero_count, count, sum,
       positive_index, positive_count, negative_index, negative_count, custom_values, gauge
     FROM nines_histograms
     WHERE id IN (${native.map(series => series.id).join(',')})
       AND ts >= fromUnixTimestamp64Milli({from:Int64}) AND ts <= fromUnixTimestamp64Milli({to:Int64})
     ORDER BY id, ts`,
    params,
    { ...bounds, maxRows: 500_000 },
  );
  const byId = Map.groupBy(rows, row => row.id);
  for (const series of native) {
    const found = byId.get(series.id);
    if (found === undefined) continue;
    const at = out.findIndex(one => one.labels === series.labels);
    const plain = at < 0 ? undefined : out.splice(at, 1)[0];
    const points = [
      ...found.map(row => ({ at: row.at, value: Number.NaN, stale: 0, histogram: histogramOf(row) })),
      ...Array.from(plain?.timestamps ?? [], (time, i) => ({
        at: time,
        value: plain!.values[i]!,
        stale: plain!.stale?.[i] ?? 0,
        histogram: undefined,
      })),
    ].sort((a, b) => a.at - b.at);
    const unique = points.filter((point, i) => points[i + 1]?.at !== point.at);
    out.push({
      labels: series.labels,
      timestamps: Float64Array.from(unique, point => point.at),
      values: Float64Array.from(unique, point => point.value),
      stale: Uint8Array.from(unique, point => point.stale),
      histograms: unique.map(point => point.histogram),
    });
  }
}

function histogramOf(row: HistogramRow): NativeHistogram {
  return {
    schema: row.scale,
    zeroThreshold: row.zero_threshold,
    zeroCount: row.zero_count,
    count: row.count,
    sum: row.sum ?? Number.NaN,
    positive: { index: row.positive_index, count: row.positive_count },
    negative: { index: row.negative_index, count: row.negative_count },
    ...(row.custom_values.length > 0 ? { customValues: row.custom_values } : {}),
    hint: row.gauge === 1 ? 'gauge' : 'unknown',
  };
}
