import {
  type Labels,
  labelsKey,
  type Matcher,
  matchersTest,
  type NativeHistogram,
  type Series,
  type SeriesSource,
} from '../../../src/telemetry/promql/index.ts';
import { isReset } from '../../../src/telemetry/promql/testing.ts';
import type { NotedSeries } from './series-notation.ts';

interface Stored {
  readonly labels: Labels;
  readonly samples: Map<number, { value: number; stale: boolean; histogram?: NativeHistogram }>;
  readonly starts: Map<number, number>;
  series: Series | undefined;
}

/** Series in memory, filled from written ones. Counter reset hints are set as Prometheus' chunks would give them back. */
export class Storage implements SeriesSource {
  readonly #stored = new Map<string, Stored>();

  clear(): void {
    this.#stored.clear();
  }

  /** All labels that are stored. */
  get labels(): Labels[] {
    return [...this.#stored.values()].map(stored => stored.labels);
  }

  load(noted: NotedSeries, intervalMs: number, startMs = 0): void {
    const labels = Object.fromEntries(Object.entries(noted.labels).filter(([, value]) => value !== ''));
    const key = labelsKey(labels);
    let stored = this.#stored.get(key);
    if (!stored) {
      stored = { labels, samples: new Map(), starts: new Map(), series: undefined };
      this.#stored.set(key, stored);
    }
    stored.series = undefined;
    for (const [i, point] of noted.points.entries()) {
      const at = startMs + i * intervalMs;
      if (noted.starts) {
        if (point.kind === 'float') stored.starts.set(at, at + point.value);
      } else if (point.kind === 'stale') stored.samples.set(at, { value: Number.NaN, stale: true });
      else if (point.kind === 'float') stored.samples.set(at, { value: point.value, stale: false });
      else if (point.kind === 'histogram') {
        stored.samples.set(at, { value: Number.NaN, stale: false, histogram: point.value });
      }
    }
  }

  /** Add one sample, as a recording rule does. */
  append(labels: Labels, at: number, value: number, stale: boolean): void {
    const key = labelsKey(labels);
    const stored = this.#stored.get(key) ?? {
      labels,
      samples: new Map(),
      starts: new Map(),
      series: undefined,
    };
    this.#stored.set(key, stored);
    stored.series = undefined;
    stored.samples.set(at, { value, stale });
  }

  async select(matchers: readonly Matcher[], startMs: number, endMs: number): Promise<Series[]> {
    const test = matchersTest(matchers);
    return [...this.#stored.values()]
      .filter(stored => test(stored.labels))
      .map(seriesOf)
      .map(series => within(series, startMs, endMs))
      .filter(series => series.timestamps.length > 0);
  }
}

function within(series: Series, startMs: number, endMs: number): Series {
  const from = series.timestamps.findIndex(at => at >= startMs);
  if (from < 0) return { labels: series.labels, timestamps: new Float64Array(), values: new Float64Array() };
  let to = from;
  while (to < series.timestamps.length && series.timestamps[to]! <= endMs) to++;
  return {
    labels: series.labels,
    timestamps: series.timestamps.slice(from, to),
    values: series.values.slice(from, to),
    ...(series.stale && { stale: series.stale.slice(from, to) }),
    ...(series.histograms && { histograms: series.histograms.slice(from, to) }),
    ...(series.startTimestamps && { startTimestamps: series.startTimestamps.slice(from, to) }),
  };
}

/** A chunk of histograms goes on while schema, zero bucket and bounds stay and nothing falls. */
function continues(histogram: NativeHistogram, before: NativeHistogram | undefined): boolean {
  if (!before || histogram.hint === 'reset') return false;
  if (histogram.schema !== before.schema || histogram.zeroThreshold !== before.zeroThreshold) return false;
  if (JSON.stringify(histogram.customValues) !== JSON.stringify(before.customValues)) return false;
  return !isReset({ ...histogram, hint: 'unknown' }, { ...before, hint: 'unknown' });
}

function seriesOf(stored: Stored): Series {
  if (stored.series) return stored.series;
  const times = [...stored.samples.keys()].sort((a, b) => a - b);
  const samples = times.map(at => stored.samples.get(at)!);
  const histograms = samples.map(sample => sample.histogram);
  let before: NativeHistogram | undefined;
  const hinted = histograms.map(histogram => {
    const last = before;
    before = histogram;
    if (!histogram) return undefined;
    if (histogram.hint === 'gauge') {
      before = undefined;
      return histogram;
    }
    return { ...histogram, hint: continues(histogram, last) ? ('not_reset' as const) : ('unknown' as const) };
  });
  stored.series = {
    labels: stored.labels,
    timestamps: Float64Array.from(times),
    values: Float64Array.from(samples, sample => sample.value),
    ...(samples.some(sample => sample.stale) && {
      stale: Uint8Array.from(samples, sample => (sample.stale ? 1 : 0)),
    }),
    ...(histograms.some(Boolean) && { histograms: hinted }),
    ...(stored.starts.size > 0 && {
      startTimestamps: Float64Array.from(times, at => stored.starts.get(at) ?? 0),
    }),
  };
  return stored.series;
}
