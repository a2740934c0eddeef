import { HeadSeries } from './head-series.ts';
import type { Series } from './promql/index.ts';
import { clipped } from './promql/range-series.ts';
import type { IndexedSeries } from './series-index.ts';

export interface HeadOptions {
  /**
   * How far back a query may look and still be answered from memory, in ms. Default 25 h: a day, and a window before
   * it. Not beyond `keptMs`.
   */
  reachMs?: number;
  /** How long the store keeps samples; for ever when absent. */
  keptMs?: number | undefined;
  /** Most samples held, 16 or 17 bytes each. Default 8 million. */
  maxSamples?: number;
  now: () => number;
}

/** Reads from the store every sample of these series from `fromMs` on (`toMs` absent), one entry a series that has any. */
export type ReadSamples = (
  series: readonly IndexedSeries[],
  fromMs: number,
  toMs?: number,
) => Promise<ReadonlyMap<number, Series>>;

/** Samples in the order id, time in ms doubled plus 1 for a staleness marker, value; over and over. */
export type PackedSamples = readonly number[];

/** A query that ends longer ago than this looks at the past: its series are not worth holding. */
const recentMs = 600_000;
/** What is read at least when a series is first asked for. */
const leastReadMs = 900_000;

/**
 * The newest samples of the series that are asked for, as Prometheus's head has them: a query that begins within its
 * reach does not touch the engine. A series is read from the store when it is first asked for, as far back as asked,
 * and from then on follows what is stored; a restart begins empty and answers the same. What was asked longest ago
 * goes first when there are too many samples.
 *
 * Only for a store with one writer, the embedded engine: over a shared ClickHouse other replicas' samples would be
 * missing here. Native histograms are not held.
 */
export class SampleHead {
  readonly #reachMs: number;
  readonly #maxSamples: number;
  readonly #now: () => number;
  readonly #series = new Map<number, HeadSeries>();
  #held = 0;
  #turn = 0;

  constructor({
    reachMs = 25 * 3_600_000,
    keptMs = Number.POSITIVE_INFINITY,
    maxSamples = 8_000_000,
    now,
  }: HeadOptions) {
    this.#reachMs = Math.min(reachMs, keptMs);
    this.#maxSamples = maxSamples;
    this.#now = now;
  }

  /** Samples that there is room for now, used or not. */
  get size(): number {
    return this.#held;
  }

  /** Samples that one reading may bring in at most. */
  get mostAtOnce(): number {
    return this.#maxSamples / 2;
  }

  /** Whether a question that begins then may be answered from memory. */
  reaches(startMs: number): boolean {
    return startMs >= this.#now() - this.#reachMs;
  }

  /** Takes samples that have just been stored. */
  append(samples: PackedSamples): void {
    for (let row = 0; row < samples.length; row += 3) {
      const held = this.#series.get(samples[row]!);
      if (held === undefined) continue;
      const before = held.capacity;
      const packed = samples[row + 1]!;
      held.add(Math.floor(packed / 2), samples[row + 2]!, packed % 2 === 1);
      this.#held += held.capacity - before;
    }
    this.#bound();
  }

  /** Forgets everything: the store has changed in a way that was not told, or may have. */
  clear(): void {
    this.#series.clear();
    this.#held = 0;
  }

  /** The samples of each series in [startMs, endMs], in the order of `chosen`, without the series that have none. */
  async select(
    chosen: readonly IndexedSeries[],
    startMs: number,
    endMs: number,
    read: ReadSamples,
  ): Promise<Series[]> {
    const now = this.#now();
    const from = Math.floor(startMs);
    const near = this.reaches(from);
    const found = new Map<number, Series>();
    const missing: IndexedSeries[] = [];
    this.#turn += 1;
    for (const series of chosen) {
      const held = near ? this.#series.get(series.id) : undefined;
      if (held === undefined || held.from > from) {
        missing.push(series);
        continue;
      }
      held.asked = this.#turn;
      held.reachMs = Math.max(held.reachMs, now - from);
      found.set(series.id, held.view(series.labels, startMs, endMs));
    }
    if (missing.length > 0) {
      const wanted =
        near && endMs >= now - recentMs
          ? await this.#fill(missing, Math.min(from, now - leastReadMs), read)
          : await read(missing, from, Math.ceil(endMs));
      for (const [id, series] of wanted) found.set(id, clipped(series, startMs, endMs));
    }
    return chosen.flatMap(({ id }) => {
      const series = found.get(id);
      return series === undefined || series.timestamps.length === 0 ? [] : [series];
    });
  }

  /**
   * Reads series and holds them from then on. They are followed before the reading begins: what is stored meanwhile
   * may be in the answer or not, and is in memory in either case.
   */
  async #fill(
    missing: readonly IndexedSeries[],
    fromMs: number,
    read: ReadSamples,
  ): Promise<ReadonlyMap<number, Series>> {
    const followed = missing.map(({ id }) => {
      let held = this.#series.get(id);
      if (held === undefined) {
        held = new HeadSeries();
        this.#series.set(id, held);
      }
      held.pins += 1;
      return [id, held] as const;
    });
    let found: ReadonlyMap<number, Series> | undefined;
    try {
      found = await read(missing, fromMs);
      return found;
    } finally {
      let samples = 0;
      for (const series of found?.values() ?? []) samples += series.timestamps.length;
      // One question may not push everything else out.
      const hold = found !== undefined && samples <= this.mostAtOnce;
      for (const [id, held] of followed) {
        held.pins -= 1;
        if (this.#series.get(id) !== held) continue;
        const before = held.capacity;
        if (hold) {
          held.asked = this.#turn;
          held.reachMs = Math.max(held.reachMs, this.#now() - fromMs);
          held.merge(found?.get(id), fromMs);
          this.#held += held.capacity - before;
        } else if (held.pins === 0 && held.from === Number.POSITIVE_INFINITY) {
          this.#series.delete(id);
          this.#held -= before;
        }
      }
      this.#bound();
    }
  }

  #bound(): void {
    if (this.#held <= this.#maxSamples) return;
    const oldest = [...this.#series].filter(([, held]) => held.pins === 0);
    oldest.sort(([, a], [, b]) => a.asked - b.asked);
    for (const [id, held] of oldest) {
      this.#series.delete(id);
      this.#held -= held.capacity;
      // A quarter free at once, so that it is not looked for with every batch.
      if (this.#held <= this.#maxSamples * 0.75) return;
    }
  }
}
