import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { Event } from '../../kernel/index.ts';
import { noteOperations, notesApp } from '../testing.ts';
import { type AccessToken, createAuth, hashToken } from './auth.ts';
import { createHttp, type HttpOptions } from './http.ts';
import { listen } from './listen.ts';

type Rooms = Parameters<typeof createHttp<Parameters<(typeof noteOperations)[number]['run']>[1]>>[0];
type Extra = Partial<HttpOptions<never>>;

const noEvents = { lastSeq: async () => 0, async *follow() {} } as unknown as Rooms['events'];

function server(extra: Extra = {}) {
  const app = notesApp();
  const http = createHttp({
    operations: noteOperations,
    call: app.call,
    events: noEvents,
    metrics: app.metrics,
    ready: [],
    auth: { mode: 'local' },
    log: app.log,
    version: '0.1.0',
    ...(extra as object),
  });
  const request = async (path: string, init: RequestInit = {}, host = '127.0.0.1:4800') =>
    http.request(`http://${host}${path}`, { ...init, headers: { host, ...(init.headers as object) } });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    request(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  return { ...app, http, request, post };
}

async function fault(response: Response) {
  const { error } = (await response.json()) as {
    error: { code: string; message: string; hint?: string; problems?: unknown[] };
  };
  return { status: response.status, ...error };
}

test('a write takes its input from the JSON body and answers with JSON', async () => {
  const { post, notes } = server();
  const response = await post('/api/v1/notes', { text: 'disk at 91 %', tags: ['disk'] });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    id: 1,
    text: 'disk at 91 %',
    tags: ['disk'],
    at: '2026-01-27T03:00:00.000Z',
  });
  assert.equal(notes.kept.size, 1);
});

test('query strings are read by the type that each input has', async () => {
  const { request, notes } = server();
  const response = await request(
    '/api/v1/notes?tag=a&tag=b&limit=3&minScore=-1.5&pinned=true&since=2026-01-27T03:00:00Z&order=oldest',
  );
  assert.equal(response.status, 200);
  assert.deepEqual(notes.seen[0]?.input, {
    tag: ['a', 'b'],
    limit: 3,
    minScore: -1.5,
    pinned: true,
    since: '2026-01-27T03:00:00.000Z',
    order: 'oldest',
  });
});

test('a query value of the wrong type is refused with the field named', async () => {
  const { request } = server();
  const got = await fault(await request('/api/v1/notes?limit=many'));
  assert.equal(got.status, 400);
  assert.deepEqual(got.problems, [{ field: 'limit', message: 'expected a number, got text' }]);
});

test('one value given twice is refused rather than one of them taken', async () => {
  const { request } = server();
  const got = await fault(await request('/api/v1/notes?limit=1&limit=2'));
  assert.match(got.message, /'limit' is given 2 times/);
});

test('an unknown query key is refused, also one that every object has', async () => {
  const { request } = server();
  for (const key of ['limt', '__proto__', 'constructor'])
    assert.equal((await fault(await request(`/api/v1/notes?${key}=1`))).code, 'invalid');
});

test('path parameters are read by their type, and a literal path goes before a parameter', async () => {
  const { post, request } = server();
  await post('/api/v1/notes', { text: 'one' });
  assert.equal(((await (await request('/api/v1/notes/1')).json()) as { text: string }).text, 'one');
  assert.equal(((await (await request('/api/v1/notes/latest')).json()) as { text: string }).text, 'one');
  const burnt = await request('/api/v1/notes/1?reason=done', { method: 'DELETE' });
  assert.deepEqual(await burnt.json(), { burnt: 1 });
});

test('a key of the path given again in the body is refused', async () => {
  const { request } = server();
  assert.equal((await fault(await request('/api/v1/notes/1?id=2'))).code, 'invalid');
});

for (const [what, body, headers, expected] of [
  ['malformed JSON', '{"text": ', {}, /not JSON/],
  ['a body that is an array', '[1]', {}, /not a JSON object/],
  ['bytes that are no UTF-8', new Uint8Array([0xff, 0xfe]), {}, /not JSON/],
  ['a form', 'text=x', { 'content-type': 'application/x-www-form-urlencoded' }, /content type is/],
  ['an unknown encoding', '{}', { 'content-encoding': 'br' }, /content encoding 'br' is not known/],
  ['gzip that is none', 'not gzip', { 'content-encoding': 'gzip' }, /cannot be unpacked/],
] as const)
  test(`${what} gives one clear fault`, async () => {
    const { request } = server();
    const got = await fault(
      await request('/api/v1/notes', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      }),
    );
    assert.equal(got.status, 400);
    assert.match(got.message, expected);
  });

