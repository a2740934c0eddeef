import { type Mark, textAt } from './block/column.ts';
import type { LogBlock } from './log-block.ts';
import { levelOf, severityOfRecord } from './log-severity.ts';
import type { LogTemplates } from './log-templates.ts';
import { Cursor, millisOf } from './otlp/cursor.ts';
import {
  attributesAt,
  eachRecord,
  identityOf,
  Range,
  Ranges,
  type RecordReader,
  type ResourcePart,
  type ScopePart,
  type ServiceIdentity,
  writeAttributes,
} from './otlp/envelope.ts';
import { writeAttribute, writeValue } from './otlp/value.ts';
import { Rejections } from './sample-rows.ts';
import type { TakenRows } from './span-rows.ts';
import { type TimeBounds, timeProblem, timeSentence } from './time-bounds.ts';

/** What else wants to know of the records of a service, as the metrics made of logs; severities are OTLP's numbers. */
export type LogObserver = (service: ServiceIdentity) => LogSeen;
export type LogSeen = (severity: number) => void;

/**
 * Appends the records of an OTLP request in protobuf to a block. `nowMs` is for records that carry no time. Throws
 * MalformedProtobuf with some of its rows appended: the caller takes them back.
 */
export function appendLogs(
  body: Uint8Array,
  block: LogBlock,
  bounds: TimeBounds,
  nowMs: number,
  { templates, observe }: { templates?: LogTemplates | undefined; observe?: LogObserver | undefined } = {},
): TakenRows {
  const cursor = new Cursor(body);
  const reader = new LogReader(cursor, block, bounds, nowMs, templates, observe);
  eachRecord(cursor, reader);
  return reader;
}

/** What of a body and of an error's message makes the template. */
const mostBodyBytes = 2_000;
const mostMessageBytes = 500;

/** The fields that are read below: such a field with another type is malformed, others are skipped. */
const known = new Set([1, 2, 3, 5, 6, 8, 9, 10, 11, 12]);

class LogReader implements RecordReader, TakenRows {
  readonly rejected = new Rejections();
  count = 0;
  readonly #cursor: Cursor;
  readonly #block: LogBlock;
  readonly #bounds: TimeBounds;
  readonly #nowMs: number;
  readonly #templates: LogTemplates | undefined;
  readonly #observe: LogObserver | undefined;
  #seen: LogSeen | undefined;
  #resource: ResourcePart | undefined;
  #scope: ScopePart | undefined;
  /** Where the attributes of the resource and of the scope lie in their columns, once a row has them. */
  #resourceRow: readonly [Mark, Mark] | undefined;
  #scopeRow: readonly [Mark, Mark] | undefined;
  #service = 0;
  #serviceName = '';
  #resourceSchema = 0;
  #scopeSchema = 0;
  #scopeVersion = 0;
  readonly #severityText = new Range();
  readonly #body = new Range();
  readonly #traceId = new Range();
  readonly #spanId = new Range();
  readonly #eventName = new Range();
  readonly #attributes = new Ranges();

  constructor(
    cursor: Cursor,
    block: LogBlock,
    bounds: TimeBounds,
    nowMs: number,
    templates: LogTemplates | undefined,
    observe: LogObserver | undefined,
  ) {
    this.#templates = templates;
    this.#observe = observe;
    this.#cursor = cursor;
    this.#block = block;
    this.#bounds = bounds;
    this.#nowMs = nowMs;
  }

