import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patientReader } from './patience.ts';

test('a source that fails leaves a gap and the answer given instead', async () => {
  const gaps: string[] = [];
  const { spans } = patientReader(gaps);
  assert.equal(
    await spans('Spans', async () => Promise.reject(new Error('the store is away')), 'none'),
    'none',
  );
  assert.deepEqual(gaps, ['Spans could not be read: the store is away.']);
});

test('a run that has taken long goes without what it can do without, and still waits for spans', async () => {
  const gaps: string[] = [];
  let time = 0;
  const { spans, more } = patientReader(gaps, () => time);
  assert.equal(await more('Log patterns', async () => 'read', 'none'), 'read');
  time = 61_000;
  assert.equal(await more('Log patterns', async () => 'read', 'none'), 'none');
  assert.equal(await spans('Spans', async () => 'read', 'none'), 'read');
  assert.match(gaps.join(), /^Log patterns were left out/);
});

test('a source that takes too long is told to stop and given up', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const gaps: string[] = [];
  const { more } = patientReader(gaps, () => 0);
  let stopped = false;
  const reading = more(
    'Log patterns',
    signal => {
      signal.addEventListener('abort', () => {
        stopped = true;
      });
      return new Promise<string>(() => {});
    },
    'none',
  );
  context.mock.timers.tick(8_000);
  context.mock.timers.tick(500);
  assert.equal(await reading, 'none');
  assert.ok(stopped);
  assert.deepEqual(gaps, ['Log patterns could not be read: it took longer than 8.0 s.']);
});
