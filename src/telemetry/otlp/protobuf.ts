import { append, deepest, type FieldKind, type FieldPlan, type MessagePlan } from './plan.ts';

/** Malformed protobuf; the message says where. */
export class MalformedProtobuf extends Error {}

/** Reads a message from its wire format. Throws MalformedProtobuf. */
export function decodeProtobuf(plan: MessagePlan, body: Uint8Array): Record<string, unknown> {
  const reader = new Reader(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  return reader.message(plan, body.byteLength, 0);
}

/** Wire types: https://protobuf.dev/programming-guides/encoding/#structure */
const wire: Readonly<Record<FieldKind, 0 | 1 | 2 | 5>> = {
  string: 2,
  bool: 0,
  double: 1,
  int32: 0,
  sint32: 0,
  uint32: 0,
  fixed32: 5,
  int64: 0,
  uint64: 0,
  fixed64: 1,
  sfixed64: 1,
  id: 2,
  bytes: 2,
  message: 2,
};

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  message(plan: MessagePlan, end: number, depth: number): Record<string, unknown> {
    if (depth > deepest) throw this.#malformed('messages nest too deep');
    const message = plan.create();
    while (this.#at < end) {
      const tag = this.#varint32(end);
      const type = tag & 7;
      const number = tag >>> 3;
      if (number === 0) throw this.#malformed('field number 0');
      const field = plan.byNumber[number];
      if (field === undefined) this.#skip(type, end, 0);
      else if (type === wire[field.kind]) this.#put(message, field, end, depth);
      else if (type === 2 && field.repeated) this.#packed(message, field, end, depth);
      else throw this.#malformed(`field ${field.protoName} has wire type ${type}`);
    }
    return message;
  }

  #put(message: Record<string, unknown>, field: FieldPlan, end: number, depth: number): void {
    const value = this.#value(field, end, depth);
    if (field.repeated) append(message, field.name, value);
    else message[field.name] = value;
  }

  #packed(message: Record<string, unknown>, field: FieldPlan, end: number, depth: number): void {
    const until = this.#block(end);
    while (this.#at < until) append(message, field.name, this.#value(field, until, depth));
  }

  #value(field: FieldPlan, end: number, depth: number): unknown {
    switch (field.kind) {
      case 'string': {
        const until = this.#block(end);
        const value = this.#bytes.toString('utf8', this.#at, until);
        this.#at = until;
        return value;
      }
      case 'message': {
        const until = this.#block(end);
        return this.message(field.message!, until, depth + 1);
      }
      case 'id': {
        const until = this.#block(end);
        const value = this.#bytes.toString('hex', this.#at, until);
        this.#at = until;
        return value;
      }
      case 'bytes': {
        const until = this.#block(end);
        const value = this.#bytes.toString('base64', this.#at, until);
        this.#at = until;
        return value;
      }
      case 'double': {
        const at = this.#fixed(8, end);
        return this.#bytes.readDoubleLE(at);
      }
      case 'fixed64':
        return this.#bytes.readBigUInt64LE(this.#fixed(8, end));
      case 'sfixed64':
        return this.#bytes.readBigInt64LE(this.#fixed(8, end));
      case 'fixed32':
        return this.#bytes.readUInt32LE(this.#fixed(4, end));
      case 'uint32':
        return this.#varint32(end);
      case 'int32':
        return this.#varint32(end) | 0;
      case 'sint32': {
        const value = this.#varint32(end);
        return (value >>> 1) ^ -(value & 1);
      }
      case 'bool':
        return this.#varint64(end) !== 0n;
      case 'uint64':
        return this.#varint64(end);
      case 'int64':
        return BigInt.asIntN(64, this.#varint64(end));
    }
  }

  /** The end of a length-delimited value that begins after its length. */
  #block(end: number): number {
    const length = this.#varint32(end);
    const until = this.#at + length;
    if (until > end) throw this.#malformed(`a value of ${length} bytes goes past the end`);
    return until;
  }

  #fixed(width: number, end: number): number {
    const at = this.#at;
    if (at + width > end) throw this.#malformed('the message ends in a value');
    this.#at = at + width;
    return at;
  }

  /** The low 32 bits of a varint of up to ten bytes. */
  #varint32(end: number): number {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      if (this.#at >= end) throw this.#malformed('the message ends in a number');
      const byte = this.#bytes[this.#at++]!;
      if (index < 5) value |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) return value >>> 0;
    }
    throw this.#malformed('a number is longer than ten bytes');
  }

  #varint64(end: number): bigint {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      if (this.#at >= end) throw this.#malformed('the message ends in a number');
      const byte = this.#bytes[this.#at++]!;
      const bits = byte & 0x7f;
      if (index < 4) low += bits * 2 ** (7 * index);
      else if (index === 4) {
        low += (bits & 0x0f) * 2 ** 28;
        high += bits >>> 4;
      } else high += bits * 2 ** (7 * index - 32);
      if (byte < 0x80)
        return high === 0 ? BigInt(low) : BigInt.asUintN(64, (BigInt(high) << 32n) + BigInt(low));
    }
    throw this.#malformed('a number is longer than ten bytes');
  }

  #skip(type: number, end: number, depth: number): void {
    switch (type) {
      case 0:
        this.#varint32(end);
        return;
      case 1:
        this.#fixed(8, end);
        return;
      case 2:
        this.#at = this.#block(end);
        return;
      case 3:
        // A group of proto2, that no OTLP message has: skipped up to its end.
        if (depth > deepest) throw this.#malformed('groups nest too deep');
        for (;;) {
          const inner = this.#varint32(end) & 7;
          if (inner === 4) return;
          this.#skip(inner, end, depth + 1);
        }
      case 5:
        this.#fixed(4, end);
        return;
      default:
        throw this.#malformed(`wire type ${type}`);
    }
  }

  #malformed(what: string): MalformedProtobuf {
    return new MalformedProtobuf(`byte ${this.#at}: ${what}`);
  }
}
