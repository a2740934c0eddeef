/** What of a service can run full. */
export const saturationSignals = [
  'cpu',
  'memory',
  'event loop',
  'threads',
  'connections',
  'disk',
  'queue',
] as const;
export type SaturationSignalName = (typeof saturationSignals)[number];

/** By which labels metrics are found to be of a service: by its own, by its containers', by its hosts'. */
export type Scope = 'service' | 'container' | 'host';

export interface SaturationSource {
  signal: SaturationSignalName;
  /** What is measured, as a person calls it. */
  resource: string;
  unit: 'ratio' | 'count' | 'bytes' | 'cores' | 'seconds';
  scope: Scope;
  /** PromQL; `S` stands for the matchers of the scope, `W` for the window. Metrics named by it are asked for first. */
  query: string;
  limit?: string;
  /** Who sends it. */
  from: string;
}

const semconv = 'OpenTelemetry semantic conventions';
const formerSemconv = 'OpenTelemetry semantic conventions before 1.26';
const clientLibraries = 'Prometheus client libraries';

/**
 * Where the saturation of a service is read from. Names of metrics: https://opentelemetry.io/docs/specs/semconv/ (runtime,
 * process, database, http, system; as Prometheus spells them, https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/),
 * https://prometheus.io/docs/instrumenting/writing_clientlibs/#standard-and-runtime-collectors (process_*, and what the
 * libraries for Go, Java, Node and Python add), https://docs.micrometer.io/micrometer/reference/reference/jvm.html,
 * https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md,
 * https://github.com/prometheus/node_exporter, https://github.com/prometheus-community/postgres_exporter,
 * https://github.com/prometheus/mysqld_exporter, https://github.com/oliver006/redis_exporter,
 * https://github.com/danielqsj/kafka_exporter. The first of a resource that answers is taken.
 */
