import type { Cursor } from './otlp/cursor.ts';
import { millisOf, numberOf } from './otlp/cursor.ts';
import { Ranges } from './otlp/envelope.ts';

/**
 * One data point of a number, histogram or summary, read into the same place again and again: points come by the
 * thousand, and an object for each would cost more than what is in it.
 */
export class MetricPoint {
  startMs = 0;
  at = 0;
  flags = 0;
  /** A number's value; of a histogram or summary the count and the sum. */
  value = 0;
  count = 0;
  sum = 0;
  hasSum = false;
  /** Counts of a histogram's buckets, or a summary's values. */
  readonly counts = new Numbers();
  /** Bounds of a histogram's buckets, or a summary's quantiles. */
  readonly bounds = new Numbers();
  readonly attributes = new Ranges();
  readonly exemplars = new Ranges();
  /** Where all attributes lie, tags included; only where nothing else is between them. */
  #attributesFrom = 0;
  #attributesTo = 0;
  #together = true;

  readNumber(cursor: Cursor, end: number): void {
    this.#clear();
    while (cursor.at < end) {
      const start = cursor.at;
      const tag = cursor.tag(end);
      switch (tag) {
        case 0x11:
        case 0x19:
          this.#time(tag, cursor, end);
          break;
        case 0x21:
          this.value = cursor.double(end);
          break;
        case 0x31:
          cursor.fixed64(end);
          this.value = numberOf(cursor.low, cursor.high | 0);
          break;
        case 0x2a:
          this.exemplars.take(cursor, end);
          break;
        case 0x3a:
          this.#attribute(cursor, start, end);
          break;
        case 0x40:
          this.flags = cursor.varint(end);
          break;
        default:
          if (tag >>> 3 >= 2 && tag >>> 3 <= 8) throw cursor.mismatch(tag);
          cursor.skip(tag & 7, end);
      }
    }
  }

  readHistogram(cursor: Cursor, end: number): void {
    this.#clear();
    while (cursor.at < end) {
      const start = cursor.at;
      const tag = cursor.tag(end);
      switch (tag) {
        case 0x11:
        case 0x19:
          this.#time(tag, cursor, end);
          break;
        case 0x21:
          cursor.fixed64(end);
          this.count = numberOf(cursor.low, cursor.high);
          break;
        case 0x29:
          this.sum = cursor.double(end);
          this.hasSum = true;
          break;
        case 0x31:
        case 0x32: {
          const until = tag === 0x31 ? cursor.at + 8 : cursor.block(end);
          if (until > end) throw cursor.malformed('the message ends in a value');
          while (cursor.at < until) {
            cursor.fixed64(until);
            this.counts.push(numberOf(cursor.low, cursor.high));
          }
          break;
        }
        case 0x39:
        case 0x3a: {
          const until = tag === 0x39 ? cursor.at + 8 : cursor.block(end);
          if (until > end) throw cursor.malformed('the message ends in a value');
          while (cursor.at < until) this.bounds.push(cursor.double(until));
          break;
        }
        case 0x42:
          this.exemplars.take(cursor, end);
          break;
        case 0x4a:
          this.#attribute(cursor, start, end);
          break;
        case 0x50:
          this.flags = cursor.varint(end);
          break;
        default:
          if (tag >>> 3 >= 2 && tag >>> 3 <= 10) throw cursor.mismatch(tag);
          cursor.skip(tag & 7, end);
      }
    }
  }

  readSummary(cursor: Cursor, end: number): void {
    this.#clear();
    while (cursor.at < end) {
      const start = cursor.at;
      const tag = cursor.tag(end);
      switch (tag) {
        case 0x11:
        case 0x19:
          this.#time(tag, cursor, end);
          break;
        case 0x21:
          cursor.fixed64(end);
          this.count = numberOf(cursor.low, cursor.high);
          break;
        case 0x29:
          this.sum = cursor.double(end);
          break;
        case 0x32:
          this.#quantile(cursor, cursor.block(end));
          break;
        case 0x3a:
          this.#attribute(cursor, start, end);
          break;
        case 0x40:
          this.flags = cursor.varint(end);
          break;
        default:
          if (tag >>> 3 >= 2 && tag >>> 3 <= 8) throw cursor.mismatch(tag);
          cursor.skip(tag & 7, end);
      }
    }
  }

  /** Only what every kind needs, of an exponential histogram's point: its time, flags and attributes. */
  readExponential(cursor: Cursor, end: number): void {
    this.#clear();
    while (cursor.at < end) {
      const start = cursor.at;
      const tag = cursor.tag(end);
      if (tag === 0x0a) this.#attribute(cursor, start, end);
      else if (tag === 0x19) this.#time(tag, cursor, end);
      else if (tag === 0x5a) this.exemplars.take(cursor, end);
      else cursor.skip(tag & 7, end);
    }
  }

  /** The attributes' bytes as text: the same for the same attributes in the same order. */
  attributesKey(cursor: Cursor): string {
    const { bytes } = cursor;
    if (this.#together) return bytes.toString('latin1', this.#attributesFrom, this.#attributesTo);
    const { places, length } = this.attributes;
    let key = '';
    for (let index = 0; index < length; index += 2)
      key += `${places[index + 1]! - places[index]!}:${bytes.toString('latin1', places[index], places[index + 1])}`;
    return key;
  }

  #clear(): void {
    this.startMs = 0;
    this.at = 0;
    this.flags = 0;
    this.value = 0;
    this.count = 0;
    this.sum = 0;
    this.hasSum = false;
    this.counts.length = 0;
    this.bounds.length = 0;
    this.attributes.length = 0;
    this.exemplars.length = 0;
    this.#attributesFrom = 0;
    this.#attributesTo = 0;
    this.#together = true;
  }

  #time(tag: number, cursor: Cursor, end: number): void {
    cursor.fixed64(end);
    const ms = millisOf(cursor.low, cursor.high);
    if (tag === 0x11) this.startMs = ms;
    else this.at = ms;
  }

  #attribute(cursor: Cursor, start: number, end: number): void {
    this.attributes.take(cursor, end);
    if (this.attributes.length === 2) this.#attributesFrom = start;
    else if (start !== this.#attributesTo) this.#together = false;
    this.#attributesTo = cursor.at;
  }

  #quantile(cursor: Cursor, end: number): void {
    let quantile = 0;
    let value = 0;
    while (cursor.at < end) {
      const tag = cursor.tag(end);
      if (tag === 0x09) quantile = cursor.double(end);
      else if (tag === 0x11) value = cursor.double(end);
      else if (tag >>> 3 <= 2) throw cursor.mismatch(tag);
      else cursor.skip(tag & 7, end);
    }
    this.bounds.push(quantile);
    this.counts.push(value);
  }
}

/** Numbers that grow. */
export class Numbers {
  values = new Float64Array(64);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  /** Whether these are the same numbers in the same order. */
  equals(others: Float64Array): boolean {
    if (others.length !== this.length) return false;
    for (let index = 0; index < this.length; index++) if (this.values[index] !== others[index]) return false;
    return true;
  }

  taken(): Float64Array {
    return this.values.slice(0, this.length);
  }
}
