import { clientLibraries, formerSemconv, type SaturationSignalName, semconv } from './saturation-source.ts';

/** Requests with their durations, where a service sends metrics and no spans. */
export interface RequestSource {
  /** Of a histogram, without `_bucket`. */
  metric: string;
  /** How many ms one of its units has. */
  unitMs: number;
  /** Matcher of failed requests. */
  failed: string;
  from: string;
}

export const requestSources: readonly RequestSource[] = [
  {
    metric: 'http_server_request_duration_seconds',
    unitMs: 1000,
    failed: 'http_response_status_code=~"5.."',
    from: `${semconv} (HTTP)`,
  },
  {
    metric: 'rpc_server_call_duration_seconds',
    unitMs: 1000,
    failed:
      'rpc_response_status_code=~"UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS"',
    from: `${semconv} (RPC)`,
  },
  {
    metric: 'http_server_duration_milliseconds',
    unitMs: 1,
    failed: 'http_status_code=~"5.."',
    from: formerSemconv,
  },
  {
    metric: 'rpc_server_duration_milliseconds',
    unitMs: 1,
    // Codes that servers answer for, as the conventions for spans say: unknown, deadline exceeded, unimplemented,
    // internal, unavailable, data loss.
    failed: 'rpc_grpc_status_code=~"2|4|12|13|14|15"',
    from: formerSemconv,
  },
  {
    metric: 'http_server_requests_seconds',
    unitMs: 1000,
    failed: 'status=~"5.."',
    from: 'Micrometer',
  },
  {
    metric: 'http_request_duration_seconds',
    unitMs: 1000,
    failed: 'code=~"5.."',
    from: clientLibraries,
  },
  {
    metric: 'http_request_duration_seconds',
    unitMs: 1000,
    failed: 'status_code=~"5.."',
    from: clientLibraries,
  },
  {
    metric: 'http_request_duration_seconds',
    unitMs: 1000,
    failed: 'status=~"5.."',
    from: clientLibraries,
  },
];

/** What to add so that a signal is there, by the language of the service's SDK; `` for any other. */
export const instrumentation: Readonly<Record<SaturationSignalName, Readonly<Record<string, string>>>> = {
  cpu: {
    nodejs: '@opentelemetry/host-metrics (process.cpu.time), or scrape cAdvisor',
    java: 'the OpenTelemetry Java agent sends jvm.cpu.recent_utilization',
    go: "go.opentelemetry.io/contrib/instrumentation/host, or expose client_golang's process collector",
    python: 'opentelemetry-instrumentation-system-metrics (process.cpu.time)',
    '': 'scrape cAdvisor or node_exporter, or expose process_cpu_seconds_total',
  },
  memory: {
    nodejs: '@opentelemetry/instrumentation-runtime-node (v8js.memory.heap.*)',
    java: 'the OpenTelemetry Java agent sends jvm.memory.used and jvm.memory.limit',
    go: 'go.opentelemetry.io/contrib/instrumentation/runtime (go.memory.*)',
    python: 'opentelemetry-instrumentation-system-metrics (process.memory.usage)',
    '': 'scrape cAdvisor or node_exporter, or expose process_resident_memory_bytes',
  },
  'event loop': {
    nodejs: '@opentelemetry/instrumentation-runtime-node (nodejs.eventloop.*)',
  },
  threads: {
    java: 'the OpenTelemetry Java agent sends jvm.thread.count',
    go: 'go.opentelemetry.io/contrib/instrumentation/runtime (go.goroutine.count)',
  },
  connections: {
    nodejs: '@opentelemetry/instrumentation-pg with metrics on (db.client.connection.*)',
    java: 'the OpenTelemetry Java agent sends db.client.connection.* of HikariCP and others',
    go: "otelsql.RegisterDBStatsMetrics, or client_golang's collectors.NewDBStatsCollector",
    '': 'send db.client.connection.* of the pool, or scrape the exporter of the database',
  },
  disk: { '': 'scrape node_exporter on the hosts, or cAdvisor' },
  queue: {
    '': 'send http.server.active_requests, or the lag of the consumer group (kafka_exporter)',
  },
};
