import type { Bytes } from '../block/bytes.ts';
import type { Maps } from '../block/column.ts';
import { valueText } from './attribute.ts';
import type { Cursor } from './cursor.ts';
import type { AnyValue } from './message.ts';
import { planOf } from './plan.ts';
import { decodeProtobuf } from './protobuf.ts';

const anyValue = planOf('AnyValue');

/** Writes an attribute that lies before `end` into a map: its key and its value as text. */
export function writeAttribute(cursor: Cursor, end: number, maps: Maps): void {
  let keyFrom = 0;
  let keyTo = 0;
  let valueFrom = 0;
  let valueTo = 0;
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) {
      keyTo = cursor.block(end);
      keyFrom = cursor.at;
      cursor.at = keyTo;
    } else if (tag === 0x12) {
      valueTo = cursor.block(end);
      valueFrom = cursor.at;
      cursor.at = valueTo;
    } else if (tag >>> 3 <= 2) throw cursor.mismatch(tag);
    else cursor.skip(tag & 7, end);
  }
  maps.keys.push(maps.keys.dictionary.indexOf(cursor.bytes, keyFrom, keyTo));
  cursor.at = valueFrom;
  writeValue(cursor, valueTo, maps.values.bytes);
  cursor.at = end;
}

/**
 * Writes the AnyValue that lies before `end` as text: text as it is, numbers in decimal digits, bytes in base64, lists
 * and maps as JSON; see `valueText`.
 */
export function writeValue(cursor: Cursor, end: number, out: Bytes): void {
  const start = cursor.at;
  let kind = 0;
  let from = 0;
  let to = 0;
  let number = 0;
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    switch (tag) {
      case 0x0a:
      case 0x2a:
      case 0x32:
      case 0x3a:
        to = cursor.block(end);
        from = cursor.at;
        cursor.at = to;
        break;
      case 0x10:
      case 0x18:
        cursor.varint64(end);
        break;
      case 0x21:
        number = cursor.double(end);
        break;
      default:
        if (tag >>> 3 <= 7) throw cursor.mismatch(tag);
        cursor.skip(tag & 7, end);
        continue;
    }
    kind = tag >>> 3;
  }
  switch (kind) {
    case 0:
      out.varint(0);
      return;
    case 1:
      out.utf8(cursor.bytes, from, to);
      return;
    case 2:
      out.text(cursor.low !== 0 || cursor.high !== 0 ? 'true' : 'false');
      return;
    case 3:
      writeInteger(cursor.low, cursor.high, out);
      return;
    case 4:
      out.text(String(number));
      return;
    case 7:
      out.text(cursor.bytes.toString('base64', from, to));
      return;
    default:
      out.text(valueText(decodeProtobuf(anyValue, cursor.bytes.subarray(start, end)) as unknown as AnyValue));
  }
}

/** A signed 64-bit integer in decimal digits. */
function writeInteger(low: number, high: number, out: Bytes): void {
  if (high !== 0) {
    out.text(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)).toString());
    return;
  }
  let digits = 1;
  for (let limit = 10; low >= limit; limit *= 10) digits += 1;
  const buffer = out.reserve(digits + 1);
  buffer[out.length] = digits;
  let rest = low;
  for (let at = out.length + digits; at > out.length; at--) {
    const tenth = Math.floor(rest / 10);
    buffer[at] = 48 + rest - tenth * 10;
    rest = tenth;
  }
  out.length += digits + 1;
}