test('a body over one MiB is refused while it arrives, packed or not', async () => {
  const { post, request } = server();
  assert.equal((await post('/api/v1/notes', { text: 'x'.repeat(1024 * 1024) })).status, 413);
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
  assert.ok(bomb.byteLength < 100_000);
  const response = await request('/api/v1/notes', {
    method: 'POST',
    body: bomb,
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  });
  assert.equal((await fault(response)).code, 'too_large');
});

test('a body without a declared length is bounded too', async () => {
  const { http } = server();
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: controller => {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  const response = await http.request('http://localhost/api/v1/notes', {
    method: 'POST',
    body: endless,
    duplex: 'half',
    headers: { host: 'localhost' },
  } as RequestInit);
  assert.equal(response.status, 413);
  assert.ok(sent < 2 * 1024 * 1024, `read ${sent} bytes`);
});

test('faults keep their status, problems, hint and Retry-After', async () => {
  const { request } = server();
  const overloaded = await request('/api/v1/breaks/overloaded');
  assert.equal(overloaded.status, 429);
  assert.equal(overloaded.headers.get('retry-after'), '7');
  const problems = await fault(await request('/api/v1/breaks/problems'));
  assert.equal(problems.hint, 'Mend them.');
  assert.equal(problems.problems?.length, 1);
});

test("a defect's own text does not leave the process", async () => {
  const { request } = server();
  const response = await request('/api/v1/breaks/defect');
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /hunter2/);
});

test('an operation that never answers ends in a timeout, and its signal is aborted', async () => {
  const { request } = server({ limits: { callMs: 20 } });
  const got = await fault(await request('/api/v1/breaks/never'));
  assert.equal(got.status, 504);
});

test('what is hidden from HTTP is not served, and unknown paths say where to look', async () => {
  const { request } = server();
  const got = await fault(await request('/api/v1/whispers'));
  assert.equal(got.status, 404);
  assert.match(got.hint ?? '', /openapi\.json/);
});

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

const tokens: AccessToken[] = [
  { name: 'reader', role: 'viewer', kind: 'person', ingest: false, sha256: hashToken('read-me') },
  { name: 'ops', role: 'responder', kind: 'person', ingest: false, sha256: hashToken('do-it') },
  { name: 'collector', role: 'viewer', kind: 'agent', ingest: true, sha256: hashToken('send-it') },
];

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

test('readiness names what is not well, and never waits for ever', async () => {
  const ready = server({ ready: [{ name: 'database', check: async () => ({ ok: true }) }] });
  assert.equal((await ready.request('/readyz')).status, 200);
  const broken = server({
    ready: [
      { name: 'database', check: async () => ({ ok: true }) },
      { name: 'telemetry', check: async () => Promise.reject(new Error('connection refused')) },
    ],
  });
  const response = await broken.request('/readyz');
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), {
    status: 'not_ready',
    checks: [
      { name: 'database', ok: true },
      { name: 'telemetry', ok: false, detail: 'connection refused' },
    ],
  });
});

test('readiness tells a caller without a token whether, and not why not', async () => {
  const { request } = server({
    auth: { mode: 'tokens', tokens: [] },
    ready: [{ name: 'telemetry', check: async () => Promise.reject(new Error('10.1.2.3 refused')) }],
  });
  const response = await request('/readyz');
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), {
    status: 'not_ready',
    checks: [{ name: 'telemetry', ok: false }],
  });
});

test('the OpenAPI document is valid 3.1 and describes effects, inputs and faults', async () => {
  const { request } = server();
  const document = (await (await request('/openapi.json')).json()) as {
    openapi: string;
    paths: Record<
      string,
      Record<
        string,
        { 'x-nines-effect'?: string; parameters?: { name: string; in: string }[]; responses: object }
      >
    >;
  };
  const result = await new Validator().validate(structuredClone(document));
  assert.equal(result.valid, true, JSON.stringify(result.errors));
  assert.equal(document.openapi, '3.1.0');
  const burn = document.paths['/api/v1/notes/{id}']?.delete;
  assert.equal(burn?.['x-nines-effect'], 'act');
  assert.deepEqual(
    burn?.parameters?.map(p => [p.name, p.in]),
    [
      ['id', 'path'],
      ['reason', 'query'],
    ],
  );
  assert.ok('412' in (burn?.responses ?? {}));
  assert.equal(document.paths['/api/v1/whispers'], undefined);
});

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

