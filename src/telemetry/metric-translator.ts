import { addedHistograms, coarsest, nativeHistogram } from './exponential-histogram.ts';
import { labelProblem } from './label-limits.ts';
import { writeExemplars } from './metric-exemplars.ts';
import { metricFields, readMetric, temporalities } from './metric-header.ts';
import { boundText } from './metric-name.ts';
import { MetricPoint } from './metric-point.ts';
import {
  type Family,
  type KnownResource,
  newStream,
  type Shape,
  type Stream,
  streamKey,
} from './metric-stream.ts';
import { Cursor } from './otlp/cursor.ts';
import { attributesAt, eachRecord, type ResourcePart } from './otlp/envelope.ts';
import type { ExponentialPoint } from './otlp/message.ts';
import { planOf } from './otlp/plan.ts';
import { decodeProtobuf } from './otlp/protobuf.ts';
import type { Labels } from './promql/labels.ts';
import { attributeLabels, resourceLabels, targetInfo } from './resource.ts';
import { Rejections, SampleRows } from './sample-rows.ts';
import type { IndexedSeries, SeriesIndex } from './series-index.ts';
import { type TimeBounds, timeProblem, timeSentence } from './time-bounds.ts';

export interface Translated {
  rows: SampleRows;
  rejected: Rejections;
  /** Data points that were taken. */
  accepted: number;
}

/** Flag of a point without a value: the series has ended. */
const noRecordedValue = 1;
/** A counter that begins is given a zero at most this long before its first point. */
const longestZeroMs = 300_000;
/** Keys of attributes past this length are not remembered, unless a delta needs its sum. */
const longestKey = 4096;
const { histogram, exponential, summary } = metricFields;
const exponentialPoint = planOf('ExponentialHistogramDataPoint');

/**
 * OTLP metrics as Prometheus series and samples. It remembers, of each series, what is needed to turn deltas into
 * cumulative values; after a restart these begin again at zero, which PromQL takes as a counter reset.
 *
 * A cumulative series that appears gets a sample of zero at the time of the stream's export before (or at its start
 * time, if that is at most five minutes ago): the first errors of a new label set then count in rate and increase,
 * which else begin at the second sample.
 *
 * It reads protobuf where it lies; resources, metrics and label sets that were seen before are known by their bytes.
 */
export class MetricTranslator {
  readonly #index: SeriesIndex;
  readonly #resources = new Map<string, KnownResource>();
  readonly #mostFamilies: number;
  /** All that is remembered: families, shapes, streams and resources. */
  #remembered = 0;
  #generation = 0;
  readonly #point = new MetricPoint();

  constructor(index: SeriesIndex, options: { mostFamilies?: number } = {}) {
    this.#index = index;
    this.#mostFamilies = options.mostFamilies ?? 500_000;
  }

  /** Throws MalformedProtobuf. */
  translate(body: Uint8Array, bounds: TimeBounds): Translated {
    if (this.#generation !== this.#index.generation || this.#remembered > this.#mostFamilies) {
      this.#resources.clear();
      this.#remembered = 0;
      this.#generation = this.#index.generation;
    }
    const cursor = new Cursor(body);
    const out: Translated = {
      // A histogram point takes about 20 bytes for each of its samples.
      rows: new SampleRows(16 + (body.byteLength >> 4)),
      rejected: new Rejections(),
      accepted: 0,
    };
    let resource: KnownResource | undefined;
    let newest = 0;
    const finish = () => {
      if (resource !== undefined && newest > 0) this.#writeTarget(resource, newest, out.rows);
      newest = 0;
    };
    eachRecord(cursor, {
      resource: part => {
        finish();
        resource = this.#resource(cursor, part);
      },
      scope: () => {},
      record: end => {
        newest = Math.max(newest, this.#metric(cursor, end, resource!, bounds, out));
      },
    });
    finish();
    return out;
  }

  #resource(cursor: Cursor, { whole, attributes }: ResourcePart): KnownResource {
    const key = cursor.bytes.toString('latin1', whole.from, whole.to);
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const resource = { attributes: attributesAt(cursor, attributes) };
    const made: KnownResource = {
      shared: resourceLabels(resource),
      target: targetInfo(resource),
      targetSeries: undefined,
      streams: new Map(),
    };
    this.#resources.set(key, made);
    this.#remembered += 1;
    return made;
  }

