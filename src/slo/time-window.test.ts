import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetWindow, windowAt } from './time-window.ts';

const at = (
  duration: string,
  now: string,
  startTime = '2022-01-01 12:00:00',
  timeZone = 'America/New_York',
) => {
  const { from, length } = windowAt(budgetWindow({ duration, calendar: { startTime, timeZone } }), now);
  return [from, length / 86_400_000];
};

test('a rolling window ends now', () => {
  const { from } = windowAt(budgetWindow({ duration: '28d', isRolling: true }), '2026-03-29T10:00:00.000Z');
  assert.equal(from, '2026-03-01T10:00:00.000Z');
});

test('a calendar month begins on its day, in its time zone, and is as long as the month is', () => {
  assert.deepEqual(at('1M', '2026-02-15T00:00:00.000Z', '2026-01-01 00:00:00', 'UTC'), [
    '2026-02-01T00:00:00.000Z',
    28,
  ]);
  assert.deepEqual(at('1M', '2026-01-31T23:59:59.999Z', '2026-01-01 00:00:00', 'UTC'), [
    '2026-01-01T00:00:00.000Z',
    31,
  ]);
  assert.deepEqual(at('1M', '2026-02-01T00:00:00.000Z', '2026-01-01 00:00:00', 'UTC'), [
    '2026-02-01T00:00:00.000Z',
    28,
  ]);
});

test('a calendar week keeps its local hour over a change to summer time', () => {
  // 2026-03-08 is the change in New York: noon is 17:00 UTC before it and 16:00 UTC after.
  assert.deepEqual(at('1w', '2026-03-08T17:00:00.000Z'), ['2026-03-07T17:00:00.000Z', 7 - 1 / 24]);
  assert.deepEqual(at('1w', '2026-03-14T16:00:00.000Z'), ['2026-03-14T16:00:00.000Z', 7]);
});

test('quarters and years follow the calendar', () => {
  assert.deepEqual(at('1Q', '2026-08-03T00:00:00.000Z', '2020-01-01 00:00:00', 'UTC'), [
    '2026-07-01T00:00:00.000Z',
    92,
  ]);
  assert.deepEqual(at('1Y', '2028-08-03T00:00:00.000Z', '2020-01-01 00:00:00', 'UTC'), [
    '2028-01-01T00:00:00.000Z',
    366,
  ]);
});

test('a window that begins in the future is counted back from it', () => {
  assert.deepEqual(at('1d', '2026-01-27T03:00:00.000Z', '2030-01-01 00:00:00', 'UTC'), [
    '2026-01-27T00:00:00.000Z',
    1,
  ]);
});
