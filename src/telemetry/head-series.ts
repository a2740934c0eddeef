import type { Labels, Series } from './promql/index.ts';
import { outranks } from './same-time.ts';
import { mostInBlock, SampleBlock, type Samples } from './sample-block.ts';
import type { SampleRoom } from './sample-room.ts';

/** How far a sender's clock may be ahead and how late samples may come without the held past being read again. */
const slackMs = 900_000;
/** The newest samples are held as they are, so that short windows need no decoding: between so many and so many. */
const leastOpen = 32;
const mostOpen = 160;
const firstRoom = 16;
/** What a series costs beside its samples: the object, its arrays and its place in the map, as measured. */
const seriesBytes = 600;

/** The samples of one series that are held, ascending: blocks that never change, and the newest in open arrays. */
export class HeadSeries {
  /** Every stored sample from this time on is here. Infinity until the first reading is done. */
  from = Number.POSITIVE_INFINITY;
  /** How far back it has been asked, in ms. */
  reachMs = 0;
  /** The number of the question that asked last. */
  asked = 0;
  /** Readings that are under way: until they are done nothing is dropped. */
  pins = 0;
  #blocks: SampleBlock[] = [];
  #times = new Float64Array(firstRoom);
  #values = new Float64Array(firstRoom);
  #stale: Uint8Array | undefined;
  #size = 0;
  #blockBytes = 0;

  /** What it takes in memory. */
  get bytes(): number {
    return seriesBytes + this.#blockBytes + this.#times.length * 16 + (this.#stale?.length ?? 0);
  }

