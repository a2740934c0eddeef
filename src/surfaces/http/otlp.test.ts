import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createAuth, hashToken } from './auth.ts';
import { server, tokens } from './testing.ts';

test('telemetry is handed on unpacked, and faults come back in the encoding of the request', async () => {
  const got: [string, string, string][] = [];
  const { request } = server({
    limits: { ingestBytes: 1000 },
    ingest: async (signal, body, sent) => {
      got.push([signal, Buffer.from(body).toString(), sent.contentEncoding]);
      return { contentType: 'application/json', body: '{}' };
    },
  });
  const sent = await request('/v1/traces', {
    method: 'POST',
    body: gzipSync('{"resourceSpans":[]}'),
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  });
  assert.equal(sent.status, 200);
  assert.deepEqual(got, [['traces', '{"resourceSpans":[]}', 'gzip']]);
  const big = (contentType: string) =>
    request('/v1/logs', { method: 'POST', body: 'x'.repeat(2000), headers: { 'content-type': contentType } });
  const json = await big('application/json');
  assert.equal(json.status, 413);
  assert.deepEqual(await json.json(), {
    code: 3,
    message: 'The body is larger than 1000 bytes. Send less at once.',
  });
  const proto = Buffer.from(await (await big('application/x-protobuf')).arrayBuffer());
  assert.deepEqual([...proto.subarray(0, 3)], [0x08, 3, 0x12]);
  assert.equal(proto.subarray(4).toString(), 'The body is larger than 1000 bytes. Send less at once.');
});

test('a token must be allowed to send telemetry', async () => {
  const { request } = server({
    auth: createAuth('0.0.0.0', tokens),
    ingest: async () => ({ contentType: 'application/json', body: '{}' }),
  });
  const send = (token: string) =>
    request('/v1/metrics', {
      method: 'POST',
      body: '{}',
      headers: { authorization: `Bearer ${token}` },
    }).then(r => r.status);
  assert.deepEqual([await send('read-me'), await send('send-it'), await send('do-it')], [403, 200, 200]);
});

test('a token of the role ingest sends telemetry and does nothing else', async () => {
  const { request } = server({
    auth: createAuth('0.0.0.0', [
      { name: 'local', role: 'ingest', kind: 'agent', ingest: true, sha256: hashToken('only-send') },
    ]),
    ingest: async () => ({ contentType: 'application/json', body: '{}' }),
  });
  const headers = { authorization: 'Bearer only-send' };
  assert.equal((await request('/v1/logs', { method: 'POST', body: '{}', headers })).status, 200);
  for (const path of ['/api/v1/notes', '/metrics', '/api/v1/events'])
    assert.equal((await request(path, { headers })).status, 403, path);
});
