/**
 * OTLP messages as both encodings are read: absent fields have their zero value, except where `?` says that absence
 * counts. 64-bit integers are bigint, ids are hex in lower case (empty when absent), other bytes base64.
 */
export interface KeyValue {
  key: string;
  value?: AnyValue;
}

export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: bigint;
  doubleValue?: number;
  arrayValue?: { values: AnyValue[] };
  kvlistValue?: { values: KeyValue[] };
  bytesValue?: string;
}

export interface Resource {
  attributes: KeyValue[];
}

export interface Scope {
  name: string;
  version: string;
  attributes: KeyValue[];
}

export interface ExportTrace {
  resourceSpans: {
    resource?: Resource;
    scopeSpans: { scope?: Scope; spans: Span[]; schemaUrl: string }[];
    schemaUrl: string;
  }[];
}

export interface Span {
  traceId: string;
  spanId: string;
  traceState: string;
  parentSpanId: string;
  name: string;
  kind: number;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  attributes: KeyValue[];
  events: { timeUnixNano: bigint; name: string; attributes: KeyValue[] }[];
  links: { traceId: string; spanId: string; traceState: string; attributes: KeyValue[] }[];
  status?: { message: string; code: number };
}

export interface ExportLogs {
  resourceLogs: {
    resource?: Resource;
    scopeLogs: { scope?: Scope; logRecords: LogRecord[]; schemaUrl: string }[];
    schemaUrl: string;
  }[];
}

export interface LogRecord {
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  body?: AnyValue;
  attributes: KeyValue[];
  flags: number;
  traceId: string;
  spanId: string;
  eventName: string;
}

export interface ExportMetrics {
  resourceMetrics: {
    resource?: Resource;
    scopeMetrics: { scope?: Scope; metrics: Metric[]; schemaUrl: string }[];
    schemaUrl: string;
  }[];
}

export interface Metric {
  name: string;
  description: string;
  unit: string;
  gauge?: { dataPoints: NumberPoint[] };
  sum?: { dataPoints: NumberPoint[]; aggregationTemporality: number; isMonotonic: boolean };
  histogram?: { dataPoints: HistogramPoint[]; aggregationTemporality: number };
  exponentialHistogram?: { dataPoints: ExponentialPoint[]; aggregationTemporality: number };
  summary?: { dataPoints: SummaryPoint[] };
}

interface Point {
  startTimeUnixNano: bigint;
  timeUnixNano: bigint;
  attributes: KeyValue[];
  flags: number;
}

export interface NumberPoint extends Point {
  asDouble?: number;
  asInt?: bigint;
  exemplars: Exemplar[];
}

export interface HistogramPoint extends Point {
  count: bigint;
  sum?: number;
  bucketCounts: bigint[];
  explicitBounds: number[];
  exemplars: Exemplar[];
}

export interface Buckets {
  offset: number;
  bucketCounts: bigint[];
}

export interface ExponentialPoint extends Point {
  count: bigint;
  sum?: number;
  scale: number;
  zeroCount: bigint;
  positive?: Buckets;
  negative?: Buckets;
  zeroThreshold: number;
  exemplars: Exemplar[];
}

export interface SummaryPoint extends Point {
  count: bigint;
  sum: number;
  quantileValues: { quantile: number; value: number }[];
}

export interface Exemplar {
  timeUnixNano: bigint;
  asDouble?: number;
  asInt?: bigint;
  spanId: string;
  traceId: string;
  filteredAttributes: KeyValue[];
}
