import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, lonelyOf, rowsOf, type Series, withGaps } from './series.ts';

const series = (key: string, points: [number, number | null][]): Series => ({
  key,
  label: key,
  color: 'cyan.7',
  points: points.map(([t, v]) => ({ t, v })),
});

test('what is missing for longer than two steps is a gap, and a late point is none', () => {
  const points = [0, 10, 22, 30, 80, 90].map(t => ({ t, v: 1 }));
  assert.deepEqual(
    withGaps(points).filter(({ v }) => v === null),
    [{ t: 40, v: null }],
  );
});

test('series are put together by instant, and where all are silent there is a gap in all', () => {
  const rows = rowsOf([
    series('a', [
      [0, 1],
      [10, 2],
      [20, 3],
      [100, 4],
    ]),
    series('b', [
      [10, 5],
      [20, null],
    ]),
  ]);
  assert.deepEqual(rows, [
    { t: 0, a: 1 },
    { t: 10, a: 2, b: 5 },
    { t: 20, a: 3, b: null },
    { t: 30 },
    { t: 100, a: 4 },
  ]);
  assert.deepEqual([...lonelyOf(rows, 'a')], [100], 'a line through one point is not seen');
  assert.deepEqual([...lonelyOf(rows, 'b')], [10]);
});

test('a chart is told in words, and no data is told as such', () => {
  const all = [
    series('a', [
      [0, 1],
      [10, 3],
      [20, 2],
    ]),
    series('b', [[0, null]]),
  ];
  assert.equal(describe('Load', all, String), 'Load: a now 2, highest 3, lowest 1; b no data');
  assert.equal(describe('Load', all.slice(0, 1), String), 'Load: now 2, highest 3, lowest 1');
});
