import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { type Attempt, type Channel, ChannelError } from './channel.ts';
import { consoleChannel } from './console.ts';
import { emailChannel } from './email.ts';
import { bounded } from './message.ts';
import { box, terminalChannel } from './terminal.ts';
import { signature, webhookChannel } from './webhook.ts';

/** A channel that leaves this machine, with its real far side and what arrived there. */
interface Harness {
  channel: Channel;
  address: string;
  /** Each arrival as text: all that a reader sees of it. */
  arrivals(): string[];
  /** What the far side can tell repetitions by. */
  keys(): (string | undefined)[];
  refuse(permanent: boolean): void;
}

const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
});

async function webhookHarness(): Promise<Harness> {
  const got: { body: string; key: string | undefined }[] = [];
  let status = 204;
  const url = await listen((request, body) => {
    got.push({ body, key: request.headers['webhook-id'] as string | undefined });
    return { status };
  });
  return {
    channel: webhookChannel('hook', { url }),
    address: 'room-7',
    arrivals: () => got.map(one => one.body),
    keys: () => got.map(one => one.key),
    refuse: permanent => {
      status = permanent ? 404 : 503;
    },
  };
}

async function emailHarness(): Promise<Harness> {
  const got: { text: string; id: string | undefined }[] = [];
  let refusal: number | undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: (_address, _session, callback) =>
      callback(refusal === undefined ? null : Object.assign(new Error('not now'), { responseCode: refusal })),
    onData: (stream, _session, callback) => {
      simpleParser(stream).then(mail => {
        got.push({ text: `${mail.subject}\n${mail.text}`, id: mail.messageId });
        callback();
      }, callback);
    },
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const channel = emailChannel('mail', {
    smtp: `smtp://127.0.0.1:${port}`,
    from: 'Nines <nines@shop.example>',
  });
  closers.push(async () => {
    await channel.close?.();
    await new Promise<void>(resolve => server.close(() => resolve()));
  });
  return {
    channel,
    address: 'oncall@shop.example',
    arrivals: () => got.map(one => one.text),
    keys: () => got.map(one => one.id),
    refuse: permanent => {
      refusal = permanent ? 550 : 451;
    },
  };
}

const harnesses = { webhook: webhookHarness, email: emailHarness };

const message = bounded({
  id: 'pg_1/0',
  kind: 'page',
  subject: 'Checkout is slow',
  text: 'p99 is 2.0 s (objective 500 ms) since 02:03 UTC.\nNobody has acknowledged yet.',
  url: 'http://127.0.0.1:4800/incidents/INC-7',
  severity: 'SEV1',
  incident: 'INC-7',
});
const first: Attempt = {
  delivery: 'dlv_1',
  number: 1,
  uncertain: false,
  person: 'shop-oncall',
  queuedAt: '2026-01-27T03:15:00.000Z',
};
const never = new AbortController().signal;

for (const [name, make] of Object.entries(harnesses)) {
  test(`${name}: a message arrives with its subject, its figures and where to look`, async () => {
    const { channel, address, arrivals } = await make();
    await channel.send(message, address, never, first);
    assert.equal(arrivals().length, 1);
    for (const part of ['Checkout is slow', 'p99 is 2.0 s', 'SEV1', '/incidents/INC-7'])
      assert.ok(arrivals()[0]!.includes(part), `${part} in ${arrivals()[0]}`);
  });

  test(`${name}: a repetition carries the same key as the first attempt`, async () => {
    const { channel, address, keys } = await make();
    await channel.send(message, address, never, first);
    await channel.send(message, address, never, { ...first, number: 2, uncertain: true });
    const [one, two] = keys();
    assert.ok(one?.includes('dlv_1'));
    assert.equal(one, two);
  });

  test(`${name}: a refusal for good and trouble for now are told apart`, async () => {
    for (const permanent of [true, false]) {
      const { channel, address, refuse, arrivals } = await make();
      refuse(permanent);
      await assert.rejects(
        channel.send(message, address, never, first),
        (error: unknown) => error instanceof ChannelError && error.permanent === permanent,
      );
      if (name === 'email') assert.equal(arrivals().length, 0);
    }
  });

  test(`${name}: sending ends when it is told to`, async () => {
    const { channel, address } = await make();
    const abort = AbortSignal.abort();
    await assert.rejects(channel.send(message, address, abort, first), { name: 'AbortError' });
  });
}

