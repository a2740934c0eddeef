import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addingUp } from './adding-up.ts';

const sumOf = (parts: readonly (number | null)[]) =>
  parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
const measured = fc.double({ min: 0, max: 5, noNaN: true });

test('parts add up to the whole, none is below nothing, and no data stays no data', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(measured, { nil: null }), { minLength: 1, maxLength: 92 }),
      measured,
      (parts, whole) => {
        const found = addingUp(parts, whole).parts;
        assert.equal(found.length, parts.length);
        const expected = whole > 0 || sumOf(parts) > 0 ? whole : 0;
        assert.ok(
          Math.abs(sumOf(found) - expected) <= 1e-12 * Math.max(whole, 1),
          `${sumOf(found)} ${whole}`,
        );
        for (const part of found) assert.ok(part === null || part >= -1e-12, String(part));
        if (sumOf(parts) > 0)
          for (const [index, part] of parts.entries()) assert.equal(found[index] === null, part === null);
      },
    ),
    { examples: [[[5e-324, null, 0], 8.881784197001252e-16]] },
  );
});

test('parts keep their proportions, and the factor is told', () => {
  assert.deepEqual(addingUp([1, null, 3], 8), { parts: [2, null, 6], factor: 2, sum: 4 });
  assert.deepEqual(addingUp([0.5, null], 0), { parts: [0, null], factor: 0, sum: 0.5 });
});

test('what no part has is of the last one with data', () => {
  assert.deepEqual(addingUp([null, 0, null], 0.5).parts, [null, 0.5, null]);
  assert.deepEqual(addingUp([null, null], 0.5).parts, [null, 0.5]);
  assert.deepEqual(addingUp([null, 0], 0).parts, [null, 0]);
});
