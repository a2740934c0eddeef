import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs, searchOf, searchParams } from './search.ts';

test('a least duration is written as people write it; without a unit it is milliseconds', () => {
  assert.deepEqual(['250', '250ms', '1.5s', '1.5 s', '2m', '', 'soon', '-1'].map(durationMs), [
    250,
    250,
    1500,
    1500,
    120_000,
    undefined,
    undefined,
    undefined,
  ]);
});

test('what is looked for is the same after it went through an address', () => {
  for (const search of [
    { service: '', operation: '', longerThanMs: undefined, errors: false, order: 'newest' },
    { service: 'payments', operation: 'POST /orders', longerThanMs: 250, errors: true, order: 'slowest' },
  ] as const)
    assert.deepEqual(searchOf(new URLSearchParams(searchParams(search, { last: '1h' }))), search);
});
