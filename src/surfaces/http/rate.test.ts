import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRate } from './rate.ts';

test('a burst passes, then the rate holds, and time refills it', () => {
  const rate = createRate({ perSecond: 2, burst: 3, maxClients: 10 });
  assert.deepEqual(
    [0, 0, 0, 0].map(() => rate.take('a', 1000)),
    [0, 0, 0, 1],
  );
  assert.equal(rate.take('b', 1000), 0);
  assert.deepEqual([rate.take('a', 1500), rate.take('a', 1500)], [0, 1]);
});

test('the client that was quiet longest is forgotten first', () => {
  const rate = createRate({ perSecond: 0.001, burst: 1, maxClients: 2 });
  assert.equal(rate.take('a', 0), 0);
  assert.equal(rate.take('b', 0), 0);
  assert.notEqual(rate.take('a', 0), 0);
  assert.equal(rate.take('c', 0), 0);
  assert.notEqual(rate.take('a', 0), 0);
  assert.equal(rate.take('b', 0), 0);
});

test('however requests arrive, no more pass than the burst and the rate allow', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), gaps => {
      const rate = createRate({ perSecond: 10, burst: 5, maxClients: 10 });
      let now = 0;
      let passed = 0;
      for (const gap of gaps) {
        now += gap;
        if (rate.take('a', now) === 0) passed += 1;
      }
      assert.ok(passed <= 5 + (now / 1000) * 10 + 1e-6);
    }),
  );
});
