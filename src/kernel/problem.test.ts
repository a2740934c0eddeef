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
    [{ field: 'tier', message: 'expected 1, 2 or 3' }],
  ],
  [
    'a wrong type names the right one',
    { service: 'a', tier: 1, limit: 'many' },
    [{ field: 'limit', message: 'expected a number, got text' }],
  ],
  [
    'several types are all named',
    { service: 'a', tier: 1, either: true },
    [{ field: 'either', message: 'expected text or a number' }],
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

for (const [schema, value, expected] of [
  [z.string().min(1), '', 'must not be empty'],
  [z.string().min(3), 'a', 'must have at least 3 characters'],
  [z.string().max(3), 'abcd', 'may have at most 3 characters'],
  [z.array(z.string()).max(1), ['a', 'b'], 'may have at most 1 item'],
  [z.array(z.string()).length(2), ['a'], 'must have exactly 2 items'],
  [z.number().min(1), 0, 'must be at least 1'],
  [z.number().gt(0), 0, 'must be more than 0'],
  [z.number().max(5), 9, 'must be at most 5'],
  [z.int(), 1.5, 'expected a whole number'],
  [z.int(), 1e20, 'is too large a number'],
  [z.number().multipleOf(5), 3, 'must be a multiple of 5'],
  [z.boolean(), 'yes', 'expected true or false, got text'],
  [z.array(z.string()), {}, 'expected a list, got named fields'],
  [z.record(z.string(), z.string()), 3, 'expected named fields, got a number'],
  [z.enum(['newest', 'oldest']), 'up', 'expected newest or oldest'],
  [z.literal('local'), 'cloud', 'expected local'],
  [
    z.discriminatedUnion('type', [z.object({ type: z.literal('a') }), z.object({ type: z.literal('b') })]),
    { type: 'c' },
    'expected a or b',
  ],
  [z.string().startsWith('/'), 'healthz', 'must begin with /'],
  [z.url(), 'shop', 'expected a URL, as https://shop.example/health'],
  [z.iso.datetime(), 'soon', 'expected a time, as 2026-01-27T03:15:00Z'],
  [z.string().regex(/^a+$/), 'b', 'must match /^a+$/'],
  [z.string().regex(/^a+$/, 'expected one a or more'), 'b', 'expected one a or more'],
  [z.record(z.string().regex(/^a+$/, 'a name is of a only'), z.string()), { b: '' }, 'a name is of a only'],
  [z.string().refine(() => false), 'a', 'is not valid'],
] as const)
  test(`a person reads: ${expected}`, () => {
    const parsed = (schema as z.ZodType).safeParse(value);
    assert.ok(!parsed.success);
    assert.deepEqual(
      problemsOf(parsed.error).map(one => one.message),
      [expected],
    );
  });
