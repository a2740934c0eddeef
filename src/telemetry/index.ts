export { attachTables, freezeTables } from './backup-store.ts';
export { ByteSize } from './byte-size.ts';
export { CardinalityConfig } from './cardinality.ts';
export { DiskConfig } from './disk.ts';
export { DownsamplingConfig } from './downsampling.ts';
export type { IngestLimits, IngestResult, Sent } from './ingest.ts';
export { LogMetric } from './log-metric.ts';
export type { LogPattern, PatternFilter } from './log-patterns.ts';
export type { LogFilter, LogLevelName, LogRecord } from './log-record.ts';
export { recordLines } from './log-text.ts';
export type { Logs } from './logs.ts';
export {
  type AskOptions,
  EmbeddedMetrics,
  type InstantResult,
  type InstantSample,
  type MetricsSource,
  type RangeResult,
  type RangeSeries,
  type Window,
} from './metrics.ts';
export type { Signal } from './otlp/decode.ts';
export { Probe, Probes, ProbesConfig, probeMigrations } from './probe/index.ts';
export type { AlertingView, AlertView, RuleView } from './prometheus/alerting-view.ts';
export type { Retention } from './schema.ts';
export { resolvedFiles, ScrapingConfig } from './scrape/config.ts';
export { MetricsConfig } from './sources/config.ts';
export type { Params, QueryOptions, Store } from './store.ts';
export { openChdb } from './store-chdb.ts';
export { type ClickHouseOptions, openClickHouse } from './store-clickhouse.ts';
export { Telemetry } from './telemetry.ts';
export type { TelemetryOptions } from './telemetry-options.ts';
export type {
  Edge,
  OperationStats,
  ServiceVersions,
  Span,
  SpanKind,
  TimelineBucket,
  TraceSummary,
} from './trace.ts';
export type { TraceFilter } from './trace-lookup.ts';
export type { OperationFilter, Traces } from './traces.ts';