  resource(resource: ResourcePart): void {
    const { bytes } = this.#cursor;
    const { columns } = this.#block;
    const identity = identityOf(attributesAt(this.#cursor, resource.attributes));
    const { name } = identity;
    this.#seen = name === '' ? undefined : this.#observe?.(identity);
    const { from, to } = resource.schemaUrl;
    this.#resource = resource;
    this.#resourceRow = undefined;
    this.#service = columns.ServiceName.dictionary.indexOfText(name);
    this.#serviceName = name;
    this.#resourceSchema = columns.ResourceSchemaUrl.dictionary.indexOf(bytes, from, to);
  }

  scope(scope: ScopePart): void {
    const { bytes } = this.#cursor;
    const { columns } = this.#block;
    const { schemaUrl, version } = scope;
    this.#scope = scope;
    this.#scopeRow = undefined;
    this.#scopeSchema = columns.ScopeSchemaUrl.dictionary.indexOf(bytes, schemaUrl.from, schemaUrl.to);
    this.#scopeVersion = columns.ScopeVersion.dictionary.indexOf(bytes, version.from, version.to);
  }

  record(end: number): void {
    const cursor = this.#cursor;
    this.#severityText.clear();
    this.#body.clear();
    this.#traceId.clear();
    this.#spanId.clear();
    this.#eventName.clear();
    this.#attributes.length = 0;
    let severity = 0;
    let flags = 0;
    let low = 0;
    let high = 0;
    let observedLow = 0;
    let observedHigh = 0;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      switch (tag) {
        case 0x09:
          cursor.fixed64(end);
          low = cursor.low;
          high = cursor.high;
          break;
        case 0x10:
          severity = cursor.varint(end) | 0;
          break;
        case 0x1a:
          this.#severityText.take(cursor, end);
          break;
        case 0x2a:
          this.#body.take(cursor, end);
          break;
        case 0x32:
          this.#attributes.take(cursor, end);
          break;
        case 0x45:
          flags = cursor.bytes[cursor.fixed(4, end)]!;
          break;
        case 0x4a:
          this.#traceId.take(cursor, end);
          break;
        case 0x52:
          this.#spanId.take(cursor, end);
          break;
        case 0x59:
          cursor.fixed64(end);
          observedLow = cursor.low;
          observedHigh = cursor.high;
          break;
        case 0x62:
          this.#eventName.take(cursor, end);
          break;
        default:
          if (known.has(tag >>> 3)) throw cursor.mismatch(tag);
          cursor.skip(tag & 7, end);
      }
    }
    if (low === 0 && high === 0) {
      low = observedLow;
      high = observedHigh;
    }
    if (low === 0 && high === 0) {
      const nanos = BigInt(this.#nowMs) * 1_000_000n;
      low = Number(nanos & 0xffffffffn);
      high = Number(nanos >> 32n);
    }
    const problem = timeProblem(millisOf(low, high), this.#bounds);
    if (problem !== undefined) {
      this.rejected.add(problem, 1, timeSentence(problem, 'a log'));
      return;
    }
    const { columns } = this.#block;
    columns.Timestamp.push(low, high);
    columns.TraceFlags.push(flags);
    this.#writeSeverity(severity);
    const body = columns.Body.bytes.length;
    this.#writeTexts();
    const attributes = columns.LogAttributes.mark();
    this.#writeMaps();
    this.#writeTemplate(body, attributes);
    this.#block.rows += 1;
    this.count += 1;
  }

  #writeSeverity(number: number): void {
    const { bytes } = this.#cursor;
    const { SeverityNumber, SeverityText } = this.#block.columns;
    const { dictionary } = SeverityText;
    const { from, to } = this.#severityText;
    const text =
      to > from ? dictionary.indexOf(bytes, from, to) : dictionary.indexOfText(levelOf(number).toUpperCase());
    SeverityText.push(text);
    const severity = severityOfRecord({ severityNumber: number, severityText: dictionary.textAt(text) });
    SeverityNumber.push(severity);
    this.#seen?.(severity);
  }

  #writeTexts(): void {
    const cursor = this.#cursor;
    const { bytes } = cursor;
    const { columns } = this.#block;
    columns.TraceId.bytes.hex(bytes, this.#traceId.from, this.#traceId.to);
    columns.SpanId.bytes.hex(bytes, this.#spanId.from, this.#spanId.to);
    columns.ServiceName.push(this.#service);
    cursor.at = this.#body.from;
    writeValue(cursor, this.#body.to, columns.Body.bytes);
    columns.ResourceSchemaUrl.push(this.#resourceSchema);
    columns.ScopeSchemaUrl.push(this.#scopeSchema);
    const { name } = this.#scope!;
    columns.ScopeName.bytes.utf8(bytes, name.from, name.to);
    columns.ScopeVersion.push(this.#scopeVersion);
  }

  /** Which template the body is of. An error's own message belongs to what was said, as in `bodySql`. */
  #writeTemplate(body: number, attributes: Mark): void {
    const { Body, LogAttributes, NinesTemplate } = this.#block.columns;
    const id =
      this.#templates?.templateOf(this.#serviceName, () => {
        const text = textAt(Body.bytes, body, mostBodyBytes);
        const message = LogAttributes.valueSince(attributes, 'exception.message', mostMessageBytes);
        return message === undefined || message === '' ? text : `${text}: ${message}`;
      }) ?? 0;
    NinesTemplate.push(id >>> 0, Math.floor(id / 2 ** 32));
  }

  /** The attributes of the resource and of the scope are read for the first row, and copied for the others. */
  #writeMaps(): void {
    const cursor = this.#cursor;
    const { ResourceAttributes, ScopeAttributes, LogAttributes } = this.#block.columns;
    if (this.#resourceRow !== undefined) ResourceAttributes.repeat(...this.#resourceRow);
    else {
      const from = ResourceAttributes.mark();
      writeAttributes(cursor, this.#resource!.attributes, ResourceAttributes);
      this.#resourceRow = [from, ResourceAttributes.mark()];
    }
    if (this.#scopeRow !== undefined) ScopeAttributes.repeat(...this.#scopeRow);
    else {
      const from = ScopeAttributes.mark();
      writeAttributes(cursor, this.#scope!.attributes, ScopeAttributes);
      this.#scopeRow = [from, ScopeAttributes.mark()];
    }
    const { places, length } = this.#attributes;
    for (let index = 0; index < length; index += 2) {
      cursor.at = places[index]!;
      writeAttribute(cursor, places[index + 1]!, LogAttributes);
    }
    const { from, to } = this.#eventName;
    // The name of an event is an attribute in the collector's table, too.
    if (to > from) {
      const { keys, values } = LogAttributes;
      keys.push(keys.dictionary.indexOfText('event.name'));
      values.bytes.utf8(cursor.bytes, from, to);
    }
    LogAttributes.endRow();
  }
}
