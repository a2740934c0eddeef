import assert from 'node:assert/strict';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { makeAttempt } from './make-attempt.ts';
import { ProbeSpec } from './probe.ts';
import type { Surroundings } from './surroundings.ts';
import { attempt, bounds, ended, listening, web } from './testing.ts';

test('an answer with a good status is a success, and each phase has its time', async () => {
  const url = await web((_, response) =>
    response.setHeader('last-modified', 'Tue, 27 Jan 2026 02:00:00 GMT').end('well'),
  );
  const made = await attempt({ http: { url: `${url}/healthz` } });
  assert.deepEqual(ended(made), ['success', undefined]);
  assert.deepEqual(Object.keys(made.phases), ['connect', 'processing', 'transfer']);
  assert.ok(made.durationMs >= made.phases.connect! + made.phases.processing!);
  assert.equal(made.address, '127.0.0.1');
  assert.deepEqual(made.http, {
    status: 200,
    version: '1.1',
    redirects: 0,
    bytes: 4,
    contentLength: 4,
    lastModified: '2026-01-27T02:00:00.000Z',
    tls: false,
    expressionFailed: false,
  });
});

const judged: [what: string, expect: object, outcome: string, error: RegExp | undefined][] = [
  [
    'a status that is not expected',
    { status: [200, '3xx'] },
    'failure',
    /^HTTP status 404, expected 200, 3xx$/,
  ],
  ['a class of statuses', { status: ['4xx'] }, 'success', undefined],
  ['what the body must hold', { status: [404], body: 'lo+st' }, 'success', undefined],
  [
    'what the body does not hold',
    { status: [404], body: '^found' },
    'failure',
    /the body does not hold \/\^found\//,
  ],
  ['what the body must not hold', { status: [404], notBody: '(?i)LOST' }, 'failure', /the body holds/],
  ['a header that is there', { status: [404], headers: { 'X-Shop': '^ok$' } }, 'success', undefined],
  [
    'a header that is missing',
    { status: [404], headers: { 'X-Other': '.' } },
    'failure',
    /the header X-Other is missing/,
  ],
];
for (const [what, expect, outcome, error] of judged)
  test(`an answer is judged by ${what}`, async () => {
    const url = await web((_, response) => response.writeHead(404, { 'x-shop': 'ok' }).end('it is lost'));
    const made = await attempt({ http: { url, expect } });
    assert.equal(made.outcome, outcome, made.error ?? '');
    if (error !== undefined) assert.match(made.error ?? '', error);
    assert.equal(made.http?.expressionFailed, outcome === 'failure' && !/status/.test(made.error ?? ''));
  });

test('method, headers and body are sent, with variables of the environment filled in', async () => {
  const seen: unknown[] = [];
  const url = await web((request, response) => {
    let body = '';
    request.on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push([
        request.method,
        request.url,
        request.headers.authorization,
        request.headers['user-agent'],
        body,
      ]);
      response.end();
    });
  });
  const http = {
    url: `${url}/orders?of=\${PROBE_USER}`,
    method: 'POST',
    headers: { Authorization: 'Bearer ${SHOP_TOKEN}' },
    body: '{"user":"${PROBE_USER}"}',
  };
  const env = { PROBE_USER: 'ada', SHOP_TOKEN: 's3cret', DATABASE_URL: 'postgres://x' };
  const made = await attempt({ http }, bounds({ env: ['SHOP_TOKEN'] }, env));
  assert.deepEqual(ended(made), ['success', undefined]);
  assert.deepEqual(seen, [['POST', '/orders?of=ada', 'Bearer s3cret', 'nines-probe', '{"user":"ada"}']]);
  assert.doesNotMatch(JSON.stringify(made), /s3cret/);
  const others = await attempt({ http: { url: `${url}/\${DATABASE_URL}` } }, bounds({}, env));
  assert.equal(others.outcome, 'inconclusive');
  assert.match(others.error ?? '', /DATABASE_URL is not for probes/);
  const missing = await attempt({ http: { url: `${url}/\${PROBE_NOTHING}` } }, bounds({}, env));
  assert.match(missing.error ?? '', /PROBE_NOTHING is not set/);
});

