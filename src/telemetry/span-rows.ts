import type { Mark } from './block/column.ts';
import { Cursor, millisOf, numberOf } from './otlp/cursor.ts';
import {
  attributesAt,
  eachRecord,
  identityOf,
  isId,
  Range,
  Ranges,
  type RecordReader,
  type ResourcePart,
  type ScopePart,
  type ServiceIdentity,
  writeAttributes,
} from './otlp/envelope.ts';
import { Rejections } from './sample-rows.ts';
import type { SpanBlock } from './span-block.ts';
import { writeEvents, writeLinks } from './span-parts.ts';
import { type TimeBounds, timeProblem, timeSentence } from './time-bounds.ts';

/** What else wants to see the spans of a service, as the metrics made of spans; kinds and status codes are OTLP's. */
export type SpanObserver = (service: ServiceIdentity) => SpanSeen;
export type SpanSeen = (name: string, kind: number, status: number, seconds: number) => void;

export interface TakenRows {
  count: number;
  rejected: Rejections;
}

/**
 * Appends the spans of an OTLP request in protobuf to a block. Throws MalformedProtobuf with some of its rows appended:
 * the caller takes them back.
 */
export function appendSpans(
  body: Uint8Array,
  block: SpanBlock,
  bounds: TimeBounds,
  observe?: SpanObserver,
): TakenRows {
  const cursor = new Cursor(body);
  const reader = new SpanReader(cursor, block, bounds, observe);
  eachRecord(cursor, reader);
  return reader;
}

/** The fields that are read below: such a field with another type is malformed, others are skipped. */
const known = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15]);

class SpanReader implements RecordReader, TakenRows {
  readonly rejected = new Rejections();
  count = 0;
  readonly #cursor: Cursor;
  readonly #block: SpanBlock;
  readonly #bounds: TimeBounds;
  readonly #observe: SpanObserver | undefined;
  #resource: ResourcePart | undefined;
  /** Where the resource's attributes lie in their column, once a row has them. */
  #resourceRow: readonly [Mark, Mark] | undefined;
  #service = 0;
  #seen: SpanSeen | undefined;
  #scope: ScopePart | undefined;
  readonly #traceId = new Range();
  readonly #spanId = new Range();
  readonly #parentId = new Range();
  readonly #state = new Range();
  readonly #name = new Range();
  readonly #status = new Range();
  readonly #message = new Range();
  readonly #attributes = new Ranges();
  readonly #events = new Ranges();
  readonly #links = new Ranges();

  constructor(cursor: Cursor, block: SpanBlock, bounds: TimeBounds, observe: SpanObserver | undefined) {
    this.#cursor = cursor;
    this.#block = block;
    this.#bounds = bounds;
    this.#observe = observe;
  }

