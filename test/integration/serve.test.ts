import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { nines, oneError, type Server, serve, until, workFolder } from '../kit/nines-process.ts';
import { freePort } from '../kit/port.ts';
import { smallCatalog } from '../kit/small-catalog.ts';
import { startWebhookSink, type WebhookSink } from '../kit/webhook-sink.ts';

/** A service as small as services are: it answers its port and its health port, and ends when asked. */
const WEB = `
  const http = require('node:http');
  const answer = (_, response) => response.end(String(process.pid));
  http.createServer(answer).listen(+process.env.PORT, '127.0.0.1');
  http.createServer(answer).listen(+process.env.HEALTH_PORT, '127.0.0.1');
`;

const work = workFolder();
const data = join(work.path, 'data');
let sink: WebhookSink;
let server: Server | undefined;
let config: string;
let port: number;

before(async () => {
  sink = await startWebhookSink();
  port = await freePort();
  config = work.file(
    'nines.yaml',
    `notify: { channels: { hook: { type: webhook, url: ${JSON.stringify(sink.url)} } } }\nlogLevel: warn\n`,
  );
});
after(async () => {
  await server?.end('SIGTERM').catch(() => {});
  await sink.close();
  work.remove();
});

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${server!.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('what was applied, opened and paged outlives kill -9, and what it ran is found again', async t => {
  server = await serve(['--data', data, '--config', config]);
  const catalog = smallCatalog({ run: { command: ['node', '-e', WEB], port }, wait: '10s' });
  const applied = await nines(['apply', work.file('web.yaml', catalog), '--data', data]);
  assert.equal(applied.code, 0, applied.stderr);
  const running = await until(webInstance, one => one?.healthy === true);
  const opened = await post('/api/v1/incidents', {
    service: 'web',
    title: 'Pages are blank',
    severity: 'SEV1',
  });
  assert.equal(opened.status, 200, opened.text);
  await until(
    async () => sink.pages('web-oncall'),
    pages => pages === 1,
  );
  const timeline = await entries();

  const { code } = await server.end('SIGKILL');
  assert.equal(code, null);
  assert.equal(await answersPid(), running!.pid, 'the service outlives the server');
  server = await serve(['--data', data, '--config', config]);

  await t.test('the catalog, the incident and its timeline are there', async () => {
    const { body: services } = await ask('/api/v1/services');
    assert.match(JSON.stringify(services), /"web"/);
    const { body: incidents } = await ask('/api/v1/incidents');
    const [incident] = (incidents as { incidents: { id: string; status: string }[] }).incidents;
    assert.deepEqual([incident?.id, incident?.status], ['INC-1', 'open']);
    assert.deepEqual((await entries()).slice(0, timeline.length), timeline);
  });

  await t.test('its service is adopted, not started a second time', async () => {
    const adopted = await until(webInstance, one => one?.healthy === true);
    assert.deepEqual([adopted!.pid, adopted!.restarts], [running!.pid, 0]);
    assert.equal(await answersPid(), running!.pid);
  });

  await t.test('the escalation goes on, and nobody is paged twice', async () => {
    await until(
      async () => sink.pages('web-lead'),
      pages => pages === 1,
    );
    assert.equal(sink.pages('web-oncall'), 1);
    const acknowledged = await post('/api/v1/incidents/INC-1/acknowledge', {});
    assert.equal(acknowledged.status, 200, acknowledged.text);
  });
});

/** Sent to a server that trusts this machine: method, path, headers, body, status, what the fault says. */
const WRONG_REQUESTS: readonly (readonly [
  what: string,
  path: string,
  init: RequestInit,
  status: number,
  says: RegExp,
])[] = [
  ['malformed JSON', '/api/v1/incidents', body('{"service":'), 400, /not JSON/],
  ['a list for an object', '/api/v1/incidents', body('[]'), 400, /not a JSON object/],
  ['a form', '/api/v1/incidents', body('a=1', 'application/x-www-form-urlencoded'), 400, /content type/],
  [
    'an unknown field',
    '/api/v1/incidents',
    body('{"service":"web","title":"x","titel":"x"}'),
    400,
    /unknown field 'titel'.*did you mean title\?/,
  ],
  [
    'a wrong type',
    '/api/v1/incidents',
    body('{"service":"web","title":3}'),
    400,
    /expected text, got a number/,
  ],
  ['a missing field', '/api/v1/incidents', body('{"service":"web"}'), 400, /"title","message":"is missing"/],
  [
    'too large a body',
    '/api/v1/incidents',
    body(`{"title":"${'x'.repeat(1_100_000)}"}`),
    413,
    /larger than 1 MiB/,
  ],
  ['an unknown parameter', '/api/v1/incidents?lmit=3', {}, 400, /did you mean limit\?/],
  ['an unknown route', '/api/v1/incident', {}, 404, /Nothing is served at GET/],
  ['a route that only reads', '/api/v1/audit', body('{}'), 404, /Nothing is served at POST/],
  ['what is not there', '/api/v1/incidents/INC-99', {}, 404, /There is no incident 'INC-99'/],
  [
    'a page of another origin that writes',
    '/api/v1/incidents',
    body('{"service":"web","title":"x"}', 'application/json', { origin: 'http://elsewhere.example' }),
    403,
    /another origin/,
  ],
];

test('a wrong request over HTTP is one clear fault, and changes nothing', async t => {
  const before = (await ask('/api/v1/incidents')).text;
  for (const [what, path, init, status, says] of WRONG_REQUESTS)
    await t.test(what, async () => {
      const answer = await ask(path, init);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, says);
      assert.doesNotMatch(answer.text, /\bat .*\.ts:\d/);
    });
  await t.test('another host’s name', async () => {
    const status = await new Promise((resolve, reject) => {
      http
        .get(`${server!.url}/api/v1/incidents`, { headers: { host: 'elsewhere.example' } }, response => {
          response.resume();
          resolve(response.statusCode);
        })
        .on('error', reject);
    });
    assert.equal(status, 403);
  });
  assert.equal((await ask('/api/v1/incidents')).text, before);
});

