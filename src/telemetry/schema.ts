import type { Duration } from '../kernel/index.ts';
import { type Layout, layoutOf } from './layout.ts';
import { spanColumns } from './trace-sql.ts';

/** How long each signal is kept. Without a value a signal is kept for ever. */
export interface Retention {
  metrics?: Duration;
  traces?: Duration;
  logs?: Duration;
}

/**
 * Statements that make the tables, each harmless when run again.
 *
 * Logs and traces have the tables of the OpenTelemetry collector's ClickHouse exporter (same names, columns, types),
 * so that what reads those reads these. Metrics have tables of our own: what the collector keeps a row for is a point
 * with all its attributes; PromQL wants samples of a series.
 */
export function schema(retention: Retention, layout: Layout = layoutOf(undefined)): string[] {
  const made = [
    ...[traces, traceTimes].map(create => create(retention.traces, layout)),
    traceTimesView(layout),
    logs(retention.logs, layout),
    logTemplates(retention.logs, layout),
    ...[series, samples, histograms, exemplars].map(create => create(retention.metrics, layout)),
  ];
  return [...made, ...Object.keys(timeColumns).flatMap(table => layout.over(table))];
}

/** The time of a row by which it grows old. */
const timeColumns = {
  otel_traces: ['toDateTime(Timestamp)', 'traces'],
  otel_traces_trace_id_ts: ['toDateTime(Start)', 'traces'],
  otel_logs: ['TimestampTime', 'logs'],
  // A template is written again each day that it is in use, and outlives the records that have it.
  nines_log_templates: ['toDateTime(seen) + toIntervalDay(2)', 'logs'],
  nines_series: ['toDateTime(last_seen)', 'metrics'],
  nines_samples: ['toDateTime(ts)', 'metrics'],
  nines_histograms: ['toDateTime(ts)', 'metrics'],
  nines_exemplars: ['toDateTime(ts)', 'metrics'],
} as const;

/**
 * Statements that give tables made earlier the retention of now, also to what they hold: each part notes when it may go,
 * and that note alone is written anew.
 * @param tables the statements that the engine says would make its tables, by name
 */
export function retentionChanges(
  retention: Retention,
  tables: ReadonlyMap<string, string>,
  layout: Layout = layoutOf(undefined),
): string[] {
  return Object.entries(timeColumns).flatMap(([name, [column, signal]]) => {
    const kept = retention[signal];
    const made = tables.get(layout.local(name));
    const alter = `ALTER TABLE ${layout.local(name)}${layout.on}`;
    if (made === undefined) return [];
    if (kept === undefined) return / TTL /.test(made) ? [`${alter} REMOVE TTL`] : [];
    if (made.includes(interval(kept))) return [];
    return [
      `${alter} MODIFY SETTING materialize_ttl_recalculate_only = 1`,
      `${alter} MODIFY TTL ${ttl(column, kept)} SETTINGS materialize_ttl_after_modify = 1`,
    ];
  });
}

/** The template of a record's body; 0 where nobody looked for it, as in what the collector writes itself. */
const templateColumn = 'NinesTemplate UInt64 DEFAULT 0 CODEC(ZSTD(1))';

/** Statements that give tables made earlier, or by the collector, the columns that questions ask. Nothing is rewritten. */
export function columnChanges(
  tables: ReadonlyMap<string, string>,
  layout: Layout = layoutOf(undefined),
): string[] {
  // The rows' own table first: the one over it only passes on.
  const added = (name: string, columns: readonly string[]) =>
    [...new Set([layout.local(name), name])].flatMap(table => {
      const made = tables.get(table);
      const missing =
        made === undefined ? [] : columns.filter(column => !made.includes(column.split(' ', 1)[0]!));
      return missing.length === 0
        ? []
        : [
            `ALTER TABLE ${table}${layout.on} ${missing.map(column => `ADD COLUMN IF NOT EXISTS ${column}`).join(', ')}`,
          ];
    });
  return [...added('otel_traces', spanColumns.map(spanColumn)), ...added('otel_logs', [templateColumn])];
}

function spanColumn({ name, type, from }: (typeof spanColumns)[number]): string {
  return `${name} ${type} MATERIALIZED ${from} CODEC(ZSTD(1))`;
}

const interval = (kept: Duration) => `toIntervalSecond(${Math.max(1, Math.round(kept / 1000))})`;

function ttl(column: string, kept: Duration): string {
  return `${column} + ${interval(kept)}`;
}

