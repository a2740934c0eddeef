import { Bytes } from './bytes.ts';
import { Dictionary, grown } from './dictionary.ts';

/** Where a column was at some time: as many numbers as the column needs. */
export type Mark = readonly number[];

/**
 * A column of a block, as ClickHouse's Native format has it. Values are appended; what was appended since a mark can be
 * taken back, and what lies between two marks can be written by itself.
 * https://clickhouse.com/docs/interfaces/formats/Native
 */
export interface Column {
  /** ClickHouse's name of the type. */
  readonly type: string;
  mark(): Mark;
  /** Bytes up to a mark. */
  size(mark: Mark): number;
  truncate(mark: Mark): void;
  /** What comes before the values of any part: the versions of its dictionaries. */
  prefix(out: Bytes): void;
  write(out: Bytes, from: Mark, to: Mark): void;
}

/** 64-bit values as two halves of 32 bits: UInt64, Int64, DateTime64. */
export class Words implements Column {
  readonly type: string;
  /** Low and high half of each value in turn. */
  halves = new Uint32Array(512);
  rows = 0;

  constructor(type = 'UInt64') {
    this.type = type;
  }

  push(low: number, high: number): void {
    const at = this.rows * 2;
    if (at === this.halves.length) this.halves = grown(this.halves);
    this.halves[at] = low;
    this.halves[at + 1] = high;
    this.rows += 1;
  }

  mark(): Mark {
    return [this.rows];
  }

  size([rows]: Mark): number {
    return rows! * 8;
  }

  truncate([rows]: Mark): void {
    this.rows = rows!;
  }

  prefix(): void {}

  write(out: Bytes, [from]: Mark, [to]: Mark): void {
    out.put(bytesOf(this.halves, from! * 2, to! * 2));
  }
}

/** Float64. */
export class Floats implements Column {
  readonly type = 'Float64';
  #values = new Float64Array(512);
  #rows = 0;

