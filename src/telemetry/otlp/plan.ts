import protobuf from 'protobufjs';
import { otlpSchema } from './schema.ts';

/** How a field is read, from both encodings. */
export type FieldKind =
  | 'string'
  | 'bool'
  | 'double'
  | 'int32'
  | 'sint32'
  | 'uint32'
  | 'fixed32'
  | 'int64'
  | 'uint64'
  | 'fixed64'
  | 'sfixed64'
  | 'id'
  | 'bytes'
  | 'message';

export interface FieldPlan {
  readonly name: string;
  /** The name in the schema, which proto3 JSON takes as well. */
  readonly protoName: string;
  readonly kind: FieldKind;
  readonly repeated: boolean;
  readonly message: MessagePlan | undefined;
}

/** What is needed to read a message: its fields by number and by JSON name, and how it looks when all are absent. */
export interface MessagePlan {
  readonly byNumber: readonly (FieldPlan | undefined)[];
  readonly byName: ReadonlyMap<string, FieldPlan>;
  create(): Record<string, unknown>;
}

/** Ids are hex in OTLP's JSON, unlike other bytes, which are base64. */
const ids = new Set(['traceId', 'spanId', 'parentSpanId']);
const none: readonly never[] = Object.freeze([]);

const root = protobuf.parse(otlpSchema, { keepCase: false }).root;
root.resolveAll();
const plans = new Map<string, MessagePlan>();

export type MessageName =
  | 'ExportTrace'
  | 'ExportLogs'
  | 'ExportMetrics'
  | 'AnyValue'
  | 'KeyValue'
  | 'ExponentialHistogramDataPoint'
  | 'Exemplar';

/** The plan of a message of the schema, made once. */
export function planOf(name: MessageName): MessagePlan {
  return compile(root.lookupType(name));
}

function compile(type: protobuf.Type): MessagePlan {
  const known = plans.get(type.fullName);
  if (known !== undefined) return known;
  const byNumber: (FieldPlan | undefined)[] = [];
  const byName = new Map<string, FieldPlan>();
  const empty: Record<string, unknown> = {};
  const plan: MessagePlan = { byNumber, byName, create: () => ({ ...empty }) };
  plans.set(type.fullName, plan);
  for (const field of type.fieldsArray) {
    const message = field.resolvedType instanceof protobuf.Type ? compile(field.resolvedType) : undefined;
    const kind = message ? 'message' : ids.has(field.name) ? 'id' : (field.type as FieldKind);
    const protoName = field.name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
    const read: FieldPlan = { name: field.name, protoName, kind, repeated: field.repeated, message };
    byNumber[field.id] = read;
    byName.set(field.name, read);
    if (protoName !== field.name) byName.set(protoName, read);
    // Fields with presence (messages, members of a oneof, `optional`) stay away when absent.
    if (field.repeated) empty[field.name] = none;
    else if (message === undefined && field.partOf === null) empty[field.name] = zero(kind);
  }
  return plan;
}

function zero(kind: FieldKind): unknown {
  switch (kind) {
    case 'string':
    case 'id':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'int64':
    case 'uint64':
    case 'fixed64':
    case 'sfixed64':
      return 0n;
    default:
      return 0;
  }
}

/** Appends to a repeated field; absent ones share one empty list. */
export function append(message: Record<string, unknown>, name: string, value: unknown): void {
  const list = message[name] as unknown[];
  if (list === (none as readonly unknown[])) message[name] = [value];
  else list.push(value);
}

/** Values nest at most this deep: an attribute of lists of lists cannot exhaust the stack. */
export const deepest = 64;