  /** Returns the newest time of a point that was taken, 0 for none. */
  #metric(cursor: Cursor, end: number, resource: KnownResource, bounds: TimeBounds, out: Translated): number {
    const metric = readMetric(cursor, end);
    const { data, field, points } = metric;
    if (points === 0) return 0;
    const key = streamKey(cursor, metric);
    let stream = resource.streams.get(key);
    if (stream === undefined) {
      stream = newStream(cursor, metric, resource.shared);
      if (stream.name === '') {
        out.rejected.add('no_name', points, 'A metric has no name.');
        return 0;
      }
      if (metric.temporality !== temporalities.delta && metric.temporality !== temporalities.cumulative) {
        out.rejected.add('temporality', points, `The metric ${stream.name} has no aggregation temporality.`);
        return 0;
      }
      resource.streams.set(key, stream);
      this.#remembered += 1;
    }
    stream.newestMs = 0;
    cursor.at = data.from;
    while (cursor.at < data.to) {
      const tag = cursor.tag(data.to);
      if (tag !== 0x0a) cursor.skip(tag & 7, data.to);
      else {
        const until = cursor.block(data.to);
        this.#dataPoint(cursor, until, field, stream, bounds, out);
        cursor.at = until;
      }
    }
    if (stream.newestMs > 0) stream.previousMs = stream.newestMs;
    return stream.newestMs;
  }

  #dataPoint(
    cursor: Cursor,
    end: number,
    field: number,
    stream: Stream,
    bounds: TimeBounds,
    out: Translated,
  ): void {
    const point = this.#point;
    const start = cursor.at;
    if (field === histogram) point.readHistogram(cursor, end);
    else if (field === summary) point.readSummary(cursor, end);
    else if (field === exponential) point.readExponential(cursor, end);
    else point.readNumber(cursor, end);
    const refused = timeProblem(point.at, bounds);
    if (refused !== undefined) out.rejected.add(refused, 1, timeSentence(refused, stream.name));
    else if (field === histogram) this.#histogram(stream, cursor, out);
    else if (field === summary) this.#summary(stream, cursor, out);
    else if (field === exponential)
      this.#exponential(
        stream,
        decodeProtobuf(exponentialPoint, cursor.bytes.subarray(start, end)) as unknown as ExponentialPoint,
        cursor,
        out,
      );
    else this.#number(stream, cursor, out);
  }

  #number(stream: Stream, cursor: Cursor, out: Translated): void {
    const point = this.#point;
    const family = this.#family(stream, cursor, out, labels => [{ ...labels, __name__: stream.name }]);
    if (family === undefined) return;
    point.counts.push(point.value);
    this.#write(stream, family, out);
    writeExemplars(cursor, this.#point.exemplars, () => family.series[0], out.rows);
  }

  #histogram(stream: Stream, cursor: Cursor, out: Translated): void {
    const point = this.#point;
    const { bounds, counts } = point;
    // The last count (above all bounds) follows from the total, and so may be missing; others may not.
    if (counts.length !== 0 && counts.length < bounds.length) {
      out.rejected.add(
        'malformed',
        1,
        `A histogram ${stream.name} has ${counts.length} buckets for ${bounds.length} bounds.`,
      );
      return;
    }
    if (counts.length === 0) bounds.length = 0;
    const family = this.#family(stream, cursor, out, labels => [
      ...Array.from(bounds.taken(), bound => ({
        ...labels,
        __name__: `${stream.name}_bucket`,
        le: boundText(bound),
      })),
      { ...labels, __name__: `${stream.name}_bucket`, le: '+Inf' },
      { ...labels, __name__: `${stream.name}_count` },
      ...(point.hasSum ? [{ ...labels, __name__: `${stream.name}_sum` }] : []),
    ]);
    if (family === undefined) return;
    counts.length = bounds.length;
    const { values } = counts;
    for (let index = 1; index < counts.length; index++) values[index]! += values[index - 1]!;
    counts.push(point.count);
    counts.push(point.count);
    if (point.hasSum) counts.push(point.sum);
    this.#write(stream, family, out);
    const seriesOf = (value: number) => {
      let index = 0;
      while (index < bounds.length && value > bounds.values[index]!) index += 1;
      return family.series[index];
    };
    writeExemplars(cursor, point.exemplars, seriesOf, out.rows);
  }

  #exponential(stream: Stream, point: ExponentialPoint, cursor: Cursor, out: Translated): void {
    if (point.scale < coarsest) {
      out.rejected.add(
        'scale',
        1,
        `The exponential histogram ${stream.name} has scale ${point.scale}, below ${coarsest}.`,
      );
      return;
    }
    const family = this.#family(stream, cursor, out, labels => [{ ...labels, __name__: stream.name }]);
    if (family === undefined) return;
    const { at } = this.#point;
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
    writeExemplars(cursor, this.#point.exemplars, () => family.series[0], out.rows);
  }

  #summary(stream: Stream, cursor: Cursor, out: Translated): void {
    const point = this.#point;
    const { bounds, counts } = point;
    const family = this.#family(stream, cursor, out, labels => [
      ...Array.from(bounds.taken(), quantile => ({
        ...labels,
        __name__: stream.name,
        quantile: boundText(quantile),
      })),
      { ...labels, __name__: `${stream.name}_count` },
      { ...labels, __name__: `${stream.name}_sum` },
    ]);
    if (family === undefined) return;
    counts.push(point.count);
    counts.push(point.sum);
    this.#write(stream, family, out);
  }

  /** Writes the values of the point to their series: cumulative, whatever the temporality was. */
  #write(stream: Stream, family: Family, out: Translated): void {
    const { at, flags, startMs, counts } = this.#point;
    const { series } = family;
    const { rows } = out;
    const { values, length } = counts;
    if (flags & noRecordedValue) for (const one of series) rows.stale(one, at);
    else {
      if (stream.delta) {
        if (at <= family.lastMs) {
          outOfOrder(stream, out);
          return;
        }
        const { sums } = family;
        if (sums === undefined) family.sums = counts.taken();
        else for (let index = 0; index < length; index++) values[index] = sums[index]! += values[index]!;
      }
      if (stream.cumulative && family.lastMs === 0) {
        const zeroMs = Math.max(startMs, stream.previousMs);
        if (zeroMs < at && zeroMs >= at - longestZeroMs)
          // Only what nobody has seen before: a series that the store had already goes on.
          for (const one of series) {
            if (one.writtenAt !== 0) continue;
            rows.sample(one, zeroMs, 0);
            this.#index.touch(one, zeroMs);
          }
      }
      for (let index = 0; index < length; index++) rows.sample(series[index]!, at, values[index]!);
    }
    this.#taken(stream, family, at, out);
  }

  #taken(stream: Stream, family: Family, at: number, out: Translated): void {
    if (at > family.lastMs) family.lastMs = at;
    if (at > stream.newestMs) stream.newestMs = at;
    out.accepted += 1;
    for (const series of family.series) this.#index.touch(series, at);
  }

  /** The series of the point; undefined, and told, when a limit does not allow new ones. */
  #family(
    stream: Stream,
    cursor: Cursor,
    out: Translated,
    labelSets: (labels: Labels) => Labels[],
  ): Family | undefined {
    const point = this.#point;
    let { shape } = stream;
    if (shape === undefined || shape.hasSum !== point.hasSum || !point.bounds.equals(shape.bounds)) {
      shape = this.#shape(stream);
      stream.shape = shape;
    }
    const key = point.attributesKey(cursor);
    const known = shape.families.get(key);
    if (known !== undefined) return known;
    const labels = { ...attributeLabels(attributesAt(cursor, point.attributes)), ...stream.shared };
    const made = this.#series(stream, labelSets(labels), point.at, out);
    if (made === undefined) return undefined;
    let family: Family = { series: made, lastMs: 0 };
    if (stream.delta) {
      const ids = made.map(({ id }) => id).join();
      family = stream.bySeries.get(ids) ?? family;
      stream.bySeries.set(ids, family);
    } else if (key.length > longestKey) return family;
    shape.families.set(key, family);
    this.#remembered += 1;
    return family;
  }

  #shape(stream: Stream): Shape {
    const { bounds, hasSum } = this.#point;
    const taken = bounds.taken();
    const key = `${taken.join()} ${hasSum}`;
    let shape = stream.shapes.get(key);
    if (shape === undefined) {
      shape = { bounds: taken, hasSum, families: new Map() };
      stream.shapes.set(key, shape);
      this.#remembered += 1;
    }
    return shape;
  }

  #series(stream: Stream, sets: Labels[], at: number, out: Translated): IndexedSeries[] | undefined {
    const problem = labelProblem(sets[0]!);
    if (problem !== undefined) {
      out.rejected.add('labels', 1, problem);
      return undefined;
    }
    const refuse = (why = `The metric ${stream.name} has as many series as the limits allow.`) => {
      out.rejected.add('series_limit', 1, why);
      return undefined;
    };
    const isKnown = sets.every(labels => this.#index.has(labels));
    const refusal = isKnown ? undefined : this.#index.refusal(sets[0]!, sets.length);
    if (refusal !== undefined) return refuse(refusal);
    const series: IndexedSeries[] = [];
    for (const labels of sets) {
      const one = this.#index.intern(labels, stream.meta, at);
      if (one === undefined) return refuse();
      series.push(one);
    }
    return series;
  }

  #writeTarget(resource: KnownResource, at: number, rows: SampleRows): void {
    if (resource.target === undefined) return;
    resource.targetSeries ??= this.#index.intern(
      resource.target,
      { type: 'info', unit: '', help: 'Resource of the series.' },
      at,
    );
    if (resource.targetSeries === undefined) return;
    rows.sample(resource.targetSeries, at, 1);
    this.#index.touch(resource.targetSeries, at);
  }
}

function outOfOrder(stream: Stream, out: Translated): void {
  out.rejected.add('out_of_order', 1, `A delta of ${stream.name} is not newer than the one before.`);
}
