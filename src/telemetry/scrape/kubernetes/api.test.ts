import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { KubernetesApi } from './api.ts';

test('a watch that a lost connection keeps silent is given up, and may be begun anew', async t => {
  const asked: URL[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(new URL(url ?? '', 'http://cluster.example'));
    response.writeHead(200).write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const access = { url, authorization: async () => undefined, tls: { rejectUnauthorized: true } };
  const api = new KubernetesApi(access, { watchMs: 200 });
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const { object } of api.watch('/api/v1/pods', {}, new AbortController().signal))
      seen.push(object.metadata?.name ?? '');
  });
  assert.deepEqual(seen, ['a']);
  assert.equal(asked[0]?.searchParams.get('timeoutSeconds'), '300', 'the server is to end it before');
});
