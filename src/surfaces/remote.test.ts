import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Fault } from '../kernel/index.ts';
import { createAuth, hashToken } from './http/auth.ts';
import { createHttp } from './http/http.ts';
import { listen } from './http/listen.ts';
import { type RemoteOptions, remoteCaller } from './remote.ts';
import { noteOperations, notesApp } from './testing.ts';

async function running(tokens: Parameters<typeof createAuth>[1] = []) {
  const app = notesApp();
  const http = createHttp({
    operations: noteOperations,
    call: app.call,
    events: { lastSeq: async () => 0, async *follow() {} } as never,
    metrics: app.metrics,
    ready: [],
    auth: createAuth('127.0.0.1', tokens),
    log: app.log,
    version: '0.1.0',
  });
  const listening = await listen(http, { host: '127.0.0.1', port: 0 });
  return {
    ...app,
    ...listening,
    caller: (options: RemoteOptions = {}) => remoteCaller(listening.url, noteOperations, options),
  };
}

test('a call over HTTP gives what the call in the process gives, for every way that input travels', async t => {
  const { caller, close, notes } = await running();
  t.after(() => close(0));
  const call = caller({ principal: { name: 'köln oncall', kind: 'agent' }, surface: 'mcp' });
  const kept = await call('note.keep', { text: 'a/b?c#d', tags: ['x y', 'ü'] });
  assert.deepEqual(kept, { id: 1, text: 'a/b?c#d', tags: ['x y', 'ü'], at: '2026-01-27T03:00:00.000Z' });
  assert.deepEqual(await call('note.list', { tag: ['x y', 'ü'], limit: 5 }), { notes: [kept] });
  assert.deepEqual(await call('note.get', { id: 1 }), kept);
  assert.deepEqual(await call('note.burn', { id: 1, reason: undefined }), { burnt: 1 });
  assert.deepEqual(notes.seen[0]?.principal, {
    name: 'köln oncall',
    kind: 'agent',
    role: 'admin',
    claimed: true,
    ingest: true,
  });
  assert.equal(notes.seen[0]?.surface, 'mcp');
});

test('a fault arrives as it was thrown', async t => {
  const { caller, close } = await running();
  t.after(() => close(0));
  await assert.rejects(caller()('note.break', { how: 'problems' }), (error: Fault) => {
    assert.equal(error.code, 'invalid');
    assert.equal(
      error.toText(),
      'Two files are wrong.\n  a.yaml:3:5: spec.owner: No such owner.\n  → Mend them.',
    );
    return true;
  });
});

test('a token is sent where the server wants one', async t => {
  const { caller, close } = await running([
    { name: 'ops', role: 'admin', kind: 'person', ingest: false, sha256: hashToken('s3cret') },
  ]);
  t.after(() => close(0));
  await assert.rejects(caller()('note.list', {}), { code: 'unauthenticated' });
  assert.deepEqual(await caller({ token: 's3cret' })('note.list', {}), { notes: [] });
});

test('a server that is away is one clear error with what to do', async () => {
  const { url, close } = await running();
  await close(0);
  await assert.rejects(remoteCaller(url, noteOperations)('note.list', {}), (error: Fault) => {
    assert.equal(error.toText(), `Nothing answers at ${url}.\n  → Start it with: nines serve`);
    return error.code === 'unavailable';
  });
});

test('something else that answers at the address is said to be something else', async t => {
  const other = createServer((request, response) =>
    response.end(request.url === '/x' ? '' : '<html>hello</html>'),
  ).listen(0, '127.0.0.1');
  await new Promise(resolve => other.once('listening', resolve));
  t.after(() => other.close());
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  await assert.rejects(remoteCaller(url, noteOperations)('note.list', {}), /not from Nines/);
});

test('an answer that does not come ends in a timeout, and a cancelled call in a cancellation', async t => {
  const { caller, close } = await running();
  t.after(() => close(0));
  await assert.rejects(caller({ timeoutMs: 30 })('note.break', { how: 'never' }), { code: 'timeout' });
  const stop = new AbortController();
  const call = caller()('note.break', { how: 'never' }, { signal: stop.signal });
  stop.abort();
  await assert.rejects(call, { code: 'cancelled' });
});

test('input that a path cannot carry is refused before anything is sent', async () => {
  const call = remoteCaller('http://127.0.0.1:1', noteOperations);
  for (const id of [undefined, '', '.', '..'])
    await assert.rejects(call('note.get', { id }), { code: 'invalid' });
  await assert.rejects(call('note.whisper', {}), /needs a terminal/);
  for (const url of ['127.0.0.1:4800', 'ftp://x', ''])
    assert.throws(() => remoteCaller(url, noteOperations), /not the address of a server/);
});