  add(at: number, value: number, stale: boolean): void {
    if (at < this.from && this.pins === 0) return;
    const size = this.#size;
    if (size > 0 && at <= this.#times[size - 1]!) {
      this.merge({
        timestamps: Float64Array.of(at),
        values: Float64Array.of(value),
        stale: Uint8Array.of(stale ? 1 : 0),
      });
      return;
    }
    if (size === mostOpen) this.#seal();
    else if (size === this.#times.length) this.#makeRoom(Math.min(size * 2, mostOpen));
    const next = this.#size;
    this.#times[next] = at;
    this.#values[next] = value;
    if (stale) this.#stale ??= new Uint8Array(this.#times.length);
    if (this.#stale !== undefined) this.#stale[next] = stale ? 1 : 0;
    this.#size = next + 1;
  }

  /** Takes samples in among those held. With `fromMs` they are all that the store has from that time on. */
  merge(more: Samples | undefined, fromMs = this.from): void {
    this.from = Math.min(this.from, fromMs);
    if (more === undefined || more.timestamps.length === 0) return;
    const [begins, ends] = [more.timestamps[0]!, more.timestamps.at(-1)!];
    let low = this.#blocks.findIndex(block => block.last >= begins);
    if (low < 0) low = this.#blocks.length;
    // A block with room takes in what comes after it, so that late samples do not make many small ones.
    if (low > 0 && this.#blocks[low - 1]!.count < mostInBlock / 2) low -= 1;
    let high = low;
    while (high < this.#blocks.length && this.#blocks[high]!.first <= ends) high += 1;
    const open = high === this.#blocks.length && (this.#size === 0 || ends >= this.#times[0]!);
    const held = this.#decoded(low, high, open);
    const all = held.timestamps.length === 0 ? more : mergedSamples(held, more);
    const count = all.timestamps.length;
    const closed = open ? Math.max(0, count - leastOpen) : count;
    if (open) this.#open(all, closed, count);
    const blocks: SampleBlock[] = [];
    for (let at = 0; at < closed; at += mostInBlock)
      blocks.push(new SampleBlock(all, at, Math.min(at + mostInBlock, closed)));
    for (const block of this.#blocks.splice(low, high - low, ...blocks)) this.#blockBytes -= block.bytes;
    for (const block of blocks) this.#blockBytes += block.bytes;
  }

  /** The samples in [startMs, endMs]; `room` holds what had to be decoded. Undefined when there are none. */
  read(labels: Labels, startMs: number, endMs: number, room: SampleRoom): Series | undefined {
    const low = placeOf(this.#times, this.#size, startMs);
    const high = placeOf(this.#times, this.#size, endMs + 1);
    const blocks = this.#blocks;
    let first = blocks.length;
    while (first > 0 && blocks[first - 1]!.last >= startMs) first -= 1;
    let end = first;
    let count = high - low;
    for (; end < blocks.length && blocks[end]!.first <= endMs; end++)
      count += untilOf(blocks[end]!, endMs) - blocks[end]!.indexFrom(startMs);
    if (count === 0) return undefined;
    const { timestamps, values } = room.take(count);
    let stale: Uint8Array | undefined;
    const mark = (marks: Uint8Array | undefined, from: number, to: number, at: number) => {
      if (marks === undefined) return;
      stale ??= new Uint8Array(count);
      stale.set(marks.subarray(from, to), at);
    };
    let at = 0;
    for (let index = first; index < end; index++) {
      const block = blocks[index]!;
      const from = block.indexFrom(startMs);
      const to = untilOf(block, endMs);
      if (to <= from) continue;
      block.decode(from, to, timestamps, values, at);
      mark(block.stale, from, to, at);
      at += to - from;
    }
    mark(this.#stale, low, high, at);
    for (let index = low; index < high; index++) {
      timestamps[at] = this.#times[index]!;
      values[at++] = this.#values[index]!;
    }
    return stale === undefined ? { labels, timestamps, values } : { labels, timestamps, values, stale };
  }

  /** Makes a block of the oldest open samples, and drops blocks that lie further back than has been asked. */
  #seal(): void {
    const last = this.#blocks.at(-1);
    const sealed = this.#size - leastOpen;
    const open = { timestamps: this.#times, values: this.#values, stale: this.#stale };
    if (last !== undefined && last.count + sealed <= mostInBlock) {
      const before = this.#decoded(this.#blocks.length - 1, this.#blocks.length, true);
      this.#blocks[this.#blocks.length - 1] = new SampleBlock(before, 0, last.count + sealed);
      this.#blockBytes -= last.bytes;
    } else this.#blocks.push(new SampleBlock(open, 0, sealed));
    this.#blockBytes += this.#blocks.at(-1)!.bytes;
    this.#times.copyWithin(0, sealed, this.#size);
    this.#values.copyWithin(0, sealed, this.#size);
    this.#stale?.copyWithin(0, sealed, this.#size);
    this.#size = leastOpen;
    if (this.#stale?.subarray(0, leastOpen).includes(1) === false) this.#stale = undefined;
    this.#drop();
  }

  #drop(): void {
    if (this.pins > 0) return;
    const cut = this.#times[this.#size - 1]! - this.reachMs - slackMs;
    let drop = 0;
    while (drop < this.#blocks.length && this.#blocks[drop]!.last < cut) drop += 1;
    for (const block of this.#blocks.splice(0, drop)) {
      this.#blockBytes -= block.bytes;
      this.from = Math.max(this.from, block.last + 1);
    }
  }

  /** The samples of blocks [low, high) and, if wanted, the open ones. */
  #decoded(low: number, high: number, open: boolean): Samples {
    const blocks = this.#blocks.slice(low, high);
    const size = open ? this.#size : 0;
    const count = blocks.reduce((sum, block) => sum + block.count, size);
    const timestamps = new Float64Array(count);
    const values = new Float64Array(count);
    const stale = new Uint8Array(count);
    let at = 0;
    for (const block of blocks) {
      block.decode(0, block.count, timestamps, values, at);
      if (block.stale !== undefined) stale.set(block.stale, at);
      at += block.count;
    }
    timestamps.set(this.#times.subarray(0, size), at);
    values.set(this.#values.subarray(0, size), at);
    if (this.#stale !== undefined) stale.set(this.#stale.subarray(0, size), at);
    return { timestamps, values, stale };
  }

  /** Samples [from, to) become the open ones. */
  #open({ timestamps, values, stale }: Samples, from: number, to: number): void {
    const room = Math.max(firstRoom, to - from);
    this.#times = new Float64Array(room);
    this.#values = new Float64Array(room);
    this.#times.set(timestamps.subarray(from, to));
    this.#values.set(values.subarray(from, to));
    this.#size = to - from;
    const marks = stale?.subarray(from, to);
    this.#stale = marks?.includes(1) ? new Uint8Array(room) : undefined;
    if (marks !== undefined) this.#stale?.set(marks);
  }

  #makeRoom(room: number): void {
    const grown = <A extends Float64Array | Uint8Array>(into: A, from: A): A => {
      into.set(from);
      return into;
    };
    this.#times = grown(new Float64Array(room), this.#times);
    this.#values = grown(new Float64Array(room), this.#values);
    if (this.#stale !== undefined) this.#stale = grown(new Uint8Array(room), this.#stale);
  }
}

/** Index of the first of `size` times that is not before `at`. */
function placeOf(times: Float64Array, size: number, at: number): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index behind the last sample that is not after `endMs`. */
function untilOf(block: SampleBlock, endMs: number): number {
  return block.last <= endMs ? block.count : block.indexFrom(endMs + 1);
}

/** Samples of both in one row; of two of one time the one that outranks the other. */
function mergedSamples(one: Samples, other: Samples): Samples {
  const room = one.timestamps.length + other.timestamps.length;
  const timestamps = new Float64Array(room);
  const values = new Float64Array(room);
  const stale = one.stale === undefined && other.stale === undefined ? undefined : new Uint8Array(room);
  let size = 0;
  const put = (from: Samples, index: number) => {
    const at = from.timestamps[index]!;
    const value = from.values[index]!;
    const marker = from.stale?.[index] === 1;
    if (size > 0 && timestamps[size - 1] === at) {
      if (!outranks(value, marker, values[size - 1]!, stale?.[size - 1] === 1)) return;
      size -= 1;
    }
    timestamps[size] = at;
    values[size] = value;
    if (stale !== undefined) stale[size] = marker ? 1 : 0;
    size += 1;
  };
  let here = 0;
  let there = 0;
  while (here < one.timestamps.length || there < other.timestamps.length) {
    const mine =
      here < one.timestamps.length &&
      (there >= other.timestamps.length || one.timestamps[here]! <= other.timestamps[there]!);
    if (mine) put(one, here++);
    else put(other, there++);
  }
  return {
    timestamps: timestamps.subarray(0, size),
    values: values.subarray(0, size),
    stale: stale?.subarray(0, size),
  };
}
