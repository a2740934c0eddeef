import { Fault } from '../kernel/index.ts';
import type { ListedSeries } from './metrics.ts';
import type { Matcher, NativeHistogram, Series } from './promql/index.ts';
import { sampleColumns, samplesOf } from './sample-columns.ts';
import type { ReadSamples, SampleHead } from './sample-head.ts';
import type { IndexedSeries, SeriesIndex } from './series-index.ts';
import { estimatedSamples, portions, usualPart } from './series-portion.ts';
import type { QueryOptions, Store } from './store.ts';

export interface SeriesSourceOptions {
  /** The newest samples in memory; only over a store that nobody else writes to. */
  head?: SampleHead;
  /** Most series of one selector. Default 20,000. */
  maxSeries?: number;
  /** Most samples of one selector. Default 20 million (480 MB while they are read). */
  maxSamples?: number;
  /** Samples of a part, as estimated, where a range function is evaluated in parts. Default 500,000. */
  samplesAPart?: number;
  /** Samples that make a range function worth evaluating in parts, as estimated. Default 200,000. */
  leastInParts?: number;
  timeoutMs?: number;
}

/** The largest estimate of samples that one range function reads: beyond it a question is refused. */
const mostScanned = 500_000_000;

/** Ids in one statement: ClickHouse parses statements of up to 256 KiB. */
const idsAtATime = 10_000;

export interface StoredSeries extends ListedSeries {
  /** Brings the newest samples of all series into the head, if there is one. */
  warm(signal?: AbortSignal): Promise<void>;
}

/** The samples of the own store, for PromQL. Which series there are comes from memory, their samples by id. */
export function storeSeries(
  store: Store,
  index: SeriesIndex,
  options: SeriesSourceOptions = {},
): StoredSeries {
  const { head, maxSeries = 20_000, maxSamples = 20_000_000, timeoutMs = 30_000 } = options;
  const { samplesAPart = usualPart, leastInParts = 200_000 } = options;

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

  const reading =
    (bounds: QueryOptions): ReadSamples =>
    (series, fromMs, toMs) =>
      readSamples(store, series, fromMs, toMs, bounds);

  return {
    warm: async signal => {
      const live = index.select([], head?.warmFromMs).filter(({ type }) => type !== 'nativehistogram');
      await head?.warm(live, reading(boundsOf(signal)));
    },
    list: (matchers, fromMs, toMs) => index.select(matchers, fromMs, toMs).map(series => series.labels),
    select: async (matchers, startMs, endMs, _hint, signal) => {
      const chosen = selected(matchers, startMs, endMs);
      if (chosen.length === 0) return [];
      const bounds = boundsOf(signal);
      const read = reading(bounds);
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
      if (chosen.some(series => series.type === 'nativehistogram')) return undefined;
      const samples = chosen.reduce((sum, one) => sum + estimatedSamples(one, startMs, endMs), 0);
      if (samples < leastInParts) return undefined;
      if (samples > mostScanned)
        throw new Fault('too_large', `The query reads about ${Math.round(samples / 1e6)} million samples.`, {
          hint: `Ask for a shorter range or fewer series: ${mostScanned / 1e6} million are the most.`,
        });
      // Parts are read side by side already.
      const read = reading({ ...boundsOf(signal), ...(samples > samplesAPart ? { threads: 1 } : {}) });
      if (head !== undefined) return head.parts(chosen, startMs, endMs, read);
      const [from, to] = [Math.floor(startMs), Math.ceil(endMs)];
      return readInParts(portions(chosen, startMs, endMs, samplesAPart), part => read(part, from, to));
    },
  };
}

/** The next part is being read while one is worked on. */
async function* readInParts(
  parts: readonly (readonly IndexedSeries[])[],
  read: (part: readonly IndexedSeries[]) => Promise<ReadonlyMap<number, Series>>,
): AsyncGenerator<Series[]> {
  const start = (part: readonly IndexedSeries[]) => {
    const found = read(part);
    // Whoever stops asking leaves it unread.
    found.catch(() => {});
    return async () => inOrder(part, await found);
  };
  let next = parts.length === 0 ? undefined : start(parts[0]!);
  for (let index = 0; index < parts.length; index++) {
    const series = await next!();
    next = index + 1 < parts.length ? start(parts[index + 1]!) : undefined;
    yield series;
  }
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
  for (let at = 0; at < series.length; at += idsAtATime) {
    const part = series.slice(at, at + idsAtATime);
    const bytes = await store.bytes(
      `SELECT ${sampleColumns} FROM nines_samples
       WHERE id IN (${part.map(({ id }) => id).join(',')}) AND ts >= fromUnixTimestamp64Milli({from:Int64})
         ${to === undefined ? '' : 'AND ts <= fromUnixTimestamp64Milli({to:Int64})'}`,
      to === undefined ? { from } : { from, to },
      { ...bounds, format: 'Native' },
    );
    const labels = new Map(part.map(({ id, labels }) => [id, labels]));
    for (const [id, samples] of samplesOf(bytes, labels)) out.set(id, samples);
  }
  return out;
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
