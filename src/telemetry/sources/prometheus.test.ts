import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type PrometheusServer,
  startPrometheus,
  withoutPrometheus,
} from '../../../test/kit/prometheus-server.ts';
import { remoteWrite, remoteWriteBody } from '../../../test/kit/remote-write.ts';
import { instant } from '../../kernel/index.ts';
import { EmbeddedMetrics } from '../metrics.ts';
import { matchersTest } from '../promql/index.ts';
import { testStore, testTelemetry } from '../testing.ts';
import { PrometheusMetrics } from './prometheus.ts';
import { RoutedMetrics } from './routed.ts';
import { contractSeries, sourceContract } from './source-contract.ts';

const endMs = Math.floor(Date.now() / 15_000) * 15_000 - 60_000;
const config = { url: 'http://metrics.example/prometheus/', timeout: '5s', partialData: 'warn' } as const;

const store = await testStore();
const telemetry = await testTelemetry(store);
const api = telemetry.prometheus({ version: '0' });
assert.equal(
  (await api.write(remoteWriteBody(contractSeries(endMs)), () => 'application/x-protobuf')).status,
  204,
);
let prometheus: PrometheusServer | undefined;

before(async () => {
  if (withoutPrometheus !== undefined) return;
  prometheus = await startPrometheus('global: {}\n');
  await remoteWrite(`${prometheus.url}/api/v1/write`, contractSeries(endMs));
});
after(async () => {
  await prometheus?.stop();
  await telemetry.stop();
  await store.close();
});

/** Nines's own API without a socket, as a server that somebody else runs. */
const served: typeof fetch = async (input, init) => {
  init?.signal?.throwIfAborted();
  const url = new URL(String(input));
  const params = new URLSearchParams(url.search);
  for (const [name, value] of new URLSearchParams(String(init?.body ?? ''))) params.append(name, value);
  const path = url.pathname.replace('/prometheus/api/v1/', '');
  const { status, body } = await api.read({ path, params });
  return new Response(body, { status });
};

const memory = contractSeries(endMs);
sourceContract(
  'memory',
  () =>
    new EmbeddedMetrics({
      select: async matchers => memory.filter(({ labels }) => matchersTest(matchers)(labels)),
      list: matchers => memory.map(({ labels }) => labels).filter(matchersTest(matchers)),
    }),
  () => endMs,
);
sourceContract(
  'the own store',
  () => telemetry.metrics,
  () => endMs,
);
sourceContract(
  'Nines over its own API',
  () => new PrometheusMetrics('nines', config, { fetch: served }),
  () => endMs,
);
sourceContract(
  'Prometheus',
  () => new PrometheusMetrics('prometheus', { ...config, url: prometheus!.url }),
  () => endMs,
  withoutPrometheus === undefined ? {} : { skip: withoutPrometheus },
);

