import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testStore, testTelemetry } from './testing.ts';

const store = await testStore();
after(() => store.close());

test('a query that takes longer than its timeout is given up, and others run meanwhile', async () => {
  const telemetry = await testTelemetry(store);
  const api = telemetry.prometheus({ version: '0' });
  const query = 'max_over_time((vector(time()) + sin(vector(time())) + exp(vector(time())))[20d:1s])';
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const { status, body } = await api.read({
    path: 'query',
    params: new URLSearchParams({ query, timeout: '20ms' }),
  });
  clearInterval(timer);
  assert.equal(status, 503);
  assert.equal((JSON.parse(body) as { errorType: string }).errorType, 'timeout');
  assert.ok(turns > 0);
  await telemetry.stop();
});
