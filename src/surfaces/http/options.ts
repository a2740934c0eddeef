import type { AnyOperation, CallRequest, Clock, Log, Metrics } from '../../kernel/index.ts';
import type { Auth } from './auth.ts';
import type { Backup } from './backup.ts';
import type { HeartbeatHandler } from './heartbeat.ts';
import type { Ingest } from './otlp.ts';
import type { PrometheusHandler } from './prometheus.ts';
import type { RateBound } from './rate.ts';
import type { ReadinessCheck } from './ready.ts';
import type { EventSource } from './stream.ts';
import type { LogTail } from './tail.ts';

/** How much one server takes on at once. */
export interface HttpLimits {
  /** Requests to the API by client. Telemetry has its own bound, in its store. */
  rate: RateBound;
  /** How long an operation may take before the caller is told that it did not answer. */
  callMs: number;
  /** Bytes of one OTLP request, unpacked. */
  ingestBytes: number;
  /** Requests with telemetry that are being read at the same time; more are told to come back. */
  ingestAtOnce: number;
  /** Event streams open at the same time. */
  streams: number;
}

/** Sixteen OTLP bodies of 16 MiB at once bound the memory that senders can take to 256 MiB. */
export const LIMITS: HttpLimits = {
  rate: { perSecond: 200, burst: 400, maxClients: 10_000 },
  callMs: 120_000,
  ingestBytes: 16 * 1024 * 1024,
  ingestAtOnce: 16,
  streams: 500,
};

/** What the server is made of; what is absent is not served. */
export interface HttpOptions<Rooms> {
  operations: readonly AnyOperation<Rooms>[];
  call(operation: AnyOperation<Rooms>, input: unknown, request: CallRequest): Promise<unknown>;
  events: EventSource;
  metrics: Metrics;
  /** What `/readyz` asks. */
  ready: readonly ReadinessCheck[];
  ingest?: Ingest;
  /** Follows the log records that arrive. */
  tail?: LogTail;
  /** A backup of the embedded data, as a stream. */
  backup?: Backup;
  /** Prometheus's HTTP API, under `/prometheus/api/v1`. */
  prometheus?: PrometheusHandler;
  /** The signals of jobs that must run, at `/heartbeat/NAME`. */
  heartbeats?: HeartbeatHandler;
  /** The built console; without it the API alone is served. */
  consoleFolder?: string;
  auth: Auth;
  log: Log;
  version: string;
  clock?: Clock;
  limits?: Partial<HttpLimits>;
  /** Aborted when the server stops: ends the event streams. */
  signal?: AbortSignal;
}