test('webhook: the signature is over id, time and body, as Standard Webhooks has it', async () => {
  // The example of the Standard Webhooks specification.
  assert.equal(
    signature(
      'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      '1649367553',
      '{"email":"test@example.com","username":"test_user"}',
    ),
    'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
  );
  let seen: IncomingMessage | undefined;
  let text = '';
  const url = await listen((request, body) => {
    seen = request;
    text = body;
    return { status: 200 };
  });
  const secret = 'a secret of this test';
  await webhookChannel('hook', { url, secret }).send(message, '', never, first);
  assert.equal(
    seen?.headers['webhook-signature'],
    signature(secret, 'dlv_1', seen?.headers['webhook-timestamp'] as string, text),
  );
});

test('webhook: a redirect within the host is followed, one to another host is refused', async () => {
  const other: string[] = [];
  const foreign = await listen(() => {
    other.push('called');
    return { status: 200 };
  });
  let location = '/there';
  const bodies: string[] = [];
  const url = await listen((request, body) => {
    if (request.url === '/there') {
      bodies.push(body);
      return { status: 200 };
    }
    return { status: 307, headers: { location } };
  });
  const channel = webhookChannel('hook', { url });
  await channel.send(message, '', never, first);
  assert.equal(bodies.length, 1);
  location = foreign;
  await assert.rejects(channel.send(message, '', never, first), /redirects to another host/);
  assert.deepEqual(other, []);
});

test('webhook: a far side that never answers, or is not there, is trouble for now', async () => {
  const url = await listen(() => undefined);
  await assert.rejects(
    webhookChannel('hook', { url, timeoutMs: 40 }).send(message, '', never, first),
    (error: unknown) =>
      error instanceof ChannelError && !error.permanent && /did not answer within 40 ms/.test(error.message),
  );
  const gone = webhookChannel('hook', { url: 'http://127.0.0.1:9/' });
  await assert.rejects(gone.send(message, '', never, first), /could not be reached/);
});

test('webhook: a wait that the far side asks for is passed on, and an endless answer is not read', async () => {
  const url = await listen(() => ({
    status: 429,
    headers: { 'retry-after': '7' },
    body: 'x'.repeat(1_000_000),
  }));
  await assert.rejects(
    webhookChannel('hook', { url }).send(message, '', never, first),
    (error: unknown) =>
      error instanceof ChannelError && error.retryAfterMs === 7000 && error.message.length < 300,
  );
});

test('email: an address that is none is refused without asking the server', async () => {
  const { channel } = await emailHarness();
  await assert.rejects(
    channel.send(message, 'nobody', never, first),
    (error: unknown) => error instanceof ChannelError && error.permanent,
  );
});

test('the terminal and the console need no address and are never unreachable', async () => {
  let written = '';
  const terminal = terminalChannel('terminal', { write: text => (written += text), isTTY: false });
  for (const channel of [terminal, consoleChannel('console')]) {
    assert.ok(channel.local);
    assert.deepEqual(await channel.send(message, '', never, first), {});
  }
  for (const part of [
    'PAGE',
    'SEV1',
    'INC-7',
    'shop-oncall',
    'Checkout is slow',
    'p99 is 2.0 s',
    '/incidents/INC-7',
  ])
    assert.ok(written.includes(part), `${part} in ${written}`);
});

test('terminal: no line is wider than 80 columns, and text cannot move the cursor', () => {
  const hostile = bounded({
    id: 'x',
    subject: 'a\u001b[2Jb'.repeat(40),
    text: `${'long '.repeat(60)}\n${'y'.repeat(200)}`,
  });
  const text = box(hostile, 'somebody');
  assert.ok(!text.includes('\u001b'));
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
});

test('terminal: the bell rings for a page on a terminal only', async () => {
  for (const [kind, isTTY, bells] of [
    ['page', true, true],
    ['notice', true, false],
    ['page', false, false],
  ] as const) {
    let written = '';
    const channel = terminalChannel('terminal', { write: text => (written += text), isTTY });
    await channel.send({ ...message, kind }, '', never, first);
    assert.equal(written.includes('\u0007'), bells, `${kind} ${isTTY}`);
  }
});

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** A real HTTP server on a free port; `undefined` never answers. */
async function listen(
  answer: (request: IncomingMessage, body: string) => Answer | undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', chunk => {
      body += String(chunk);
    });
    request.on('end', () => {
      const given = answer(request, body);
      if (given !== undefined) response.writeHead(given.status, given.headers).end(given.body);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
