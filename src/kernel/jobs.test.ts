import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestKernel, testKernel } from './testing.ts';

let kernel: TestKernel;
let attempts = 0;
before(async () => {
  kernel = await testKernel({ log: 'silent' });
  kernel.jobs.define('broken', async () => {
    attempts += 1;
    throw new Error('it never works');
  });
  await kernel.start([]);
});
after(() => kernel.stop());

test('work that keeps failing is given up after nine attempts, and that is told', async () => {
  await kernel.jobs.schedule({ kind: 'broken', key: 'x', data: {} });
  for (let i = 0; i < 60; i++) await kernel.clock.advance(10_000);
  for (let i = 0; i < 50; i++) {
    const told = await kernel.events.after(0, { type: 'job.given_up' });
    if (told.length > 0) {
      assert.deepEqual(
        told.map(event => event.subject),
        ['broken'],
      );
      assert.equal(attempts, 9);
      return;
    }
    await kernel.clock.advance(1_000);
  }
  assert.fail(`nothing was told after ${attempts} attempts`);
});
