import type { Instant } from '../kernel/index.ts';

export interface Window {
  from: Instant;
  to: Instant;
}

/** Spans of one operation in one window. Times are milliseconds; `totalMs` and `selfMs` are sums over the spans. */
export interface OperationFigures {
  service: string;
  version?: string | undefined;
  operation: string;
  kind: 'server' | 'client' | 'internal' | 'producer' | 'consumer' | 'unspecified';
  count: number;
  errors: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  totalMs: number;
  selfMs?: number | undefined;
  /** Normalised text of the database statement. */
  statement?: string | undefined;
  /** The database or service called. */
  peer?: string | undefined;
  exampleTraceId?: string | undefined;
}

export interface EdgeFigures {
  from: string;
  to: string;
  kind: 'service' | 'database' | 'queue';
  count: number;
  errors: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Sum of the callers' waiting; estimated from the quantiles where the source does not give it. */
  totalMs?: number | undefined;
}

export interface PatternFigures {
  pattern: string;
  service: string;
  level: string;
  count: number;
  firstSeen: Instant;
  example: string;
  exampleTraceId?: string | undefined;
}

/** A resource that can run out (a pool, a processor), read from metrics in both windows. */
export interface ResourceFigures {
  resource: string;
  service: string;
  /** Which one, where a service has several: a pool's name. */
  instance: string;
  unit: 'count' | 'ratio' | 'bytes' | 'seconds' | 'per_second';
  query: string;
  before?: ResourceReading | undefined;
  after?: ResourceReading | undefined;
  limit?: number | undefined;
  limitQuery?: string | undefined;
}

/** Over the points of a window: the usual, the high end, and how many points. */
export interface ResourceReading {
  median: number;
  p90: number;
  max: number;
  points: number;
}

export interface RecordedChange {
  id: string;
  service: string;
  kind: 'release' | 'rollback' | 'scale' | 'restart' | 'config' | 'maintenance' | 'external';
  from?: string | undefined;
  to?: string | undefined;
  at: Instant;
  finishedAt?: Instant | undefined;
  status: 'running' | 'done' | 'failed';
}

/** An SLO of the incident's service, read over the incident window. Absent figures are no data, not zero. */
export interface ObjectiveReading {
  objective: string;
  displayName: string;
  service: string;
  kind: 'availability' | 'latency' | 'other';
  target: number;
  /** Share of bad events. */
  errorRatio?: number | undefined;
  query?: string | undefined;
  /** For a latency SLO, the threshold. */
  thresholdMs?: number | undefined;
}

/** How a gap begins that says that spans could not be read. */
export const SPANS_GAP = 'Spans of';

/** The same question asked of both windows. */
export interface BeforeAfter<T> {
  baseline: readonly T[];
  incident: readonly T[];
}

/**
 * All that a verdict may rest on, as plain data. Services are named as in the catalog; `telemetryName` tells how they
 * name themselves where that differs.
 */
export interface Observation {
  service: string;
  onset: { at: Instant; from: 'spans' | 'alert' };
  window: { baseline: Window; incident: Window };
  telemetryName: Readonly<Record<string, string>>;
  dependsOn: Readonly<Record<string, readonly string[]>>;
  operations: BeforeAfter<OperationFigures>;
  /** The same, split by `service.version`. */
  versions: BeforeAfter<OperationFigures>;
  edges: BeforeAfter<EdgeFigures>;
  patterns: BeforeAfter<PatternFigures>;
  resources: readonly ResourceFigures[];
  objectives: readonly ObjectiveReading[];
  changes: readonly RecordedChange[];
  /** What could not be read, a sentence each. */
  gaps: readonly string[];
}
