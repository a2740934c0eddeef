import { longestName, longestValue, mostLabels } from './label-limits.ts';
import type { NativeHistogram } from './promql/index.ts';
import type { IncomingExemplar, IncomingSeries, WriteRequest } from './remote-write/message.ts';
import { Rejections, SampleRows } from './sample-rows.ts';
import type { IndexedSeries, SeriesIndex, SeriesMeta } from './series-index.ts';
import { type TimeBounds, timeProblem, timeSentence } from './time-bounds.ts';

/** Series that are found by the text of their labels. */
const mostKnown = 500_000;
/** Metric families whose metadata is remembered. */
const mostFamilies = 50_000;
const unknown: SeriesMeta = { type: 'unknown', unit: '', help: '' };

/** What was stored last of a series: a float, a histogram's essence, or undefined for a staleness marker. */
interface Newest {
  at: number;
  value: number | string | undefined;
}

/** Samples on their way to the store. */
export interface Appended {
  rows: SampleRows;
  rejected: Rejections;
  /** Taken, those that had been stored before included. */
  samples: number;
  histograms: number;
  exemplars: number;
  /** To be called once the rows are stored. */
  stored(): void;
}

/**
 * Prometheus's samples (of remote write, of a scrape) as rows. Late samples are taken as far back as metrics are
 * kept. A sample that repeats the newest one is taken without being stored again, so that a sender may send twice; one
 * that contradicts it is refused, as Prometheus does.
 */
export class SampleAppender {
  readonly #index: SeriesIndex;
  readonly #newest = new WeakMap<IndexedSeries, Newest>();
  readonly #families = new Map<string, SeriesMeta>();
  /** Series by their labels as they were sent. */
  readonly #known = new Map<string, IndexedSeries>();
  #generation = 0;

  constructor(index: SeriesIndex) {
    this.#index = index;
  }

  append({ series, metadata }: WriteRequest, bounds: TimeBounds): Appended {
    if (this.#generation !== this.#index.generation || this.#known.size > mostKnown) {
      this.#known.clear();
      this.#generation = this.#index.generation;
    }
    for (const { family, meta } of metadata) this.#describe(family, meta);
    const fresh = new Map<IndexedSeries, Newest>();
    const out: Appended = {
      rows: new SampleRows(),
      rejected: new Rejections(),
      samples: 0,
      histograms: 0,
      exemplars: 0,
      stored: () => {
        for (const [one, newest] of fresh)
          if ((this.#newest.get(one)?.at ?? Number.NEGATIVE_INFINITY) <= newest.at)
            this.#newest.set(one, newest);
      },
    };
    for (const one of series) this.#series(one, bounds, fresh, out);
    return out;
  }

  #series(
    incoming: IncomingSeries,
    bounds: TimeBounds,
    fresh: Map<IndexedSeries, Newest>,
    out: Appended,
  ): void {
    const { samples, histograms, exemplars } = incoming;
    const { rows, rejected } = out;
    const at = samples[0]?.at ?? histograms[0]?.at ?? exemplars[0]?.at;
    if (at === undefined) return;
    const native = histograms.some(({ histogram }) => histogram !== undefined);
    const series = this.#seriesOf(incoming, native, at, rejected);
    if (series === undefined) return;
    const name = series.metric;
    this.#learn(series, incoming.meta, native);
    const wants = (time: number, value: Newest['value']): 'store' | 'known' | 'refused' => {
      const refused = timeProblem(time, bounds);
      if (refused !== undefined) {
        rejected.add(refused, 1, timeSentence(refused, name));
        return 'refused';
      }
      const newest = fresh.get(series) ?? this.#newest.get(series);
      if (newest?.at === time) {
        if (Object.is(newest.value, value)) return 'known';
        rejected.add('duplicate', 1, `Two samples of ${name} for the same time have different values.`);
        return 'refused';
      }
      if (newest === undefined || newest.at < time) fresh.set(series, { at: time, value });
      this.#index.touch(series, time);
      return 'store';
    };
    for (const { at: time, value } of samples) {
      const wanted = wants(time, value);
      if (wanted !== 'refused') out.samples += 1;
      if (wanted === 'store')
        value === undefined ? rows.stale(series, time) : rows.sample(series, time, value);
    }
    for (const { at: time, histogram } of histograms) {
      const wanted = wants(time, histogram && essence(histogram));
      if (wanted !== 'refused') out.histograms += 1;
      if (wanted === 'store')
        histogram === undefined ? rows.stale(series, time) : rows.histogram(series, time, histogram);
    }
    for (const exemplar of exemplars) {
      const refused = timeProblem(exemplar.at, bounds);
      if (refused !== undefined) rejected.add(refused, 1, timeSentence(refused, `an exemplar of ${name}`));
      else {
        putExemplar(rows, series, exemplar);
        out.exemplars += 1;
      }
    }
  }

  /** The series of these labels; found by their text when it was seen before. What is wrong with them is counted. */
  #seriesOf(
    { labels: pairs, meta: own, samples, histograms }: IncomingSeries,
    native: boolean,
    at: number,
    rejected: Rejections,
  ): IndexedSeries | undefined {
    let text = '';
    for (const [name, value] of pairs) text += `${name}\u0000${value}\u0001`;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const labels: Record<string, string> = {};
    const problem = readLabels(pairs, labels);
    const count = Math.max(1, samples.length + histograms.length);
    if (problem !== undefined) {
      rejected.add('labels', count, problem);
      return undefined;
    }
    const name = labels.__name__!;
    const meta = own ?? this.#metaOf(name);
    const refusal = this.#index.has(labels) ? undefined : this.#index.refusal(labels);
    if (refusal !== undefined) {
      rejected.add('series_limit', count, refusal);
      return undefined;
    }
    const series = this.#index.intern(labels, native ? { ...meta, type: 'nativehistogram' } : meta, at);
    if (series !== undefined) this.#known.set(text, series);
    return series;
  }