  push(value: number): void {
    if (this.#rows === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#rows++] = value;
  }

  mark(): Mark {
    return [this.#rows];
  }

  size([rows]: Mark): number {
    return rows! * 8;
  }

  truncate([rows]: Mark): void {
    this.#rows = rows!;
  }

  prefix(): void {}

  write(out: Bytes, [from]: Mark, [to]: Mark): void {
    out.put(new Uint8Array(this.#values.buffer, from! * 8, (to! - from!) * 8));
  }
}

/** UInt8. */
export class Octets implements Column {
  readonly type = 'UInt8';
  readonly #bytes = new Bytes(256);

  push(value: number): void {
    this.#bytes.reserve(1)[this.#bytes.length++] = value;
  }

  mark(): Mark {
    return [this.#bytes.length];
  }

  size([rows]: Mark): number {
    return rows!;
  }

  truncate([rows]: Mark): void {
    this.#bytes.length = rows!;
  }

  prefix(): void {}

  write(out: Bytes, [from]: Mark, [to]: Mark): void {
    out.put(this.#bytes.buffer, from, to);
  }
}

/** String: what is appended to `bytes` is one text with its length before it. */
export class Texts implements Column {
  readonly type = 'String';
  readonly bytes = new Bytes(8192);

  mark(): Mark {
    return [this.bytes.length];
  }

  size([length]: Mark): number {
    return length!;
  }

  truncate([length]: Mark): void {
    this.bytes.length = length!;
  }

  prefix(): void {}

  write(out: Bytes, [from]: Mark, [to]: Mark): void {
    out.put(this.bytes.buffer, from, to);
  }
}

/** Native's version of a dictionary (SharedDictionariesWithAdditionalKeys) and its flags (HasAdditionalKeys, NeedUpdateDictionary). */
const dictionaryVersion = 1;
const dictionaryFlags = 0x600;

/** LowCardinality(String). */
export class Names implements Column {
  readonly type = 'LowCardinality(String)';
  readonly dictionary = new Dictionary();
  indices = new Uint32Array(256);
  rows = 0;

  push(index: number): void {
    if (this.rows === this.indices.length) this.indices = grown(this.indices);
    this.indices[this.rows++] = index;
  }

  /** What was appended between two rows once more, at the end. */
  repeat(from: number, to: number): void {
    while (this.rows + to - from > this.indices.length) this.indices = grown(this.indices);
    for (let row = from; row < to; row++) this.indices[this.rows++] = this.indices[row]!;
  }

  mark(): Mark {
    return [this.rows];
  }

  size([rows]: Mark): number {
    return rows! * 4;
  }

  truncate([rows]: Mark): void {
    this.rows = rows!;
  }

  prefix(out: Bytes): void {
    out.uint64(dictionaryVersion);
  }

  write(out: Bytes, [from]: Mark, [to]: Mark): void {
    // Of no rows a dictionary writes nothing at all.
    if (from === to) return;
    const { size, bytes } = this.dictionary;
    const width = size <= 0x100 ? 0 : size <= 0x10000 ? 1 : 2;
    out.uint64(dictionaryFlags | width);
    out.uint64(size);
    out.put(bytes.buffer, 0, bytes.length);
    out.uint64(to! - from!);
    const indices = this.indices.subarray(from, to);
    const packed = width === 0 ? new Uint8Array(indices) : width === 1 ? new Uint16Array(indices) : indices;
    out.put(new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength));
  }
}

/** Array(…): append to `inner`, then say how many values the row has. */
export class Lists<Inner extends Column> implements Column {
  readonly type: string;
  readonly inner: Inner;
  readonly #ends = new Words();
  #total = 0;

  constructor(inner: Inner) {
    this.inner = inner;
    this.type = `Array(${inner.type})`;
  }

  endRow(count: number): void {
    this.#total += count;
    this.#ends.push(this.#total, 0);
  }

  mark(): Mark {
    return [this.#ends.rows, this.#total, ...this.inner.mark()];
  }

  size([rows, , ...rest]: Mark): number {
    return rows! * 8 + this.inner.size(rest);
  }

  truncate([rows, total, ...rest]: Mark): void {
    this.#ends.truncate([rows!]);
    this.#total = total!;
    this.inner.truncate(rest);
  }

  prefix(out: Bytes): void {
    this.inner.prefix(out);
  }

  write(out: Bytes, [from, base, ...innerFrom]: Mark, [to, , ...innerTo]: Mark): void {
    writeEnds(out, this.#ends, from!, to!, base!);
    this.inner.write(out, innerFrom, innerTo);
  }
}

/** Map(LowCardinality(String), String): append to `keys` and `values`, then say that the row ends. */
export class Maps implements Column {
  readonly type = 'Map(LowCardinality(String), String)';
  readonly keys = new Names();
  readonly values = new Texts();
  readonly #ends = new Words();

  endRow(): void {
    this.#ends.push(this.keys.rows, 0);
  }

  mark(): Mark {
    return [this.#ends.rows, this.keys.rows, this.values.bytes.length];
  }

  size([rows, keys, bytes]: Mark): number {
    return rows! * 8 + keys! * 4 + bytes!;
  }

  truncate([rows, keys, bytes]: Mark): void {
    this.#ends.truncate([rows!]);
    this.keys.truncate([keys!]);
    this.values.truncate([bytes!]);
  }

  /** The value of a key among what was appended since a mark; undefined when it is not there. */
  valueSince([, keys, bytes]: Mark, key: string, mostBytes: number): string | undefined {
    let at = bytes!;
    for (let row = keys!; row < this.keys.rows; row++) {
      if (this.keys.dictionary.textAt(this.keys.indices[row]!) === key)
        return textAt(this.values.bytes, at, mostBytes);
      at = extentAt(this.values.bytes, at).to;
    }
    return undefined;
  }

  /** The row that lies between two marks once more. */
  repeat(from: Mark, to: Mark): void {
    this.keys.repeat(from[1]!, to[1]!);
    this.values.bytes.repeat(from[2]!, to[2]!);
    this.endRow();
  }

  prefix(out: Bytes): void {
    this.keys.prefix(out);
  }

  write(out: Bytes, from: Mark, to: Mark): void {
    writeEnds(out, this.#ends, from[0]!, to[0]!, from[1]!);
    this.keys.write(out, [from[1]!], [to[1]!]);
    this.values.write(out, [from[2]!], [to[2]!]);
  }
}

/** A text that was appended with its length before it, at most so many bytes of it. */
export function textAt(bytes: Bytes, at: number, most: number): string {
  const { from, to } = extentAt(bytes, at);
  return bytes.buffer.toString('utf8', from, Math.min(to, from + most));
}

function extentAt({ buffer }: Bytes, at: number): { from: number; to: number } {
  let length = 0;
  let from = at;
  for (let shift = 0; ; shift += 7) {
    const byte = buffer[from++]!;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { from, to: from + length };
  }
}

function writeEnds(out: Bytes, ends: Words, from: number, to: number, base: number): void {
  if (base === 0) ends.write(out, [from], [to]);
  else for (let row = from; row < to; row++) out.uint64(ends.halves[row * 2]! - base);
}

function bytesOf(halves: Uint32Array, from: number, to: number): Uint8Array {
  return new Uint8Array(halves.buffer, halves.byteOffset + from * 4, (to - from) * 4);
}
