import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemorySeries } from '../../test/kit/memory-metrics.ts';
import { checkFiles } from '../catalog/index.ts';
import { instant } from '../kernel/index.ts';
import { EmbeddedMetrics } from '../telemetry/index.ts';
import type { Series } from '../telemetry/promql/index.ts';
import { sloKinds } from './kinds.ts';
import { objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import { Readings } from './readings.ts';
import { sloTemplate, TemplateKind } from './template.ts';

const START = Date.parse('2026-01-27T00:00:00.000Z');
const MINUTE = 60_000;

function compiled(kind: TemplateKind) {
  const { yaml } = sloTemplate({ kind, service: 'checkout', window: '30d' });
  const { resources, problems } = checkFiles([{ path: 'slo.yaml', text: yaml }], sloKinds);
  assert.deepEqual(problems, []);
  const [slo] = resources;
  return objectivesOf({ ...slo!, spec: SloSpec.parse(slo!.spec) }, () => undefined)[0]!;
}

/** Half an hour of each template's own metrics, of which one in ten is bad. */
const DATA: Record<TemplateKind, (series: MemorySeries, at: number, minute: number) => void> = {
  availability: (series, at, minute) => {
    const name = 'http_server_request_duration_seconds_count';
    series.add(name, { service_name: 'checkout', http_response_status_code: '200' }, at, minute * 90);
    series.add(name, { service_name: 'checkout', http_response_status_code: '503' }, at, minute * 10);
  },
  latency: (series, at, minute) => {
    const name = 'http_server_request_duration_seconds';
    series.add(`${name}_bucket`, { service_name: 'checkout', le: '0.5' }, at, minute * 90);
    series.add(`${name}_count`, { service_name: 'checkout' }, at, minute * 100);
  },
  'latency-native': () => {},
  throughput: (series, at, minute) => {
    // Nothing is processed in the last tenth of the minutes that are looked at.
    series.add('items_processed_total', { service_name: 'checkout' }, at, Math.min(minute, 55) * 1200);
  },
  durability: (series, at, minute) => {
    series.add('objects_verified_total', { service_name: 'checkout', result: 'ok' }, at, minute * 90);
    series.add('objects_verified_total', { service_name: 'checkout', result: 'corrupt' }, at, minute * 10);
  },
  freshness: (series, at, minute) => {
    const fresh = minute % 10 !== 0;
    series.add(
      'last_success_timestamp_seconds',
      { service_name: 'checkout' },
      at,
      at / 1000 - (fresh ? 60 : 7200),
    );
  },
  uptime: (series, at, minute) => {
    series.add('probe_attempts_total', { service_name: 'checkout' }, at, minute * 100);
    series.add('probe_failures_total', { service_name: 'checkout' }, at, minute * 10);
  },
  spans: (series, at, minute) => {
    const labels = { service_name: 'checkout', span_kind: 'SPAN_KIND_SERVER' };
    series.add(
      'traces_spanmetrics_calls_total',
      { ...labels, status_code: 'STATUS_CODE_OK' },
      at,
      minute * 90,
    );
    series.add(
      'traces_spanmetrics_calls_total',
      { ...labels, status_code: 'STATUS_CODE_ERROR' },
      at,
      minute * 10,
    );
  },
  'spans-latency': (series, at, minute) => {
    const labels = { service_name: 'checkout', span_kind: 'SPAN_KIND_SERVER' };
    series.add('traces_spanmetrics_latency_seconds_bucket', { ...labels, le: '0.5' }, at, minute * 90);
    series.add('traces_spanmetrics_latency_seconds_count', labels, at, minute * 100);
  },
  logs: (series, at, minute) => {
    series.add('log_record_count_total', { service_name: 'checkout', severity: 'INFO' }, at, minute * 90);
    series.add('log_record_count_total', { service_name: 'checkout', severity: 'ERROR' }, at, minute * 10);
  },
};

for (const kind of TemplateKind.options.filter(one => one !== 'latency-native'))
  test(`the template ${kind} loads, and counts its own metrics as it says`, async () => {
    const { sli } = compiled(kind);
    const series = new MemorySeries();
    for (let minute = 0; minute <= 60; minute++) DATA[kind](series, START + minute * MINUTE, minute);
    const count = await new Readings(series.metrics()).count(sli, '30m', instant(START + 60 * MINUTE));
    assert.ok(count !== undefined && count.total > 0, 'it finds its metrics');
    assert.ok(Math.abs(count.bad / count.total - 0.1) < 0.04, `${count.bad} of ${count.total}`);
  });

test('the template for native histograms loads; its absence is a mistake, and never a zero', () => {
  const { sli } = compiled('latency-native');
  assert.equal(sli.kind, 'latency');
  assert.match(sli.ratioExpr('5m'), /histogram_fraction\(0, 0\.5, increase\(/);
  assert.equal(sli.mayBeAbsent, undefined);
});

/** A native histogram of requests, 90 of 100 a minute between 0.25 and 0.5 s, the others between 1 and 2 s. */
function nativeRequests(perMinute: number): EmbeddedMetrics {
  const minutes = Array.from({ length: 61 }, (_, minute) => minute);
  const labels = { __name__: 'http_server_request_duration_seconds', service_name: 'checkout' };
  const list = () => [labels];
  const select = async (): Promise<Series[]> => [
    {
      labels,
      timestamps: Float64Array.from(minutes, minute => START + minute * MINUTE),
      values: new Float64Array(minutes.length),
      // In schema 0 the bucket of index i reaches from 2^(i-1) to 2^i.
      histograms: minutes.map(minute => ({
        schema: 0,
        zeroThreshold: 0,
        zeroCount: 0,
        count: minute * perMinute,
        sum: minute * perMinute * 0.5,
        positive: { index: [-1, 1], count: [minute * perMinute * 0.9, minute * perMinute * 0.1] },
        negative: { index: [], count: [] },
        hint: 'unknown' as const,
      })),
    },
  ];
  return new EmbeddedMetrics({ list, select }, {}, 'memory');
}

test('the template for native histograms counts what is slower, and a quiet time is no outage', async () => {
  const { sli } = compiled('latency-native');
  const at = instant(START + 60 * MINUTE);
  const busy = await new Readings(nativeRequests(100)).count(sli, '30m', at);
  assert.ok(Math.abs(busy!.bad / busy!.total - 0.1) < 0.001, JSON.stringify(busy));
  const quiet = await new Readings(nativeRequests(0)).count(sli, '30m', at);
  assert.deepEqual(quiet, { bad: 0, total: 0 });
});
