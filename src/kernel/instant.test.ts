import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instant } from './instant.ts';

test('what is no instant is told how one is written', () => {
  assert.equal(
    Instant.safeParse('yesterday').error?.issues[0]?.message,
    'a time is ISO 8601 in UTC, as 2026-01-27T03:15:00.000Z',
  );
  assert.ok(Instant.safeParse('2026-01-27T03:15:00.000Z').success);
});
