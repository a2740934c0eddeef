/** Bytes that grow: what a column's texts, or a whole block, are written into. */
export class Bytes {
  buffer: Buffer;
  length = 0;

  constructor(capacity = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for so many more bytes. */
  reserve(more: number): Buffer {
    const needed = this.length + more;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, this.length);
      this.buffer = larger;
    }
    return this.buffer;
  }

  varint(value: number): void {
    const buffer = this.reserve(5);
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) buffer[this.length++] = (rest & 0x7f) | 0x80;
    buffer[this.length++] = rest;
  }

  /** An unsigned 64-bit integer below 2^53, little-endian. */
  uint64(value: number): void {
    const buffer = this.reserve(8);
    buffer.writeUInt32LE(value >>> 0, this.length);
    buffer.writeUInt32LE(Math.floor(value / 2 ** 32), this.length + 4);
    this.length += 8;
  }

  put(source: Uint8Array, from = 0, to = source.byteLength): void {
    const size = to - from;
    const buffer = this.reserve(size);
    if (size > 32) buffer.set(source.subarray(from, to), this.length);
    else for (let at = 0; at < size; at++) buffer[this.length + at] = source[from + at]!;
    this.length += size;
  }

  /** What was written between two places once more, at the end. */
  repeat(from: number, to: number): void {
    this.reserve(to - from).copyWithin(this.length, from, to);
    this.length += to - from;
  }

  /** A text with its length before it, as ClickHouse writes a String. */
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.reserve(size).write(value, this.length, size, 'utf8');
    this.length += size;
  }

  /**
   * A text given as UTF-8, with its length before it. What is no UTF-8 is replaced as a decoder would, so that every
   * text that is stored can be read.
   */
  utf8(source: Buffer, from: number, to: number): void {
    const size = to - from;
    if (size > longestLoop) {
      this.text(source.toString('utf8', from, to));
      return;
    }
    const buffer = this.reserve(size + 2);
    const start = this.length;
    let at = start;
    if (size > 0x7f) {
      buffer[at++] = (size & 0x7f) | 0x80;
      buffer[at++] = size >>> 7;
    } else buffer[at++] = size;
    let bits = 0;
    for (let place = from; place < to; place++) {
      const byte = source[place]!;
      bits |= byte;
      buffer[at++] = byte;
    }
    if (bits > 0x7f) this.text(source.toString('utf8', from, to));
    else this.length = at;
  }

  /** Bytes as hex digits in lower case, with the length of the text before them. */
  hex(source: Uint8Array, from: number, to: number): void {
    const size = (to - from) * 2;
    this.varint(size);
    const buffer = this.reserve(size);
    let at = this.length;
    for (let place = from; place < to; place++) {
      const byte = source[place]!;
      buffer[at++] = hexDigits[byte >> 4]!;
      buffer[at++] = hexDigits[byte & 15]!;
    }
    this.length = at;
  }

  taken(from = 0, to = this.length): Buffer {
    return this.buffer.subarray(from, to);
  }
}

/** Up to here a loop over bytes is faster than a call of the runtime. */
const longestLoop = 160;
const hexDigits = Buffer.from('0123456789abcdef');
