import { Fault } from '../kernel/index.ts';
import type { ListedSeries } from './metrics.ts';
import type { NativeHistogram, Series } from './promql/index.ts';
import type { IndexedSeries, SeriesIndex } from './series-index.ts';
import type { Store } from './store.ts';

export interface SeriesSourceOptions {
  /** Most series of one selector. Default 20,000. */
  maxSeries?: number;
  /** Most samples of one selector. Default 20 million (480 MB while they are read). */
  maxSamples?: number;
  timeoutMs?: number;
}

/** Ids in one statement: ClickHouse parses statements of up to 256 KiB. */
const idsAtATime = 10_000;

/** The samples of the own store, for PromQL. Which series there are comes from memory, their samples by id. */
export function storeSeries(
  store: Store,
  index: SeriesIndex,
  options: SeriesSourceOptions = {},
): ListedSeries {
  const { maxSeries = 20_000, maxSamples = 20_000_000, timeoutMs = 30_000 } = options;

  return {
    list: (matchers, fromMs, toMs) => index.select(matchers, fromMs, toMs).map(series => series.labels),
    select: async (matchers, startMs, endMs, _hint, signal) => {
      const chosen = index.select(matchers, startMs, endMs);
      if (chosen.length === 0) return [];
      if (chosen.length > maxSeries)
        throw new Fault('too_large', `A selector names ${chosen.length} series; ${maxSeries} are the most.`, {
          hint: 'Add matchers that narrow it.',
        });
      const bounds = {
        timeoutMs,
        maxRows: maxSamples,
        maxMemoryBytes: 2 * 1024 ** 3,
        ...(signal ? { signal } : {}),
      };
      const params = { from: Math.floor(startMs), to: Math.ceil(endMs) };
      const out: Series[] = [];
      const native = chosen.filter(series => series.type === 'nativehistogram');
      for (let from = 0; from < chosen.length; from += idsAtATime) {
        const ids = chosen.slice(from, from + idsAtATime);
        const bytes = await store.bytes(
          `SELECT toFloat64(id), toFloat64(toUnixTimestamp64Milli(ts) * 2 + kind), value FROM nines_samples
           WHERE id IN (${ids.map(series => series.id).join(',')})
             AND ts >= fromUnixTimestamp64Milli({from:Int64}) AND ts <= fromUnixTimestamp64Milli({to:Int64})
           ORDER BY id, ts`,
          params,
          bounds,
        );
        readSamples(bytes, index, out);
      }
      if (native.length > 0) await readHistograms(store, native, params, bounds, out);
      return out;
    },
  };
}

/** Rows of three floats: id, time in ms doubled plus 1 for a staleness marker, value; ordered by id and time. */
function readSamples(bytes: Uint8Array, index: SeriesIndex, out: Series[]): void {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
  const rows = new Float64Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / 8));
  for (let from = 0; from < rows.length; ) {
    const id = rows[from]!;
    let to = from;
    while (to < rows.length && rows[to] === id) to += 3;
    const series = index.byId(id);
    if (series !== undefined) out.push(seriesOf(series, rows.subarray(from, to)));
    from = to;
  }
}

function seriesOf({ labels }: IndexedSeries, rows: Float64Array): Series {
  const count = rows.length / 3;
  const timestamps = new Float64Array(count);
  const values = new Float64Array(count);
  let stale: Uint8Array | undefined;
  let size = 0;
  for (let row = 0; row < rows.length; row += 3) {
    const packed = rows[row + 1]!;
    const at = Math.floor(packed / 2);
    // A sender that sends again what had been stored leaves two rows: one counts.
    if (size > 0 && timestamps[size - 1] === at) size -= 1;
    timestamps[size] = at;
    values[size] = rows[row + 2]!;
    if (packed % 2 === 1) {
      stale ??= new Uint8Array(count);
      stale[size] = 1;
    } else if (stale !== undefined) stale[size] = 0;
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
  bounds: { timeoutMs: number; signal?: AbortSignal },
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
