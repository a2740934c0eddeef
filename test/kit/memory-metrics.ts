import { EmbeddedMetrics, type ListedSeries } from '../../src/telemetry/metrics.ts';
import {
  type Labels,
  labelsKey,
  type Matcher,
  matchersTest,
  type QueryOptions,
  type Series,
} from '../../src/telemetry/promql/index.ts';

interface Growing {
  labels: Labels;
  timestamps: number[];
  values: number[];
}

/** Series in memory that a test writes sample by sample, asked by the real PromQL. */
export class MemorySeries implements ListedSeries {
  readonly #series = new Map<string, Growing>();
  /** What asking throws, while a test plays a source that is down. */
  failure: Error | undefined;
  /** How many selections were made. */
  selections = 0;

  add(name: string, labels: Labels, at: number, value: number): void {
    const all = { __name__: name, ...labels };
    const key = labelsKey(all);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels: all, timestamps: [], values: [] };
      this.#series.set(key, series);
    }
    series.timestamps.push(at);
    series.values.push(value);
  }

  list(matchers: readonly Matcher[]): Labels[] {
    return this.#matching(matchers).map(({ labels }) => labels);
  }

  async select(matchers: readonly Matcher[], startMs: number, endMs: number): Promise<Series[]> {
    this.selections++;
    if (this.failure !== undefined) throw this.failure;
    return this.#matching(matchers).flatMap(({ labels, timestamps, values }) => {
      const from = lowerBound(timestamps, startMs);
      const to = lowerBound(timestamps, endMs + 1);
      if (to <= from) return [];
      return [
        {
          labels,
          timestamps: Float64Array.from(timestamps.slice(from, to)),
          values: Float64Array.from(values.slice(from, to)),
        },
      ];
    });
  }

  metrics(options: QueryOptions = {}): EmbeddedMetrics {
    return new EmbeddedMetrics(this, options, 'memory');
  }

  #matching(matchers: readonly Matcher[]): Growing[] {
    const test = matchersTest(matchers);
    return [...this.#series.values()].filter(({ labels }) => test(labels));
  }
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
