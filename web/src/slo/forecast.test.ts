import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Forecast } from './forecast.ts';
import { forecastLines, forecastWords } from './forecast.ts';

const base = { horizon: '2026-02-26T03:00:00.000Z', share: 0.3, basis: 'the last 30 days' } as Omit<
  Forecast,
  'state'
>;
const [early, likely, late] = [
  '2026-02-01T06:00:00.000Z',
  '2026-02-03T06:00:00.000Z',
  '2026-02-09T06:00:00.000Z',
] as Forecast['horizon'][];

test('a forecast is told with its range', () => {
  assert.equal(
    forecastWords({ ...base, state: 'will_exhaust', early, likely, late } as Forecast),
    'It will be gone about 2026-02-03 06:00 UTC, between 2026-02-01 06:00 UTC and 2026-02-09 06:00 UTC.',
  );
});

test('where the late end lies beyond the horizon no end is made up', () => {
  assert.equal(
    forecastWords({ ...base, state: 'will_exhaust', early, likely } as Forecast),
    'It will be gone about 2026-02-03 06:00 UTC, not before 2026-02-01 06:00 UTC.',
  );
});

test('what is only possible is said with its share', () => {
  assert.match(forecastWords({ ...base, state: 'may_exhaust', early } as Forecast), /in 30 % of the futures/);
});

test('without data nothing is forecast', () => {
  assert.match(forecastWords({ ...base, state: 'no_data' }), /Nothing can be forecast/);
});

test('the lines of a forecast begin at what is left, end at nothing, and share their instants', () => {
  const now = Date.parse('2026-01-30T06:00:00.000Z');
  const lines = forecastLines({ ...base, state: 'will_exhaust', early, likely, late } as Forecast, {
    t: now,
    v: 0.4,
  });
  assert.deepEqual(
    lines.map(({ key }) => key),
    ['early', 'likely', 'late'],
  );
  const instants = new Set(lines[2]!.points.map(({ t }) => t));
  for (const { points } of lines) {
    assert.deepEqual(points[0], { t: now, v: 0.4 });
    assert.ok(Math.abs(points.at(-1)!.v!) < 1e-9);
    for (const { t } of points) assert.ok(instants.has(t));
  }
});

test('no line is drawn to an end that is past, and none where the budget lasts', () => {
  const now = Date.parse('2026-02-02T00:00:00.000Z');
  const lines = (state: Forecast['state']) =>
    forecastLines({ ...base, state, early, likely } as Forecast, { t: now, v: 0.4 });
  assert.deepEqual(
    lines('will_exhaust').map(({ key }) => key),
    ['likely'],
  );
  assert.deepEqual(lines('will_last'), []);
  assert.deepEqual(lines('exhausted'), []);
});
