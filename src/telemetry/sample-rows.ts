import { Block } from './block/block.ts';
import { Floats, Octets, Words } from './block/column.ts';
import type { NativeHistogram } from './promql/native-histogram.ts';
import type { PackedSamples } from './sample-head.ts';
import type { IndexedSeries } from './series-index.ts';

/** Points that were not taken, by reason, with a sentence for the sender. */
export class Rejections {
  readonly counts = new Map<string, number>();
  #sentence: string | undefined;

  add(reason: string, count: number, sentence: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + count);
    this.#sentence ??= sentence;
  }

  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }

  /** The first reason in words, and the other reasons by name. */
  get message(): string {
    const reasons = [...this.counts].map(([reason, count]) => `${reason}: ${count}`).join(', ');
    return `${this.#sentence ?? ''} (${reasons})`;
  }
}

/** Rows for the tables of metrics: samples packed as the in-memory head takes them, others as lines of JSONCompactEachRow. */
export class SampleRows {
  #packed: Float64Array<ArrayBuffer>;
  #length = 0;
  histograms = '';
  histogramCount = 0;
  exemplars = '';
  exemplarCount = 0;

  constructor(expected = 16) {
    this.#packed = new Float64Array(expected * 3);
  }

  /** Of each sample its series' id, its time in ms doubled plus 1 for a staleness marker, and its value. */
  get packed(): Float64Array {
    return this.#packed.subarray(0, this.#length);
  }

  get sampleCount(): number {
    return this.#length / 3;
  }

  sample(series: IndexedSeries, at: number, value: number): void {
    this.#put(series.id, at * 2, value);
  }

  stale(series: IndexedSeries, at: number): void {
    this.#put(series.id, at * 2 + 1, 0);
  }

  #put(id: number, time: number, value: number): void {
    const at = this.#length;
    if (at + 3 > this.#packed.length) {
      const larger = new Float64Array(this.#packed.length * 2 + 3);
      larger.set(this.#packed);
      this.#packed = larger;
    }
    this.#packed[at] = id;
    this.#packed[at + 1] = time;
    this.#packed[at + 2] = value;
    this.#length = at + 3;
  }

  histogram(series: IndexedSeries, at: number, value: NativeHistogram): void {
    const list = (values: readonly number[]) => `[${values.map(numberText).join(',')}]`;
    const { positive, negative } = value;
    this.histograms +=
      `[${series.id},${at},${value.schema},${numberText(value.zeroThreshold)},${numberText(value.zeroCount)},` +
      `${numberText(value.count)},${numberText(value.sum)},${list(positive.index)},${list(positive.count)},` +
      `${list(negative.index)},${list(negative.count)},${list(value.customValues ?? [])},` +
      `${value.hint === 'gauge' ? 1 : 0}]\n`;
    this.histogramCount += 1;
  }

  exemplar(
    series: IndexedSeries,
    at: number,
    value: number,
    trace: { traceId: string; spanId: string },
    attributes: string,
  ): void {
    this.exemplars += `[${series.id},${at},${numberText(value)},"${trace.traceId}","${trace.spanId}",${attributes}]\n`;
    this.exemplarCount += 1;
  }
}

/** A number as ClickHouse reads it from JSON. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? '"nan"' : value > 0 ? '"inf"' : '"-inf"';
}

/** Packed samples as a block for nines_samples in ClickHouse's Native format. */
export function nativeSamples(parts: readonly PackedSamples[]): Uint8Array {
  const ids = new Words('UInt64');
  const times = new Words('DateTime64(3)');
  const values = new Floats();
  const kinds = new Octets();
  const block = new Block({ id: ids, ts: times, value: values, kind: kinds });
  const from = block.place();
  for (const packed of parts)
    for (let at = 0; at < packed.length; at += 3) {
      const id = packed[at]!;
      const time = packed[at + 1]!;
      const ms = Math.floor(time / 2);
      const high = Math.floor(ms / 2 ** 32);
      ids.push(id, id / 2 ** 32);
      times.push(ms - high * 2 ** 32, high);
      values.push(packed[at + 2]!);
      kinds.push(time - ms * 2);
      block.rows += 1;
    }
  return block.native(from, block.place());
}
