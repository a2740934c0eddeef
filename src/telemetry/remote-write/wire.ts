/** Malformed protobuf; the message says where. */
export class MalformedMessage extends Error {}

/** The bits of the NaN by which Prometheus says that a series has ended: 0x7ff0000000000002. */
const staleLow = 0x00000002;
const staleHigh = 0x7ff00000;

/**
 * Reads protobuf's wire format, for messages of samples: numbers come as numbers, and a staleness marker is told
 * before its bits become one NaN among others. https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Calls `field` for each field up to `end`; it reads the value and says so, or the value is skipped. */
  fields(end: number, field: (number: number, type: number) => boolean): void {
    while (this.#at < end) {
      const tag = this.uint32(end);
      if (tag >>> 3 === 0) throw this.#malformed('field number 0');
      if (!field(tag >>> 3, tag & 7)) this.#skip(tag & 7, end);
    }
  }

  get length(): number {
    return this.#bytes.byteLength;
  }

  /** The end of a length-delimited value. */
  block(end: number): number {
    const until = this.uint32(end) + this.#at;
    if (until > end) throw this.#malformed('a value goes past the end');
    return until;
  }

  string(end: number): string {
    const until = this.block(end);
    const text = this.#bytes.toString('utf8', this.#at, until);
    this.#at = until;
    return text;
  }

  /** A message within the message. */
  message(end: number, field: (number: number, type: number, end: number) => boolean): void {
    const until = this.block(end);
    this.fields(until, (number, type) => field(number, type, until));
  }

  /** Values of a repeated number, packed or one. */
  repeated(type: number, end: number, read: (end: number) => void): void {
    if (type !== 2) {
      read(end);
      return;
    }
    const until = this.block(end);
    while (this.#at < until) read(until);
  }

  /** The low 32 bits of a varint. */
  uint32(end: number): number {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.#byte(end);
      if (index < 5) value |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) return value >>> 0;
    }
    throw this.#malformed('a number is longer than ten bytes');
  }

  sint32(end: number): number {
    const value = this.uint32(end);
    return (value >>> 1) ^ -(value & 1);
  }

  /** A 64-bit varint as a number; beyond 2^53 it is rounded. `signed`: two's complement. */
  int64(end: number, signed = true): number {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.#byte(end);
      const bits = byte & 0x7f;
      if (index < 4) low += bits * 2 ** (7 * index);
      else if (index === 4) {
        low += (bits & 0x0f) * 2 ** 28;
        high += bits >>> 4;
      } else high += bits * 2 ** (7 * index - 32);
      if (byte < 0x80) {
        high %= 2 ** 32;
        return signed && high >= 2 ** 31 ? (high - 2 ** 32) * 2 ** 32 + low : high * 2 ** 32 + low;
      }
    }
    throw this.#malformed('a number is longer than ten bytes');
  }

  sint64(end: number): number {
    const value = this.int64(end, false);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A double; `undefined` for the staleness marker. */
  double(end: number): number | undefined {
    const at = this.#at;
    if (at + 8 > end) throw this.#malformed('the message ends in a number');
    this.#at = at + 8;
    if (this.#view.getUint32(at + 4, true) === staleHigh && this.#view.getUint32(at, true) === staleLow)
      return undefined;
    return this.#view.getFloat64(at, true);
  }

  #byte(end: number): number {
    if (this.#at >= end) throw this.#malformed('the message ends in a number');
    return this.#bytes[this.#at++]!;
  }

  #skip(type: number, end: number): void {
    if (type === 0) this.uint32(end);
    else if (type === 1) this.double(end);
    else if (type === 2) this.#at = this.block(end);
    else if (type === 5) {
      if (this.#at + 4 > end) throw this.#malformed('the message ends in a number');
      this.#at += 4;
    } else throw this.#malformed(`wire type ${type}`);
  }

  #malformed(what: string): MalformedMessage {
    return new MalformedMessage(`byte ${this.#at}: ${what}`);
  }
}
