import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { discoveries, fisherGreater } from './fisher.ts';

test("Fisher's test gives the probabilities known for the lady tasting tea", () => {
  // Fisher, The Design of Experiments (1935): four of eight cups, three or four of them right by chance.
  assert.ok(Math.abs(fisherGreater(4, 4, 0, 4) - 1 / 70) < 1e-12);
  assert.ok(Math.abs(fisherGreater(3, 4, 1, 4) - 17 / 70) < 1e-12);
});

test('a property: probabilities lie between 0 and 1, and fall as more slow requests have the attribute', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 200 }),
      fc.nat(),
      fc.nat(),
      (slowOf, restOf, a, b) => {
        const slow = a % (slowOf + 1);
        const rest = b % (restOf + 1);
        const p = fisherGreater(slow, slowOf, rest, restOf);
        assert.ok(p >= 0 && p <= 1);
        if (slow < slowOf && rest > 0)
          assert.ok(fisherGreater(slow + 1, slowOf, rest - 1, restOf) <= p + 1e-12);
      },
    ),
  );
});

test('of chance alone few discoveries are made, and what is sure stands among many tests', () => {
  const uniform = Array.from({ length: 1000 }, (_, index) => (index + 0.5) / 1000);
  assert.equal(discoveries(uniform, 0.01).filter(Boolean).length, 0);
  assert.deepEqual(discoveries([...uniform, 1e-9], 0.01).indexOf(true), 1000);
  assert.deepEqual(discoveries([0.001, 0.009, 0.5], 0.02), [true, true, false]);
});
