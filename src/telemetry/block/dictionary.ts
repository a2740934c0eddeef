import { Bytes } from './bytes.ts';

/** A chain of more, as of texts chosen for it, is not followed: an entry is then kept twice, which costs room and nothing else. */
const longestChain = 32;

/** Texts by number, each kept once: the dictionary of ClickHouse's LowCardinality(String). */
export class Dictionary {
  /** The texts one after another, each with its length before it. */
  readonly bytes = new Bytes();
  size = 0;
  #starts = new Uint32Array(64);
  #ends = new Uint32Array(64);
  #hashes = new Int32Array(64);
  /** A text's number plus one, at the place that its hash gives or after it. */
  #slots = new Int32Array(256);
  readonly #texts: (string | undefined)[] = [];

  /** The number of a text given as UTF-8; new texts get the next one. */
  indexOf(source: Buffer, from: number, to: number): number {
    let hash = to - from;
    for (let place = from; place < to; place++) hash = Math.imul(hash ^ source[place]!, 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let tried = 0; tried < longestChain; tried++) {
      const index = this.#slots[slot]! - 1;
      if (index < 0) return this.#add(source, from, to, hash, slot);
      if (this.#hashes[index] === hash && this.#equals(index, source, from, to)) return index;
      slot = (slot + 1) & mask;
    }
    return this.#add(source, from, to, hash, -1);
  }

  indexOfText(text: string): number {
    const bytes = Buffer.from(text);
    return this.indexOf(bytes, 0, bytes.length);
  }

  textAt(index: number): string {
    const known = this.#texts[index];
    if (known !== undefined) return known;
    const text = this.bytes.buffer.toString('utf8', this.#starts[index]!, this.#ends[index]!);
    this.#texts[index] = text;
    return text;
  }

  #equals(index: number, source: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[index]!;
    if (this.#ends[index]! - start !== to - from) return false;
    const { buffer } = this.bytes;
    for (let place = 0; place < to - from; place++)
      if (buffer[start + place] !== source[from + place]) return false;
    return true;
  }

  #add(source: Buffer, from: number, to: number, hash: number, slot: number): number {
    const index = this.size++;
    if (index === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#ends = grown(this.#ends);
      const hashes = new Int32Array(this.#hashes.length * 2);
      hashes.set(this.#hashes);
      this.#hashes = hashes;
    }
    const before = this.bytes.length;
    this.bytes.utf8(source, from, to);
    this.#ends[index] = this.bytes.length;
    this.#starts[index] = before + widthOf(this.bytes.buffer, before);
    this.#hashes[index] = hash;
    if (slot >= 0) this.#slots[slot] = index + 1;
    if (this.size * 2 > this.#slots.length) this.#spread();
    return index;
  }

  #spread(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = this.#hashes[index]! & mask;
      let tried = 0;
      while (slots[slot] !== 0 && tried++ < longestChain) slot = (slot + 1) & mask;
      if (slots[slot] === 0) slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

/** How many bytes the varint there has. */
function widthOf(bytes: Uint8Array, at: number): number {
  let width = 1;
  while (bytes[at + width - 1]! > 0x7f) width += 1;
  return width;
}

export function grown(values: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(values.length * 2);
  larger.set(values);
  return larger;
}
