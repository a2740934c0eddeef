import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { epochMs, type Instant, instant } from '../kernel/index.ts';
import { shiftAt, shiftsAt, shiftsBetween } from './rotation.ts';
import { overrideSpan, ScheduleSpec, WEEKDAYS } from './schedule.ts';

function schedule(spec: object): ScheduleSpec {
  return ScheduleSpec.parse({ team: 'shop-team', ...spec });
}

const weekly = schedule({
  timeZone: 'Europe/Berlin',
  layers: [
    { name: 'primary', participants: ['a', 'b', 'c'], start: '2026-01-05' },
    {
      name: 'secondary',
      participants: ['b', 'c'],
      handoff: { on: 'wednesday', at: '12:00' },
      start: '2026-01-05',
    },
  ],
  overrides: [
    { layer: 'primary', participant: 'c', from: '2026-01-14T18:00', to: '2026-01-15T08:00', reason: 'swap' },
  ],
});

const table: [what: string, at: Instant, layer: string, person: string, from: string, until: string][] = [
  ['the first turn', '2026-01-05T08:00:00.000Z', 'primary', 'a', '2026-01-05T08:00', '2026-01-12T08:00'],
  [
    'the last millisecond of a turn',
    '2026-01-12T07:59:59.999Z',
    'primary',
    'a',
    '2026-01-05T08:00',
    '2026-01-12T08:00',
  ],
  [
    'the handoff itself belongs to the next',
    '2026-01-12T08:00:00.000Z',
    'primary',
    'b',
    '2026-01-12T08:00',
    '2026-01-14T17:00',
  ],
  ['an override', '2026-01-14T20:00:00.000Z', 'primary', 'c', '2026-01-14T17:00', '2026-01-15T07:00'],
  ['after an override', '2026-01-15T07:00:00.000Z', 'primary', 'b', '2026-01-15T07:00', '2026-01-19T08:00'],
  ['round again', '2026-01-26T08:00:00.000Z', 'primary', 'a', '2026-01-26T08:00', '2026-02-02T08:00'],
  [
    'before the start, backwards',
    '2026-01-04T00:00:00.000Z',
    'primary',
    'c',
    '2025-12-29T08:00',
    '2026-01-05T08:00',
  ],
  [
    'another weekday and time',
    '2026-01-07T11:00:00.000Z',
    'secondary',
    'b',
    '2026-01-07T11:00',
    '2026-01-14T11:00',
  ],
  // The clocks go forward on 29 March 2026: 09:00 in Berlin is 08:00 UTC before and 07:00 UTC after.
  [
    'a week that is an hour short',
    '2026-03-28T00:00:00.000Z',
    'primary',
    'c',
    '2026-03-23T08:00',
    '2026-03-30T07:00',
  ],
  [
    'a week that is an hour long',
    '2026-10-24T00:00:00.000Z',
    'primary',
    'c',
    '2026-10-19T07:00',
    '2026-10-26T08:00',
  ],
];
for (const [what, at, layer, person, from, until] of table)
  test(`rotation: ${what}`, () => {
    const shift = shiftsAt(weekly, at).find(one => one.layer === layer);
    assert.deepEqual(
      [shift?.person, shift?.from, shift?.until],
      [person, `${from}:00.000Z`, `${until}:00.000Z`],
    );
  });

test('rotation: a handoff in the hour that does not exist happens after it, one in the hour that comes twice happens once', () => {
  const daily = schedule({
    timeZone: 'Europe/Berlin',
    layers: [
      {
        name: 'primary',
        participants: ['a', 'b'],
        handoff: { every: 'day', at: '02:30' },
        start: '2026-01-01',
      },
    ],
  });
  const handoffs = (from: Instant, to: Instant) =>
    shiftsBetween(daily, daily.layers[0]!, from, to).map(shift => shift.from.slice(0, 16));
  assert.deepEqual(handoffs('2026-03-29T00:00:00.000Z', '2026-03-30T02:00:00.000Z'), [
    '2026-03-28T01:30',
    '2026-03-29T01:30',
    '2026-03-30T00:30',
  ]);
  assert.deepEqual(handoffs('2026-10-25T00:00:00.000Z', '2026-10-26T02:00:00.000Z'), [
    '2026-10-24T00:30',
    '2026-10-25T00:30',
    '2026-10-26T01:30',
  ]);
});

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Pacific/Apia',
  'America/St_Johns',
];
const day = fc
  .integer({ min: 0, max: 900 })
  .map(n => instant(epochMs('2025-01-01T00:00:00.000Z') + n * 86_400_000).slice(0, 10));
