import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../kernel/index.ts';
import { type ScheduleText, scheduleOf } from './schedule.ts';

const around = (text: ScheduleText, at: string) => {
  const schedule = scheduleOf(text);
  const [last, next] = [schedule.last(Date.parse(at)), schedule.next(Date.parse(at))];
  return [last, next].map(time => (time === undefined ? undefined : instant(time).slice(0, 16)));
};

const tables: [
  what: string,
  text: ScheduleText,
  at: string,
  last: string | undefined,
  next: string | undefined,
][] = [
  [
    'a cron table in UTC',
    { cron: '0 3 * * *', timeZone: 'UTC' },
    '2026-01-27T12:00:00Z',
    '2026-01-27T03:00',
    '2026-01-28T03:00',
  ],
  [
    'a time counts from its own instant',
    { cron: '0 3 * * *', timeZone: 'UTC' },
    '2026-01-27T03:00:00Z',
    '2026-01-27T03:00',
    '2026-01-28T03:00',
  ],
  [
    'local time in winter',
    { cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
    '2026-01-27T12:00:00Z',
    '2026-01-27T02:00',
    '2026-01-28T02:00',
  ],
  [
    'local time in summer',
    { cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
    '2026-07-27T12:00:00Z',
    '2026-07-27T01:00',
    '2026-07-28T01:00',
  ],
  [
    'every quarter of an hour on weekdays',
    { cron: '*/15 9-17 * * 1-5', timeZone: 'UTC' },
    '2026-01-31T12:00:00Z',
    '2026-01-30T17:45',
    '2026-02-02T09:00',
  ],
  [
    'a rule for each day',
    { rrule: 'FREQ=DAILY;BYHOUR=3;BYMINUTE=30;BYSECOND=0', timeZone: 'UTC' },
    '2026-01-27T12:00:00Z',
    '2026-01-27T03:30',
    '2026-01-28T03:30',
  ],
  [
    'the last Friday of a month, locally',
    { rrule: 'FREQ=MONTHLY;BYDAY=-1FR', start: '2026-01-30T22:00', timeZone: 'America/New_York' },
    '2026-03-01T00:00:00Z',
    '2026-02-28T03:00',
    '2026-03-28T02:00',
  ],
  [
    'every second week from its start',
    { rrule: 'FREQ=WEEKLY;INTERVAL=2', start: '2026-01-05T06:00', timeZone: 'UTC' },
    '2026-01-27T00:00:00Z',
    '2026-01-19T06:00',
    '2026-02-02T06:00',
  ],
  [
    'a rule that has come to its end',
    { rrule: 'FREQ=DAILY;COUNT=2', start: '2026-01-05T06:00', timeZone: 'UTC' },
    '2026-01-27T00:00:00Z',
    '2026-01-06T06:00',
    undefined,
  ],
  [
    'a rule that has not begun',
    { rrule: 'FREQ=DAILY', start: '2026-02-05T06:00', timeZone: 'UTC' },
    '2026-01-27T00:00:00Z',
    undefined,
    '2026-02-05T06:00',
  ],
];
for (const [what, text, at, last, next] of tables)
  test(`the last and the next time: ${what}`, () => assert.deepEqual(around(text, at), [last, next]));

for (const [what, text, problem] of [
  ['six fields', { cron: '0 0 3 * * *', timeZone: 'UTC' }, /five fields/],
  ['an hour that no day has', { cron: '0 25 * * *', timeZone: 'UTC' }, /not a cron expression/],
  ['an unknown frequency', { rrule: 'FREQ=SOMETIMES', timeZone: 'UTC' }, /not an RRULE/],
  ['an unknown time zone', { cron: '0 3 * * *', timeZone: 'Europe/Atlantis' }, /not a time zone/],
] as [string, ScheduleText, RegExp][])
  test(`a schedule is refused for ${what}`, () => assert.throws(() => scheduleOf(text), problem));
