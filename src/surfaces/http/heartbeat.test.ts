import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noteOperations, notesApp } from '../testing.ts';
import { createAuth, hashToken } from './auth.ts';
import { createHttp } from './http.ts';
import type { HttpOptions } from './options.ts';

type Rooms = Parameters<typeof createHttp<Parameters<(typeof noteOperations)[number]['run']>[1]>>[0];

function server(extra: Partial<HttpOptions<never>> = {}) {
  const app = notesApp();
  const told: unknown[] = [];
  const http = createHttp({
    operations: noteOperations,
    call: app.call,
    events: { lastSeq: async () => 0, async *follow() {} } as unknown as Rooms['events'],
    metrics: app.metrics,
    ready: [],
    auth: { mode: 'local' },
    log: app.log,
    version: '0.1.0',
    heartbeats: {
      hasToken: async name => name === 'guarded',
      signal: async (name, said) => {
        told.push([name, said]);
        return { status: 'ok', why: 'it ran' };
      },
    },
    ...(extra as object),
  });
  const post = (path: string, init: RequestInit = {}) =>
    http.request(`http://127.0.0.1:4800${path}`, {
      method: 'POST',
      ...init,
      headers: { host: '127.0.0.1:4800', ...(init.headers as object) },
    });
  return { post, told };
}

test('a job tells with one line: success by itself, start and failure by name, how long it took and what it said', async () => {
  const { post, told } = server();
  const answer = await post('/heartbeat/backup');
  assert.deepEqual(
    [answer.status, await answer.json()],
    [200, { name: 'backup', status: 'ok', why: 'it ran' }],
  );
  await post('/heartbeat/backup/start');
  await post('/heartbeat/backup/fail', { body: 'disk is full\n' });
  await post('/heartbeat/backup?signal=failure&seconds=12.5&message=no+space');
  await post('/heartbeat/guarded?token=abcdefgh');
  await post('/heartbeat/guarded', { headers: { authorization: 'Bearer abcdefgh' } });
  assert.deepEqual(told, [
    ['backup', { signal: 'success' }],
    ['backup', { signal: 'start' }],
    ['backup', { signal: 'failure', message: 'disk is full' }],
    ['backup', { signal: 'failure', durationMs: 12_500, message: 'no space' }],
    ['guarded', { signal: 'success', token: 'abcdefgh' }],
    ['guarded', { signal: 'success', token: 'abcdefgh' }],
  ]);
});

test('the rate is bounded before the catalog is looked into', async () => {
  let looked = 0;
  const { post } = server({
    limits: { rate: { perSecond: 1, burst: 2, maxClients: 10 } },
    heartbeats: {
      hasToken: async () => {
        looked += 1;
        return true;
      },
      signal: async () => ({ status: 'ok', why: 'it ran' }),
    },
  });
  const statuses = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await post(`/heartbeat/guess-${n}`)).status);
  assert.deepEqual(statuses, [200, 200, 429, 429, 429]);
  assert.equal(looked, 2);
});

test('a signal that is none, a time that is none and a body without end are refused', async () => {
  const { post, told } = server();
  assert.equal((await post('/heartbeat/backup/maybe')).status, 400);
  assert.equal((await post('/heartbeat/backup?seconds=soon')).status, 400);
  assert.equal((await post('/heartbeat/backup', { body: 'x'.repeat(100_000) })).status, 413);
  assert.equal((await post('/heartbeat/backup', { body: 'x'.repeat(5_000) })).status, 200);
  assert.deepEqual(told, [['backup', { signal: 'success', message: 'x'.repeat(1000) }]]);
});

test('where the server has tokens a job needs one, or the token of its own', async () => {
  const tokens = [{ name: 'ci', kind: 'agent', role: 'viewer', sha256: hashToken('nines-secret-token') }];
  const auth = createAuth('0.0.0.0', tokens as never);
  const { post, told } = server({ auth });
  assert.equal((await post('/heartbeat/backup')).status, 401);
  assert.equal((await post('/heartbeat/guarded?token=abcdefgh')).status, 200);
  assert.equal(told.length, 1);
});

test('a token that may only read does not say that a job ran; one of a responder does', async () => {
  const tokens = ['viewer', 'responder'].map(role => ({
    name: role,
    kind: 'agent',
    role,
    sha256: hashToken(`${role}-token`),
  }));
  const { post, told } = server({ auth: createAuth('0.0.0.0', tokens as never) });
  const as = (role: string) =>
    post('/heartbeat/backup', { headers: { authorization: `Bearer ${role}-token` } });
  assert.equal((await as('viewer')).status, 403);
  assert.deepEqual(told, []);
  assert.equal((await as('responder')).status, 200);
});

test('signals of jobs share the bound of requests', async () => {
  const { post } = server({ limits: { rate: { perSecond: 1, burst: 2, maxClients: 10 } } });
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await post('/heartbeat/guarded?token=wrong')).status);
  assert.ok(statuses.includes(429) || statuses.includes(503), statuses.join());
});
