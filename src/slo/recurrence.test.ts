import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../kernel/index.ts';
import { everComes, occurrences, recurrenceOf } from './recurrence.ts';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(`${text}:00.000Z`);
const FEBRUARY = { from: at('2026-02-01T00:00'), to: at('2026-03-01T00:00') };

const rules: [rule: string, from: string, days: number[]][] = [
  ['FREQ=DAILY;INTERVAL=10', '2026-01-30T02:00', [9, 19]],
  ['FREQ=WEEKLY;BYDAY=SU', '2026-01-04T02:00', [1, 8, 15, 22]],
  ['FREQ=WEEKLY;BYDAY=MO,FR;INTERVAL=2', '2026-01-26T02:00', [9, 13, 23, 27]],
  ['FREQ=WEEKLY', '2026-02-03T02:00', [3, 10, 17, 24]],
  ['FREQ=DAILY;COUNT=3', '2026-02-05T02:00', [5, 6, 7]],
  ['FREQ=DAILY;UNTIL=20260203', '2026-02-01T02:00', [1, 2, 3]],
  // The third day's begins after that.
  ['FREQ=DAILY;UNTIL=20260203T000000Z', '2026-02-01T02:00', [1, 2]],
  ['FREQ=DAILY;UNTIL=20260203T020000', '2026-02-01T02:00', [1, 2, 3]],
  ['FREQ=MONTHLY;BYDAY=1SU', '2025-12-07T02:00', [1]],
  ['FREQ=MONTHLY;BYDAY=-1FR', '2025-12-26T02:00', [27]],
  ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', '2025-12-31T02:00', [27]],
  ['FREQ=MONTHLY;BYMONTHDAY=-1', '2025-12-31T02:00', [28]],
  ['FREQ=MONTHLY;BYMONTHDAY=31', '2025-12-31T02:00', []],
  ['FREQ=YEARLY', '2024-02-10T02:00', [10]],
  ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=20', '2024-02-20T02:00', [20]],
  ['rrule:freq=weekly;byday=su', '2026-01-04T02:00', [1, 8, 15, 22]],
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

test('an hour that the clock has twice is the first, and lasts what it lasts', () => {
  const found = occurrences(
    { at: '2026-10-24T02:30', timeZone: 'Europe/Berlin', lengthMs: HOUR },
    recurrenceOf('FREQ=DAILY;COUNT=3'),
    { from: at('2026-10-23T00:00'), to: at('2026-10-28T00:00') },
  );
  assert.deepEqual(
    found.map(one => new Date(one.from).toISOString().slice(5, 16)),
    ['10-24T00:30', '10-25T00:30', '10-26T01:30'],
  );
  for (const one of found) assert.equal(one.to - one.from, HOUR);
});

test('what began before a window and goes on in it touches it, far from UTC too', () => {
  const night = (timeZone: string, window: { from: number; to: number }) =>
    occurrences({ at: '2026-01-01T22:00', timeZone, lengthMs: 8 * HOUR }, recurrenceOf('FREQ=DAILY'), window);
  for (const zone of ['Pacific/Kiritimati', 'Pacific/Niue', 'Asia/Kathmandu', 'UTC']) {
    const [first] = night(zone, { from: at('2026-02-03T00:00'), to: at('2026-02-05T00:00') });
    const again = night(zone, { from: first!.to - 1, to: first!.to });
    assert.deepEqual(again, [first], zone);
  }
});

test('a rule that never comes is known as such', () => {
  const first = { at: '2026-01-01T02:00', timeZone: 'UTC', lengthMs: HOUR };
  assert.equal(everComes(first, recurrenceOf('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30')), false);
  assert.equal(everComes(first, recurrenceOf('FREQ=DAILY;UNTIL=20251231')), false);
  assert.equal(everComes(first, recurrenceOf('FREQ=DAILY;UNTIL=20260101')), true);
});

for (const rule of [
  'FREQ=HOURLY',
  'FREQ=WEEKLY;BYSETPOS=1',
  'FREQ=WEEKLY;BYDAY=1SU',
  'FREQ=WEEKLY;FOO=1',
  'FREQ=DAILY;BYHOUR=3',
  'FREQ=DAILY;INTERVAL=0',
  'FREQ=DAILY;FREQ=WEEKLY',
  'FREQ=MONTHLY;BYMONTHDAY=32',
  'FREQ=DAILY;COUNT=2;UNTIL=20270101',
  'FREQ=DAILY;UNTIL=tomorrow',
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
