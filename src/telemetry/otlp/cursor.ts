import { deepest } from './plan.ts';
import { MalformedProtobuf } from './protobuf.ts';

/**
 * A place in a message's bytes. Reads protobuf's wire format where it lies, without objects in between; values of 64
 * bits come in two halves. Throws MalformedProtobuf. https://protobuf.dev/programming-guides/encoding/
 */
export class Cursor {
  readonly bytes: Buffer;
  readonly view: DataView;
  at = 0;
  /** The halves of the 64-bit value that was read last. */
  low = 0;
  high = 0;

  constructor(body: Uint8Array) {
    this.bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  }

  /** A field's number times eight and its wire type. */
  tag(end: number): number {
    const tag = this.varint(end);
    if (tag < 8) throw this.malformed('field number 0');
    return tag;
  }

  /** The low 32 bits of a varint of up to ten bytes. */
  varint(end: number): number {
    if (this.at < end) {
      const byte = this.bytes[this.at]!;
      if (byte < 0x80) {
        this.at += 1;
        return byte;
      }
    }
    let value = 0;
    for (let index = 0; index < 10; index++) {
      if (this.at >= end) throw this.malformed('the message ends in a number');
      const byte = this.bytes[this.at++]!;
      if (index < 5) value |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) return value >>> 0;
    }
    throw this.malformed('a number is longer than ten bytes');
  }

  /** A varint of 64 bits into `low` and `high`. */
  varint64(end: number): void {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      if (this.at >= end) throw this.malformed('the message ends in a number');
      const byte = this.bytes[this.at++]!;
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (7 * index - 32);
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw this.malformed('a number is longer than ten bytes');
  }

  /** Eight bytes into `low` and `high`. */
  fixed64(end: number): void {
    const at = this.fixed(8, end);
    this.low = this.view.getUint32(at, true);
    this.high = this.view.getUint32(at + 4, true);
  }

  double(end: number): number {
    return this.view.getFloat64(this.fixed(8, end), true);
  }

  /** Where a value of this width begins; the cursor goes past it. */
  fixed(width: number, end: number): number {
    const { at } = this;
    if (at + width > end) throw this.malformed('the message ends in a value');
    this.at = at + width;
    return at;
  }

  /** The end of a length-delimited value; the cursor is at its beginning. */
  block(end: number): number {
    const length = this.varint(end);
    const until = this.at + length;
    if (until > end) throw this.malformed(`a value of ${length} bytes goes past the end`);
    return until;
  }

  skip(type: number, end: number, depth = 0): void {
    switch (type) {
      case 0:
        this.varint(end);
        return;
      case 1:
        this.fixed(8, end);
        return;
      case 2:
        this.at = this.block(end);
        return;
      case 3:
        // A group of proto2, that no OTLP message has: skipped up to its end.
        if (depth > deepest) throw this.malformed('groups nest too deep');
        for (;;) {
          const inner = this.tag(end) & 7;
          if (inner === 4) return;
          this.skip(inner, end, depth + 1);
        }
      case 5:
        this.fixed(4, end);
        return;
      default:
        throw this.malformed(`wire type ${type}`);
    }
  }

  /** Skips a field that is known by its number and came with a type that it cannot have. */
  mismatch(tag: number): MalformedProtobuf {
    return this.malformed(`field ${tag >>> 3} has wire type ${tag & 7}`);
  }

  malformed(what: string): MalformedProtobuf {
    return new MalformedProtobuf(`byte ${this.at}: ${what}`);
  }
}

/** An unsigned 64-bit integer as a number; beyond 2^53 it is rounded. */
export function numberOf(low: number, high: number): number {
  return high * 2 ** 32 + low;
}

/** Nanoseconds as whole milliseconds, exactly. */
export function millisOf(low: number, high: number): number {
  // 2^32 = 4294 · 10^6 + 967296
  const rest = high * 967_296 + low;
  const quotient = Math.floor(rest / 1e6);
  return high * 4294 + (rest - quotient * 1e6 < 0 ? quotient - 1 : quotient);
}
