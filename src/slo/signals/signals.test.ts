import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signalsAt, signalsOfText } from '../../../test/kit/exported-signals.ts';
import { MemorySeries } from '../../../test/kit/memory-metrics.ts';
import { queryOf } from './signal.ts';

const AT = Date.parse('2026-01-27T00:00:00.000Z');
const signals = (lines: readonly string[], service = 'shop') => signalsOfText(lines, service, AT);

/** Each real exporter's series, with the selectors of all and of bad that are to be found. */
const requests: [what: string, lines: string[], all: string, bad: string][] = [
  [
    'OpenTelemetry’s HTTP servers',
    [
      'http_server_request_duration_seconds_count{service_name="shop",http_response_status_code="200",http_route="/checkout"}',
      'http_server_request_duration_seconds_count{service_name="shop",http_response_status_code="200",http_route="/healthz"}',
      'http_client_request_duration_seconds_count{service_name="shop",http_response_status_code="500"}',
    ],
    'http_server_request_duration_seconds_count{service_name="shop",http_route!~"/healthz"}',
    'http_response_status_code=~"5.."',
  ],
  [
    'OpenTelemetry’s HTTP servers before they were stable',
    ['http_server_duration_milliseconds_count{job="prod/shop",http_status_code="200",http_method="GET"}'],
    'http_server_duration_milliseconds_count{job="prod/shop"}',
    'http_status_code=~"5.."',
  ],
  [
    'a Prometheus client with code',
    [
      'http_requests_total{job="shop",code="200"}',
      'promhttp_metric_handler_requests_total{job="shop",code="200"}',
    ],
    'http_requests_total{job="shop"}',
    'code=~"5.."',
  ],
  [
    'a Prometheus client with status',
    ['http_requests_total{job="shop",status="404"}'],
    'http_requests_total{job="shop"}',
    'status=~"5.."',
  ],
  [
    'an instrumentator that counts classes',
    ['http_requests_total{job="shop",status="2xx",handler="/a"}'],
    'http_requests_total{job="shop"}',
    'status=~"5.."',
  ],
  [
    'status_code, beside one that nobody gave',
    [
      'http_requests_total{job="shop",status_code="200"}',
      'http_requests_total{job="shop",status_code="unknown"}',
    ],
    'http_requests_total{job="shop"}',
    'status_code=~"5.."',
  ],
  [
    'Micrometer',
    [
      'http_server_requests_seconds_count{application="shop",status="200",outcome="SUCCESS",uri="/a"}',
      'http_server_requests_seconds_count{application="shop",status="200",outcome="SUCCESS",uri="/actuator/prometheus"}',
    ],
    'http_server_requests_seconds_count{application="shop",uri!~"/actuator/prometheus"}',
    'status=~"5.."',
  ],
  [
    'gRPC in Go',
    [
      'grpc_server_started_total{job="shop"}',
      'grpc_server_handled_total{job="shop",grpc_code="OK"}',
      'grpc_server_handled_total{job="shop",grpc_code="NotFound"}',
    ],
    'grpc_server_handled_total{job="shop"}',
    'grpc_code=~"Unknown|DeadlineExceeded|ResourceExhausted|Internal|Unavailable|DataLoss"',
  ],
  [
    'gRPC in Java',
    [
      'grpc_server_handled_total{job="shop",code="OK"}',
      'grpc_server_handled_total{job="shop",code="NOT_FOUND"}',
    ],
    'grpc_server_handled_total{job="shop"}',
    'code=~"UNKNOWN|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|INTERNAL|UNAVAILABLE|DATA_LOSS"',
  ],
  [
    'RPC of OpenTelemetry',
    ['rpc_server_duration_milliseconds_count{service_name="shop",rpc_grpc_status_code="0"}'],
    'rpc_server_duration_milliseconds_count{service_name="shop"}',
    'rpc_grpc_status_code=~"2|4|8|13|14|15"',
  ],
  [
    'Istio, as the one that is called',
    [
      'istio_requests_total{destination_service_name="shop",reporter="destination",response_code="200"}',
      'istio_requests_total{destination_service_name="shop",reporter="source",response_code="200"}',
    ],
    'istio_requests_total{destination_service_name="shop",reporter="destination"}',
    'response_code=~"5.."',
  ],
  [
    'Envoy',
    ['envoy_cluster_upstream_rq_xx{envoy_cluster_name="shop",envoy_response_code_class="2"}'],
    'envoy_cluster_upstream_rq_xx{envoy_cluster_name="shop"}',
    'envoy_response_code_class="5"',
  ],
  [
    'HAProxy',
    [
      'haproxy_frontend_http_responses_total{proxy="shop",code="2xx"}',
      'haproxy_frontend_http_responses_total{proxy="shop",code="other"}',
      'haproxy_backend_http_responses_total{proxy="shop",code="2xx"}',
    ],
    'haproxy_frontend_http_responses_total{proxy="shop"}',
    'code=~"5.."',
  ],
  [
    'ingress-nginx',
    ['nginx_ingress_controller_requests{ingress="shop",status="200"}'],
    'nginx_ingress_controller_requests{ingress="shop"}',
    'status=~"5.."',
  ],
  [
    'Traefik',
    ['traefik_service_requests_total{service="shop",code="200"}'],
    'traefik_service_requests_total{service="shop"}',
    'code=~"5.."',
  ],
  [
    'Linkerd',
    [
      'response_total{deployment="shop",direction="inbound",classification="success"}',
      'response_total{deployment="shop",direction="outbound",classification="failure"}',
    ],
    'response_total{deployment="shop",direction="inbound"}',
    'classification=~"critical|error|errors|exception|fail|failed|failure|fatal|timeout"',
  ],
  [
    'jobs by their result',
    ['batch_jobs_total{job="shop",result="Success"}'],
    'batch_jobs_total{job="shop"}',
    'result=~"Critical|Error|Errors|Exception|Fail|Failed|Failure|Fatal|Timeout"',
  ],
  [
    'messages with an error.type',
    [
      'messaging_client_consumed_messages_total{service_name="shop",error_type="timeout"}',
      'messaging_process_duration_seconds_count{service_name="shop",error_type="timeout"}',
    ],
    'messaging_process_duration_seconds_count{service_name="shop"}',
    'error_type!=""',
  ],
  [
    'the collector’s spans',
    [
      'traces_span_metrics_calls_total{service_name="shop",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_UNSET"}',
      'traces_span_metrics_calls_total{service_name="shop",span_kind="SPAN_KIND_CLIENT",status_code="STATUS_CODE_ERROR"}',
    ],
    'traces_span_metrics_calls_total{service_name="shop",span_kind="SPAN_KIND_SERVER"}',
    'status_code="STATUS_CODE_ERROR"',
  ],
  [
    'log records by severity',
    [
      'log_record_count_total{service_name="shop",severity="INFO"}',
      'log_record_count_total{service_name="shop",severity="ERROR"}',
    ],
    'log_record_count_total{service_name="shop"}',
    'severity=~"CRITICAL|ERROR|ERRORS|EXCEPTION|FAIL|FAILED|FAILURE|FATAL|TIMEOUT"',
  ],
];
for (const [what, lines, all, bad] of requests)
  test(`the requests of ${what} are found with what is bad of them`, async () => {
    const found = (await signals(lines)).requests;
    assert.equal(queryOf(found[0]!.all), all);
    assert.equal(queryOf(found[0]!.bad), `${all.slice(0, -1)},${bad}}`);
    assert.equal(found.length, 1);
  });

