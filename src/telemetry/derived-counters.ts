import type { Labels } from './promql/index.ts';
import { SampleRows } from './sample-rows.ts';
import type { IndexedSeries, SeriesIndex, SeriesMeta } from './series-index.ts';

/** A counter without an event for so long is forgotten: the release that it counted is gone. */
const forgottenAfterMs = 3_600_000;
/**
 * Which of several replicas counted, as the collector's spanmetrics connector says it: their counters stand side by side,
 * as two instances of a service do.
 */
const replicaLabel = 'collector_instance_id';

/** One counter, or one histogram, that is made of other telemetry as it arrives. */
export abstract class DerivedCounter {
  /** Whether it counted something since the last write; else, since when it stands still (epoch ms). */
  fresh = true;
  idleSince = 0;
  /** Made at the first write; absent when the limits of series do not allow it. */
  series?: readonly IndexedSeries[];

  /** Its series, in the order of its values. */
  abstract describe(): readonly (readonly [Labels, SeriesMeta])[];
  abstract values(): readonly number[];
}

/**
 * Counters that are kept in memory and written as samples, as a scrape would. After a restart they begin at zero: a
 * counter reset.
 */
export class DerivedCounters<Counter extends DerivedCounter> {
  readonly #index: SeriesIndex;
  readonly #most: number;
  readonly #onForgotten: (counter: Counter) => void;
  readonly #counters = new Set<Counter>();
  #writtenAt = 0;
  #replica: string | undefined;

  constructor(index: SeriesIndex, most: number, onForgotten: (counter: Counter) => void) {
    this.#index = index;
    this.#most = most;
    this.#onForgotten = onForgotten;
  }

  /** False when there are as many as there may be. */
  add(counter: Counter): boolean {
    if (this.#counters.size >= this.#most) return false;
    this.#counters.add(counter);
    return true;
  }

  /**
   * The samples of now. Counters that stand still are written too, so that a rate of nothing is zero and not absent.
   * A replica of another name than before begins anew: what it counted is in the series of the name it had.
   */
  samples(at: number, replica?: string): SampleRows {
    const rows = new SampleRows();
    if (this.#replica !== undefined && this.#replica !== replica) {
      for (const counter of this.#counters) this.#forget(counter);
      this.#writtenAt = 0;
    }
    this.#replica = replica;
    for (const counter of this.#counters) {
      if (counter.fresh) counter.idleSince = at;
      counter.fresh = false;
      if (at - counter.idleSince > forgottenAfterMs) this.#forget(counter);
      else this.#write(counter, at, rows);
    }
    this.#writtenAt = at;
    return rows;
  }

  #write(counter: Counter, at: number, rows: SampleRows): void {
    if (counter.series === undefined) {
      const series = this.#intern(counter, at);
      if (series === undefined) return;
      counter.series = series;
      // It did not exist at the write before: there it was zero.
      const zeroAt = this.#writtenAt > 0 ? this.#writtenAt : at - 1000;
      for (const one of series) {
        rows.sample(one, zeroAt, 0);
        this.#index.touch(one, zeroAt);
      }
    }
    for (const [position, value] of counter.values().entries()) {
      const one = counter.series[position]!;
      rows.sample(one, at, value);
      this.#index.touch(one, at);
    }
  }

  #forget(counter: Counter): void {
    this.#counters.delete(counter);
    this.#onForgotten(counter);
  }

  #intern(counter: Counter, at: number): IndexedSeries[] | undefined {
    const described = counter.describe();
    const needed = new Map<string, number>();
    for (const [{ __name__: metric = '' }] of described) needed.set(metric, (needed.get(metric) ?? 0) + 1);
    for (const [metric, count] of needed) if (!this.#index.hasRoom(metric, count)) return undefined;
    const series: IndexedSeries[] = [];
    for (const [labels, meta] of described) {
      const all = this.#replica === undefined ? labels : { ...labels, [replicaLabel]: this.#replica };
      const one = this.#index.intern(all, meta, at);
      if (one === undefined) return undefined;
      series.push(one);
    }
    return series;
  }
}