export const saturationSources: readonly SaturationSource[] = [
  // CPU
  {
    signal: 'cpu',
    resource: 'cpu',
    unit: 'ratio',
    scope: 'service',
    query: 'max(avg_over_time(jvm_cpu_recent_utilization_ratio{S}[W]))',
    limit: '1',
    from: `${semconv} (JVM)`,
  },
  {
    signal: 'cpu',
    resource: 'cpu',
    unit: 'cores',
    scope: 'service',
    query: 'sum(rate(process_cpu_time_seconds_total{S}[W]))',
    from: `${semconv} (process)`,
  },
  {
    signal: 'cpu',
    resource: 'cpu',
    unit: 'ratio',
    scope: 'service',
    query: 'max(avg_over_time(process_cpu_utilization_ratio{S}[W]))',
    limit: '1',
    from: `${semconv} (process)`,
  },
  {
    signal: 'cpu',
    resource: 'cpu',
    unit: 'cores',
    scope: 'service',
    query: 'sum(rate(dotnet_process_cpu_time_seconds_total{S}[W]))',
    limit: 'sum(last_over_time(dotnet_process_cpu_count{S}[W]))',
    from: `${semconv} (.NET)`,
  },
  {
    signal: 'cpu',
    resource: 'cpu',
    unit: 'cores',
    scope: 'service',
    query: 'sum(rate(process_cpu_seconds_total{S}[W]))',
    limit: 'sum(last_over_time(go_sched_gomaxprocs_threads{S}[W]))',
    from: clientLibraries,
  },
  {
    signal: 'cpu',
    resource: 'cpu',
    unit: 'ratio',
    scope: 'service',
    query: 'max(avg_over_time(process_cpu_usage{S}[W]))',
    limit: '1',
    from: 'Micrometer',
  },
  {
    signal: 'cpu',
    resource: 'cpu of containers',
    unit: 'cores',
    scope: 'container',
    query: 'sum(rate(container_cpu_usage_seconds_total{S}[W]))',
    limit:
      'sum(last_over_time(container_spec_cpu_quota{S}[W]) / last_over_time(container_spec_cpu_period{S}[W]))',
    from: 'cAdvisor',
  },
  {
    signal: 'cpu',
    resource: 'cpu throttled',
    unit: 'ratio',
    scope: 'container',
    query:
      'sum(rate(container_cpu_cfs_throttled_periods_total{S}[W])) / sum(rate(container_cpu_cfs_periods_total{S}[W]))',
    limit: '1',
    from: 'cAdvisor',
  },
  {
    signal: 'cpu',
    resource: 'cpu of the host',
    unit: 'ratio',
    scope: 'host',
    query: '1 - avg by (instance) (rate(node_cpu_seconds_total{S,mode="idle"}[W]))',
    limit: '1',
    from: 'node_exporter',
  },
  // Memory
  {
    signal: 'memory',
    resource: 'memory',
    unit: 'bytes',
    scope: 'service',
    query: 'max(max_over_time(process_memory_usage_bytes{S}[W]))',
    from: `${semconv} (process)`,
  },
  {
    signal: 'memory',
    resource: 'memory',
    unit: 'bytes',
    scope: 'service',
    query: 'max(max_over_time(process_resident_memory_bytes{S}[W]))',
    from: clientLibraries,
  },
  {
    signal: 'memory',
    resource: 'jvm heap',
    unit: 'bytes',
    scope: 'service',
    query: 'sum(max_over_time(jvm_memory_used_bytes{S,jvm_memory_type="heap"}[W]))',
    limit: 'sum(max_over_time(jvm_memory_limit_bytes{S,jvm_memory_type="heap"}[W]))',
    from: `${semconv} (JVM)`,
  },
  {
    signal: 'memory',
    resource: 'jvm heap',
    unit: 'bytes',
    scope: 'service',
    query: 'sum(max_over_time(jvm_memory_used_bytes{S,area="heap"}[W]))',
    limit: 'sum(max_over_time(jvm_memory_max_bytes{S,area="heap"}[W]) > 0)',
    from: 'Prometheus Java client, Micrometer',
  },
  {
    signal: 'memory',
    resource: 'v8 heap',
    unit: 'bytes',
    scope: 'service',
    query: 'sum(max_over_time(v8js_memory_heap_used_bytes{S}[W]))',
    limit: 'sum(max_over_time(v8js_memory_heap_limit_bytes{S}[W]))',
    from: `${semconv} (V8)`,
  },
  {
    signal: 'memory',
    resource: 'v8 heap',
    unit: 'bytes',
    scope: 'service',
    query: 'sum(max_over_time(nodejs_heap_size_used_bytes{S}[W]))',
    from: `${clientLibraries} (Node)`,
  },
  {
    signal: 'memory',
    resource: 'go memory',
    unit: 'bytes',
    scope: 'service',
    query: 'sum(max_over_time(go_memory_used_bytes{S}[W]))',
    // math.MaxInt64 means that there is none.
    limit: 'sum(max_over_time(go_memory_limit_bytes{S}[W]) < 9e18)',
    from: `${semconv} (Go)`,
  },
  {
    signal: 'memory',
    resource: 'go memory',
    unit: 'bytes',
    scope: 'service',
    query: 'sum(max_over_time(go_memstats_heap_inuse_bytes{S}[W]))',
    from: `${clientLibraries} (Go)`,
  },
  {
    signal: 'memory',
    resource: 'memory of containers',
    unit: 'bytes',
    scope: 'container',
    query: 'max(max_over_time(container_memory_working_set_bytes{S}[W]))',
    limit: 'max(last_over_time(container_spec_memory_limit_bytes{S}[W]) > 0)',
    from: 'cAdvisor',
  },
  {
    signal: 'memory',
    resource: 'memory of the host',
    unit: 'ratio',
    scope: 'host',
    query:
      '1 - min by (instance) (min_over_time(node_memory_MemAvailable_bytes{S}[W])) / max by (instance) (last_over_time(node_memory_MemTotal_bytes{S}[W]))',
    limit: '1',
    from: 'node_exporter',
  },
  // Event loop
  {
    signal: 'event loop',
    resource: 'event loop',
    unit: 'ratio',
    scope: 'service',
    query: 'max(avg_over_time(nodejs_eventloop_utilization_ratio{S}[W]))',
    limit: '1',
    from: `${semconv} (Node.js)`,
  },
  {
    signal: 'event loop',
    resource: 'event loop delay p99',
    unit: 'seconds',
    scope: 'service',
    query: 'max(max_over_time(nodejs_eventloop_delay_p99_seconds{S}[W]))',
    from: `${semconv} (Node.js)`,
  },
  {
    signal: 'event loop',
    resource: 'event loop delay p99',
    unit: 'seconds',
    scope: 'service',
    query: 'max(max_over_time(nodejs_eventloop_lag_p99_seconds{S}[W]))',
    from: `${clientLibraries} (Node)`,
  },
  // Threads
  {
    signal: 'threads',
    resource: 'goroutines',
    unit: 'count',
    scope: 'service',
    query: 'sum(max_over_time(go_goroutine_count{S}[W]))',
    from: `${semconv} (Go)`,
  },
  {
    signal: 'threads',
    resource: 'goroutines',
    unit: 'count',
    scope: 'service',
    query: 'sum(max_over_time(go_goroutines{S}[W]))',
    from: `${clientLibraries} (Go)`,
  },
  {
    signal: 'threads',
    resource: 'busy threads of the server',
    unit: 'count',
    scope: 'service',
    query: 'sum(max_over_time(tomcat_threads_busy_threads{S}[W]))',
    limit: 'sum(max_over_time(tomcat_threads_config_max_threads{S}[W]))',
    from: 'Micrometer',
  },
  {
    signal: 'threads',
    resource: 'jvm threads',
    unit: 'count',
    scope: 'service',
    query: 'sum(max_over_time(jvm_thread_count{S}[W]))',
    from: `${semconv} (JVM)`,
  },
  {
    signal: 'threads',
    resource: 'jvm threads',
    unit: 'count',
    scope: 'service',
    query: 'sum(max_over_time(jvm_threads_live_threads{S}[W]))',
    from: 'Micrometer',
  },
  // Connections
  {
    signal: 'connections',
    resource: 'database connections',
    unit: 'count',
    scope: 'service',
    query:
      'max by (db_client_connection_pool_name) (max_over_time(db_client_connection_count{S,db_client_connection_state="used"}[W]))',
    limit: 'max by (db_client_connection_pool_name) (max_over_time(db_client_connection_max{S}[W]))',
    from: `${semconv} (database)`,
  },
  {
    signal: 'connections',
    resource: 'database connections',
    unit: 'count',
    scope: 'service',
    query: 'max by (pool_name) (max_over_time(db_client_connections_usage{S,state="used"}[W]))',
    limit: 'max by (pool_name) (max_over_time(db_client_connections_max{S}[W]))',
    from: formerSemconv,
  },
  {
    signal: 'connections',
    resource: 'database connections',
    unit: 'count',
    scope: 'service',
    query: 'max by (pool) (max_over_time(hikaricp_connections_active{S}[W]))',
    limit: 'max by (pool) (max_over_time(hikaricp_connections_max{S}[W]))',
    from: 'HikariCP by Micrometer',
  },
  {
    signal: 'connections',
    resource: 'database connections',
    unit: 'count',
    scope: 'service',
    query: 'max by (db_name) (max_over_time(go_sql_in_use_connections{S}[W]))',
    limit: 'max by (db_name) (max_over_time(go_sql_max_open_connections{S}[W]) > 0)',
    from: `${clientLibraries} (Go, database/sql)`,
  },
  {
    signal: 'connections',
    resource: 'waiting for a database connection',
    unit: 'count',
    scope: 'service',
    query:
      'max by (db_client_connection_pool_name) (max_over_time(db_client_connection_pending_requests{S}[W]))',
    from: `${semconv} (database)`,
  },
  {
    signal: 'connections',
    resource: 'waiting for a database connection',
    unit: 'count',
    scope: 'service',
    query: 'max by (pool_name) (max_over_time(db_client_connections_pending_requests{S}[W]))',
    from: formerSemconv,
  },
  {
    signal: 'connections',
    resource: 'waiting for a database connection',
    unit: 'count',
    scope: 'service',
    query: 'max by (pool) (max_over_time(hikaricp_connections_pending{S}[W]))',
    from: 'HikariCP by Micrometer',
  },
  {
    signal: 'connections',
    resource: 'connections to the server',
    unit: 'count',
    scope: 'service',
    query: 'max(max_over_time(sum by (instance) (pg_stat_database_numbackends{S})[W:]))',
    limit: 'max(last_over_time(pg_settings_max_connections{S}[W]))',
    from: 'postgres_exporter',
  },
  {
    signal: 'connections',
    resource: 'connections to the server',
    unit: 'count',
    scope: 'service',
    query: 'max(max_over_time(mysql_global_status_threads_connected{S}[W]))',
    limit: 'max(last_over_time(mysql_global_variables_max_connections{S}[W]))',
    from: 'mysqld_exporter',
  },
  {
    signal: 'connections',
    resource: 'connections to the server',
    unit: 'count',
    scope: 'service',
    query: 'max(max_over_time(redis_connected_clients{S}[W]))',
    limit: 'max(last_over_time(redis_config_maxclients{S}[W]))',
    from: 'redis_exporter',
  },
  {
    signal: 'connections',
    resource: 'open files and sockets',
    unit: 'count',
    scope: 'service',
    query: 'max(max_over_time(process_open_fds{S}[W]))',
    limit: 'max(last_over_time(process_max_fds{S}[W]))',
    from: clientLibraries,
  },
  // Disk
  {
    signal: 'disk',
    resource: 'disk of containers',
    unit: 'bytes',
    scope: 'container',
    query: 'max(max_over_time(container_fs_usage_bytes{S}[W]))',
    limit: 'max(last_over_time(container_fs_limit_bytes{S}[W]) > 0)',
    from: 'cAdvisor',
  },
  {
    signal: 'disk',
    resource: 'disk',
    unit: 'ratio',
    scope: 'service',
    query: 'max by (system_filesystem_mountpoint) (max_over_time(system_filesystem_utilization_ratio{S}[W]))',
    limit: '1',
    from: `${semconv} (system)`,
  },
  {
    signal: 'disk',
    resource: 'disk of the host',
    unit: 'ratio',
    scope: 'host',
    query:
      '1 - min by (instance, mountpoint) (min_over_time(node_filesystem_avail_bytes{S,fstype!~"tmpfs|overlay|squashfs|ramfs"}[W])) / max by (instance, mountpoint) (last_over_time(node_filesystem_size_bytes{S,fstype!~"tmpfs|overlay|squashfs|ramfs"}[W]))',
    limit: '1',
    from: 'node_exporter',
  },
  {
    signal: 'disk',
    resource: 'busy disk of the host',
    unit: 'ratio',
    scope: 'host',
    query: 'max by (instance, device) (rate(node_disk_io_time_seconds_total{S}[W]))',
    limit: '1',
    from: 'node_exporter',
  },
  {
    signal: 'disk',
    resource: 'size of the database',
    unit: 'bytes',
    scope: 'service',
    query: 'sum(max_over_time(pg_database_size_bytes{S}[W]))',
    from: 'postgres_exporter',
  },
  // Queues
  {
    signal: 'queue',
    resource: 'requests at once',
    unit: 'count',
    scope: 'service',
    query: 'sum(max_over_time(http_server_active_requests{S}[W]))',
    from: `${semconv} (HTTP)`,
  },
  {
    signal: 'queue',
    resource: 'messages behind',
    unit: 'count',
    scope: 'service',
    query: 'max(max_over_time(kafka_consumer_records_lag_max{S}[W]))',
    from: 'OpenTelemetry Java agent (Kafka client)',
  },
  {
    signal: 'queue',
    resource: 'messages behind',
    unit: 'count',
    scope: 'service',
    query: 'max(max_over_time(kafka_consumer_fetch_manager_records_lag_max{S}[W]))',
    from: 'Micrometer (Kafka client)',
  },
  {
    signal: 'queue',
    resource: 'messages behind',
    unit: 'count',
    scope: 'service',
    query: 'max by (topic) (max_over_time(kafka_consumergroup_lag_sum{S}[W]))',
    from: 'kafka_exporter (a consumer group named as the service)',
  },
  {
    signal: 'queue',
    resource: 'tasks that wait for a thread',
    unit: 'count',
    scope: 'service',
    query: 'max by (name) (max_over_time(executor_queued_tasks{S}[W]))',
    from: 'Micrometer',
  },
  {
    signal: 'queue',
    resource: 'tasks that wait for a thread',
    unit: 'count',
    scope: 'service',
    query: 'max(max_over_time(dotnet_thread_pool_queue_length{S}[W]))',
    from: `${semconv} (.NET)`,
  },
];

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