const clockTime = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '59'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
const anySchedule = fc
  .record({
    timeZone: fc.constantFrom(...zones),
    layer: fc.record({
      name: fc.constant('primary'),
      participants: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 5 }),
      handoff: fc.oneof(
        fc.record({ every: fc.constant('day'), interval: fc.integer({ min: 1, max: 5 }), at: clockTime }),
        fc.record({
          every: fc.constant('week'),
          interval: fc.integer({ min: 1, max: 3 }),
          on: fc.constantFrom(...WEEKDAYS),
          at: clockTime,
        }),
      ),
      start: day,
    }),
    overrides: fc.array(fc.record({ day, at: clockTime, hours: fc.integer({ min: 1, max: 200 }) }), {
      maxLength: 4,
    }),
  })
  .map(({ timeZone, layer, overrides }) => {
    const spec = schedule({ timeZone, layers: [layer] });
    let free = 0;
    for (const { day, at, hours } of overrides.toSorted((a, b) => (a.day + a.at < b.day + b.at ? -1 : 1))) {
      const from = `${day}T${at}`;
      const begin = overrideSpan(spec, { layer: 'primary', participant: 'z', from, to: from })!.from;
      const to = instant(begin + hours * 3_600_000).replace(/:\d\d\.000Z$/, 'Z');
      if (begin >= free) spec.overrides.push({ layer: 'primary', participant: 'z', from, to });
      free = Math.max(free, begin + hours * 3_600_000);
    }
    return spec;
  });

test('rotation: every instant is covered exactly once, whatever the zone, the handoffs and the overrides', () => {
  fc.assert(
    fc.property(anySchedule, day, (spec, from) => {
      const layer = spec.layers[0]!;
      const begin: Instant = `${from}T00:00:00.000Z`;
      const end = instant(epochMs(begin) + 40 * 86_400_000);
      const shifts = shiftsBetween(spec, layer, begin, end);
      assert.ok(shifts[0]!.from <= begin && shifts.at(-1)!.until >= end);
      for (const [index, shift] of shifts.entries()) {
        assert.ok(shift.from < shift.until, 'a shift has a length');
        const next = shifts[index + 1];
        if (next !== undefined) assert.equal(shift.until, next.from, 'no gap and no overlap');
        // Whichever instant inside is asked for, the answer is this same shift.
        for (const share of [0, 0.37, 0.999999]) {
          const at = instant(
            Math.floor(epochMs(shift.from) + share * (epochMs(shift.until) - epochMs(shift.from))),
          );
          assert.deepEqual(shiftAt(spec, layer, at), shift);
        }
      }
    }),
    { numRuns: 150 },
  );
});

test('rotation: turns go round fairly: over a full cycle everybody has as many turns as places in the list', () => {
  const spec = schedule({
    timeZone: 'America/New_York',
    layers: [
      { name: 'primary', participants: ['a', 'b', 'c'], handoff: { every: 'day' }, start: '2026-01-01' },
    ],
  });
  const shifts = shiftsBetween(spec, spec.layers[0]!, '2026-01-01T14:00:00.000Z', '2026-12-27T14:00:00.000Z');
  const counts = Map.groupBy(shifts, shift => shift.person);
  assert.deepEqual(
    ['a', 'b', 'c'].map(person => counts.get(person)?.length),
    [120, 120, 120],
  );
});
