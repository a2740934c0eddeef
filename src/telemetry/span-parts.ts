import type { Cursor } from './otlp/cursor.ts';
import { Range, Ranges, writeAttributes } from './otlp/envelope.ts';
import type { SpanBlock } from './span-block.ts';

type Columns = SpanBlock['columns'];

/** The events of a span: one row in each of their columns. */
export function writeEvents(cursor: Cursor, { places, length }: Ranges, columns: Columns): void {
  const times = columns['Events.Timestamp'];
  const names = columns['Events.Name'];
  const maps = columns['Events.Attributes'];
  for (let index = 0; index < length; index += 2) {
    const end = places[index + 1]!;
    const name = new Range();
    const attributes = new Ranges();
    let low = 0;
    let high = 0;
    cursor.at = places[index]!;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag === 0x09) {
        cursor.fixed64(end);
        low = cursor.low;
        high = cursor.high;
      } else if (tag === 0x12) name.take(cursor, end);
      else if (tag === 0x1a) attributes.take(cursor, end);
      else if (tag >>> 3 <= 3) throw cursor.mismatch(tag);
      else cursor.skip(tag & 7, end);
    }
    // DateTime64(9) holds times up to 2262: the largest signed 64-bit integer.
    const late = high > 0x7fffffff;
    times.inner.push(late ? 0xffffffff : low, late ? 0x7fffffff : high);
    names.inner.push(names.inner.dictionary.indexOf(cursor.bytes, name.from, name.to));
    writeAttributes(cursor, attributes, maps.inner);
  }
  for (const column of [times, names, maps]) column.endRow(length / 2);
}

/** The links of a span: one row in each of their columns. */
export function writeLinks(cursor: Cursor, { places, length }: Ranges, columns: Columns): void {
  const traces = columns['Links.TraceId'];
  const spans = columns['Links.SpanId'];
  const states = columns['Links.TraceState'];
  const maps = columns['Links.Attributes'];
  for (let index = 0; index < length; index += 2) {
    const end = places[index + 1]!;
    const traceId = new Range();
    const spanId = new Range();
    const state = new Range();
    const attributes = new Ranges();
    cursor.at = places[index]!;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag === 0x0a) traceId.take(cursor, end);
      else if (tag === 0x12) spanId.take(cursor, end);
      else if (tag === 0x1a) state.take(cursor, end);
      else if (tag === 0x22) attributes.take(cursor, end);
      else if (tag >>> 3 <= 4) throw cursor.mismatch(tag);
      else cursor.skip(tag & 7, end);
    }
    traces.inner.bytes.hex(cursor.bytes, traceId.from, traceId.to);
    spans.inner.bytes.hex(cursor.bytes, spanId.from, spanId.to);
    states.inner.bytes.utf8(cursor.bytes, state.from, state.to);
    writeAttributes(cursor, attributes, maps.inner);
  }
  for (const column of [traces, spans, states, maps]) column.endRow(length / 2);
}
