import { HeadSeries } from './head-series.ts';
import type { Series } from './promql/index.ts';
import { clipped } from './promql/range-series.ts';
import { SampleRoom } from './sample-room.ts';
import type { IndexedSeries } from './series-index.ts';
import { estimatedSamples, portions, usualPart } from './series-portion.ts';

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
/** What a held sample usually takes. */
const usualBytes = 3;
/** Samples that are decoded at a time for somebody who looks at them one after another. */
const samplesADecode = 100_000;
/** Statements of one question that the engine may have at a time; others wait for at most so many. */
const readsAhead = 2;

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
    for (const part of portions(series, fromMs, this.#now(), usualPart)) {
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
      room: this.#maxBytes / 2,
    };
    const { held, missing } = this.#known(chosen, question);
    if (missing.length === 0) {
      yield* decoded(chosen, { held, read: new Map() }, startMs, endMs, room);
      return;
    }
    // One question may not push everything else out: where half of the room is surely too little it brings in nothing.
    const now = this.#now();
    let samples = 0;
    for (const one of missing) samples += estimatedSamples(one, startMs, now);
    if (samples * usualBytes > question.room) question.room = 0;
    const parts = portions(chosen, startMs, endMs, usualPart);
    const begin = (part: readonly IndexedSeries[]) => {
      const found = this.#find(part, question, read);
      // Whoever stops asking leaves it unread.
      found.catch(() => {});
      return found;
    };
    // While a part is being worked on the next ones are read.
    const running: Promise<Found>[] = [];
    let begun = 0;
    const goOn = () => {
      while (running.length < readsAhead && begun < parts.length) running.push(begin(parts[begun++]!));
    };
    for (const part of parts) {
      goOn();
      const found = await running.shift()!;
      goOn();
      yield* decoded(part, found, startMs, endMs, room);
    }
  }

  /** The series that are in memory as far back as asked, and the others. */
  #known(
    part: readonly IndexedSeries[],
    { startMs, turn }: Question,
  ): { held: Map<number, HeadSeries>; missing: IndexedSeries[] } {
    const now = this.#now();
    const held = new Map<number, HeadSeries>();
    const missing: IndexedSeries[] = [];
    for (const series of part) {
      // Before its first sample a series has none.
      const from = Math.max(startMs, Math.floor(series.firstSeen));
      const one = this.#series.get(series.id);
      if (one === undefined || one.from > from || from < now - this.#reachMs) missing.push(series);
      else {
        one.asked = turn;
        if (one.reachMs < now - from) one.reachMs = now - from;
        held.set(series.id, one);
      }
    }
    return { held, missing };
  }

  /** Finds series in memory, and reads those that are not there. */
  async #find(part: readonly IndexedSeries[], question: Question, read: ReadSamples): Promise<Found> {
    const now = this.#now();
    const { held, missing } = this.#known(part, question);
    let fromMs = now - leastReadMs;
    const near: IndexedSeries[] = [];
    const apart: IndexedSeries[] = [];
    const holds = question.endMs >= now - recentMs && question.room > 0;
    for (const one of missing) {
      const from = Math.max(question.startMs, Math.floor(one.firstSeen));
      if (holds && from >= now - this.#reachMs) {
        near.push(one);
        fromMs = Math.min(fromMs, from);
      } else apart.push(one);
    }
    const found = apart.length === 0 ? new Map() : await read(apart, question.startMs, question.endMs);
    if (near.length > 0) {
      const before = this.#bytes;
      for (const [id, one] of await this.#fill(near, fromMs, question.turn, read)) held.set(id, one);
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

/** The samples of a part in order: all of them in `room`, or without it piece by piece in room that is used again. */
function* decoded(
  part: readonly IndexedSeries[],
  found: Found,
  startMs: number,
  endMs: number,
  room: SampleRoom | undefined,
): Generator<Series[]> {
  const into = room ?? new SampleRoom(samplesADecode);
  let out: Series[] = [];
  let samples = 0;
  for (const one of part) {
    const held = found.held.get(one.id);
    const series =
      held === undefined
        ? clippedTo(found.read.get(one.id), startMs, endMs)
        : held.read(one.labels, startMs, endMs, into);
    if (series === undefined) continue;
    out.push(series);
    samples += series.timestamps.length;
    if (room !== undefined || samples < samplesADecode) continue;
    yield out;
    into.reuse();
    out = [];
    samples = 0;
  }
  if (out.length > 0) yield out;
}

function clippedTo(series: Series | undefined, startMs: number, endMs: number): Series | undefined {
  if (series === undefined) return undefined;
  const inside = clipped(series, startMs, endMs);
  return inside.timestamps.length === 0 ? undefined : inside;
}
