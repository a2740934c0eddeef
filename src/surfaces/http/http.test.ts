import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Validator } from '@seriousme/openapi-schema-validator';
import { fault, server } from './testing.ts';

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
