import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKernel, createLog, openPglite } from '../kernel/index.ts';
import { type TestKernel, testKernel } from '../kernel/testing.ts';
import { type Attempt, type Channel, ChannelError } from './channel.ts';
import { MAX_ATTEMPTS } from './delivery.ts';
import type { NewMessage } from './message.ts';
import { Notifications } from './notifications.ts';
import { notifyMigrations } from './store.ts';

interface Fake extends Channel {
  attempts: (Attempt & { message: string; address: string })[];
  answer: () => Promise<{ reference?: string }>;
}

function fakeChannel(name = 'hook'): Fake {
  const fake: Fake = {
    name,
    local: false,
    attempts: [],
    answer: async () => ({ reference: 'ok' }),
    send: (message, address, _signal, attempt) => {
      fake.attempts.push({ ...attempt, message: message.id, address });
      return fake.answer();
    },
  };
  return fake;
}

const page: NewMessage = {
  id: 'pg_1/0',
  kind: 'page',
  subject: 'Checkout is slow',
  text: 'p99 2.0 s',
  incident: 'INC-1',
};
const to = (channel: string, address = 'a') => ({ person: 'shop-oncall', channel, address });

async function setUp(
  channel: Channel,
): Promise<{ kernel: TestKernel; notifications: Notifications; failed: unknown[] }> {
  const kernel = await testKernel({ log: 'silent' });
  const notifications = new Notifications(kernel, [channel]);
  const failed: unknown[] = [];
  kernel.events.on('notification.failed', 'test.failed', async event => void failed.push(event.data));
  await kernel.start(notifyMigrations);
  return { kernel, notifications, failed };
}

test('the same message to the same address goes out once, however often it is queued', async () => {
  const channel = fakeChannel();
  const { kernel, notifications } = await setUp(channel);
  await notifications.queue(page, [to('hook'), to('hook')]);
  await kernel.settle();
  await notifications.queue({ ...page, subject: 'Other words' }, [to('hook'), to('hook', 'b')]);
  await kernel.settle();
  assert.deepEqual(
    channel.attempts.map(attempt => attempt.address),
    ['a', 'b'],
  );
  const deliveries = await notifications.list();
  assert.deepEqual(
    deliveries.map(({ state, attempts, reference }) => [state, attempts, reference]),
    [
      ['sent', 1, 'ok'],
      ['sent', 1, 'ok'],
    ],
  );
  await kernel.stop();
});

test('a message whose transaction is rolled back is never sent', async () => {
  const channel = fakeChannel();
  const { kernel, notifications } = await setUp(channel);
  await assert.rejects(
    kernel.db.transaction(async () => {
      await notifications.queue(page, [to('hook')]);
      throw new Error('no');
    }),
  );
  await kernel.settle();
  assert.deepEqual(channel.attempts, []);
  assert.deepEqual(await notifications.list(), []);
  await kernel.stop();
});

test('trouble for now is tried again with growing waits, and the key stays the same', async () => {
  const channel = fakeChannel();
  const { kernel, notifications, failed } = await setUp(channel);
  let times = 0;
  channel.answer = async () => {
    if (++times < 4) throw new ChannelError('503');
    return {};
  };
  await notifications.queue(page, [to('hook')]);
  await kernel.settle();
  assert.equal((await notifications.list())[0]?.error, '503');
  for (let i = 0; i < 12; i++) await kernel.clock.advance(2_000);
  const [delivery] = await notifications.list();
  assert.equal(delivery?.state, 'sent');
  assert.equal(delivery?.error, undefined);
  assert.deepEqual(
    channel.attempts.map(attempt => attempt.number),
    [1, 2, 3, 4],
  );
  assert.equal(new Set(channel.attempts.map(attempt => attempt.delivery)).size, 1);
  assert.ok(channel.attempts.every(attempt => !attempt.uncertain));
  assert.deepEqual(failed, []);
  await kernel.stop();
});

