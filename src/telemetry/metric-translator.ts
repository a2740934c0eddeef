import { addedHistograms, coarsest, nativeHistogram } from './exponential-histogram.ts';
import { boundText, type MetricKind, metricName, unitName } from './metric-name.ts';
import { attributesJson, valueText } from './otlp/attribute.ts';
import type {
  Exemplar,
  ExponentialPoint,
  ExportMetrics,
  HistogramPoint,
  KeyValue,
  Metric,
  NumberPoint,
  Resource,
  SummaryPoint,
} from './otlp/message.ts';
import type { Labels } from './promql/labels.ts';
import type { NativeHistogram } from './promql/native-histogram.ts';
import { attributeLabels, resourceLabels, targetInfo } from './resource.ts';
import { Rejections, SampleRows } from './sample-rows.ts';
import type { IndexedSeries, SeriesIndex, SeriesMeta } from './series-index.ts';

/** The times, in epoch ms, between which points are taken. */
export interface TimeBounds {
  fromMs: number;
  toMs: number;
}

export interface Translated {
  rows: SampleRows;
  rejected: Rejections;
  /** Data points that were taken. */
  accepted: number;
}

/** What a point's attributes lead to; remembered, so that a label set is made once and not for every point. */
interface Family {
  /** In the order in which the point's values are written. */
  series: readonly IndexedSeries[];
  /** Sums so far, where deltas are turned into cumulative values. */
  sums?: number[];
  histogram?: NativeHistogram;
  lastMs: number;
}

/** A metric of one resource: what its points share. */
interface Stream {
  key: string;
  name: string;
  shared: Labels;
  meta: SeriesMeta;
  cumulative: boolean;
  delta: boolean;
  /** When this stream was exported before; 0 when we have not seen it. */
  previousMs: number;
  newestMs: number;
}

/** Temporality: https://github.com/open-telemetry/opentelemetry-proto, AggregationTemporality */
const delta = 1;
const cumulative = 2;
/** Flag of a point without a value: the series has ended. */
const noRecordedValue = 1;
/** A counter that begins is given a zero at most this long before its first point. */
const longestZeroMs = 300_000;
const mostStreams = 100_000;

/**
 * OTLP metrics as Prometheus series and samples. It remembers, of each series, what is needed to turn deltas into
 * cumulative values; after a restart these begin again at zero, which PromQL takes as a counter reset.
 *
 * A cumulative series that appears gets a sample of zero at the time of the stream's export before (or at its start
 * time, if that is at most five minutes ago): the first errors of a new label set then count in rate and increase,
 * which else begin at the second sample.
 */
export class MetricTranslator {
  readonly #index: SeriesIndex;
  readonly #families = new Map<string, Family>();
  readonly #streams = new Map<string, number>();
  readonly #mostFamilies: number;
  #generation = 0;

  constructor(index: SeriesIndex, options: { mostFamilies?: number } = {}) {
    this.#index = index;
    this.#mostFamilies = options.mostFamilies ?? 500_000;
  }

