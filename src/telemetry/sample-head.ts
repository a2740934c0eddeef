import { HeadSeries } from './head-series.ts';
import type { Series } from './promql/index.ts';
import { clipped } from './promql/range-series.ts';
import { SampleRoom } from './sample-room.ts';
import type { IndexedSeries } from './series-index.ts';

export interface HeadOptions {
  /**
   * How far back a query may look and still be answered from memory, in ms. Default 31 days: the long window of an
   * objective. Not beyond `keptMs`.
   */
  reachMs?: number;
  /** How long the store keeps samples; for ever when absent. */
  keptMs?: number | undefined;
  /** Most memory for samples. Default 256 MiB: some 80 million samples of counters, 25 million of arbitrary floats. */
  maxBytes?: number;
  now: () => number;
}

/** Reads from the store every sample of these series from `fromMs` on (`toMs` absent), one entry a series that has any. */
export type ReadSamples = (
  series: readonly IndexedSeries[],
  fromMs: number,
  toMs?: number,
) => Promise<ReadonlyMap<number, Series>>;

/** Samples in the order id, time in ms doubled plus 1 for a staleness marker, value; over and over. */
export type PackedSamples = Readonly<ArrayLike<number>>;

/** A query that ends longer ago than this looks at the past: its series are not worth holding. */
const recentMs = 600_000;
/** What is read at least when a series is first asked for. */
const leastReadMs = 900_000;
/** What is read when the server starts: the short windows of dashboards, rules and objectives. */
const warmMs = 3_900_000;
/** What is assumed of a series whose samples are to be estimated, and what a held sample takes. */
const usualIntervalMs = 15_000;
const usualBytes = 3;
/** Samples of one statement, and those that are decoded at a time for somebody who looks at them one after another. */
const samplesARead = 250_000;
const samplesADecode = 100_000;

/** About how many samples a series may have from `fromMs` to `toMs`. */
export function estimatedSamples(series: IndexedSeries, fromMs: number, toMs: number): number {
  const from = Math.max(fromMs, series.firstSeen);
  return Math.max(1, (toMs - from) / usualIntervalMs);
}

interface Question {
  readonly startMs: number;
  readonly endMs: number;
  readonly turn: number;
  /** Bytes that it may still bring in. */
  room: number;
}

/** What was found of the series of a part, to be decoded when it is their turn. */
interface Found {
  readonly held: ReadonlyMap<number, HeadSeries>;
  readonly read: ReadonlyMap<number, Series>;
}

/**
 * The newest samples of the series that are asked for, as Prometheus's head has them: a query that begins within its
 * reach does not touch the engine. A series is read from the store when it is first asked for, as far back as asked or
 * as it is old, and from then on follows what is stored; a restart begins empty and answers the same. What was asked
 * longest ago goes first when there are too many samples.
 *
 * Only for a store with one writer, the embedded engine: over a shared ClickHouse other replicas' samples would be
 * missing here. Native histograms are not held.
 */
export class SampleHead {
  readonly #reachMs: number;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #series = new Map<number, HeadSeries>();
  #bytes = 0;
  #turn = 0;