  /** Notes what a series turns out to be; its row is stored again when that changed. */
  #learn(series: IndexedSeries, meta: SeriesMeta | undefined, native: boolean): void {
    const type =
      native || series.type === 'nativehistogram'
        ? 'nativehistogram'
        : meta === undefined || meta.type === 'unknown'
          ? series.type
          : meta.type;
    const unit = meta?.unit || series.unit;
    const help = meta?.help || series.help;
    if (type === series.type && unit === series.unit && help === series.help) return;
    Object.assign(series, { type, unit, help });
    this.#index.putBack([series]);
  }

  #describe(family: string, meta: SeriesMeta): void {
    const known = this.#families.get(family);
    if (known?.type === meta.type && known.unit === meta.unit && known.help === meta.help) return;
    if (known === undefined && this.#families.size >= mostFamilies) return;
    this.#families.set(family, meta);
    for (const name of [family, ...suffixes.map(suffix => `${family}${suffix}`)])
      if (this.#metaOf(name) === meta)
        for (const series of this.#index.select([{ name: '__name__', op: '=', value: name }]))
          this.#learn(series, meta, false);
  }

  /** Metadata that was sent for the family of a series. */
  #metaOf(name: string): SeriesMeta {
    const own = this.#families.get(name);
    if (own !== undefined) return own;
    const suffix = suffixes.find(one => name.endsWith(one));
    return (suffix && this.#families.get(name.slice(0, -suffix.length))) || unknown;
  }
}

/** What the series of a family are called beside its name. */
const suffixes = ['_bucket', '_sum', '_count', '_total', '_created', '_info'];

/** Puts the pairs into `labels`; returns what is wrong with them. Labels without a value are as absent. */
function readLabels(pairs: IncomingSeries['labels'], labels: Record<string, string>): string | undefined {
  if (pairs.length > mostLabels) return `A series has ${pairs.length} labels; ${mostLabels} are the most.`;
  for (const [name, value] of pairs) {
    const shown = JSON.stringify(name.slice(0, 80));
    if (name === '' || !name.isWellFormed()) return `${shown} is not a label name.`;
    if (name.length > longestName || value.length > longestValue) return `The label ${shown} is too long.`;
    if (Object.hasOwn(labels, name)) return `The label ${shown} is given twice.`;
    // Not an assignment: `__proto__` is a name like any other.
    if (value !== '')
      Object.defineProperty(labels, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return labels.__name__ === undefined ? 'A series has no name (__name__).' : undefined;
}

/** Equal for histograms that are the same sample. */
function essence({ schema, count, sum, zeroCount, positive, negative }: NativeHistogram): string {
  return `${schema} ${count} ${sum} ${zeroCount} ${positive.count.join()} ${negative.count.join()}`;
}

function putExemplar(rows: SampleRows, series: IndexedSeries, { labels, value, at }: IncomingExemplar): void {
  const trace = { traceId: '', spanId: '' };
  const attributes: Record<string, string> = {};
  for (const [name, text] of labels.slice(0, mostLabels)) {
    const isId = /^[0-9a-fA-F]{16,32}$/.test(text);
    if (isId && /^trace_?id$/i.test(name)) trace.traceId = text.toLowerCase();
    else if (isId && /^span_?id$/i.test(name)) trace.spanId = text.toLowerCase();
    else attributes[name.slice(0, longestName)] = text.slice(0, longestValue);
  }
  rows.exemplar(series, at, value, trace, JSON.stringify(attributes));
}