test('two counters, of failures and of all or of successes, are added up as they have to be', async () => {
  const [all] = (await signals(['orders_processed_total{job="shop"}', 'orders_failed_total{job="shop"}']))
    .requests;
  assert.equal(queryOf(all!.all), 'orders_processed_total{job="shop"}');
  assert.equal(queryOf(all!.bad), 'orders_failed_total{job="shop"}');
  assert.equal(all!.noun, 'orders');
  const [good] = (await signals(['jobs_success_total{job="shop"}', 'jobs_failure_total{job="shop"}']))
    .requests;
  assert.equal(
    queryOf(good!.all),
    'sum(jobs_success_total{job="shop"}) + (sum(jobs_failure_total{job="shop"}) or vector(0))',
  );
  assert.match(good!.assumes!, /only those that end well/);
});

test('a service of two protocols gets both, and its spans only where nothing else is there', async () => {
  const { requests } = await signals([
    'http_requests_total{job="shop",code="200"}',
    'grpc_server_handled_total{job="shop",grpc_code="OK"}',
    'traces_spanmetrics_calls_total{service_name="shop",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_UNSET"}',
  ]);
  assert.deepEqual(
    requests.map(one => one.family),
    ['http', 'grpc'],
  );
});

const others: [what: string, lines: string[], find: string[]][] = [
  [
    'a consumer’s lag',
    ['kafka_consumergroup_lag{consumergroup="shop",topic="a"}'],
    ['backlog sum(kafka_consumergroup_lag{consumergroup="shop"})'],
  ],
  [
    'a queue',
    ['rabbitmq_queue_messages_ready{queue="shop"}'],
    ['backlog sum(rabbitmq_queue_messages_ready{queue="shop"})'],
  ],
  [
    'the age of what waits',
    ['kafka_consumergroup_lag_seconds{group="shop"}', 'kafka_consumergroup_lag{group="shop"}'],
    ['freshness max(kafka_consumergroup_lag_seconds{group="shop"})'],
  ],
  [
    'a batch job',
    [
      'backup_last_success_timestamp_seconds{job="shop"}',
      'backup_last_failure_timestamp_seconds{job="shop"}',
      'process_start_time_seconds{job="shop"}',
    ],
    ['freshness time() - max(backup_last_success_timestamp_seconds{job="shop"})'],
  ],
  [
    'a CronJob',
    ['kube_cronjob_status_last_successful_time{cronjob="shop",job="kube-state-metrics"}'],
    ['freshness time() - max(kube_cronjob_status_last_successful_time{cronjob="shop"})'],
  ],
  [
    'replication',
    ['pg_replication_lag_seconds{job="shop"}'],
    ['freshness max(pg_replication_lag_seconds{job="shop"})'],
  ],
  [
    'a summary',
    [
      'http_request_duration_seconds{job="shop",quantile="0.99"}',
      'http_request_duration_seconds{job="shop",quantile="0.5"}',
      'http_request_duration_seconds_count{job="shop"}',
    ],
    ['quantile max(http_request_duration_seconds{job="shop",quantile="0.99"})'],
  ],
  [
    'work without an outcome',
    ['events_processed_total{job="shop"}'],
    ['throughput sum(rate(events_processed_total{job="shop"}[5m]))'],
  ],
];
for (const [what, lines, find] of others)
  test(`the level of ${what} is found`, async () => {
    const { levels } = await signals(lines);
    assert.deepEqual(
      levels.map(one => `${one.kind} ${one.expr}`),
      find,
    );
  });