  translate(request: ExportMetrics, bounds: TimeBounds): Translated {
    if (this.#generation !== this.#index.generation || this.#families.size > this.#mostFamilies) {
      this.#families.clear();
      this.#generation = this.#index.generation;
    }
    if (this.#streams.size > mostStreams) this.#streams.clear();
    const out: Translated = { rows: new SampleRows(), rejected: new Rejections(), accepted: 0 };
    for (const { resource, scopeMetrics } of request.resourceMetrics) {
      const shared = resourceLabels(resource);
      const resourceKey = attributesKey(resource?.attributes ?? []);
      let newest = 0;
      for (const { metrics } of scopeMetrics)
        for (const metric of metrics)
          newest = Math.max(newest, this.#metric(metric, shared, resourceKey, bounds, out));
      if (newest > 0) this.#target(resource, newest, out.rows);
    }
    return out;
  }

  /** Returns the newest time of a point that was taken, 0 for none. */
  #metric(metric: Metric, shared: Labels, resourceKey: string, bounds: TimeBounds, out: Translated): number {
    const { sum, gauge, histogram, exponentialHistogram, summary } = metric;
    const temporality =
      sum?.aggregationTemporality ??
      histogram?.aggregationTemporality ??
      exponentialHistogram?.aggregationTemporality ??
      cumulative;
    const points = (sum ?? gauge ?? histogram ?? exponentialHistogram ?? summary)?.dataPoints ?? [];
    if (points.length === 0) return 0;
    const kind: MetricKind = sum?.isMonotonic
      ? 'counter'
      : sum || gauge
        ? 'gauge'
        : summary
          ? 'summary'
          : 'histogram';
    const name = metricName(metric.name, metric.unit, kind);
    if (name === '') {
      out.rejected.add('no_name', points.length, 'A metric has no name.');
      return 0;
    }
    if (temporality !== delta && temporality !== cumulative) {
      out.rejected.add('temporality', points.length, `The metric ${name} has no aggregation temporality.`);
      return 0;
    }
    const key = `${resourceKey}\u0002${name}`;
    const stream: Stream = {
      key,
      name,
      shared,
      meta: {
        type: exponentialHistogram ? 'nativehistogram' : kind,
        unit: unitName(metric.unit),
        help: metric.description,
      },
      cumulative: kind !== 'gauge' && kind !== 'summary',
      delta: temporality === delta,
      previousMs: this.#streams.get(key) ?? 0,
      newestMs: 0,
    };
    for (const point of points) {
      const at = Number(point.timeUnixNano / 1_000_000n);
      const refused = timeProblem(at, bounds);
      if (refused !== undefined) out.rejected.add(refused, 1, timeSentence(refused, name));
      else if (sum ?? gauge) this.#number(stream, point as NumberPoint, at, out);
      else if (histogram) this.#histogram(stream, point as HistogramPoint, at, out);
      else if (exponentialHistogram) this.#exponential(stream, point as ExponentialPoint, at, out);
      else this.#summary(stream, point as SummaryPoint, at, out);
    }
    if (stream.newestMs > 0) this.#streams.set(key, stream.newestMs);
    return stream.newestMs;
  }

  #number(stream: Stream, point: NumberPoint, at: number, out: Translated): void {
    const family = this.#family(stream, point.attributes, '', 1, at, out, labels => [
      { ...labels, __name__: stream.name },
    ]);
    if (family === undefined) return;
    const value = point.asDouble ?? Number(point.asInt ?? 0n);
    this.#write(stream, family, point, at, [value], out);
    this.#exemplars(family.series, point.exemplars, () => 0, out);
  }

  #histogram(stream: Stream, point: HistogramPoint, at: number, out: Translated): void {
    const { explicitBounds, bucketCounts } = point;
    // The last count (above all bounds) follows from the total, and so may be missing; others may not.
    if (bucketCounts.length !== 0 && bucketCounts.length < explicitBounds.length) {
      out.rejected.add(
        'malformed',
        1,
        `A histogram ${stream.name} has ${bucketCounts.length} buckets for ${explicitBounds.length} bounds.`,
      );
      return;
    }
    const bounds = bucketCounts.length === 0 ? [] : explicitBounds;
    const withSum = point.sum !== undefined;
    const family = this.#family(
      stream,
      point.attributes,
      `${bounds.join(',')}\u0003${withSum}`,
      bounds.length + 1,
      at,
      out,
      labels => [
        ...bounds.map(bound => ({ ...labels, __name__: `${stream.name}_bucket`, le: boundText(bound) })),
        { ...labels, __name__: `${stream.name}_bucket`, le: '+Inf' },
        { ...labels, __name__: `${stream.name}_count` },
        ...(withSum ? [{ ...labels, __name__: `${stream.name}_sum` }] : []),
      ],
    );
    if (family === undefined) return;
    const values: number[] = [];
    let below = 0;
    for (let index = 0; index < bounds.length; index++) {
      below += Number(bucketCounts[index]!);
      values.push(below);
    }
    const count = Number(point.count);
    values.push(count, count);
    if (point.sum !== undefined) values.push(point.sum);
    this.#write(stream, family, point, at, values, out);
    this.#exemplars(
      family.series,
      point.exemplars,
      value => {
        const index = bounds.findIndex(bound => value <= bound);
        return index < 0 ? bounds.length : index;
      },
      out,
    );
  }

  #exponential(stream: Stream, point: ExponentialPoint, at: number, out: Translated): void {
    if (point.scale < coarsest) {
      out.rejected.add(
        'scale',
        1,
        `The exponential histogram ${stream.name} has scale ${point.scale}, below ${coarsest}.`,
      );
      return;
    }
    const family = this.#family(stream, point.attributes, 'native', 1, at, out, labels => [
      { ...labels, __name__: stream.name },
    ]);
    if (family === undefined) return;
    const [series] = family.series;
    if (point.flags & noRecordedValue) out.rows.stale(series!, at);
    else {
      let value = nativeHistogram(point, 'unknown');
      if (stream.delta) {
        if (at <= family.lastMs) {
          outOfOrder(stream, out);
          return;
        }
        if (family.histogram !== undefined) value = addedHistograms(family.histogram, value);
        family.histogram = value;
      }
      out.rows.histogram(series!, at, value);
    }
    this.#taken(stream, family, at, out);
    this.#exemplars(family.series, point.exemplars, () => 0, out);
  }

  #summary(stream: Stream, point: SummaryPoint, at: number, out: Translated): void {
    const quantiles = point.quantileValues.map(({ quantile }) => boundText(quantile));
    const family = this.#family(
      stream,
      point.attributes,
      quantiles.join(','),
      quantiles.length,
      at,
      out,
      labels => [
        ...quantiles.map(quantile => ({ ...labels, __name__: stream.name, quantile })),
        { ...labels, __name__: `${stream.name}_count` },
        { ...labels, __name__: `${stream.name}_sum` },
      ],
    );
    if (family === undefined) return;
    const values = [...point.quantileValues.map(({ value }) => value), Number(point.count), point.sum];
    this.#write(stream, family, point, at, values, out);
  }

  /** Writes the values of a point to its series: cumulative, whatever the temporality was. */
  #write(
    stream: Stream,
    family: Family,
    point: { startTimeUnixNano: bigint; flags: number },
    at: number,
    values: number[],
    out: Translated,
  ): void {
    if (point.flags & noRecordedValue) for (const series of family.series) out.rows.stale(series, at);
    else {
      if (stream.delta) {
        if (at <= family.lastMs) {
          outOfOrder(stream, out);
          return;
        }
        const sums = family.sums;
        if (sums !== undefined)
          for (let index = 0; index < values.length; index++) values[index]! += sums[index]!;
        family.sums = values;
      }
      if (stream.cumulative && family.lastMs === 0) {
        const startMs = Number(point.startTimeUnixNano / 1_000_000n);
        const zeroMs = Math.max(startMs, stream.previousMs);
        if (zeroMs < at && zeroMs >= at - longestZeroMs)
          // Only what nobody has seen before: a series that the store had already goes on.
          for (const series of family.series) {
            if (series.writtenAt !== 0) continue;
            out.rows.sample(series, zeroMs, 0);
            this.#index.touch(series, zeroMs);
          }
      }
      for (let index = 0; index < values.length; index++)
        out.rows.sample(family.series[index]!, at, values[index]!);
    }
    this.#taken(stream, family, at, out);
  }

  #taken(stream: Stream, family: Family, at: number, out: Translated): void {
    family.lastMs = Math.max(family.lastMs, at);
    stream.newestMs = Math.max(stream.newestMs, at);
    out.accepted += 1;
    for (const series of family.series) this.#index.touch(series, at);
  }

  /** The series of a point; undefined, and told, when a limit does not allow new ones. */
  #family(
    stream: Stream,
    attributes: readonly KeyValue[],
    shape: string,
    count: number,
    at: number,
    out: Translated,
    labelSets: (labels: Labels) => Labels[],
  ): Family | undefined {
    const key = `${stream.key}\u0002${shape}\u0002${attributesKey(attributes)}`;
    const known = this.#families.get(key);
    if (known !== undefined) return known;
    const series: IndexedSeries[] = [];
    const sets = labelSets({ ...attributeLabels(attributes), ...stream.shared });
    if (
      !sets.every(labels => this.#index.has(labels)) &&
      !this.#index.hasRoom(sets[0]!.__name__!, Math.max(1, count))
    ) {
      out.rejected.add(
        'series_limit',
        1,
        `The metric ${stream.name} has as many series as the limits allow.`,
      );
      return undefined;
    }
    for (const labels of sets) {
      const one = this.#index.intern(labels, stream.meta, at);
      if (one === undefined) {
        out.rejected.add(
          'series_limit',
          1,
          `The metric ${stream.name} has as many series as the limits allow.`,
        );
        return undefined;
      }
      series.push(one);
    }
    const family: Family = { series, lastMs: 0 };
    this.#families.set(key, family);
    return family;
  }

  #exemplars(
    series: readonly IndexedSeries[],
    exemplars: readonly Exemplar[],
    seriesOf: (value: number) => number,
    out: Translated,
  ): void {
    for (const exemplar of exemplars) {
      const value = exemplar.asDouble ?? Number(exemplar.asInt ?? 0n);
      const one = series[seriesOf(value)];
      if (one === undefined || exemplar.traceId === '') continue;
      const at = Number(exemplar.timeUnixNano / 1_000_000n);
      out.rows.exemplar(one, at, value, exemplar, attributesJson(exemplar.filteredAttributes));
    }
  }

  #target(resource: Resource | undefined, at: number, rows: SampleRows): void {
    const labels = targetInfo(resource);
    if (labels === undefined) return;
    const series = this.#index.intern(
      labels,
      { type: 'info', unit: '', help: 'Resource of the series.' },
      at,
    );
    if (series === undefined) return;
    rows.sample(series, at, 1);
    this.#index.touch(series, at);
  }
}

function outOfOrder(stream: Stream, out: Translated): void {
  out.rejected.add('out_of_order', 1, `A delta of ${stream.name} is not newer than the one before.`);
}

export type TimeProblem = 'too_old' | 'too_new';

export function timeProblem(at: number, bounds: TimeBounds): TimeProblem | undefined {
  return at < bounds.fromMs ? 'too_old' : at > bounds.toMs ? 'too_new' : undefined;
}

export function timeSentence(problem: TimeProblem, what: string): string {
  return problem === 'too_old'
    ? `A record of ${what} is older than the time for which it would be kept.`
    : `A record of ${what} is further in the future than clocks may differ.`;
}

function attributesKey(attributes: readonly KeyValue[]): string {
  let key = '';
  for (const { key: name, value } of attributes) key += `${name}\u0000${valueText(value)}\u0001`;
  return key;
}