  resource(resource: ResourcePart): void {
    const service = identityOf(attributesAt(this.#cursor, resource.attributes));
    this.#resource = resource;
    this.#resourceRow = undefined;
    this.#service = this.#block.columns.ServiceName.dictionary.indexOfText(service.name);
    this.#seen = service.name === '' ? undefined : this.#observe?.(service);
  }

  scope(scope: ScopePart): void {
    this.#scope = scope;
  }

  record(end: number): void {
    const cursor = this.#cursor;
    this.#traceId.clear();
    this.#spanId.clear();
    this.#parentId.clear();
    this.#state.clear();
    this.#name.clear();
    this.#status.clear();
    this.#attributes.length = 0;
    this.#events.length = 0;
    this.#links.length = 0;
    let kind = 0;
    let startLow = 0;
    let startHigh = 0;
    let endLow = 0;
    let endHigh = 0;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      switch (tag) {
        case 0x0a:
          this.#traceId.take(cursor, end);
          break;
        case 0x12:
          this.#spanId.take(cursor, end);
          break;
        case 0x1a:
          this.#state.take(cursor, end);
          break;
        case 0x22:
          this.#parentId.take(cursor, end);
          break;
        case 0x2a:
          this.#name.take(cursor, end);
          break;
        case 0x30:
          kind = cursor.varint(end);
          break;
        case 0x39:
          cursor.fixed64(end);
          startLow = cursor.low;
          startHigh = cursor.high;
          break;
        case 0x41:
          cursor.fixed64(end);
          endLow = cursor.low;
          endHigh = cursor.high;
          break;
        case 0x4a:
          this.#attributes.take(cursor, end);
          break;
        case 0x5a:
          this.#events.take(cursor, end);
          break;
        case 0x6a:
          this.#links.take(cursor, end);
          break;
        case 0x7a:
          this.#status.take(cursor, end);
          break;
        default:
          if (known.has(tag >>> 3)) throw cursor.mismatch(tag);
          cursor.skip(tag & 7, end);
      }
    }
    const code = this.#readStatus();
    const problem = timeProblem(millisOf(startLow, startHigh), this.#bounds);
    if (problem !== undefined) {
      this.rejected.add(problem, 1, timeSentence(problem, 'a trace'));
      return;
    }
    if (!isId(cursor.bytes, this.#traceId, 16) || !isId(cursor.bytes, this.#spanId, 8)) {
      this.rejected.add('no_id', 1, 'A span has no trace id of 16 bytes or no span id of 8 bytes.');
      return;
    }
    const { columns, kinds, statuses } = this.#block;
    columns.Timestamp.push(startLow, startHigh);
    // Clocks go back at times: a duration is never negative.
    const ahead = endHigh > startHigh || (endHigh === startHigh && endLow > startLow);
    const low = ahead ? (endLow - startLow) >>> 0 : 0;
    const high = ahead ? endHigh - startHigh - (endLow < startLow ? 1 : 0) : 0;
    columns.Duration.push(low, high);
    columns.SpanKind.push(kinds[kind] ?? kinds[0]!);
    columns.StatusCode.push(statuses[code] ?? statuses[0]!);
    const name = this.#writeTexts();
    this.#writeMaps();
    this.#block.rows += 1;
    this.count += 1;
    this.#seen?.(columns.SpanName.dictionary.textAt(name), kind, code, numberOf(low, high) / 1e9);
  }

  /** The status's code; where its message lies is noted. */
  #readStatus(): number {
    const cursor = this.#cursor;
    const { from, to } = this.#status;
    this.#message.clear();
    let code = 0;
    cursor.at = from;
    while (cursor.at < to) {
      const tag = cursor.tag(to);
      if (tag === 0x12) this.#message.take(cursor, to);
      else if (tag === 0x18) code = cursor.varint(to);
      else if (tag >>> 3 === 2 || tag >>> 3 === 3) throw cursor.mismatch(tag);
      else cursor.skip(tag & 7, to);
    }
    return code;
  }

  #writeTexts(): number {
    const { bytes } = this.#cursor;
    const { columns } = this.#block;
    columns.TraceId.bytes.hex(bytes, this.#traceId.from, this.#traceId.to);
    columns.SpanId.bytes.hex(bytes, this.#spanId.from, this.#spanId.to);
    columns.ParentSpanId.bytes.hex(bytes, this.#parentId.from, this.#parentId.to);
    columns.TraceState.bytes.utf8(bytes, this.#state.from, this.#state.to);
    const name = columns.SpanName.dictionary.indexOf(bytes, this.#name.from, this.#name.to);
    columns.SpanName.push(name);
    columns.ServiceName.push(this.#service);
    const scope = this.#scope!;
    columns.ScopeName.bytes.utf8(bytes, scope.name.from, scope.name.to);
    columns.ScopeVersion.bytes.utf8(bytes, scope.version.from, scope.version.to);
    columns.StatusMessage.bytes.utf8(bytes, this.#message.from, this.#message.to);
    return name;
  }

  #writeMaps(): void {
    const cursor = this.#cursor;
    const { columns } = this.#block;
    const { ResourceAttributes } = columns;
    // Read for the first row of the resource, copied for the others.
    if (this.#resourceRow !== undefined) ResourceAttributes.repeat(...this.#resourceRow);
    else {
      const from = ResourceAttributes.mark();
      writeAttributes(cursor, this.#resource!.attributes, ResourceAttributes);
      this.#resourceRow = [from, ResourceAttributes.mark()];
    }
    writeAttributes(cursor, this.#attributes, columns.SpanAttributes);
    writeEvents(cursor, this.#events, columns);
    writeLinks(cursor, this.#links, columns);
  }
}