const PROTOBUF = 'application/x-protobuf';
const WRONG_TELEMETRY: readonly (readonly [
  what: string,
  type: string,
  encoding: string,
  bytes: Uint8Array,
  status: number,
  says: RegExp,
])[] = [
  [
    'protobuf that is none',
    PROTOBUF,
    'identity',
    Buffer.from('garbage'),
    400,
    /not an OTLP traces request in protobuf/,
  ],
  [
    'JSON that is none',
    'application/json',
    'identity',
    Buffer.from('{"resourceSpans":['),
    400,
    /not an OTLP traces request/,
  ],
  [
    'JSON of another shape',
    'application/json',
    'identity',
    Buffer.from('{"resourceSpans":7}'),
    400,
    /resourceSpans/,
  ],
  ['another content type', 'text/plain', 'identity', Buffer.from('x'), 400, /content type/],
  [
    'a truncated gzip',
    PROTOBUF,
    'gzip',
    gzipSync(randomBytes(5_000)).subarray(0, 2_000),
    400,
    /cannot be unpacked/,
  ],
  ['no gzip at all', PROTOBUF, 'gzip', Buffer.from('plain'), 400, /cannot be unpacked/],
  ['another encoding', PROTOBUF, 'br', Buffer.from('x'), 400, /encoding/],
  [
    'a small gzip that unpacks to 100 MiB',
    PROTOBUF,
    'gzip',
    gzipSync(Buffer.alloc(100 * 1024 * 1024)),
    413,
    /larger than 16 MiB/,
  ],
  ['a body over the bound', PROTOBUF, 'identity', Buffer.alloc(17 * 1024 * 1024), 413, /larger than 16 MiB/],
];

test('malformed telemetry is refused in OTLP’s own words, and the server goes on', async t => {
  for (const [what, type, encoding, bytes, status, says] of WRONG_TELEMETRY)
    await t.test(what, async () => {
      const answer = await ask('/v1/traces', {
        method: 'POST',
        headers: { 'content-type': type, 'content-encoding': encoding },
        body: Uint8Array.from(bytes),
      });
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, says);
      assert.equal(answer.headers.get('content-type'), type === PROTOBUF ? PROTOBUF : 'application/json');
    });
  const good = await post('/v1/traces', { resourceSpans: [] });
  assert.equal(good.status, 200, good.text);
  assert.equal((await ask('/readyz')).status, 200);
});