test('redirects are followed, and another origin sees no credentials', async () => {
  const seen: unknown[] = [];
  const other = await web((request, response) => {
    seen.push([request.url, request.headers.authorization, request.headers['x-key'], request.headers.accept]);
    response.end('there');
  });
  const url = await web((request, response) => {
    seen.push([request.url, request.headers.authorization]);
    response.writeHead(302, { location: request.url === '/a' ? '/b' : `${other}/c` }).end();
  });
  const headers = { authorization: 'Bearer abc', 'x-key': 'k', accept: 'text/html' };
  const made = await attempt({ http: { url: `${url}/a`, headers, expect: { body: 'there' } } });
  assert.deepEqual(ended(made), ['success', undefined]);
  assert.equal(made.http?.redirects, 2);
  assert.deepEqual(seen, [
    ['/a', 'Bearer abc'],
    ['/b', 'Bearer abc'],
    ['/c', undefined, undefined, 'text/html'],
  ]);
  const still = await attempt({
    http: { url: `${url}/a`, redirects: { follow: false }, expect: { status: [302] } },
  });
  assert.equal(still.outcome, 'success', still.error ?? '');
});

test('a body with a secret is not sent on to another origin; one without is', async () => {
  const seen: string[] = [];
  const other = await web(async (request, response) => {
    for await (const chunk of request) seen.push(String(chunk));
    response.end();
  });
  const url = await web((_, response) => response.writeHead(307, { location: `${other}/login` }).end());
  const around = bounds({}, { PROBE_PASSWORD: 's3cret' });
  const guarded = await attempt({ http: { url, method: 'POST', body: 'p=${PROBE_PASSWORD}' } }, around);
  assert.equal(guarded.outcome, 'failure');
  assert.match(guarded.error ?? '', /to which a body with variables is not sent/);
  const plain = await attempt({ http: { url, method: 'POST', body: 'p=1' } }, around);
  assert.deepEqual(ended(plain), ['success', undefined]);
  assert.deepEqual(seen, ['p=1']);
});

for (const [what, location, error] of [
  ['another scheme', 'file:///etc/passwd', /redirected to file:, which is not followed/],
  ['itself for ever', '/again', /redirected more than 3 times/],
] as const)
  test(`a redirect to ${what} is a failure`, async () => {
    const url = await web((_, response) => response.writeHead(301, { location }).end());
    const made = await attempt({ http: { url, redirects: { most: 3 } } });
    assert.equal(made.outcome, 'failure');
    assert.match(made.error ?? '', error);
  });

test('a body is read no further than its bound', async () => {
  let sent = 0;
  const url = await web((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(64 * 1024))) sent += 64 * 1024;
    };
    response.on('drain', more);
    more();
  });
  const made = await attempt({ http: { url, mostBytes: 100_000, expect: { body: '^x+$' } } });
  assert.deepEqual(ended(made), ['success', undefined]);
  assert.equal(made.http?.bytes, 100_000);
  assert.ok(sent < 50 * 1024 * 1024);
});

test('an answer that does not come in time is a failure that names the phase', async () => {
  const url = await web(() => {});
  const made = await attempt({ timeout: '200ms', http: { url } });
  assert.deepEqual(ended(made), ['failure', 'no answer within 200 ms; it hung in the phase processing']);
  const slow = await web((_, response) => setTimeout(() => response.end(), 60));
  const late = await attempt({ http: { url: slow, expect: { within: '20ms' } } });
  assert.match(late.error ?? '', /^it answered after .*, and 20ms are allowed$/);
});

