import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SampleBlock } from './sample-block.ts';

const t0 = 1_769_486_400_000;
/** Numbers of every kind, and rows that grow as counters do, with resets. */
const values = fc.oneof(
  fc.array(fc.double(), { minLength: 1, maxLength: 60 }),
  fc.array(fc.constantFrom(0, -0, 1.5, 0.1, 1e300, 2 ** 53, Number.NaN, Number.NEGATIVE_INFINITY), {
    minLength: 1,
    maxLength: 60,
  }),
  fc
    .record({
      steps: fc.array(fc.oneof(fc.nat(300), fc.nat(100_000), fc.constant(-1)), {
        minLength: 1,
        maxLength: 60,
      }),
      scale: fc.constantFrom(1, 10, 1000, 1_000_000, 3),
      huge: fc.constantFrom(0, 2 ** 40, 2 ** 52),
    })
    .map(({ steps, scale, huge }) => {
      let sum = huge;
      return steps.map(step => {
        sum = step < 0 ? 0 : sum + step;
        return sum / scale;
      });
    }),
);
const gaps = fc.oneof(
  fc.constantFrom([15_000], [14_990, 15_000, 15_010], [15_000, 60_000, 1], [1, 3 * 86_400_000]),
  fc.array(fc.integer({ min: 1, max: 10_000_000_000 }), { minLength: 1, maxLength: 5 }),
);

test('a property: a block gives back its samples to the last bit, all of them or a part', () => {
  fc.assert(
    fc.property(values, gaps, fc.nat(), fc.nat(), fc.integer(), (list, gaps, one, other, aside) => {
      let at = t0;
      const timestamps = Float64Array.from(list, (_, i) => (at += gaps[i % gaps.length]!));
      const stale = Uint8Array.from(list, (_, i) => (aside > 0 && (i + aside) % 7 === 0 ? 1 : 0));
      const samples = { timestamps, values: Float64Array.from(list), stale };
      const block = new SampleBlock(samples, 0, list.length);
      const [from, to] = [one % list.length, other % list.length].sort((a, b) => a - b) as [number, number];
      const times = new Float64Array(list.length + 3);
      const found = new Float64Array(list.length + 3);
      block.decode(from, to + 1, times, found, 2);
      for (let index = from; index <= to; index++) {
        assert.equal(times[index - from + 2], timestamps[index]);
        assert.ok(
          Object.is(found[index - from + 2], list[index]),
          `${found[index - from + 2]} for ${list[index]}`,
        );
        assert.equal(block.stale?.[index] ?? 0, stale[index]);
      }
      assert.equal(times[to - from + 3], 0);
      for (const near of [timestamps[from]! - 1, timestamps[from]!, timestamps[from]! + 1]) {
        const first = timestamps.findIndex(time => time >= near);
        assert.equal(block.indexFrom(near), first < 0 ? list.length : first);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a counter of an even interval takes less than three bytes a sample, arbitrary floats eight', () => {
  const timestamps = Float64Array.from({ length: 1024 }, (_, i) => t0 + i * 15_000);
  const bytesOf = (value: (i: number) => number) =>
    new SampleBlock({ timestamps, values: Float64Array.from(timestamps.keys(), value) }, 0, 1024).bytes /
    1024;
  assert.ok(bytesOf(i => i * 700 + ((i * i) % 900)) < 3);
  assert.ok(bytesOf(i => (500 + ((i * 7) % 100)) / 1000) < 3);
  assert.ok(bytesOf(() => 5) < 1);
  assert.ok(bytesOf(i => Math.sin(i)) < 9);
});
