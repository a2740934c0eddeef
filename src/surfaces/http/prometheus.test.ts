import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../kernel/index.ts';
import { createAuth } from './auth.ts';
import type { HttpOptions } from './options.ts';
import type { PrometheusHandler } from './prometheus.ts';
import { server as notesServer, tokens } from './testing.ts';

function server(extra: Partial<HttpOptions<never>> & { handler?: Partial<PrometheusHandler> } = {}) {
  const { handler, ...rest } = extra;
  const asked: { path: string; params: string }[] = [];
  const written: { bytes: number; type: string | undefined }[] = [];
  const { request } = notesServer({
    prometheus: {
      read: async ({ path, params }) => {
        asked.push({ path, params: params.toString() });
        return { status: 200, body: '{"status":"success"}' };
      },
      write: async (body, header) => {
        written.push({ bytes: body.byteLength, type: header('content-type') });
        return { status: 204, body: '', headers: { 'X-Prometheus-Remote-Write-Samples-Written': '3' } };
      },
      ...handler,
    },
    ...rest,
  });
  return { request, asked, written };
}

const form = (text: string) => ({
  method: 'POST',
  body: text,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
});

test('queries come by GET and by form, with their paths and parameters', async () => {
  const { request, asked } = server();
  const response = await request('/prometheus/api/v1/query?query=up&time=1');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  await request('/prometheus/api/v1/query_range?step=1', form('query=sum%28up%29&start=1'));
  await request('/prometheus/api/v1/label/service_name/values?match[]=a&match[]=b');
  assert.deepEqual(asked, [
    { path: 'query', params: 'query=up&time=1' },
    { path: 'query_range', params: 'query=sum%28up%29&start=1&step=1' },
    { path: 'label/service_name/values', params: 'match%5B%5D=a&match%5B%5D=b' },
  ]);
});

test('a form that is none, or too large, is refused in Prometheus’s words', async () => {
  const { request } = server();
  const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  const wrong = await request('/prometheus/api/v1/query', json);
  assert.equal(wrong.status, 400);
  assert.deepEqual(Object.keys((await wrong.json()) as object), ['status', 'errorType', 'error']);
  const large = await request('/prometheus/api/v1/query', form(`query=${'x'.repeat(2 * 1024 * 1024)}`));
  assert.equal(large.status, 413);
});

test('a viewer reads, also by form; who may send telemetry writes', async () => {
  const { request, written } = server({ auth: createAuth('0.0.0.0', tokens) });
  const bearer = (token: string, init: RequestInit = {}) => ({
    ...init,
    headers: { ...(init.headers as object), authorization: `Bearer ${token}` },
  });
  const none = await request('/prometheus/api/v1/query?query=up');
  assert.equal(none.status, 401);
  assert.match(none.headers.get('www-authenticate') ?? '', /^Bearer/);
  assert.equal(((await none.json()) as { status: string }).status, 'error');
  assert.equal((await request('/prometheus/api/v1/query', bearer('read-me', form('query=up')))).status, 200);
  const write = {
    method: 'POST',
    body: 'abc',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
  };
  assert.equal((await request('/prometheus/api/v1/write', bearer('read-me', write))).status, 403);
  const sent = await request('/prometheus/api/v1/write', bearer('send-it', write));
  assert.equal(sent.status, 204);
  assert.equal(sent.headers.get('x-prometheus-remote-write-samples-written'), '3');
  assert.deepEqual(written, [{ bytes: 3, type: 'application/x-protobuf' }]);
});

test('a body beyond the bound is 413, too many that are being read are 429, and what waits to be stored holds no place', async () => {
  const gate = Promise.withResolvers<void>();
  const handler = {
    write: async () => {
      await gate.promise;
      return { status: 204, body: '' };
    },
  };
  const { request } = server({ handler, limits: { ingestBytes: 10, ingestAtOnce: 1 } });
  const write = (body: string | ReadableStream<Uint8Array>) =>
    request('/prometheus/api/v1/write', { method: 'POST', body, duplex: 'half' } as RequestInit);
  assert.equal((await write('x'.repeat(11))).status, 413);
  let rest: ReadableStreamDefaultController<Uint8Array> | undefined;
  const slow = new ReadableStream<Uint8Array>({
    start(controller) {
      rest = controller;
    },
  });
  const first = write(slow);
  await new Promise(resolve => setImmediate(resolve));
  const second = await write('y');
  assert.equal(second.status, 429);
  assert.equal(second.headers.get('retry-after'), '1');
  rest!.enqueue(Buffer.from('x'));
  rest!.close();
  await new Promise(resolve => setImmediate(resolve));
  const third = write('z');
  gate.resolve();
  assert.deepEqual([(await first).status, (await third).status], [204, 204]);
});

test('what fails in the handler is told in Prometheus’s form, without its text', async () => {
  const failing = (error: Error) =>
    server({
      handler: {
        read: async () => {
          throw error;
        },
      },
    });
  const starting = await failing(
    new Fault('unavailable', 'Nines is starting.', { retryAfterSeconds: 1 }),
  ).request('/prometheus/api/v1/query?query=up');
  assert.equal(starting.status, 503);
  assert.equal(starting.headers.get('retry-after'), '1');
  assert.deepEqual(await starting.json(), {
    status: 'error',
    errorType: 'unavailable',
    error: 'Nines is starting.',
  });
  const defect = await failing(new Error('secret detail')).request('/prometheus/api/v1/query?query=up');
  assert.equal(defect.status, 500);
  assert.doesNotMatch(await defect.text(), /secret/);
});