test('an answer that changes the protocol unasked is a failure, and the attempt ends', async t => {
  const server = createTcpServer(socket => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const made = await attempt({ timeout: '1s', http: { url: `http://127.0.0.1:${port}` } });
  assert.deepEqual(ended(made), ['failure', 'HTTP status 101, not asked for']);
});

test('nobody listening, a broken answer and a closed connection are failures in plain words', async () => {
  const gone = createTcpServer();
  const port = await listening(gone);
  await new Promise(resolve => gone.close(resolve));
  assert.match(
    (await attempt({ http: { url: `http://127.0.0.1:${port}` } })).error ?? '',
    /refuses the connection$/,
  );
  const noise = await listening(createTcpServer(socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
  assert.match(
    (await attempt({ http: { url: `http://127.0.0.1:${noise}` } })).error ?? '',
    /the answer is not HTTP/,
  );
  const shut = await listening(createTcpServer(socket => socket.destroy()));
  assert.match(
    (await attempt({ http: { url: `http://127.0.0.1:${shut}` } })).error ?? '',
    /closed before the answer/,
  );
});

test('what the own resolver cannot tell is inconclusive, and a name that does not exist is a failure', async () => {
  const failing = (code: string, works: boolean): Surroundings => ({
    ...bounds(),
    lookup: async () => {
      throw Object.assign(new Error(code), { code });
    },
    resolverWorks: async () => works,
  });
  const spec = { http: { url: 'http://shop.example/' } };
  const of = async (code: string, works: boolean) => ended(await attempt(spec, failing(code, works)));
  assert.deepEqual(await of('ENOTFOUND', false), [
    'failure',
    'the name shop.example is not known (ENOTFOUND)',
  ]);
  assert.deepEqual(await of('EAI_AGAIN', true), [
    'failure',
    'the name shop.example cannot be resolved (EAI_AGAIN)',
  ]);
  assert.deepEqual(await of('EAI_AGAIN', false), [
    'inconclusive',
    'the own resolver does not answer (EAI_AGAIN), so shop.example cannot be found',
  ]);
  const silent: Surroundings = { ...bounds(), lookup: () => new Promise(() => {}) };
  assert.equal((await attempt({ ...spec, timeout: '100ms' }, silent)).outcome, 'inconclusive');
});

test('addresses that are out of bounds are not reached, whatever name or redirect leads there', async () => {
  const url = await web((_, response) => response.end());
  const denying = bounds({ deny: ['127.0.0.0/8', '::1'] });
  const reached = async (spec: object, around = denying) => ended(await attempt(spec, around));
  const refused = ['inconclusive', 'the address 127.0.0.1 is one that probes may not reach (probes.deny)'];
  assert.deepEqual(await reached({ http: { url } }), refused);
  assert.deepEqual(await reached({ tcp: { address: '127.0.0.1:1' } }), refused);
  assert.deepEqual(await reached({ dns: { name: 'a.example', resolver: '127.0.0.1' } }), refused);
  const named = { ...denying, lookup: async () => [{ address: '127.0.0.1', family: 4 }] };
  assert.deepEqual(await reached({ http: { url: 'http://shop.example' } }, named), refused);
  assert.deepEqual(
    await reached({ http: { url } }, bounds({ deny: ['127.0.0.0/8'], allow: ['127.0.0.1'] })),
    ['success', undefined],
  );
  for (const address of ['100.100.100.200', '168.63.129.16', '[fd00:ec2::254]', '[::ffff:169.254.169.254]'])
    assert.match(
      (await attempt({ http: { url: `http://${address}/` } })).error ?? '',
      /may not reach/,
      address,
    );
  const metadata = await web((_, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
  );
  assert.match(
    (await attempt({ http: { url: metadata } })).error ?? '',
    /169\.254\.169\.254 is one that probes may not reach/,
  );
});

test('an attempt that is stopped tells nothing', async () => {
  const url = await web(() => {});
  const stop = new AbortController();
  const spec = ProbeSpec.parse({ service: 'shop', http: { url } });
  const made = makeAttempt(spec, Date.now(), bounds(), stop.signal);
  setTimeout(() => stop.abort(new Error('stopped')), 20);
  await assert.rejects(made, /stopped/);
});