test('a second server on the folder, and a server on a taken port, say who has it and leave it alone', async () => {
  const [second, taken] = await Promise.all([
    nines(['serve', '--data', data, '--listen', '127.0.0.1:0']),
    nines(['serve', '--data', join(work.path, 'port'), '--listen', new URL(server!.url).host]),
  ]);
  oneError(second, 5, new RegExp(`is open in the server at ${server!.url} \\(process ${server!.pid}\\)`));
  assert.deepEqual(readdirSync(join(work.path, 'port')), ['lock'], 'no engine was opened');
  oneError(taken, 5, /Port \d+ on 127\.0\.0\.1 is taken[\s\S]*--listen/);
  assert.equal((await ask('/readyz')).status, 200);
});

test('SIGINT ends the server and what it ran within ten seconds', async () => {
  assert.ok((await answersPid()) > 0);
  const { code, ms } = await server!.end('SIGINT');
  server = undefined;
  assert.ok(code === 0 || code === 130, `code ${code}`);
  assert.ok(ms < 10_000, `${ms} ms`);
  await assert.rejects(answersPid(), 'the service has ended too');
  assert.equal(existsSync(join(data, 'server.json')), false);
});

test('tokens decide who may do what, and an open address asks for them', async t => {
  const token = (name: string) => ({ name, text: randomBytes(16).toString('hex') });
  const [viewer, responder] = [token('viewer'), token('responder')];
  const tokens = [viewer, responder].map(({ name, text }) => ({
    name,
    role: name,
    sha256: createHash('sha256').update(text).digest('hex'),
  }));
  const open = await nines(['serve', '--data', data, '--listen', '0.0.0.0:0']);
  oneError(open, 2, /Listening on 0\.0\.0\.0 without tokens would let anyone/);
  server = await serve([
    '--data',
    data,
    '--config',
    work.file('tokens.yaml', JSON.stringify({ auth: { tokens }, logLevel: 'warn' })),
  ]);
  const list = (headers: Record<string, string>) => ask('/api/v1/incidents', { headers });
  const write = (text: string) =>
    post('/api/v1/incidents/INC-1/notes', { text: 'a note' }, { authorization: `Bearer ${text}` });

  await t.test('without a token, and with a wrong one', async () => {
    const without = await list({});
    assert.equal(without.status, 401);
    assert.match(without.headers.get('www-authenticate') ?? '', /^Bearer/);
    assert.equal((await list({ authorization: 'Bearer wrong' })).status, 401);
    assert.equal((await ask('/metrics')).status, 401);
    assert.equal((await ask('/healthz')).status, 200);
  });
  await t.test('a viewer reads, and may not write or send telemetry', async () => {
    assert.equal((await list({ authorization: `Bearer ${viewer.text}` })).status, 200);
    const refused = await write(viewer.text);
    assert.equal(refused.status, 403);
    assert.match(refused.text, /viewer has the role viewer, and incident\.note needs responder/);
    const sent = await post('/v1/logs', { resourceLogs: [] }, { authorization: `Bearer ${viewer.text}` });
    assert.equal(sent.status, 403);
  });
  await t.test('a responder writes, also from the command line', async () => {
    assert.equal((await write(responder.text)).status, 200);
    const [noted, refused] = await Promise.all([
      nines(['incident', 'note', 'INC-1', 'by hand', '--data', data], {
        env: { NINES_TOKEN: responder.text },
      }),
      nines(['incident', 'list', '--data', data]),
    ]);
    assert.equal(noted.code, 0, noted.stderr);
    oneError(refused, 4, /This server needs a token[\s\S]*--token or NINES_TOKEN/);
  });
  await t.test('SIGTERM ends it', async () => {
    const { code, ms } = await server!.end('SIGTERM');
    server = undefined;
    assert.ok((code === 0 || code === 143) && ms < 10_000, `code ${code} after ${ms} ms`);
  });
});

function body(text: string, type = 'application/json', headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', headers: { 'content-type': type, ...headers }, body: text };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function webInstance() {
  const { body } = await ask('/api/v1/platform');
  const { services = [] } = body as {
    services?: { instances: { pid?: number; healthy: boolean; restarts: number }[] }[];
  };
  return services[0]?.instances[0];
}

async function answersPid(): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${port}/`)).text());
}

async function entries(): Promise<unknown[]> {
  const { body } = await ask('/api/v1/incidents/INC-1/timeline');
  return (body as { entries: unknown[] }).entries;
}