  constructor({
    reachMs = 31 * 86_400_000,
    keptMs = Number.POSITIVE_INFINITY,
    maxBytes = 256 * 1024 ** 2,
    now,
  }: HeadOptions) {
    this.#reachMs = Math.min(reachMs, keptMs);
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /** Memory that the samples take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes samples that have just been stored. */
  append(samples: PackedSamples): void {
    for (let row = 0; row < samples.length; row += 3) {
      const held = this.#series.get(samples[row]!);
      if (held === undefined) continue;
      const before = held.bytes;
      const packed = samples[row + 1]!;
      held.add(Math.floor(packed / 2), samples[row + 2]!, packed % 2 === 1);
      this.#bytes += held.bytes - before;
    }
    this.#bound();
  }

  /** Forgets everything: the store has changed in a way that was not told, or may have. */
  clear(): void {
    this.#series.clear();
    this.#bytes = 0;
  }

  /** How far back `warm` reads. */
  get warmFromMs(): number {
    return this.#now() - Math.min(warmMs, this.#reachMs);
  }

  /** Reads the newest samples of these series before anybody asks, as far as a quarter of the room takes them. */
  async warm(series: readonly IndexedSeries[], read: ReadSamples): Promise<void> {
    const fromMs = this.warmFromMs;
    for (const part of portions(series, fromMs, this.#now(), samplesARead)) {
      if (this.#bytes > this.#maxBytes / 4) return;
      const missing = part.filter(({ id }) => !this.#series.has(id));
      if (missing.length > 0) await this.#fill(missing, fromMs, this.#turn, read);
    }
  }

  /** The samples of each series in [startMs, endMs], in the order of `chosen`, without the series that have none. */
  async select(
    chosen: readonly IndexedSeries[],
    startMs: number,
    endMs: number,
    read: ReadSamples,
  ): Promise<Series[]> {
    const room = new SampleRoom();
    const out: Series[] = [];
    for await (const part of this.#read(chosen, startMs, endMs, read, room)) out.push(...part);
    return out;
  }

  /** As `select`, part by part. The samples of a part may be written over once the next one is asked for. */
  parts(
    chosen: readonly IndexedSeries[],
    startMs: number,
    endMs: number,
    read: ReadSamples,
  ): AsyncGenerator<Series[]> {
    return this.#read(chosen, startMs, endMs, read, undefined);
  }

  /** While a part is being worked on the next one is read, where it has to be. */
  async *#read(
    chosen: readonly IndexedSeries[],
    startMs: number,
    endMs: number,
    read: ReadSamples,
    room: SampleRoom | undefined,
  ): AsyncGenerator<Series[]> {
    this.#turn += 1;
    const question: Question = {
      startMs: Math.floor(startMs),
      endMs: Math.ceil(endMs),
      turn: this.#turn,
      room: this.#roomFor(chosen, startMs),
    };
    const wide = portions(chosen, startMs, endMs, samplesARead);
    const narrow = new SampleRoom(room === undefined ? samplesADecode : 0);
    const begin = (part: readonly IndexedSeries[]) => {
      const found = this.#find(part, question, read);
      // Whoever stops asking leaves it unread.
      found.catch(() => {});
      return found;
    };
    let next = wide.length === 0 ? undefined : begin(wide[0]!);
    for (let index = 0; index < wide.length; index++) {
      const found = await next!;
      next = index + 1 < wide.length ? begin(wide[index + 1]!) : undefined;
      for (const part of room === undefined
        ? portions(wide[index]!, startMs, endMs, samplesADecode)
        : [wide[index]!]) {
        narrow.reuse();
        const series: Series[] = [];
        for (const one of part) {
          const held = found.held.get(one.id);
          const samples =
            held === undefined
              ? clippedTo(found.read.get(one.id), startMs, endMs)
              : held.read(one.labels, startMs, endMs, room ?? narrow);
          if (samples !== undefined) series.push(samples);
        }
        yield series;
      }
    }
  }

  /** One question may not push everything else out: half of the bytes, or nothing where that is surely too little. */
  #roomFor(chosen: readonly IndexedSeries[], startMs: number): number {
    const now = this.#now();
    let samples = 0;
    for (const one of chosen) {
      const held = this.#series.get(one.id);
      if (held === undefined || held.from > Math.max(startMs, one.firstSeen))
        samples += estimatedSamples(one, startMs, now);
    }
    return samples * usualBytes > this.#maxBytes / 2 ? 0 : this.#maxBytes / 2;
  }

  /** Finds series in memory, and reads those that are not there. */
  async #find(part: readonly IndexedSeries[], question: Question, read: ReadSamples): Promise<Found> {
    const now = this.#now();
    const near = now - this.#reachMs;
    const held = new Map<number, HeadSeries>();
    const far: IndexedSeries[] = [];
    const missing: IndexedSeries[] = [];
    let missingFrom = now - leastReadMs;
    for (const series of part) {
      // Before its first sample a series has none.
      const from = Math.max(question.startMs, Math.floor(series.firstSeen));
      const one = this.#series.get(series.id);
      if (from < near) far.push(series);
      else if (one === undefined || one.from > from) {
        missing.push(series);
        missingFrom = Math.min(missingFrom, from);
      } else {
        one.asked = question.turn;
        one.reachMs = Math.max(one.reachMs, now - from);
        held.set(series.id, one);
      }
    }
    const holds = question.endMs >= now - recentMs && question.room > 0;
    const direct = holds ? far : [...far, ...missing];
    const found = direct.length === 0 ? new Map() : await read(direct, question.startMs, question.endMs);
    if (holds && missing.length > 0) {
      const before = this.#bytes;
      for (const [id, one] of await this.#fill(missing, missingFrom, question.turn, read)) held.set(id, one);
      question.room -= Math.max(0, this.#bytes - before);
    }
    return { held, read: found };
  }

  /**
   * Reads series and holds them from then on. They are followed before the reading begins: what is stored meanwhile
   * may be in the answer or not, and is in memory in either case.
   */
  async #fill(
    missing: readonly IndexedSeries[],
    fromMs: number,
    turn: number,
    read: ReadSamples,
  ): Promise<Map<number, HeadSeries>> {
    const followed = new Map<number, HeadSeries>();
    // Of series that are held in part only what is further back is read.
    let toMs = Number.NEGATIVE_INFINITY;
    for (const { id } of missing) {
      let held = this.#series.get(id);
      if (held === undefined) {
        held = new HeadSeries();
        this.#series.set(id, held);
        this.#bytes += held.bytes;
      }
      held.pins += 1;
      toMs = Math.max(toMs, held.from);
      followed.set(id, held);
    }
    let found: ReadonlyMap<number, Series> | undefined;
    try {
      found = Number.isFinite(toMs) ? await read(missing, fromMs, toMs) : await read(missing, fromMs);
      return followed;
    } finally {
      for (const [id, held] of followed) {
        held.pins -= 1;
        const known = this.#series.get(id) === held;
        const before = held.bytes;
        if (found !== undefined) {
          held.asked = turn;
          held.reachMs = Math.max(held.reachMs, this.#now() - fromMs);
          held.merge(found.get(id), fromMs);
          if (known) this.#bytes += held.bytes - before;
        } else if (known && held.pins === 0 && held.from === Number.POSITIVE_INFINITY) {
          this.#series.delete(id);
          this.#bytes -= before;
        }
      }
      this.#bound();
    }
  }

  #bound(): void {
    if (this.#bytes <= this.#maxBytes) return;
    const oldest = [...this.#series].filter(([, held]) => held.pins === 0);
    oldest.sort(([, a], [, b]) => a.asked - b.asked);
    for (const [id, held] of oldest) {
      this.#series.delete(id);
      this.#bytes -= held.bytes;
      // A quarter free at once, so that it is not looked for with every batch.
      if (this.#bytes <= this.#maxBytes * 0.75) return;
    }
  }
}

function clippedTo(series: Series | undefined, startMs: number, endMs: number): Series | undefined {
  if (series === undefined) return undefined;
  const inside = clipped(series, startMs, endMs);
  return inside.timestamps.length === 0 ? undefined : inside;
}

/** Cuts a list of series into parts of about so many samples. */
export function portions(
  chosen: readonly IndexedSeries[],
  startMs: number,
  endMs: number,
  samples: number,
): (readonly IndexedSeries[])[] {
  const out: IndexedSeries[][] = [];
  let left = 0;
  for (const series of chosen) {
    const estimate = estimatedSamples(series, startMs, endMs);
    if (left < estimate || out.length === 0) {
      out.push([]);
      left = samples;
    }
    out.at(-1)!.push(series);
    left -= estimate;
  }
  return out;
}
