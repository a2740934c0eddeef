import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { instant } from './instant.ts';
import { type TestKernel, testKernel } from './testing.ts';

let kernel: TestKernel;
const seen: string[] = [];
const fired: number[] = [];
let failures = 0;

before(async () => {
  kernel = await testKernel({ log: 'silent' });
  kernel.events.on<{ n: number }>('thing.happened', 'test.one', async event => {
    seen.push(`one ${event.data.n}`);
  });
  kernel.events.on<{ n: number }>('thing.happened', 'test.two', async event => {
    if (event.data.n === 2 && failures++ < 2) throw new Error('not yet');
    seen.push(`two ${event.data.n}`);
  });
  kernel.jobs.define('timer', async () => {
    fired.push(kernel.clock.now());
  });
  await kernel.start([]);
});
after(() => kernel.stop());

test('an event reaches every handler once its transaction has committed', async () => {
  await kernel.db.transaction(() => kernel.events.emit('thing.happened', 'x', { n: 1 }));
  await kernel.settle();
  assert.deepEqual(seen.sort(), ['one 1', 'two 1']);
});

test('an event of a transaction that was rolled back never happened', async () => {
  const before = await kernel.events.lastSeq();
  await assert.rejects(
    kernel.db.transaction(async () => {
      await kernel.events.emit('thing.happened', 'x', { n: 9 });
      throw new Error('no');
    }),
  );
  await kernel.settle();
  assert.equal((await kernel.events.after(before)).length, 0);
  assert.ok(!seen.includes('one 9'));
});

test('a handler that fails gets the event again', async () => {
  await kernel.events.emit('thing.happened', 'x', { n: 2 });
  await kernel.settle();
  for (let i = 0; i < 10; i++) await kernel.clock.advance(2000);
  assert.equal(seen.filter(line => line === 'two 2').length, 1);
  assert.equal(seen.filter(line => line === 'one 2').length, 1);
});

test('a timer runs when it is due, once per key, unless cancelled', async () => {
  const due = kernel.clock.now() + 60_000;
  await kernel.jobs.schedule({ kind: 'timer', key: 'a', data: {}, at: instant(due) });
  await kernel.jobs.schedule({ kind: 'timer', key: 'a', data: {}, at: instant(due) });
  await kernel.jobs.schedule({ kind: 'timer', key: 'b', data: {}, at: instant(due) });
  await kernel.jobs.cancel('timer', 'b');
  await kernel.clock.advance(50_000);
  assert.equal(fired.length, 0);
  await kernel.clock.advance(12_000);
  assert.equal(fired.length, 1);
  assert.ok(fired[0]! >= due && fired[0]! <= due + 2000);
});

test('following gives what is stored and then what is new', async () => {
  const abort = new AbortController();
  const from = await kernel.events.lastSeq();
  await kernel.events.emit('other.done', 'y', { n: 1 });
  const got: string[] = [];
  const reading = (async () => {
    for await (const event of kernel.events.follow(from, abort.signal)) {
      got.push(event.type);
      if (got.length === 2) abort.abort();
    }
  })();
  await kernel.events.emit('other.done', 'y', { n: 2 });
  await reading;
  assert.deepEqual(got, ['other.done', 'other.done']);
});

test('an event whose transaction commits after a later one is followed too, once', async () => {
  const abort = new AbortController();
  const from = await kernel.events.lastSeq();
  const got: number[] = [];
  const reading = (async () => {
    for await (const event of kernel.events.follow(from, abort.signal)) {
      got.push(event.seq - from);
      if (got.length === 3) abort.abort();
    }
  })();
  // What another replica's transaction does that takes a number first and commits last.
  const [taken] = await kernel.db.query<{ seq: number }>("select nextval('event_seq_seq') as seq");
  await kernel.events.emit('other.done', 'y', { n: 1 });
  while (got.length === 0) await new Promise(resolve => setImmediate(resolve));
  await kernel.db.query(
    "insert into event (seq, id, type, subject, at, data) values ($1, 'evt_late', 'other.late', 'y', $2, '{}')",
    [taken?.seq, new Date(kernel.clock.now())],
  );
  await kernel.events.emit('other.done', 'y', { n: 2 });
  await reading;
  assert.deepEqual(got, [2, 1, 3]);
});
