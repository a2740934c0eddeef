import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { testAuthority } from '../../../test/kit/certificates.ts';
import { fetchWith } from './tls.ts';

let server: ReturnType<typeof createServer>;
let get: (path: string) => Promise<Response>;

before(async () => {
  const { ca, issue } = await testAuthority();
  const day = 86_400_000;
  const own = await issue({
    names: ['127.0.0.1'],
    from: new Date(Date.now() - day),
    to: new Date(Date.now() + day),
  });
  server = createServer(own, ({ url }, response) => {
    const status = Number(url?.slice(1));
    response.writeHead(status).end(status === 200 ? 'up 1\n' : undefined);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const send = fetchWith({ ca, insecure_skip_verify: false }, fetch);
  get = path => send(`https://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
});
after(() => server.close());

test('an answer over TLS with authorities of its own is what the server said', async () => {
  const answer = await get('/200');
  assert.deepEqual([answer.status, await answer.text()], [200, 'up 1\n']);
});

test('an answer that has no body is an answer, and one with a status that HTTP has not is a failure: neither ends the process', async () => {
  for (const status of [204, 304]) {
    const answer = await get(`/${status}`);
    assert.deepEqual([answer.status, await answer.text()], [status, '']);
  }
  await assert.rejects(get('/700'), RangeError);
});
