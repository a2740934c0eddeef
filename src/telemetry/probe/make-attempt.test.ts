import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import type { Answer } from 'dns-packet';
import { testAuthority } from '../../../test/kit/certificates.ts';
import { type DnsReply, dnsServer } from '../../../test/kit/dns-server.ts';
import type { Attempt } from './attempt.ts';
import { makeAttempt } from './make-attempt.ts';
import { ProbeSpec } from './probe.ts';
import { ProbesConfig, type Surroundings, surroundings } from './surroundings.ts';

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

const bounds = (config: object = {}, env: NodeJS.ProcessEnv = {}) =>
  surroundings(ProbesConfig.parse(config), env);

function attempt(spec: object, around: Surroundings = bounds()): Promise<Attempt> {
  const read = ProbeSpec.parse({ service: 'shop', timeout: '5s', ...spec });
  return makeAttempt(read, Date.now(), around, new AbortController().signal);
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const web = async (listener: RequestListener) =>
  `http://127.0.0.1:${await listening(createServer(listener))}`;
const ended = ({ outcome, error }: Attempt) => [outcome, error];

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

const authority = await testAuthority();
const days = (count: number) => new Date(Date.now() + count * 86_400_000);
const secureServer = async (names: string[], from: number, to: number) => {
  const { cert, key } = await authority.issue({ names, from: days(from), to: days(to) });
  return listening(createHttpsServer({ cert, key }, (_, response) => response.end('secure')));
};

test('a trusted certificate is a success, and its end is seen', async () => {
  const port = await secureServer(['shop.example', '127.0.0.1'], -1, 30);
  const made = await attempt({ http: { url: `https://127.0.0.1:${port}`, tls: { ca: authority.ca } } });
  assert.deepEqual(ended(made), ['success', undefined]);
  assert.deepEqual(Object.keys(made.phases), ['connect', 'tls', 'processing', 'transfer']);
  const { certificate } = made;
  assert.equal(certificate?.trusted, true);
  assert.equal(certificate?.subject, 'CN=shop.example');
  assert.equal(certificate?.issuer, 'CN=Test authority');
  assert.match(certificate?.fingerprint ?? '', /^[0-9a-f]{64}$/);
  assert.ok(Math.abs(Date.parse(certificate!.endsAt) - days(30).getTime()) < 60_000);
  const named = await attempt({
    tls: { address: `127.0.0.1:${port}`, serverName: 'shop.example', ca: authority.ca },
  });
  assert.deepEqual(ended(named), ['success', undefined]);
});

const certificates: [
  what: string,
  names: string[],
  from: number,
  to: number,
  options: object,
  error: RegExp | undefined,
][] = [
  ['that has ended', ['127.0.0.1'], -30, -1, { ca: true }, /it ended at \d{4}-/],
  ['that has not begun', ['127.0.0.1'], 1, 30, { ca: true }, /it begins only at/],
  [
    'for another name',
    ['other.example'],
    -1,
    30,
    { ca: true },
    /it is for other names \(DNS:other\.example\)/,
  ],
  ['of an authority that nobody knows', ['127.0.0.1'], -1, 30, {}, /its issuer is not known/],
  [
    'of an authority that nobody knows, where that is allowed',
    ['127.0.0.1'],
    -1,
    30,
    { verify: false },
    undefined,
  ],
  [
    'that has ended, where the chain is not looked at',
    ['127.0.0.1'],
    -30,
    -1,
    { verify: false },
    /^the certificate ended at/,
  ],
];
for (const [what, names, from, to, options, error] of certificates)
  test(`a certificate ${what}`, async () => {
    const port = await secureServer(names, from, to);
    const { ca, ...rest } = options as { ca?: boolean };
    const made = await attempt({
      tls: { address: `127.0.0.1:${port}`, ...rest, ...(ca ? { ca: authority.ca } : {}) },
    });
    assert.equal(made.outcome, error === undefined ? 'success' : 'failure', made.error ?? '');
    if (error !== undefined) assert.match(made.error ?? '', error);
    assert.ok(
      Math.abs(Date.parse(made.certificate!.endsAt) - days(to).getTime()) < 60_000,
      'its end is known all the same',
    );
  });

test('a server that speaks no TLS is a failure', async () => {
  const port = await listening(createTcpServer(socket => socket.end('220 mail\r\n')));
  const made = await attempt({ tls: { address: `127.0.0.1:${port}` } });
  assert.equal(made.outcome, 'failure');
  assert.match(made.error ?? '', /^no TLS with 127\.0\.0\.1: /);
});

test('a TCP probe connects, speaks and hears', async () => {
  const port = await listening(
    createTcpServer(socket => {
      socket.on('error', () => {});
      socket.on('data', text => socket.write(text.toString() === 'PING\r\n' ? '+PO' : '-ERR\r\n'));
      socket.on('data', () => setTimeout(() => socket.end('NG\r\n'), 10));
    }),
  );
  const address = `127.0.0.1:${port}`;
  const of = async (tcp: object) => ended(await attempt({ tcp: { address, ...tcp } }));
  assert.deepEqual(await of({}), ['success', undefined]);
  assert.deepEqual(await of({ send: 'PING\r\n', expect: '^\\+PONG' }), ['success', undefined]);
  assert.deepEqual(await of({ send: 'HELLO\r\n', expect: '^\\+PONG' }), [
    'failure',
    'the connection was closed before /^\\+PONG/ came',
  ]);
});

const zone: Record<string, DnsReply> = {
  'shop.example A': {
    answers: [
      { type: 'A', name: 'shop.example', ttl: 60, data: '192.0.2.1' },
      { type: 'A', name: 'shop.example', ttl: 60, data: '192.0.2.2' },
    ],
  },
  'shop.example MX': {
    answers: [
      { type: 'MX', name: 'shop.example', ttl: 60, data: { preference: 10, exchange: 'Mail.shop.example' } },
    ],
  },
  'shop.example TXT': {
    answers: [{ type: 'TXT', name: 'shop.example', ttl: 60, data: ['v=spf1 ', '-all'] }],
  },
  'shop.example SOA': {
    answers: [
      {
        type: 'SOA',
        name: 'shop.example',
        ttl: 60,
        data: {
          mname: 'ns.shop.example',
          rname: 'root.shop.example',
          serial: 2026012701,
          refresh: 1,
          retry: 2,
          expire: 3,
          minimum: 4,
        },
      },
    ] as Answer[],
  },
  'shop.example AAAA': {},
  'broken.example A': { code: 'SERVFAIL' },
  'silent.example A': 'silent',
};
const dns = await dnsServer(question => zone[question] ?? { code: 'NXDOMAIN' });
closing.push(() => dns.close());

const asked: [what: string, spec: object, outcome: string, error: RegExp | undefined][] = [
  ['any answer', { name: 'shop.example' }, 'success', undefined],
  [
    'an answer that must be there',
    { name: 'shop.example', expect: { answers: ['192.0.2.2'] } },
    'success',
    undefined,
  ],
  [
    'an answer that is missing',
    { name: 'shop.example', expect: { answers: ['192.0.2.9'] } },
    'failure',
    /is 192\.0\.2\.1, 192\.0\.2\.2; 192\.0\.2\.9 is missing/,
  ],
  [
    'an answer too many',
    { name: 'shop.example', expect: { answers: ['192.0.2.1'], only: true } },
    'failure',
    /has also 192\.0\.2\.2/,
  ],
  [
    'an answer unlike the others',
    { name: 'shop.example', expect: { matches: '\\.1$' } },
    'failure',
    /192\.0\.2\.2, which does not hold/,
  ],
  [
    'mail servers',
    { name: 'shop.example', type: 'MX', expect: { answers: ['10 mail.shop.example.'] } },
    'success',
    undefined,
  ],
  [
    'text in pieces',
    { name: 'shop.example', type: 'TXT', expect: { answers: ['v=spf1 -all'], only: true } },
    'success',
    undefined,
  ],
  ['the start of authority', { name: 'shop.example', type: 'SOA' }, 'success', undefined],
  ['no record of the type', { name: 'shop.example', type: 'AAAA' }, 'failure', /has no AAAA record/],
  ['an unknown name', { name: 'nothing.example' }, 'failure', /is not known \(NXDOMAIN\)/],
  [
    'a resolver that fails',
    { name: 'broken.example' },
    'failure',
    /the resolver 127\.0\.0\.1:\d+ answers with SERVFAIL/,
  ],
  [
    'a resolver that is silent',
    { name: 'silent.example' },
    'failure',
    /the resolver 127\.0\.0\.1:\d+ does not answer in time/,
  ],
];
for (const [what, spec, outcome, error] of asked)
  test(`a DNS probe: ${what}`, async () => {
    const made = await attempt({ timeout: '1s', dns: { resolver: dns.address, ...spec } });
    assert.equal(made.outcome, outcome, made.error ?? '');
    if (error !== undefined) assert.match(made.error ?? '', error);
    assert.equal(made.dns?.serial, 'type' in spec && spec.type === 'SOA' ? 2026012701 : undefined);
  });

test('an attempt that is stopped tells nothing', async () => {
  const url = await web(() => {});
  const stop = new AbortController();
  const spec = ProbeSpec.parse({ service: 'shop', http: { url } });
  const made = makeAttempt(spec, Date.now(), bounds(), stop.signal);
  setTimeout(() => stop.abort(new Error('stopped')), 20);
  await assert.rejects(made, /stopped/);
});
