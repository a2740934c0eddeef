import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { asked, onUnknownCaller } from './api.ts';

const { fetch, localStorage } = globalThis;
afterEach(() => Object.assign(globalThis, { fetch, localStorage }));

test('who asks is unknown until the server answers, also where another tab has signed in', async () => {
  const answers = [
    Response.json({ error: { code: 'unauthenticated', message: 'A token is needed.' } }, { status: 401 }),
    Response.json({ slos: [] }),
  ];
  Object.assign(globalThis, { fetch: async () => answers.shift(), localStorage: { getItem: () => null } });
  const told: boolean[] = [];
  onUnknownCaller(unknown => told.push(unknown));
  await assert.rejects(asked('GET', '/slos'), { code: 'unauthenticated' });
  await asked('GET', '/slos');
  assert.deepEqual(told, [true, false]);
});