const watched: [what: string, lines: string[], gauge: string][] = [
  ['PostgreSQL’s exporter', ['pg_up{job="shop"}', 'up{job="shop"}'], 'pg_up{job="shop"}'],
  ['MySQL’s exporter', ['mysql_up{job="shop"}', 'up{job="shop"}'], 'mysql_up{job="shop"}'],
  ['a scrape', ['up{job="shop"}'], 'up{job="shop"}'],
  [
    'a blackbox exporter that names the host',
    [
      'up{job="shop"}',
      'probe_success{job="blackbox",instance="https://shop.example/health"}',
      'probe_success{job="blackbox",instance="https://workshop.example/"}',
    ],
    'probe_success{instance="https://shop.example/health"}',
  ],
];
for (const [what, lines, gauge] of watched)
  test(`what ${what} sees is taken for uptime`, async () => {
    assert.equal((await signals(lines)).uptime?.gauge, gauge);
  });

const latencies: [what: string, line: string, unitMs: number][] = [
  ['seconds', 'http_server_request_duration_seconds_bucket{job="shop",le="0.5"}', 1000],
  ['milliseconds', 'istio_request_duration_milliseconds_bucket{job="shop",le="500"}', 1],
  [
    'no unit, in milliseconds',
    'envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="shop",le="3600000"}',
    1,
  ],
  ['no unit, in seconds', 'traces_spanmetrics_latency_bucket{service="shop",le="16"}', 1000],
];
for (const [what, line, unitMs] of latencies)
  test(`a histogram of ${what} is read in its unit`, async () => {
    const [found] = (await signals([line])).latency;
    assert.equal(found?.unitMs, unitMs);
  });

test('what tells nothing of requests is taken for none, and what is missing is named with its metric', async () => {
  const { requests, latency, missing } = await signals([
    'process_open_fds{job="shop"}',
    'process_max_fds{job="shop"}',
    'go_gc_duration_seconds_count{job="shop"}',
    'http_client_request_duration_seconds_bucket{job="shop",le="1"}',
    'http_request_size_bytes_count{job="shop",code="200"}',
    'nginx_http_requests_total{job="shop"}',
  ]);
  assert.deepEqual([requests, latency], [[], []]);
  const [first, second, third] = missing;
  assert.equal(first!.what, 'nginx_http_requests_total counts requests and not how they ended');
  assert.match(first!.how, /http_server_request_duration_seconds with http_response_status_code/);
  assert.equal(second!.what, 'no histogram of how long requests take');
  assert.match(third!.how, /probe_success/);
});

test('of a database that an exporter looks at its callers are asked to tell how queries end', async () => {
  const { missing } = await signals(['pg_up{job="shop"}']);
  assert.match(missing[0]!.what, /the exporter tells whether it answers, and not how many queries fail/);
  assert.match(missing[0]!.how, /db_client_operation_duration_seconds with error_type/);
  assert.ok(missing.every(({ how }) => !how.includes('http.server.request.duration')));
});

test('a service of more series than a listing may have is looked at by its labels', async () => {
  const series = new MemorySeries();
  for (let user = 0; user < 10_500; user++) {
    const labels = { job: 'shop', path: `/u/${user}`, code: user % 100 === 0 ? '500' : '200' };
    series.add('http_requests_total', labels, AT, user);
  }
  series.add('http_requests_total', { job: 'other', code: '200' }, AT, 1);
  const { requests } = await signalsAt(series.metrics(), 'shop', AT);
  assert.equal(queryOf(requests[0]!.bad), 'http_requests_total{job="shop",code=~"5.."}');
});
