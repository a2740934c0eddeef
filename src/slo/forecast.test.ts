import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration } from '../kernel/index.ts';
import { forecastOf } from './forecast.ts';

const NOW = Date.parse('2026-02-01T00:00:00.000Z');
const DAY = 86_400_000;
const window = duration('30d');
const days = (from: string) => (Date.parse(from) - NOW) / DAY;

test('a steady burn of a tenth a day ends what is left of a half in five days', () => {
  const daily = Array.from({ length: 31 }, (_, day) => (day < 25 ? null : day < 30 ? 0.1 : 0));
  const one = forecastOf({ daily, remaining: 0.5, now: NOW, window, recent: [] });
  assert.equal(one.state, 'will_exhaust');
  assert.ok(Math.abs(days(one.likely!) - 5) < 0.01, String(one.likely));
  assert.equal(one.early, one.late);
});

test('the sooner end of the range comes before the later, and the same past gives the same', () => {
  const daily = [0.01, 0.2, 0.02, 0.01, 0.15, 0.03, 0.01, 0.05, 0];
  const past = { daily, remaining: 0.52, now: NOW, window, recent: [] };
  const one = forecastOf(past);
  assert.equal(one.state, 'will_exhaust');
  assert.ok(one.early! < one.likely! && one.likely! < one.late!);
  assert.deepEqual(forecastOf(past), one);
});

test('a burn that a rolling window gives back lasts', () => {
  const daily = Array.from({ length: 31 }, (_, day) => (day === 30 ? 0 : 0.01));
  const one = forecastOf({ daily, remaining: 0.7, now: NOW, window, recent: [] });
  assert.equal(one.state, 'will_last');
  assert.equal(one.likely, undefined);
});

test('a calendar window is looked at until it begins anew', () => {
  const daily = [0.1, 0.1, 0.1, 0.1, 0.1, 0];
  const past = { daily, remaining: 0.5, now: NOW, window, recent: [] };
  assert.equal(forecastOf({ ...past, resetsAt: NOW + 3 * DAY }).state, 'will_last');
  assert.equal(forecastOf({ ...past, resetsAt: NOW + 9 * DAY }).state, 'will_exhaust');
});

test('a past of an hour gives a line with a range, and none gives none', () => {
  const recent = [
    { over: '1 h', perHour: 0.1 },
    { over: 'all there is', perHour: 0.05 },
  ];
  const one = forecastOf({ daily: [0.1], remaining: 0.9, now: NOW, window, recent });
  assert.equal(one.state, 'will_exhaust');
  assert.ok(Math.abs(days(one.early!) * 24 - 9) < 0.01);
  assert.ok(Math.abs(days(one.late!) * 24 - 18) < 0.01);
  assert.equal(forecastOf({ daily: [], remaining: 1, now: NOW, window, recent: [] }).state, 'no_data');
  assert.equal(forecastOf({ daily: [0.1], remaining: -0.1, now: NOW, window, recent }).state, 'exhausted');
});

test('a steady burn that a full window of an hour bears lasts, and one above does not', () => {
  const hour = duration('1h');
  const at = (perHour: number, remaining: number) =>
    forecastOf({
      daily: [1 - remaining],
      remaining,
      now: NOW,
      window: hour,
      covered: hour,
      recent: [{ over: '1 h', perHour }],
    });
  assert.equal(at(0.4, 0.6).state, 'will_last', 'what comes is what goes');
  assert.equal(at(0.9, 0.6).state, 'will_last', 'on its way to 0.9 of the budget');
  const faster = at(2, 0.6);
  assert.equal(faster.state, 'will_exhaust');
  // It grows by 2 − 0.4 an hour: 0.6 is used up in 22.5 minutes.
  assert.ok(Math.abs(days(faster.early!) * 24 * 60 - 22.5) < 0.1, String(faster.early));
});

test('until a window is full nothing is given back', () => {
  const past = { daily: [0.5], remaining: 0.5, now: NOW, window: duration('10h'), covered: 3_600_000 };
  const one = forecastOf({ ...past, recent: [{ over: '1 h', perHour: 0.1 }] });
  assert.equal(one.state, 'will_exhaust');
  assert.ok(Math.abs(days(one.early!) * 24 - 5) < 0.01);
});

test('a first day that is cut is no sample', () => {
  const past = { remaining: 0.5, now: NOW, window, recent: [], daily: [0, 0.1, 0.1, 0.1, 0.1, 0] };
  const basis = (firstIsCut: boolean) => forecastOf({ ...past, firstIsCut }).basis;
  assert.match(basis(false), /last 5 days/);
  assert.match(basis(true), /last 4 days/);
});