test('events are streamed from where the client left off, with a bound on streams', async () => {
  const event = (seq: number): Event => ({
    seq,
    id: `evt_${seq}`,
    type: 'note.kept',
    subject: 'n',
    at: '2026-01-27T03:00:00.000Z',
    data: {},
  });
  const asked: [number, unknown][] = [];
  const events = {
    lastSeq: async () => 9,
    async *follow(seq: number, signal: AbortSignal, filter: object) {
      asked.push([seq, filter]);
      for (let n = seq + 1; !signal.aborted; n++) yield event(n);
    },
  };
  const { request } = server({ events: events as unknown as Rooms['events'], limits: { streams: 2 } });
  const read = async (path: string, headers = {}) => {
    const response = await request(path, { headers });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const reader = response.body!.getReader();
    const parts: string[] = [];
    for (let i = 0; i < 3; i++) parts.push(new TextDecoder().decode((await reader.read()).value));
    await reader.cancel();
    return parts.slice(1).map(part => part.split('\n')[0]);
  };
  assert.deepEqual(await read('/api/v1/events?after=0&subject=INC-7'), ['id: 1', 'id: 2']);
  assert.deepEqual(await read('/api/v1/events', { 'last-event-id': '41' }), ['id: 42', 'id: 43']);
  assert.deepEqual(await read('/api/v1/events'), ['id: 10', 'id: 11']);
  assert.deepEqual(asked, [
    [0, { subject: 'INC-7' }],
    [41, {}],
    [9, {}],
  ]);
  assert.equal((await request('/api/v1/events?after=x')).status, 400);
  await request('/api/v1/events');
  await request('/api/v1/events');
  assert.equal((await request('/api/v1/events')).status, 429);
});

test('the console is served with its types, caching, a policy and its own routes', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'nines-console-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Nines</title>');
  writeFileSync(join(folder, 'assets', 'app-1a2b.js'), `// ${'x'.repeat(5000)}`);
  const { request } = server({ consoleFolder: folder });
  const index = await request('/');
  assert.match(index.headers.get('content-type') ?? '', /^text\/html/);
  assert.equal(index.headers.get('cache-control'), 'no-cache');
  assert.match(index.headers.get('content-security-policy') ?? '', /script-src 'self'(;|$)/);
  assert.equal(index.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(await (await request('/incidents/INC-7')).text(), await index.text());
  const script = await request('/assets/app-1a2b.js', { headers: { 'accept-encoding': 'gzip' } });
  assert.match(script.headers.get('content-type') ?? '', /^text\/javascript/);
  assert.match(script.headers.get('cache-control') ?? '', /immutable/);
  assert.equal(script.headers.get('content-encoding'), 'gzip');
  const again = await request('/assets/app-1a2b.js', {
    headers: { 'if-none-match': script.headers.get('etag')! },
  });
  assert.equal(again.status, 304);
  for (const path of [
    '/assets/gone.js',
    '/..%2f..%2fetc%2fpasswd.txt',
    '/%2e%2e/%2e%2e/etc/hosts.txt',
    '/v1/nothing',
    '/%ff',
  ])
    assert.equal((await request(path)).status, 404, path);
});

test('a client that leaves before its stream has begun takes no place', async () => {
  const gone = new AbortController();
  const events = {
    lastSeq: async () => {
      gone.abort();
      return 9;
    },
    async *follow() {},
  };
  const { request } = server({ events: events as unknown as Rooms['events'], limits: { streams: 1 } });
  for (let time = 0; time < 3; time++)
    assert.equal((await request('/api/v1/events', { signal: gone.signal })).status, 200);
});

test('over a real socket: a request works, a taken port is one clear error, and closing ends open streams', async () => {
  const stop = new AbortController();
  const events = {
    lastSeq: async () => 0,
    async *follow(_: number, signal: AbortSignal) {
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    },
  };
  const { http } = server({ events: events as unknown as Rooms['events'], signal: stop.signal });
  const listening = await listen(http, { host: '127.0.0.1', port: 0 });
  assert.deepEqual(await (await fetch(`${listening.url}/healthz`)).json(), { status: 'alive' });
  await assert.rejects(
    listen(http, { host: '127.0.0.1', port: listening.port }),
    /Port \d+ on 127\.0\.0\.1 is taken/,
  );
  const stream = await fetch(`${listening.url}/api/v1/events`);
  stop.abort();
  assert.match(await stream.text(), /^retry: /);
  await listening.close();
});

test('a stream whose reader went away makes room for another', async t => {
  const events = {
    lastSeq: async () => 0,
    async *follow(_: number, signal: AbortSignal) {
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
    },
  };
  const { http } = server({ events: events as unknown as Rooms['events'], limits: { streams: 1 } });
  const listening = await listen(http, { host: '127.0.0.1', port: 0 });
  t.after(() => listening.close(0));
  const open = async (signal: AbortSignal) => await fetch(`${listening.url}/api/v1/events`, { signal });
  const first = new AbortController();
  assert.equal((await open(first.signal)).status, 200);
  assert.equal((await open(new AbortController().signal)).status, 429);
  first.abort();
  const deadline = Date.now() + 5_000;
  let status = 429;
  while (status === 429 && Date.now() < deadline) status = (await open(new AbortController().signal)).status;
  assert.equal(status, 200);
});
