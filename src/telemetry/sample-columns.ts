import { Fault } from '../kernel/index.ts';
import type { Labels, Series } from './promql/index.ts';
import { outranks } from './same-time.ts';
import type { Samples } from './sample-block.ts';

/** What a statement must select for `samplesOf`, in this order. */
export const sampleColumns = 'toFloat64(id) AS i, toFloat64(toUnixTimestamp64Milli(ts)) AS t, value, kind';
const types = ['Float64', 'Float64', 'Float64', 'UInt8'];

/**
 * Samples as ClickHouse's Native format has them, in any order: blocks of columns. Its layout:
 * https://clickhouse.com/docs/native-protocol/columns (a block without info, as every output but the protocol's own).
 * In a block the samples of a series usually stand together, so that they are cut out rather than looked at.
 */
export function samplesOf(bytes: Uint8Array, labels: ReadonlyMap<number, Labels>): Map<number, Series> {
  const pieces = new Map<number, Samples[]>();
  const reader = new BlockReader(bytes);
  for (let block = reader.next(); block !== undefined; block = reader.next()) {
    const { ids, timestamps, values, kinds } = block;
    const marked = kinds.includes(1);
    for (let from = 0; from < ids.length; ) {
      const id = ids[from]!;
      let to = from + 1;
      while (to < ids.length && ids[to] === id) to += 1;
      const piece: Samples = {
        timestamps: timestamps.subarray(from, to),
        values: values.subarray(from, to),
        stale: marked && kinds.subarray(from, to).includes(1) ? kinds.subarray(from, to) : undefined,
      };
      const known = pieces.get(id);
      if (known === undefined) pieces.set(id, [piece]);
      else known.push(piece);
      from = to;
    }
  }
  const out = new Map<number, Series>();
  for (const [id, parts] of pieces) {
    const { stale, ...samples } = joined(parts);
    out.set(id, { labels: labels.get(id)!, ...samples, ...(stale && { stale }) });
  }
  return out;
}

/** Pieces in one row, ascending; of samples of one time the one that counts. */
function joined(pieces: Samples[]): Samples {
  pieces.sort((a, b) => a.timestamps[0]! - b.timestamps[0]!);
  const count = pieces.reduce((sum, { timestamps }) => sum + timestamps.length, 0);
  const timestamps = new Float64Array(count);
  const values = new Float64Array(count);
  const stale = pieces.some(piece => piece.stale !== undefined) ? new Uint8Array(count) : undefined;
  let at = 0;
  for (const piece of pieces) {
    timestamps.set(piece.timestamps, at);
    values.set(piece.values, at);
    if (piece.stale !== undefined) stale!.set(piece.stale, at);
    at += piece.timestamps.length;
  }
  for (let index = 1; index < count; index++)
    if (!(timestamps[index]! > timestamps[index - 1]!)) return sorted({ timestamps, values, stale });
  return { timestamps, values, stale };
}

function sorted({ timestamps, values, stale }: Samples): Samples {
  const order = Uint32Array.from(timestamps.keys()).sort((a, b) => timestamps[a]! - timestamps[b]!);
  const kept: number[] = [];
  for (const index of order) {
    const before = kept.at(-1);
    if (before !== undefined && timestamps[before] === timestamps[index]) {
      if (!outranks(values[index]!, stale?.[index] === 1, values[before]!, stale?.[before] === 1)) continue;
      kept.pop();
    }
    kept.push(index);
  }
  return {
    timestamps: Float64Array.from(kept, index => timestamps[index]!),
    values: Float64Array.from(kept, index => values[index]!),
    stale: stale && Uint8Array.from(kept, index => stale[index]!),
  };
}

interface Block {
  ids: Float64Array;
  timestamps: Float64Array;
  values: Float64Array;
  kinds: Uint8Array;
}

class BlockReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): Block | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    const columns = this.#number();
    const rows = this.#number();
    if (columns !== types.length) throw broken(`${columns} columns`);
    const read = types.map(type => {
      this.#text();
      const found = this.#text();
      if (found !== type) throw broken(`a column of ${found}`);
      return this.#take(rows * (type === 'UInt8' ? 1 : 8));
    });
    const [ids, timestamps, values, kinds] = read;
    return {
      ids: new Float64Array(ids!.buffer),
      timestamps: new Float64Array(timestamps!.buffer),
      values: new Float64Array(values!.buffer),
      kinds: kinds!,
    };
  }

  /** A copy: numbers of eight bytes have to stand at a multiple of eight. */
  #take(size: number): Uint8Array<ArrayBuffer> {
    if (this.#at + size > this.#bytes.length) throw broken('a column that is cut off');
    const out = Uint8Array.prototype.slice.call(this.#bytes, this.#at, this.#at + size);
    this.#at += size;
    return out as Uint8Array<ArrayBuffer>;
  }

  /** Seven bits a byte, the lowest first. */
  #number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw broken('a length that is cut off');
  }

  #text(): string {
    const length = this.#number();
    this.#at += length;
    return String.fromCharCode(...this.#bytes.subarray(this.#at - length, this.#at));
  }
}

function broken(what: string): Fault {
  return new Fault('internal', `The telemetry store answered with ${what}.`);
}
