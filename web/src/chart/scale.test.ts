import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { freeScale, timeTicks, zeroScale } from './scale.ts';

test('a scale holds all that is drawn, its marks rise, and a scale from zero has zero', () => {
  const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(value, value, fc.integer({ min: 1, max: 8 }), (a, b, marks) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      for (const scale of [zeroScale, freeScale]) {
        const { bottom, top, ticks } = scale(low, high, marks);
        // The height of a chart is hundreds of pixels: a thousandth of it is not seen.
        const slack = (top - bottom) / 500;
        assert.ok(bottom <= low + slack + 1e-6, `${low} is below ${bottom}`);
        assert.ok(top >= high - slack - 1e-6, `${high} is above ${top}`);
        assert.deepEqual(
          ticks,
          [...new Set(ticks)].toSorted((x, y) => x - y),
        );
        assert.ok(ticks.length <= 14, `${ticks.length} marks`);
      }
      const { bottom, top } = zeroScale(low, high, marks);
      assert.ok(bottom <= 0 && top >= 0);
    }),
  );
});

test('what moves little fills the height only where it is asked for', () => {
  assert.deepEqual(zeroScale(990, 1000, 1), { bottom: 0, top: 1000, ticks: [0, 1000] });
  assert.deepEqual(freeScale(990, 1000, 5).ticks, [990, 992, 994, 996, 998, 1000]);
  assert.equal(freeScale(500, 1000, 4).bottom, 0);
});

test('instants are marked at round times, a handful of them at any length', () => {
  const from = Date.parse('2026-01-27T03:00:07.000Z');
  for (const length of [5_000, 60_000, 3_600_000, 86_400_000, 90 * 86_400_000]) {
    const ticks = timeTicks(from, from + length);
    assert.ok(ticks.length >= 1 && ticks.length <= 7, `${ticks.length} marks on ${length} ms`);
    for (const tick of ticks) assert.ok(tick >= from && tick <= from + length);
  }
  assert.deepEqual(
    timeTicks(from, from + 3_600_000).map(t => new Date(t).toISOString().slice(11, 16)),
    ['03:15', '03:30', '03:45', '04:00'],
  );
});
