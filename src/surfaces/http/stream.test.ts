import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../../kernel/index.ts';
import { listen } from './listen.ts';
import { type Rooms, server } from './testing.ts';

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
