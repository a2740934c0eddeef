import type { Cursor } from './otlp/cursor.ts';
import { Range } from './otlp/envelope.ts';

/** The data of a metric, by the number of its field. */
export const metricFields = { gauge: 5, sum: 7, histogram: 9, exponential: 10, summary: 11 } as const;
const { gauge, sum, histogram, exponential, summary } = metricFields;
const fields: ReadonlySet<number> = new Set([gauge, sum, histogram, exponential, summary]);

/** https://github.com/open-telemetry/opentelemetry-proto, AggregationTemporality */
export const temporalities = { delta: 1, cumulative: 2 } as const;

/** What a metric says beside its points. */
export interface MetricHeader {
  name: Range;
  description: Range;
  unit: Range;
  /** Where the data lie, of which field, and how many points they have. */
  data: Range;
  field: number;
  points: number;
  temporality: number;
  monotonic: boolean;
}

/** Reads the metric that lies at the cursor; what its points share may come after them. */
export function readMetric(cursor: Cursor, end: number): MetricHeader {
  const header: MetricHeader = {
    name: new Range(),
    description: new Range(),
    unit: new Range(),
    data: new Range(),
    field: 0,
    points: 0,
    temporality: 0,
    monotonic: false,
  };
  while (cursor.at < end) {
    const tag = cursor.tag(end);
    const number = tag >>> 3;
    if (tag === 0x0a) header.name.take(cursor, end);
    else if (tag === 0x12) header.description.take(cursor, end);
    else if (tag === 0x1a) header.unit.take(cursor, end);
    else if (fields.has(number)) {
      if ((tag & 7) !== 2) throw cursor.mismatch(tag);
      header.data.take(cursor, end);
      header.field = number;
    } else if (number <= 3) throw cursor.mismatch(tag);
    else cursor.skip(tag & 7, end);
  }
  const { data, field } = header;
  const always = field === gauge || field === summary;
  if (always) header.temporality = temporalities.cumulative;
  cursor.at = data.from;
  while (cursor.at < data.to) {
    const tag = cursor.tag(data.to);
    if (tag === 0x0a) {
      cursor.at = cursor.block(data.to);
      header.points += 1;
    } else if (tag === 0x10 && !always) header.temporality = cursor.varint(data.to);
    else if (tag === 0x18 && field === sum) header.monotonic = cursor.varint(data.to) !== 0;
    else if (tag >>> 3 === 1) throw cursor.mismatch(tag);
    else cursor.skip(tag & 7, data.to);
  }
  return header;
}
