import type { NativeHistogram } from './promql/native-histogram.ts';
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

/** Rows for the tables of metrics, as lines of JSONCompactEachRow. */
export class SampleRows {
  samples = '';
  sampleCount = 0;
  /** The samples once more, as the in-memory head takes them. */
  readonly packed: number[] = [];
  histograms = '';
  histogramCount = 0;
  exemplars = '';
  exemplarCount = 0;

  sample(series: IndexedSeries, at: number, value: number): void {
    this.samples += `[${series.id},${at},${numberText(value)},0]\n`;
    this.packed.push(series.id, at * 2, value);
    this.sampleCount += 1;
  }

  stale(series: IndexedSeries, at: number): void {
    this.samples += `[${series.id},${at},0,1]\n`;
    this.packed.push(series.id, at * 2 + 1, 0);
    this.sampleCount += 1;
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