test('a channel that never recovers is given up after a bounded number of attempts, and says so', async () => {
  const channel = fakeChannel();
  const { kernel, notifications, failed } = await setUp(channel);
  channel.answer = async () => {
    throw new Error('connection refused');
  };
  await notifications.queue(page, [to('hook')]);
  for (let i = 0; i < 40; i++) await kernel.clock.advance(10_000);
  assert.equal(channel.attempts.length, MAX_ATTEMPTS);
  const [delivery] = await notifications.list({ state: 'failed' });
  assert.match(delivery?.error ?? '', /given up after 8 attempts; the last: connection refused/);
  assert.equal(failed.length, 1);
  await kernel.stop();
});

test('a refusal is final at once', async () => {
  const channel = fakeChannel();
  const { kernel, notifications, failed } = await setUp(channel);
  channel.answer = async () => {
    throw new ChannelError('404', { permanent: true });
  };
  await notifications.queue(page, [to('hook')]);
  await kernel.settle();
  assert.equal(channel.attempts.length, 1);
  assert.equal(failed.length, 1);
  await kernel.stop();
});

test('a contact with an unknown channel fails visibly and does not keep the others from being told', async () => {
  const channel = fakeChannel();
  const { kernel, notifications, failed } = await setUp(channel);
  await notifications.queue(page, [to('pigeon'), to('hook')]);
  await kernel.settle();
  assert.equal(channel.attempts.length, 1);
  assert.equal(failed.length, 1);
  const [delivery] = await notifications.list({ state: 'failed' });
  assert.match(delivery?.error ?? '', /no channel named 'pigeon' is configured \(there are: hook\)/);
  await kernel.stop();
});

test('what was withdrawn before it went out is not sent', async () => {
  const channel = fakeChannel();
  const { kernel, notifications } = await setUp(channel);
  channel.answer = async () => {
    throw new ChannelError('503');
  };
  await notifications.queue(page, [to('hook')]);
  await kernel.settle();
  const before = channel.attempts.length;
  await notifications.withdraw([page.id]);
  for (let i = 0; i < 10; i++) await kernel.clock.advance(10_000);
  assert.equal(channel.attempts.length, before);
  assert.equal((await notifications.list())[0]?.state, 'withdrawn');
  await kernel.stop();
});

test('the last resort reaches the local channels only', async () => {
  const local = { ...fakeChannel('terminal'), local: true };
  const sent: string[] = [];
  local.send = async (_message, address) => {
    sent.push(address);
    return {};
  };
  const remote = fakeChannel('hook');
  const kernel = await testKernel({ log: 'silent' });
  const notifications = new Notifications(kernel, [local, remote]);
  await kernel.start(notifyMigrations);
  await notifications.broadcast(page);
  await kernel.settle();
  assert.deepEqual(sent, ['']);
  assert.deepEqual(remote.attempts, []);
  await kernel.stop();
});

test('a crash in the middle of sending: the next start sends once more, marked, under the same key; what was sent stays sent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nines-notify-'));
  const open = async (channel: Channel) => {
    const kernel = createKernel({ db: await openPglite(folder), log: createLog('silent') });
    const notifications = new Notifications(kernel, [channel]);
    await kernel.start(notifyMigrations);
    return { kernel, notifications };
  };
  const before = fakeChannel();
  const first = await open(before);
  await first.notifications.queue({ ...page, id: 'done' }, [to('hook')]);
  await until(async () => (await first.notifications.list({ state: 'sent' })).length === 1);
  before.answer = () => new Promise(() => {});
  await first.notifications.queue(page, [to('hook')]);
  await until(async () => before.attempts.length === 2);
  // As kill -9 leaves it: the row says sending, the job says active, and nobody comes back to either.
  await first.kernel.db.close();

  const after = fakeChannel();
  const second = await open(after);
  await until(async () => (await second.notifications.list({ state: 'sent' })).length === 2);
  assert.deepEqual(
    after.attempts.map(({ message, number, uncertain }) => ({ message, number, uncertain })),
    [{ message: page.id, number: 2, uncertain: true }],
  );
  assert.equal(after.attempts[0]!.delivery, before.attempts[1]!.delivery);
  await second.kernel.stop();
  await first.kernel.jobs.stop().catch(() => {});
  await rm(folder, { recursive: true });
});

/** Real time, for the scenario with a real restart: polls until it holds, at most 20 s. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await holds()) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error('it did not come to hold within 20 s');
}
