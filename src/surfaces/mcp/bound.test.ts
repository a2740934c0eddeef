import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundText, boundValue } from './bound.ts';

test('what fits is passed on as it is', () => {
  const value = { a: [1, 2, { b: 'x' }], c: null };
  assert.deepEqual(boundValue(value), { value, left: [] });
});

test('the largest list is shortened first, and what was left out is said', () => {
  const value = { small: [1, 2, 3], big: Array.from({ length: 100 }, (_, i) => `line ${i}`) };
  const { value: bounded, left } = boundValue(value, 300);
  assert.deepEqual((bounded as typeof value).small, [1, 2, 3]);
  assert.deepEqual(left, ['big: 25 of 100']);
  assert.equal(value.big.length, 100, 'what was given stays as it was');
});

test('a long text is cut when no list is left to shorten', () => {
  const { value, left } = boundValue({ markdown: 'x'.repeat(10_000) }, 1_000);
  assert.ok((value as { markdown: string }).markdown.length < 1_000);
  assert.deepEqual(left, ['markdown: the beginning of 10000 characters']);
});

test('bounding always ends, never grows a value, and says whenever something is missing', () => {
  fc.assert(
    fc.property(
      fc.object({ maxDepth: 4, withNullPrototype: false }),
      fc.integer({ min: 0, max: 500 }),
      (value, max) => {
        const json = JSON.stringify(value);
        if (json === undefined || JSON.stringify(JSON.parse(json)) !== json) return;
        const given: unknown = JSON.parse(json);
        const { value: bounded, left } = boundValue(given, max);
        const after = JSON.stringify(bounded);
        assert.ok(after.length <= json.length);
        assert.equal(left.length === 0, after === json);
      },
    ),
  );
});

test('text is cut at the end of a line', () => {
  assert.deepEqual(boundText('one\ntwo\nthree', 9), { text: 'one\ntwo', cut: true });
  assert.deepEqual(boundText('short', 9), { text: 'short', cut: false });
});
