import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../kernel/index.ts';
import { occurrences, recurrenceOf } from './recurrence.ts';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(`${text}:00.000Z`);
const FEBRUARY = { from: at('2026-02-01T00:00'), to: at('2026-03-01T00:00') };

const rules: [rule: string, from: string, days: number[]][] = [
  ['FREQ=DAILY;INTERVAL=10', '2026-01-30T02:00', [9, 19]],
  ['FREQ=WEEKLY;BYDAY=SU', '2026-01-04T02:00', [1, 8, 15, 22]],
  ['FREQ=WEEKLY;BYDAY=MO,FR;INTERVAL=2', '2026-01-26T02:00', [9, 13, 23, 27]],
  ['FREQ=WEEKLY', '2026-02-03T02:00', [3, 10, 17, 24]],
  ['FREQ=DAILY;COUNT=3', '2026-02-05T02:00', [5, 6, 7]],
  ['FREQ=DAILY;UNTIL=20260203T000000Z', '2026-02-01T02:00', [1, 2, 3]],
  ['FREQ=MONTHLY', '2025-11-14T02:00', [14]],
  ['FREQ=MONTHLY;BYMONTHDAY=1,15', '2026-01-01T02:00', [1, 15]],
];
for (const [rule, from, days] of rules)
  test(`${rule} from ${from} falls on ${days.join(', ')} February`, () => {
    const found = occurrences({ at: from, timeZone: 'UTC', lengthMs: HOUR }, recurrenceOf(rule), FEBRUARY);
    assert.deepEqual(
      found.map(one => new Date(one.from).getUTCDate()),
      days,
    );
    for (const one of found) assert.equal(one.to - one.from, HOUR);
  });

test('the local time stays over summer time', () => {
  const found = occurrences(
    { at: '2026-03-22T02:30', timeZone: 'Europe/Berlin', lengthMs: HOUR },
    recurrenceOf('FREQ=WEEKLY'),
    { from: at('2026-03-20T00:00'), to: at('2026-04-12T00:00') },
  );
  // 29 March: 02:30 does not exist, and the clock shows 03:30.
  assert.deepEqual(
    found.map(one => new Date(one.from).toISOString().slice(5, 16)),
    ['03-22T01:30', '03-29T01:30', '04-05T00:30'],
  );
});

for (const rule of [
  'FREQ=YEARLY',
  'FREQ=WEEKLY;BYSETPOS=1',
  'FREQ=DAILY;COUNT=0',
  'FREQ=WEEKLY;BYDAY=XX',
  '',
])
  test(`'${rule}' is refused and not half understood`, () => {
    assert.throws(
      () => recurrenceOf(rule),
      (fault: Fault) => fault.code === 'invalid' && /FREQ=WEEKLY;BYDAY=SU/.test(fault.detail.hint!),
    );
  });