const ttlClause = (column: string, kept: Duration | undefined) =>
  kept === undefined ? '' : `TTL ${ttl(column, kept)}`;

const traces = (kept: Duration | undefined, layout: Layout) => `
CREATE TABLE IF NOT EXISTS ${layout.local('otel_traces')}${layout.on} (
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  SpanKind LowCardinality(String) CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  Duration UInt64 CODEC(T64, ZSTD(1)),
  StatusCode LowCardinality(String) CODEC(ZSTD(1)),
  StatusMessage String CODEC(ZSTD(1)),
  Events Nested (
    Timestamp DateTime64(9),
    Name LowCardinality(String),
    Attributes Map(LowCardinality(String), String)
  ) CODEC(ZSTD(1)),
  Links Nested (
    TraceId String,
    SpanId String,
    TraceState String,
    Attributes Map(LowCardinality(String), String)
  ) CODEC(ZSTD(1)),
${spanColumns.map(one => `  ${spanColumn(one)},`).join('\n')}
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_duration Duration TYPE minmax GRANULARITY 1
) ENGINE = ${layout.engine('MergeTree')}
PARTITION BY toDate(Timestamp)
PRIMARY KEY (ServiceName, SpanName, toDateTime(Timestamp))
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)
${ttlClause('toDateTime(Timestamp)', kept)}
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`;

/** When each trace began and ended, so that finding one by its id reads a few granules only. */
const traceTimes = (kept: Duration | undefined, layout: Layout) => `
CREATE TABLE IF NOT EXISTS ${layout.local('otel_traces_trace_id_ts')}${layout.on} (
  TraceId String CODEC(ZSTD(1)),
  Start DateTime CODEC(Delta(4), ZSTD(1)),
  End DateTime CODEC(Delta(4), ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = ${layout.engine('MergeTree')}
PARTITION BY toDate(Start)
ORDER BY (TraceId, Start)
${ttlClause('toDateTime(Start)', kept)}
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`;

const traceTimesView = (layout: Layout) => `
CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_trace_id_ts_mv${layout.on} TO ${layout.local('otel_traces_trace_id_ts')} AS
SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End
FROM ${layout.local('otel_traces')} WHERE TraceId != '' GROUP BY TraceId`;

const logs = (kept: Duration | undefined, layout: Layout) => `
CREATE TABLE IF NOT EXISTS ${layout.local('otel_logs')}${layout.on} (
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  TimestampTime DateTime DEFAULT toDateTime(Timestamp),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  TraceFlags UInt8,
  SeverityText LowCardinality(String) CODEC(ZSTD(1)),
  SeverityNumber UInt8,
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  Body String CODEC(ZSTD(1)),
  ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ${templateColumn},
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_scope_attr_key mapKeys(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_scope_attr_value mapValues(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_log_attr_key mapKeys(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_log_attr_value mapValues(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_body Body TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
) ENGINE = ${layout.engine('MergeTree')}
PARTITION BY toDate(TimestampTime)
PRIMARY KEY (ServiceName, TimestampTime)
ORDER BY (ServiceName, TimestampTime, Timestamp)
${ttlClause('TimestampTime', kept)}
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`;

/** What the numbers in NinesTemplate stand for: its words, or the template that it became part of. */
const logTemplates = (kept: Duration | undefined, layout: Layout) => `
CREATE TABLE IF NOT EXISTS ${layout.local('nines_log_templates')}${layout.on} (
  service LowCardinality(String),
  id UInt64,
  into UInt64,
  tokens Array(String) CODEC(ZSTD(1)),
  seen DateTime64(3)
) ENGINE = ${layout.engine('ReplacingMergeTree', 'seen')}
ORDER BY (service, id)
${ttlClause(timeColumns.nines_log_templates[0], kept)}`;

/** A series is written again while it lives, so that last_seen moves; the newest row counts. */
const series = (kept: Duration | undefined, layout: Layout) => `
CREATE TABLE IF NOT EXISTS ${layout.local('nines_series')}${layout.on} (
  id UInt64,
  metric LowCardinality(String),
  labels Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  type LowCardinality(String),
  unit LowCardinality(String),
  help LowCardinality(String),
  first_seen DateTime64(3),
  last_seen DateTime64(3)
) ENGINE = ${layout.engine('ReplacingMergeTree', 'last_seen')}
ORDER BY (metric, id)
${ttlClause('toDateTime(last_seen)', kept)}`;

