import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelName, type MetricKind, metricName, unitName } from './metric-name.ts';

const names: [name: string, unit: string, kind: MetricKind, expected: string][] = [
  ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds'],
  ['http.client.request.duration', 'ms', 'histogram', 'http_client_request_duration_milliseconds'],
  ['process.cpu.time', 's', 'counter', 'process_cpu_time_seconds_total'],
  ['process.memory.usage', 'By', 'gauge', 'process_memory_usage_bytes'],
  ['nodejs.eventloop.utilization', '1', 'gauge', 'nodejs_eventloop_utilization_ratio'],
  ['db.client.connection.count', '{connection}', 'gauge', 'db_client_connection_count'],
  ['requests', '{request}/s', 'gauge', 'requests_per_second'],
  ['system.network.io', 'By/s', 'gauge', 'system_network_io_bytes_per_second'],
  ['requests.total', '1', 'counter', 'requests_total'],
  ['total.requests', '', 'counter', 'requests_total'],
  ['disk_free_bytes', 'By', 'gauge', 'disk_free_bytes'],
  ['cache.hit.ratio', '1', 'gauge', 'cache_hit_ratio'],
  ['my.counter', '1', 'counter', 'my_counter_total'],
  ['2xx.responses', '', 'gauge', '_2xx_responses'],
  ['weird--name//x', '', 'gauge', 'weird_name_x'],
  ['job:rate:sum', '', 'gauge', 'job:rate:sum'],
  ['load', 'foo', 'gauge', 'load_foo'],
  ['cpu', '%', 'gauge', 'cpu_percent'],
  ['temperature', 'Cel', 'gauge', 'temperature_celsius'],
  ['größe', '', 'gauge', 'gr_e'],
];
for (const [name, unit, kind, expected] of names)
  test(`${name} in '${unit}' as a ${kind} is ${expected}`, () => {
    assert.equal(metricName(name, unit, kind), expected);
  });

test('the unit of a metric is in words', () => {
  assert.equal(unitName('s'), 'seconds');
  assert.equal(unitName('By/s'), 'bytes_per_second');
  assert.equal(unitName('{request}'), '');
  assert.equal(unitName('constructor'), 'constructor');
});

test('labels have underscores, and never begin with a digit or two underscores', () => {
  assert.equal(labelName('http.request.method'), 'http_request_method');
  assert.equal(labelName('1st'), 'key_1st');
  assert.equal(labelName('__name__'), 'key__name__');
});
