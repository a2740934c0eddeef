import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Leases } from './lease.ts';
import { Loops } from './loop.ts';
import { startedKernel } from './testing.ts';

/** Lets promises that wait for the database go on, without moving time. */
const breathe = async () => {
  for (let n = 0; n < 20; n++) await new Promise(resolve => setImmediate(resolve));
};

test('a turn that takes long keeps its lease, and no other replica begins one beside it', async t => {
  const kernel = await startedKernel([]);
  t.after(() => kernel.stop());
  const turns: string[] = [];
  let finish: () => void = () => {};
  const long = new Promise<void>(resolve => {
    finish = resolve;
  });
  const replica = (name: string) =>
    new Loops(new Leases(kernel.db, kernel.clock, name), kernel.clock, kernel.log);
  const a = replica('a');
  const b = replica('b');
  a.start({
    name: 'rules',
    everyMs: 5_000,
    run: async () => {
      turns.push('a');
      await long;
    },
  });
  await breathe();
  b.start({ name: 'rules', everyMs: 5_000, run: async () => void turns.push('b') });
  for (let second = 0; second < 60; second++) {
    await kernel.testClock.tick(1000);
    await breathe();
  }
  assert.deepEqual(turns, ['a'], 'a minute later it is still the one turn');
  finish();
  await a.stop();
  for (let second = 0; second < 6; second++) {
    await kernel.testClock.tick(1000);
    await breathe();
  }
  assert.ok(turns.includes('b'), 'the other goes on as soon as the lease is given back');
  await b.stop();
});

test('a turn that lost its lease is told to stop', async t => {
  const kernel = await startedKernel([]);
  t.after(() => kernel.stop());
  const loops = new Loops(new Leases(kernel.db, kernel.clock, 'a'), kernel.clock, kernel.log);
  let told: unknown;
  loops.start({
    name: 'rules',
    everyMs: 5_000,
    run: (_now, signal) =>
      new Promise(resolve => {
        signal.addEventListener('abort', () => {
          told = signal.reason;
          resolve();
        });
      }),
  });
  await breathe();
  await kernel.db.query("update lease set owner = 'b', until = $1", [new Date(kernel.clock.now() + 60_000)]);
  for (let second = 0; second < 6; second++) {
    await kernel.testClock.tick(1000);
    await breathe();
  }
  assert.match(String(told), /went over to another replica/);
  await loops.stop();
});

test('a clock that is put back during a turn does not make the loop wait for as long as that', async t => {
  const kernel = await startedKernel([]);
  t.after(() => kernel.stop());
  let now = kernel.clock.now();
  const slept: number[] = [];
  const clock = {
    now: () => now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      slept.push(ms);
      await kernel.clock.sleep(ms, signal);
    },
  };
  const loops = new Loops(new Leases(kernel.db, clock, 'a'), clock, kernel.log);
  let turns = 0;
  loops.start({
    name: 'rules',
    everyMs: 6_000,
    run: async () => {
      turns++;
      now -= 3_600_000;
    },
  });
  await breathe();
  for (let second = 0; second < 8; second++) {
    await kernel.testClock.tick(1000);
    await breathe();
  }
  await loops.stop();
  assert.ok(turns >= 2, `${turns} turns`);
  assert.ok(
    slept.every(ms => ms <= 6_000),
    slept.join(', '),
  );
});
