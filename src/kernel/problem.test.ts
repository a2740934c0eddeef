import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { nearest, problemsOf } from './problem.ts';

const Shape = z.strictObject({
  service: z.string(),
  tier: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  limit: z.number().optional(),
  either: z.union([z.string(), z.number()]).optional(),
});

for (const [what, input, expected] of [
  ['a missing field is said to be missing', { tier: 1 }, [{ field: 'service', message: 'is missing' }]],
  [
    'a missing choice names the choices',
    { service: 'a' },
    [{ field: 'tier', message: 'expected 1 or 2 or 3' }],
  ],
  [
    'a wrong type names the right one',
    { service: 'a', tier: 1, limit: 'many' },
    [{ field: 'limit', message: 'expected number, received string' }],
  ],
  [
    'several types are all named',
    { service: 'a', tier: 1, either: true },
    [{ field: 'either', message: 'expected a string or a number' }],
  ],
  [
    'an unknown field names the nearest one',
    { service: 'a', tier: 1, limmit: 3 },
    [{ field: 'limmit', message: "unknown field 'limmit'", hint: 'did you mean limit?' }],
  ],
  [
    'an unknown field that is near to none names none',
    { service: 'a', tier: 1, colour: 'red' },
    [{ field: 'colour', message: "unknown field 'colour'" }],
  ],
] as const)
  test(what, () => {
    const parsed = Shape.safeParse(input);
    assert.ok(!parsed.success);
    assert.deepEqual(problemsOf(parsed.error, Object.keys(Shape.shape)), expected);
  });

test('the nearest name is one of which most letters agree', () => {
  const verbs = ['list', 'show', 'timeline', 'acknowledge'];
  assert.equal(nearest('lst', verbs), 'list');
  assert.equal(nearest('acknowlege', verbs), 'acknowledge');
  assert.equal(nearest('Timeline', verbs), 'timeline');
  assert.equal(nearest('hsow', verbs), 'show');
  assert.equal(nearest('get', verbs), undefined);
  assert.equal(nearest('x'.repeat(500), verbs), undefined);
});
