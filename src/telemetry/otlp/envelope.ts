import type { Maps } from '../block/column.ts';
import { attribute } from './attribute.ts';
import type { Cursor } from './cursor.ts';
import type { KeyValue } from './message.ts';
import { planOf } from './plan.ts';
import { decodeProtobuf } from './protobuf.ts';
import { writeAttribute } from './value.ts';

/** Where parts of one kind lie in a message: begin and end of each in turn. */
export class Ranges {
  places = new Int32Array(32);
  length = 0;

  push(from: number, to: number): void {
    if (this.length === this.places.length) {
      const larger = new Int32Array(this.places.length * 2);
      larger.set(this.places);
      this.places = larger;
    }
    this.places[this.length] = from;
    this.places[this.length + 1] = to;
    this.length += 2;
  }

  /** Takes the length-delimited value at the cursor, and goes past it. */
  take(cursor: Cursor, end: number): void {
    const to = cursor.block(end);
    this.push(cursor.at, to);
    cursor.at = to;
  }
}

/** A part that is there at most once: the last one counts, as protobuf says. */
export class Range {
  from = 0;
  to = 0;

  take(cursor: Cursor, end: number): void {
    this.to = cursor.block(end);
    this.from = cursor.at;
    cursor.at = this.to;
  }

  clear(): void {
    this.from = 0;
    this.to = 0;
  }
}

export interface ResourcePart {
  /** The whole message, which tells resources apart. */
  whole: Range;
  attributes: Ranges;
  schemaUrl: Range;
}

export interface ScopePart {
  name: Range;
  version: Range;
  attributes: Ranges;
  schemaUrl: Range;
}

/** Told of what a request holds, in the order of its resources and scopes. */
export interface RecordReader {
  resource(resource: ResourcePart): void;
  scope(scope: ScopePart): void;
  /** A span, log record or metric: it lies at the cursor and ends there. */
  record(end: number): void;
}

/**
 * Walks through an OTLP request of any signal, whose three outer layers are alike. What is told of a resource or a scope
 * is known before its records, wherever in the message it is. Throws MalformedProtobuf.
 */
export function eachRecord(cursor: Cursor, reader: RecordReader): void {
  const end = cursor.bytes.length;
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) resourceRecords(cursor, cursor.block(end), reader);
    else if (tag >>> 3 === 1) throw cursor.mismatch(tag);
    else cursor.skip(tag & 7, end);
  }
}

function resourceRecords(cursor: Cursor, end: number, reader: RecordReader): void {
  const whole = new Range();
  const schemaUrl = new Range();
  const scopes = new Ranges();
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) whole.take(cursor, end);
    else if (tag === 0x12) scopes.take(cursor, end);
    else if (tag === 0x1a) schemaUrl.take(cursor, end);
    else if (tag >>> 3 <= 3) throw cursor.mismatch(tag);
    else cursor.skip(tag & 7, end);
  }
  const attributes = new Ranges();
  cursor.at = whole.from;
  while (cursor.at < whole.to) {
    const tag = cursor.tag(whole.to);
    if (tag === 0x0a) attributes.take(cursor, whole.to);
    else if (tag >>> 3 === 1) throw cursor.mismatch(tag);
    else cursor.skip(tag & 7, whole.to);
  }
  reader.resource({ whole, attributes, schemaUrl });
  for (let index = 0; index < scopes.length; index += 2) {
    cursor.at = scopes.places[index]!;
    scopeRecords(cursor, scopes.places[index + 1]!, reader);
  }
  cursor.at = end;
}

function scopeRecords(cursor: Cursor, end: number, reader: RecordReader): void {
  const start = cursor.at;
  const whole = new Range();
  const schemaUrl = new Range();
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    if (tag === 0x0a) whole.take(cursor, end);
    else if (tag === 0x1a) schemaUrl.take(cursor, end);
    else if (tag === 0x12) cursor.at = cursor.block(end);
    else if (tag >>> 3 <= 3) throw cursor.mismatch(tag);
    else cursor.skip(tag & 7, end);
  }
  const part: ScopePart = { name: new Range(), version: new Range(), attributes: new Ranges(), schemaUrl };
  cursor.at = whole.from;
  while (cursor.at < whole.to) {
    const tag = cursor.tag(whole.to);
    if (tag === 0x0a) part.name.take(cursor, whole.to);
    else if (tag === 0x12) part.version.take(cursor, whole.to);
    else if (tag === 0x1a) part.attributes.take(cursor, whole.to);
    else if (tag >>> 3 <= 3) throw cursor.mismatch(tag);
    else cursor.skip(tag & 7, whole.to);
  }
  reader.scope(part);
  cursor.at = start;
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    if (tag === 0x12) {
      const until = cursor.block(end);
      reader.record(until);
      cursor.at = until;
    } else cursor.skip(tag & 7, end);
  }
}

/** Attributes as a row of a map. */
export function writeAttributes(cursor: Cursor, { places, length }: Ranges, maps: Maps): void {
  for (let index = 0; index < length; index += 2) {
    cursor.at = places[index]!;
    writeAttribute(cursor, places[index + 1]!, maps);
  }
  maps.endRow();
}

const keyValue = planOf('KeyValue');

/** Attributes as objects, for the few of a resource or a new series. */
export function attributesAt(cursor: Cursor, { places, length }: Ranges): KeyValue[] {
  const attributes: KeyValue[] = [];
  for (let index = 0; index < length; index += 2)
    attributes.push(
      decodeProtobuf(
        keyValue,
        cursor.bytes.subarray(places[index], places[index + 1]),
      ) as unknown as KeyValue,
    );
  return attributes;
}

/** Who sent it, as resource attributes tell. */
export interface ServiceIdentity {
  name: string;
  version: string;
  environment: string;
}

export function identityOf(attributes: readonly KeyValue[]): ServiceIdentity {
  return {
    name: attribute(attributes, 'service.name') ?? '',
    version: attribute(attributes, 'service.version') ?? '',
    environment:
      attribute(attributes, 'deployment.environment.name') ??
      attribute(attributes, 'deployment.environment') ??
      '',
  };
}

/** Whether so many bytes are there and not all of them zero, which OTLP calls an invalid id. */
export function isId(bytes: Uint8Array, { from, to }: Range, length: number): boolean {
  if (to - from !== length) return false;
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return true;
  return false;
}