/** A server that gives one answer and keeps what it was asked. */
function answering(status: number, body: unknown) {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetching: typeof fetch = async (input, init) => {
    asked.push({ url: String(input), init: init ?? {} });
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  return { asked, fetching };
}

const empty = { status: 'success', data: { resultType: 'vector', result: [] } };
const ask = (source: PrometheusMetrics) => source.instant('up', instant(endMs));

test('credentials, tenant and the query go where they belong', async () => {
  const { asked, fetching } = answering(200, empty);
  const basicAuth = { username: 'nines', password: 'pass:word' };
  await ask(new PrometheusMetrics('mimir', { ...config, basicAuth, tenant: 'shop' }, { fetch: fetching }));
  const [{ url, init }] = asked as [{ url: string; init: RequestInit }];
  assert.equal(url, 'http://metrics.example/prometheus/api/v1/query');
  const headers = new Headers(init.headers);
  assert.equal(headers.get('authorization'), `Basic ${btoa('nines:pass:word')}`);
  assert.equal(headers.get('x-scope-orgid'), 'shop');
  assert.equal(new URLSearchParams(String(init.body)).get('query'), 'up');
  const bearer = answering(200, empty);
  await ask(new PrometheusMetrics('p', { ...config, bearerToken: 'secret' }, { fetch: bearer.fetching }));
  assert.equal(new Headers(bearer.asked[0]?.init.headers).get('authorization'), 'Bearer secret');
});

const failures: [what: string, status: number, body: unknown, code: string][] = [
  ['credentials that are refused', 401, 'no', 'unavailable'],
  ['a url that is not of the API', 404, '<html>', 'unavailable'],
  ['too many requests', 429, 'slow down', 'overloaded'],
  [
    'a query that timed out there',
    503,
    { status: 'error', errorType: 'timeout', error: 'query timed out' },
    'timeout',
  ],
  [
    'too many samples',
    422,
    { status: 'error', errorType: 'execution', error: 'query processing would load too many samples' },
    'too_large',
  ],
  ['a server that is broken', 500, 'oops', 'unavailable'],
  ['an answer that is not JSON', 200, '<html>', 'unavailable'],
  [
    'an answer of another shape',
    200,
    { status: 'success', data: { resultType: 'vector', result: [{ metric: 1 }] } },
    'unavailable',
  ],
];
for (const [what, status, body, code] of failures)
  test(`a fault tells ${what} from no data`, async () => {
    await assert.rejects(
      ask(new PrometheusMetrics('p', config, { fetch: answering(status, body).fetching })),
      { code },
    );
  });

test('partial data is a warning, or a fault where it has to be whole', async () => {
  const partial = { ...empty, isPartial: true };
  const warned = await ask(new PrometheusMetrics('vm', config, { fetch: answering(200, partial).fetching }));
  assert.deepEqual(warned.warnings, ['vm: partial data: not all parts of the cluster answered']);
  const strict = new PrometheusMetrics(
    'vm',
    { ...config, partialData: 'fail' },
    { fetch: answering(200, partial).fetching },
  );
  await assert.rejects(ask(strict), { code: 'unavailable' });
});

test('an answer beyond the bound is stopped', async () => {
  const large = answering(200, 'x'.repeat(5000));
  await assert.rejects(ask(new PrometheusMetrics('p', config, { fetch: large.fetching, maxBytes: 1000 })), {
    code: 'too_large',
  });
});

test('a server that is not there is unavailable, one that does not answer a timeout', async () => {
  await assert.rejects(ask(new PrometheusMetrics('p', { ...config, url: 'http://127.0.0.1:1' })), {
    code: 'unavailable',
  });
  const hanging: typeof fetch = (_, init) =>
    new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
  await assert.rejects(ask(new PrometheusMetrics('p', { ...config, timeout: '20ms' }, { fetch: hanging })), {
    code: 'timeout',
  });
});

test('a proxy that lets only GET through is asked by GET', async () => {
  const methods: string[] = [];
  const fetching: typeof fetch = async (_, init) => {
    methods.push(init?.method ?? 'GET');
    return init?.method === 'POST' ? new Response('', { status: 405 }) : Response.json(empty);
  };
  const source = new PrometheusMetrics('p', config, { fetch: fetching });
  await ask(source);
  await ask(source);
  assert.deepEqual(methods, ['POST', 'GET', 'GET']);
});

test('each service is asked where its metrics are', async () => {
  const source = (name: string) =>
    new PrometheusMetrics(name, config, { fetch: answering(500, name).fetching });
  const routed = new RoutedMetrics(source('own'), new Map([['payments', source('theirs')]]));
  const asked = async (query: string) =>
    routed.instant(query, instant(endMs)).then(
      () => '',
      (error: Error) => error.message,
    );
  assert.match(await asked('rate(x_total{service_name="payments"}[5m])'), /^theirs answered/);
  assert.match(await asked('sum(a{job="payments"}) / sum(b{job="payments"})'), /^theirs answered/);
  assert.match(await asked('rate(x_total{service_name="cart"}[5m])'), /^own answered/);
  assert.match(await asked('sum('), /^own answered/);
  assert.match(await asked('a{job="payments"} / b'), /in different places/);
  assert.equal(routed.sourceOf('rate(x_total{service_name="payments"}[5m])'), 'theirs');
  assert.equal(routed.sourceOf('rate(x_total[5m])'), 'own');
  assert.equal(
    routed.sourceOf('a{job="payments"} / b'),
    'own',
    'nobody answers it: it is refused where it is asked',
  );
});
