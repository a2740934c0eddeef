import { type MetricHeader, metricFields, temporalities } from './metric-header.ts';
import { type MetricKind, metricName, unitName } from './metric-name.ts';
import type { Cursor } from './otlp/cursor.ts';
import type { Range } from './otlp/envelope.ts';
import type { Labels } from './promql/labels.ts';
import type { NativeHistogram } from './promql/native-histogram.ts';
import type { IndexedSeries, SeriesMeta } from './series-index.ts';

/** What a point's attributes lead to; remembered, so that a label set is made once and not for every point. */
export interface Family {
  /** In the order in which the point's values are written. */
  readonly series: readonly IndexedSeries[];
  /** Sums so far, where deltas are turned into cumulative values. */
  sums?: Float64Array;
  histogram?: NativeHistogram;
  lastMs: number;
}

/** Points of one form, as histograms with the same bounds. */
export interface Shape {
  readonly bounds: Float64Array;
  readonly hasSum: boolean;
  readonly families: Map<string, Family>;
}

/** A metric of one resource: what its points share. */
export interface Stream {
  readonly name: string;
  readonly shared: Labels;
  readonly meta: SeriesMeta;
  readonly cumulative: boolean;
  readonly delta: boolean;
  /** When this stream was exported before; 0 when we have not seen it. */
  previousMs: number;
  newestMs: number;
  readonly shapes: Map<string, Shape>;
  /** The form of the point before: that of the next one, too, as good as always. */
  shape: Shape | undefined;
  /** Of deltas: families by their series, as attributes may come in another order. */
  readonly bySeries: Map<string, Family>;
}

/** A resource as it was sent, and what was made of it. */
export interface KnownResource {
  readonly shared: Labels;
  /** The labels of target_info, and its series once it has one. */
  readonly target: Labels | undefined;
  targetSeries: IndexedSeries | undefined;
  readonly streams: Map<string, Stream>;
}

/** Tells the metrics of a resource apart. */
export function streamKey(
  { bytes }: Cursor,
  { name, unit, field, temporality, monotonic }: MetricHeader,
): string {
  const texts = `${name.to - name.from} ${bytes.toString('latin1', name.from, name.to)}${bytes.toString('latin1', unit.from, unit.to)}`;
  return `${field} ${temporality} ${monotonic} ${texts}`;
}

const kinds: Readonly<Record<number, MetricKind>> = {
  [metricFields.gauge]: 'gauge',
  [metricFields.sum]: 'gauge',
  [metricFields.histogram]: 'histogram',
  [metricFields.exponential]: 'histogram',
  [metricFields.summary]: 'summary',
};

/** A metric that was not seen before; its name is empty where it has none that Prometheus could take. */
export function newStream(cursor: Cursor, header: MetricHeader, shared: Labels): Stream {
  const text = ({ from, to }: Range) => cursor.bytes.toString('utf8', from, to);
  const { field, monotonic, temporality } = header;
  const unit = text(header.unit);
  const kind = monotonic ? 'counter' : kinds[field]!;
  return {
    name: metricName(text(header.name), unit, kind),
    shared,
    meta: {
      type: field === metricFields.exponential ? 'nativehistogram' : kind,
      unit: unitName(unit),
      help: text(header.description),
    },
    cumulative: kind !== 'gauge' && kind !== 'summary',
    delta: temporality === temporalities.delta,
    previousMs: 0,
    newestMs: 0,
    shapes: new Map(),
    shape: undefined,
    bySeries: new Map(),
  };
}
