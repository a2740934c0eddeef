import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchersTest, queryRange, type SeriesSource } from '../index.ts';

const number = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer({ min: -9, max: 9 }),
  fc.constantFrom(Number.NaN, 1e300, -1e300, 1e-300, Number.POSITIVE_INFINITY, 0.1),
);

function source(values: readonly number[]): SeriesSource {
  const series = {
    labels: { __name__: 'm' },
    timestamps: Float64Array.from(values, (_, i) => i * 1000),
    values: Float64Array.from(values),
  };
  return {
    async select(matchers) {
      return matchersTest(matchers)(series.labels) ? [series] : [];
    },
  };
}

/** Sum by exact integer arithmetic where doubles are integers times a power of two small enough, else by compensation. */
function direct(window: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of window) {
    const next = sum + value;
    if (!Number.isFinite(next)) lost = 0;
    else lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

test('overlapping windows give what each window gives by itself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(number, { minLength: 20, maxLength: 60 }), async values => {
      const width = 15;
      const range = { startMs: 0, endMs: (values.length - 1) * 1000, stepMs: 1000 };
      const of = async (name: string) =>
        (await queryRange(source(values), `${name}(m[${width}s])`, range)).series[0]!.values;
      const sums = await of('sum_over_time');
      const averages = await of('avg_over_time');
      const highest = await of('max_over_time');
      const lowest = await of('min_over_time');
      for (let i = 0; i < values.length; i++) {
        const window = values.slice(Math.max(0, i - width + 1), i + 1);
        const known = window.filter(value => !Number.isNaN(value));
        const near = (a: number, b: number, size: number) =>
          Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(b), size * 1e-7);
        const size = Math.max(...window.map(Math.abs));
        assert.ok(near(sums[i]!, direct(window), size), `sum ${sums[i]} of ${window}`);
        if (Number.isFinite(direct(window)))
          assert.ok(
            near(averages[i]!, direct(window) / window.length, size),
            `avg ${averages[i]} of ${window}`,
          );
        // Of two zeros neither is the greater one, whatever their signs; Math.max has an order of them.
        assert.equal(highest[i]! + 0, known.length > 0 ? Math.max(...known) + 0 : Number.NaN);
        assert.equal(lowest[i]! + 0, known.length > 0 ? Math.min(...known) + 0 : Number.NaN);
      }
    }),
    { numRuns: 200, examples: [[[-0, 0, ...new Array<number>(19).fill(Number.NaN)]]] },
  );
});
