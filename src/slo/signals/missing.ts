import type { Signals } from './signal.ts';

const HOW = 'https://opentelemetry.io/docs/languages/ names the instrumentation for each language';

/** What a service would have to export for more, with the names of the metrics. */
export function missingOf(
  { requests, latency, uptime, levels, saturation }: Omit<Signals, 'metrics' | 'missing'>,
  metrics: readonly string[],
): Signals['missing'] {
  const missing: Signals['missing'] = [];
  const works = levels.some(one => one.kind !== 'quantile') || requests.some(one => one.family === 'work');
  const [first] = requests;
  const traffic = metrics.find(name => /(requests|connections_accepted|rq)(_total)?$/.test(name));
  // A database is looked at by an exporter beside it; how its queries end, those know who ask.
  const exporterOnly = first === undefined && !works && uptime?.by === 'exporter';
  if (exporterOnly)
    missing.push({
      what: 'the exporter tells whether it answers, and not how many queries fail or how long they take',
      how: `have those who ask it export db.client.operation.duration (db_client_operation_duration_seconds with error_type) by OpenTelemetry. ${HOW}.`,
    });
  else if (first === undefined && !works)
    missing.push({
      what:
        traffic === undefined
          ? 'no counter of requests that says how they ended'
          : `${traffic} counts requests and not how they ended`,
      how: `export http.server.request.duration (http_server_request_duration_seconds with http_response_status_code), rpc.server.call.duration or spans of kind SERVER by OpenTelemetry; a batch job or consumer counts jobs_total{result="success|failure"}. ${HOW}.`,
    });
  if (first?.family === 'spans')
    missing.push({
      what: 'requests are known from spans only, which sampling can thin out',
      how: 'export http.server.request.duration beside the spans.',
    });
  if (first?.family === 'logs')
    missing.push({
      what: 'only log records are counted, and no requests',
      how: `export http.server.request.duration (http_server_request_duration_seconds); ${HOW}.`,
    });
  if (latency.length === 0 && !works && !exporterOnly)
    missing.push({
      what: levels.some(one => one.kind === 'quantile')
        ? 'how long requests take is known as quantiles of each instance only, which cannot be added up'
        : 'no histogram of how long requests take',
      how: `export http.server.request.duration as a histogram (http_server_request_duration_seconds_bucket) with a bound at what users are promised, or as a native one.`,
    });
  if (works && !levels.some(one => one.kind === 'freshness'))
    missing.push({
      what: 'nothing says how old the newest result is',
      how: 'set the gauge last_success_timestamp_seconds at the end of each run that ends well, or export the age of the oldest message that waits.',
    });
  if (saturation.length === 0)
    missing.push({
      what: 'nothing says how full it is (connections, threads, memory, queue)',
      how: 'export db.client.connection.count and db.client.connection.max, process_open_fds and process_max_fds, or the limits of the pool that fills first.',
    });
  if (uptime?.by !== 'probe' && first?.family !== 'work' && !(works && first === undefined))
    missing.push({
      what: 'nothing looks at it from outside',
      how: 'declare a Probe (nines/v1), which counts probe_attempts_total and probe_failures_total, or let a blackbox exporter give probe_success: a service that is not reached counts no requests.',
    });
  return missing;
}
