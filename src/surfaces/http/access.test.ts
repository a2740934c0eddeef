import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuth } from './auth.ts';
import { server, tokens } from './testing.ts';

test('a name that is not loopback is refused without tokens, so that rebound DNS names reach nothing', async () => {
  const { request } = server();
  for (const path of ['/api/v1/notes', '/metrics', '/'])
    assert.equal((await request(path, {}, 'evil.example:4800')).status, 403, path);
  for (const host of ['localhost:4800', '127.0.0.1', '[::1]:4800', 'nines.localhost'])
    assert.equal((await request('/api/v1/notes', {}, host)).status, 200, host);
});

test('a page of another origin may not write, and may not even as another port of this machine', async () => {
  const { post } = server();
  const write = (headers: Record<string, string>) =>
    post('/api/v1/notes', { text: 'x' }, headers).then(r => r.status);
  assert.equal(await write({ origin: 'https://evil.example' }), 403);
  assert.equal(await write({ origin: 'http://127.0.0.1:9999' }), 403);
  assert.equal(await write({ origin: 'null' }), 403);
  assert.equal(await write({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await write({ origin: 'http://127.0.0.1:4800' }), 200);
});

test('a local caller may give its name, kind and surface for the audit', async () => {
  const { post, request, notes } = server();
  await request('/api/v1/notes');
  await post(
    '/api/v1/notes',
    { text: 'x' },
    { 'nines-principal': 'payments%20oncall', 'nines-principal-kind': 'agent', 'nines-surface': 'mcp' },
  );
  assert.deepEqual(
    notes.seen.map(({ principal, surface }) => [principal.name, principal.kind, principal.role, surface]),
    [
      ['local', 'person', 'admin', 'http'],
      ['payments oncall', 'agent', 'admin', 'mcp'],
    ],
  );
});

test('with tokens, callers are known by them and by nothing else', async () => {
  const { request, post, notes } = server({ auth: createAuth('0.0.0.0', tokens) });
  const none = await request('/api/v1/notes', { headers: { 'nines-principal': 'root' } }, 'nines.example');
  assert.equal(none.status, 401);
  assert.match(none.headers.get('www-authenticate') ?? '', /^Bearer/);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  assert.equal((await request('/api/v1/notes', { headers: bearer('guess') })).status, 401);
  assert.equal((await request('/api/v1/notes', { headers: bearer('read-me') }, 'nines.example')).status, 200);
  assert.equal((await post('/api/v1/notes', { text: 'x' }, bearer('read-me'))).status, 403);
  assert.equal(
    (await post('/api/v1/notes', { text: 'x' }, { ...bearer('do-it'), 'nines-principal': 'root' })).status,
    200,
  );
  assert.equal(notes.seen.at(-1)?.principal.name, 'ops');
});

test('a browser keeps its token in a cookie that scripts cannot read', async () => {
  const { request } = server({ auth: createAuth('127.0.0.1', tokens) });
  const signedIn = await request('/api/v1/session', {
    method: 'POST',
    headers: { authorization: 'Bearer read-me' },
  });
  assert.partialDeepStrictEqual(await signedIn.json(), { role: 'viewer', signedIn: true });
  const cookie = signedIn.headers.get('set-cookie') ?? '';
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  assert.equal((await request('/api/v1/notes', { headers: { cookie: cookie.split(';')[0]! } })).status, 200);
  assert.equal(
    (await request('/api/v1/session', { method: 'POST', headers: { authorization: 'Bearer nope' } })).status,
    401,
  );
});

test("a proxy's own credentials are not put in the place of a session's token", async () => {
  const { request } = server({ auth: createAuth('127.0.0.1', tokens) });
  const asked = await request('/api/v1/session', {
    method: 'POST',
    headers: { cookie: 'nines_token=read-me', authorization: 'Basic cHJveHk6c2VjcmV0' },
  });
  assert.partialDeepStrictEqual(await asked.json(), { name: 'reader', signedIn: true });
  assert.equal(asked.headers.get('set-cookie'), null);
});

test('an open address without tokens is refused before anything listens', () => {
  assert.throws(() => createAuth('0.0.0.0', []), /without tokens/);
  assert.throws(() => createAuth('::', []), /without tokens/);
  for (const host of ['127.0.0.1', 'localhost', '::1'])
    assert.deepEqual(createAuth(host, []), { mode: 'local' });
});

test('a client over the rate is told when to come back', async () => {
  const { request } = server({ limits: { rate: { perSecond: 1, burst: 2, maxClients: 10 } } });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await request('/api/v1/notes')).status);
  assert.deepEqual(statuses, [200, 200, 429]);
});
