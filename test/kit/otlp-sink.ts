/**
 * An OTLP/HTTP receiver for tests: it decodes protobuf (gzip too) and keeps what arrived, flattened.
 * The schema below is the part of opentelemetry-proto 1.x that the tests read; field numbers are the protocol's.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

const schema = `
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }

message Traces { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Status { string message = 2; int32 code = 3; }
message Event { fixed64 time = 1; string name = 2; repeated KeyValue attributes = 3; }
message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6; fixed64 start = 7; fixed64 end = 8; repeated KeyValue attributes = 9; repeated Event events = 11; Status status = 15; }

message Metrics { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message Metric { string name = 1; string description = 2; string unit = 3; oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; } }
message Gauge { repeated NumberPoint data_points = 1; }
message Sum { repeated NumberPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message NumberPoint { fixed64 time = 3; oneof value { double as_double = 4; sfixed64 as_int = 6; } repeated KeyValue attributes = 7; }
message HistogramPoint { fixed64 time = 3; fixed64 count = 4; double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated KeyValue attributes = 9; }

message Logs { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
message LogRecord { fixed64 time = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5; repeated KeyValue attributes = 6; bytes trace_id = 9; bytes span_id = 10; }
`;
const root = protobuf.parse(schema, { keepCase: false }).root;

type Attributes = Record<string, unknown>;
export interface SinkSpan {
  resource: Attributes;
  scope: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  durationMs: number;
  attributes: Attributes;
  /** 0 unset, 1 ok, 2 error. */
  status: { code: number; message: string };
  events: { name: string; attributes: Attributes }[];
}
export interface SinkPoint {
  resource: Attributes;
  scope: string;
  name: string;
  unit: string;
  type: 'gauge' | 'sum' | 'histogram';
  monotonic?: boolean;
  temporality?: number;
  attributes: Attributes;
  value?: number;
  count?: number;
  sum?: number;
  bounds?: number[];
  buckets?: number[];
}
export interface SinkLog {
  resource: Attributes;
  scope: string;
  severityNumber: number;
  severityText: string;
  body: unknown;
  attributes: Attributes;
  traceId: string;
  spanId: string;
}

interface Wire {
  attributes: { key: string; value?: Record<string, unknown> }[];
  [field: string]: unknown;
}

export class OtlpSink {
  readonly spans: SinkSpan[] = [];
  readonly points: SinkPoint[] = [];
  readonly logs: SinkLog[] = [];
  readonly #server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    this.#take(request.url ?? '', request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw);
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });

  /** Listens on a free loopback port; answers with its base URL. */
  async start(port = 0): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #take(url: string, body: Buffer): void {
    if (url === '/v1/traces') this.#takeTraces(decode('Traces', body));
    if (url === '/v1/metrics') this.#takeMetrics(decode('Metrics', body));
    if (url === '/v1/logs') this.#takeLogs(decode('Logs', body));
  }

  #takeTraces(message: Wire): void {
    for (const { resource, scope, item } of walk(message, 'resourceSpans', 'scopeSpans', 'spans')) {
      this.spans.push({
        resource,
        scope,
        traceId: hex(item.traceId),
        spanId: hex(item.spanId),
        parentSpanId: hex(item.parentSpanId),
        name: String(item.name),
        kind: Number(item.kind),
        durationMs: Number(BigInt(String(item.end)) - BigInt(String(item.start))) / 1e6,
        attributes: flat(item.attributes),
        status: { code: 0, message: '', ...(item.status as object | null) },
        events: (item.events as Wire[]).map(event => ({
          name: String(event.name),
          attributes: flat(event.attributes),
        })),
      });
    }
  }

  #takeMetrics(message: Wire): void {
    for (const { resource, scope, item } of walk(message, 'resourceMetrics', 'scopeMetrics', 'metrics')) {
      const type = item.histogram ? 'histogram' : item.sum ? 'sum' : 'gauge';
      const data = item[type] as Wire;
      for (const point of data.dataPoints as Wire[]) {
        const base = { resource, scope, name: String(item.name), unit: String(item.unit), type } as const;
        const attributes = flat(point.attributes);
        if (type === 'histogram') {
          this.points.push({
            ...base,
            attributes,
            temporality: Number(data.aggregationTemporality),
            count: Number(point.count),
            sum: Number(point.sum),
            bounds: (point.explicitBounds as number[]).map(Number),
            buckets: (point.bucketCounts as number[]).map(Number),
          });
        } else {
          const kind =
            type === 'sum'
              ? { monotonic: Boolean(data.isMonotonic), temporality: Number(data.aggregationTemporality) }
              : {};
          this.points.push({ ...base, ...kind, attributes, value: Number(point.asDouble ?? point.asInt) });
        }
      }
    }
  }

  #takeLogs(message: Wire): void {
    for (const { resource, scope, item } of walk(message, 'resourceLogs', 'scopeLogs', 'logRecords')) {
      this.logs.push({
        resource,
        scope,
        severityNumber: Number(item.severityNumber),
        severityText: String(item.severityText),
        body: plain(item.body as Record<string, unknown>),
        attributes: flat(item.attributes),
        traceId: hex(item.traceId),
        spanId: hex(item.spanId),
      });
    }
  }
}

function decode(type: string, body: Buffer): Wire {
  const message = root.lookupType(type);
  return message.toObject(message.decode(body), { longs: String, arrays: true, defaults: false }) as Wire;
}

function* walk(message: Wire, perResource: string, perScope: string, items: string) {
  for (const group of message[perResource] as (Wire & { resource?: Wire })[]) {
    const resource = flat(group.resource?.attributes ?? []);
    for (const scoped of group[perScope] as (Wire & { scope?: Wire })[]) {
      for (const item of scoped[items] as Wire[]) yield { resource, scope: String(scoped.scope?.name), item };
    }
  }
}

function flat(attributes: Wire['attributes'] | undefined): Attributes {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, plain(value)]));
}

function plain(value: Record<string, unknown> | undefined): unknown {
  if (!value) return undefined;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined)
    return (value.arrayValue as { values: Record<string, unknown>[] }).values.map(plain);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}

const hex = (bytes: unknown): string => (bytes ? Buffer.from(bytes as Uint8Array).toString('hex') : '');