/**
 * Two-hour partitions (as Prometheus's blocks) keep short instant queries cheap: a query of the last minutes reads
 * the newest partition only, where a series' samples lie together. A long retention gets larger ones, so that there
 * are never more than about 500.
 */
function samplePartition(kept: Duration | undefined): string {
  const hours =
    [2, 6, 12, 24].find(hours => (kept ?? Number.POSITIVE_INFINITY) / 3_600_000 / hours <= 512) ?? 24;
  return `toStartOfInterval(ts, INTERVAL ${hours} HOUR, 'UTC')`;
}

/** `kind` 1 marks staleness: Prometheus keeps it in the bits of a NaN, which JSON does not carry. */
const samples = (kept: Duration | undefined, layout: Layout) => `
CREATE TABLE IF NOT EXISTS ${layout.local('nines_samples')}${layout.on} (
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3) CODEC(DoubleDelta, ZSTD(1)),
  value Float64 CODEC(Gorilla, ZSTD(1)),
  kind UInt8 CODEC(ZSTD(1))
) ENGINE = ${layout.engine('MergeTree')}
PARTITION BY ${samplePartition(kept)}
ORDER BY (id, ts)
${ttlClause('toDateTime(ts)', kept)}
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1`;

/** Native (exponential) histograms, in Prometheus's form: bucket indices with absolute counts. */
const histograms = (kept: Duration | undefined, layout: Layout) => `
CREATE TABLE IF NOT EXISTS ${layout.local('nines_histograms')}${layout.on} (
  id UInt64 CODEC(Delta(8), ZSTD(1)),
  ts DateTime64(3) CODEC(DoubleDelta, ZSTD(1)),
  scale Int8,
  zero_threshold Float64,
  zero_count Float64,
  count Float64,
  sum Float64,
  positive_index Array(Int32),
  positive_count Array(Float64),
  negative_index Array(Int32),
  negative_count Array(Float64),
  custom_values Array(Float64),
  gauge UInt8
) ENGINE = ${layout.engine('MergeTree')}
PARTITION BY ${samplePartition(kept)}
ORDER BY (id, ts)
${ttlClause('toDateTime(ts)', kept)}
SETTINGS ttl_only_drop_parts = 1`;

const exemplars = (kept: Duration | undefined, layout: Layout) => `
CREATE TABLE IF NOT EXISTS ${layout.local('nines_exemplars')}${layout.on} (
  id UInt64,
  ts DateTime64(3),
  value Float64,
  trace_id String,
  span_id String,
  attributes Map(LowCardinality(String), String)
) ENGINE = ${layout.engine('MergeTree')}
PARTITION BY toDate(ts)
ORDER BY (id, ts)
${ttlClause('toDateTime(ts)', kept)}
SETTINGS ttl_only_drop_parts = 1`;

/** Columns of each table in the order in which rows are written. */
export const columns = {
  otel_traces: [
    'Timestamp',
    'TraceId',
    'SpanId',
    'ParentSpanId',
    'TraceState',
    'SpanName',
    'SpanKind',
    'ServiceName',
    'ResourceAttributes',
    'ScopeName',
    'ScopeVersion',
    'SpanAttributes',
    'Duration',
    'StatusCode',
    'StatusMessage',
    'Events.Timestamp',
    'Events.Name',
    'Events.Attributes',
    'Links.TraceId',
    'Links.SpanId',
    'Links.TraceState',
    'Links.Attributes',
  ],
  otel_logs: [
    'Timestamp',
    'TraceId',
    'SpanId',
    'TraceFlags',
    'SeverityText',
    'SeverityNumber',
    'ServiceName',
    'Body',
    'ResourceSchemaUrl',
    'ResourceAttributes',
    'ScopeSchemaUrl',
    'ScopeName',
    'ScopeVersion',
    'ScopeAttributes',
    'LogAttributes',
    'NinesTemplate',
  ],
  nines_log_templates: ['service', 'id', 'into', 'tokens', 'seen'],
  nines_series: ['id', 'metric', 'labels', 'type', 'unit', 'help', 'first_seen', 'last_seen'],
  nines_samples: ['id', 'ts', 'value', 'kind'],
  nines_histograms: [
    'id',
    'ts',
    'scale',
    'zero_threshold',
    'zero_count',
    'count',
    'sum',
    'positive_index',
    'positive_count',
    'negative_index',
    'negative_count',
    'custom_values',
    'gauge',
  ],
  nines_exemplars: ['id', 'ts', 'value', 'trace_id', 'span_id', 'attributes'],
} as const;
export type Table = keyof typeof columns;
