import assert from 'node:assert/strict';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { testAuthority } from '../../../test/kit/certificates.ts';
import { attempt, ended, listening } from './testing.ts';

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
