import { z } from 'zod';
import { Instant } from '../kernel/index.ts';

/** A kind that the sender left open counts as internal, as the protocol says. */
export const SpanKind = z.enum(['server', 'client', 'internal', 'producer', 'consumer']);
export type SpanKind = z.infer<typeof SpanKind>;

/** One piece of work of one service in a trace. */
export const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  service: z.string(),
  version: z.string().optional(),
  operation: z.string(),
  kind: SpanKind,
  at: Instant,
  /** Milliseconds after the trace's first span, to the microsecond: `at` has only milliseconds. */
  offsetMs: z.number(),
  durationMs: z.number(),
  status: z.enum(['ok', 'error', 'unset']),
  statusMessage: z.string().optional(),
  attributes: z.record(z.string(), z.string()),
  resource: z.record(z.string(), z.string()),
  /** A database statement with its literals replaced by `?`. */
  statement: z.string().optional(),
  /** What is called, as the span says: `system/namespace` of a database, a queue, an address. */
  peer: z.string().optional(),
  events: z.array(z.object({ at: Instant, name: z.string(), attributes: z.record(z.string(), z.string()) })),
});
export type Span = z.infer<typeof Span>;

export const TraceSummary = z.object({
  traceId: z.string(),
  rootService: z.string(),
  rootOperation: z.string(),
  at: Instant,
  durationMs: z.number(),
  spans: z.number().int(),
  errors: z.number().int(),
});
export type TraceSummary = z.infer<typeof TraceSummary>;

/** Spans of one operation in a window. Times are milliseconds; totals are sums over the spans. */
export const OperationStats = z.object({
  service: z.string(),
  version: z.string().optional(),
  operation: z.string(),
  kind: SpanKind,
  count: z.number().int(),
  errors: z.number().int(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  totalMs: z.number(),
  /** Time not spent in child spans. Absent where the window holds too many spans to tell. */
  selfMs: z.number().optional(),
  /** A database statement with its literals replaced by `?`. */
  statement: z.string().optional(),
  /** What is called: a service, `system/namespace` of a database, or an address. */
  peer: z.string().optional(),
  /** A slow one, an error if there are any. */
  exampleTraceId: z.string().optional(),
});
export type OperationStats = z.infer<typeof OperationStats>;

/** Calls from one service to another, a database or a queue, as the caller saw them; messages that were taken, as the consumer did. */
export const Edge = z.object({
  from: z.string(),
  to: z.string(),
  kind: z.enum(['service', 'database', 'queue']),
  /** `consumer`: messages that a service took from the queue `from`, where who sent them is not known. */
  measuredAt: z.enum(['caller', 'consumer']),
  count: z.number().int(),
  errors: z.number().int(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  totalMs: z.number(),
});
export type Edge = z.infer<typeof Edge>;

/** Requests that a service answered. */
export const Answered = z.object({
  service: z.string(),
  count: z.number().int(),
  errors: z.number().int(),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
});
export type Answered = z.infer<typeof Answered>;

/** Steps without a span are left out. */
export const TimelineBucket = z.object({
  at: Instant,
  count: z.number().int(),
  errors: z.number().int(),
  p50Ms: z.number(),
  p99Ms: z.number(),
});
export type TimelineBucket = z.infer<typeof TimelineBucket>;

export const ServiceVersions = z.object({
  service: z.string(),
  versions: z.array(
    z.object({
      /** Empty where the service does not tell its version. */
      version: z.string(),
      firstSeen: Instant,
      lastSeen: Instant,
      count: z.number().int(),
    }),
  ),
});
export type ServiceVersions = z.infer<typeof ServiceVersions>;
