import type { ExportedMetric } from './exported.ts';
import { type SaturationSignal, selector, type UptimeSignal } from './signal.ts';

/** Metrics that come as what is in use and what there is. */
const PAIRS: readonly [used: string, limit: string, what: string][] = [
  ['db_client_connection_count', 'db_client_connection_max', 'database connections'],
  ['db_client_connections_usage', 'db_client_connections_max', 'database connections'],
  ['hikaricp_connections_active', 'hikaricp_connections_max', 'database connections'],
  ['go_sql_in_use_connections', 'go_sql_max_open_connections', 'database connections'],
  ['pg_stat_activity_count', 'pg_settings_max_connections', 'connections'],
  ['pg_stat_database_numbackends', 'pg_settings_max_connections', 'connections'],
  ['mysql_global_status_threads_connected', 'mysql_global_variables_max_connections', 'connections'],
  ['redis_connected_clients', 'redis_config_maxclients', 'clients'],
  ['redis_memory_used_bytes', 'redis_memory_max_bytes', 'memory'],
  ['haproxy_frontend_current_sessions', 'haproxy_frontend_limit_sessions', 'sessions'],
  ['tomcat_threads_busy_threads', 'tomcat_threads_config_max_threads', 'threads'],
  ['executor_active_threads', 'executor_pool_max_threads', 'threads'],
  ['jvm_memory_used_bytes', 'jvm_memory_max_bytes', 'memory of the JVM'],
  ['jvm_memory_used_bytes', 'jvm_memory_limit_bytes', 'memory of the JVM'],
  ['container_memory_working_set_bytes', 'container_spec_memory_limit_bytes', 'memory of the container'],
  ['kubelet_volume_stats_used_bytes', 'kubelet_volume_stats_capacity_bytes', 'disk space'],
  ['rabbitmq_process_resident_memory_bytes', 'rabbitmq_resident_memory_limit_bytes', 'memory'],
  ['process_open_fds', 'process_max_fds', 'open files'],
];
const VALUES: readonly [metric: string, what: string][] = [
  ['nodejs_eventloop_delay_p99_seconds', 'the event loop’s delay'],
  ['nodejs_eventloop_lag_p99_seconds', 'the event loop’s delay'],
  ['nodejs_eventloop_utilization_ratio', 'the event loop'],
  ['db_client_connection_pending_requests', 'requests that wait for a connection'],
  ['hikaricp_connections_pending', 'requests that wait for a connection'],
  ['http_server_active_requests', 'requests in flight'],
  ['process_resident_memory_bytes', 'memory in use'],
];
const NAMES = new Set([...PAIRS.flat(), ...VALUES.map(([metric]) => metric)]);

export function isSaturation(name: string): boolean {
  return NAMES.has(name);
}

export function saturationSignals(metrics: readonly ExportedMetric[]): SaturationSignal[] {
  const byName = new Map(metrics.map(one => [one.name, one]));
  const seen = new Set<string>();
  const found = PAIRS.flatMap(([used, limit, what]): SaturationSignal[] => {
    const metric = byName.get(used);
    const most = byName.get(limit);
    if (metric === undefined || most === undefined || seen.has(what)) return [];
    seen.add(what);
    const state = ['state', 'db_client_connection_state'].find(label =>
      metric.labels.get(label)?.includes('used'),
    );
    const matchers = [metric.identity, ...(state === undefined ? [] : [`${state}="used"`])];
    // A limit of 0 or -1 is none: where nothing is positive there is nothing to be full.
    const share = `sum(${selector(used, ...matchers)}) / (sum(${selector(limit, most.identity)}) > 0)`;
    return [{ what, share, metric: used }];
  });
  return [
    ...found,
    ...VALUES.flatMap(([metric, what]): SaturationSignal[] => {
      const one = byName.get(metric);
      return one === undefined ? [] : [{ what, value: `max(${selector(metric, one.identity)})`, metric }];
    }),
  ];
}

export function isUptime(name: string): boolean {
  return name === 'up' || /^probe_(success|attempts_total|failures_total)$/.test(name) || isExporterUp(name);
}

function isExporterUp(name: string): boolean {
  return /^[a-z0-9]+(_exporter)?(_instance|_server|_cluster)?_up$/.test(name);
}

/** The nearest to the user first: a probe, then what an exporter sees, then whether the scrape answers. */
export function uptimeSignal(metrics: readonly ExportedMetric[]): UptimeSignal | undefined {
  const of = (name: string) => {
    const metric = metrics.find(one => one.name === name);
    return metric === undefined ? undefined : selector(name, metric.identity);
  };
  const attempts = of('probe_attempts_total');
  const failures = of('probe_failures_total');
  if (attempts !== undefined && failures !== undefined)
    return { by: 'probe', what: 'probes', attempts, failures, gauge: of('probe_success') ?? attempts };
  const probe = of('probe_success');
  if (probe !== undefined) return { by: 'probe', what: 'probes, one look a minute', gauge: probe };
  const exporter = metrics.find(one => isExporterUp(one.name));
  if (exporter !== undefined)
    return { by: 'exporter', what: `looks at ${exporter.name}, one a minute`, gauge: of(exporter.name)! };
  const up = of('up');
  return up === undefined ? undefined : { by: 'scrape', what: 'scrapes, one look a minute', gauge: up };
}
