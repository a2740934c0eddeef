import protobuf from 'protobufjs';
import type { FieldPlan, MessagePlan } from './plan.ts';

/** Writes a message, as it was read from JSON, in protobuf: from there on there is one way for both. */
export function encodeProtobuf(plan: MessagePlan, message: object): Uint8Array {
  const writer = protobuf.Writer.create();
  write(plan, message as Readonly<Record<string, unknown>>, writer);
  return writer.finish();
}

function write(plan: MessagePlan, message: Readonly<Record<string, unknown>>, writer: protobuf.Writer): void {
  for (const [number, field] of plan.byNumber.entries()) {
    const value = field === undefined ? undefined : message[field.name];
    if (field === undefined || value === undefined) continue;
    if (field.repeated) for (const one of value as readonly unknown[]) writeField(field, number, one, writer);
    else writeField(field, number, value, writer);
  }
}

function writeField(field: FieldPlan, number: number, value: unknown, writer: protobuf.Writer): void {
  const tag = (type: number) => writer.uint32(number * 8 + type);
  switch (field.kind) {
    case 'message':
      tag(2).fork();
      write(field.message!, value as Readonly<Record<string, unknown>>, writer);
      writer.ldelim();
      return;
    case 'string':
      tag(2).string(value as string);
      return;
    case 'id':
      tag(2).bytes(Buffer.from(value as string, 'hex'));
      return;
    case 'bytes':
      tag(2).bytes(Buffer.from(value as string, 'base64'));
      return;
    case 'double':
      tag(1).double(value as number);
      return;
    case 'fixed32':
      tag(5).fixed32(value as number);
      return;
    case 'fixed64':
    case 'sfixed64':
      writeLong(value as bigint, tag(1));
      return;
    case 'bool':
      tag(0).bool(value as boolean);
      return;
    case 'uint32':
      tag(0).uint32(value as number);
      return;
    case 'int32':
      tag(0).int32(value as number);
      return;
    case 'sint32':
      tag(0).sint32(value as number);
      return;
    case 'int64':
    case 'uint64':
      writeVarint(BigInt.asUintN(64, value as bigint), tag(0));
      return;
  }
}

/** protobufjs writes 64 bits of a number or of its own Long only: two halves are as good. */
function writeLong(value: bigint, writer: protobuf.Writer): void {
  const bits = BigInt.asUintN(64, value);
  writer.fixed32(Number(bits & 0xffffffffn)).fixed32(Number(bits >> 32n));
}

function writeVarint(value: bigint, writer: protobuf.Writer): void {
  let rest = value;
  // Groups of 28 bits with their continuation bits are at most 2^32.
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  writer.raw(Uint8Array.from(bytes));
}
