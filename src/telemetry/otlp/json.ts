import { append, deepest, type FieldPlan, type MessagePlan } from './plan.ts';

/** JSON that is not an OTLP message; the message names the field. */
export class MalformedJson extends Error {}

/**
 * Reads a message from OTLP's JSON: proto3 JSON with ids in hex and enums as numbers. 64-bit integers may be text or
 * numbers. Unknown fields are skipped, null counts as absent. Throws MalformedJson.
 */
export function decodeJson(plan: MessagePlan, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MalformedJson(error instanceof Error ? error.message : String(error));
  }
  return message(plan, value, '$', 0);
}

function message(plan: MessagePlan, value: unknown, path: string, depth: number): Record<string, unknown> {
  if (depth > deepest) throw new MalformedJson(`${path}: nests too deep`);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(path, 'an object', value);
  const out = plan.create();
  for (const [name, part] of Object.entries(value)) {
    const field = plan.byName.get(name);
    if (field === undefined || part === null) continue;
    const at = `${path}.${name}`;
    if (!field.repeated) out[field.name] = read(field, part, at, depth);
    else if (Array.isArray(part)) {
      for (const [index, item] of part.entries())
        append(out, field.name, read(field, item, `${at}[${index}]`, depth));
    } else throw wrong(at, 'a list', part);
  }
  return out;
}

function read(field: FieldPlan, value: unknown, path: string, depth: number): unknown {
  switch (field.kind) {
    case 'message':
      return message(field.message!, value, path, depth + 1);
    case 'string':
      if (typeof value !== 'string') throw wrong(path, 'text', value);
      // Half a surrogate pair is no text that a store could hold.
      return value.toWellFormed();
    case 'bool':
      if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
      return value;
    case 'id':
      if (typeof value !== 'string' || !/^[0-9a-f]*$/i.test(value)) throw wrong(path, 'an id in hex', value);
      return value.toLowerCase();
    case 'bytes':
      if (typeof value !== 'string' || !/^[\w+/=-]*$/.test(value))
        throw wrong(path, 'bytes in base64', value);
      return value;
    case 'double':
      return double(value, path);
    case 'int64':
    case 'uint64':
    case 'fixed64':
    case 'sfixed64':
      return integer(value, path, field.kind === 'uint64' || field.kind === 'fixed64');
    default: {
      const number = typeof value === 'string' && value !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isInteger(number)) throw wrong(path, 'an integer', value);
      return field.kind === 'uint32' || field.kind === 'fixed32' ? number >>> 0 : number | 0;
    }
  }
}

function double(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw wrong(path, 'a number', value);
  return number;
}

/** Numbers past 2^53 lose their last digits in JSON.parse: senders that care write text, as proto3 JSON asks. */
function integer(value: unknown, path: string, unsigned: boolean): bigint {
  let number: bigint | undefined;
  if (typeof value === 'number' && Number.isInteger(value)) number = BigInt(value);
  else if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) number = BigInt(value);
  const fits = unsigned
    ? number !== undefined && number >= 0n && number < 1n << 64n
    : number !== undefined && number >= -(1n << 63n) && number < 1n << 63n;
  if (!fits || number === undefined)
    throw wrong(path, `${unsigned ? 'an unsigned' : 'a'} 64-bit integer`, value);
  return number;
}

function wrong(path: string, expected: string, value: unknown): MalformedJson {
  const shown = (JSON.stringify(value) ?? 'nothing').slice(0, 60);
  return new MalformedJson(`${path}: expected ${expected}, not ${shown}`);
}
