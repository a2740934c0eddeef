import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onsetOf } from './onset.ts';

const bounds = { threshold: 0.0144, budget: 0.001, stepMs: 5_000 };
const at = (...ratios: number[]) => ratios.map((ratio, index) => [index * 5_000, ratio] as const);

test('the onset is the step before the first that was bad', () => {
  assert.equal(onsetOf(at(0, 0, 0, 0.2, 0.4), bounds), 10_000);
});

test('a ratio that rises slowly is followed back to where it left the budget', () => {
  assert.equal(onsetOf(at(0, 0, 0.004, 0.01, 0.02, 0.3), bounds), 5_000);
});

test('an earlier burst that was over for minutes is not the onset', () => {
  const points = [
    ...at(0.5, 0.5),
    ...at(...Array.from({ length: 60 }, () => 0)).map(([ms, r]) => [ms + 10_000, r] as const),
    [310_000, 0.5] as const,
  ];
  assert.equal(onsetOf(points, bounds), 305_000);
});

test('a short dip belongs to the run', () => {
  assert.equal(onsetOf(at(0, 0.5, 0, 0, 0.5), bounds), 0);
});

test('without a step over the threshold there is no onset', () => {
  assert.equal(onsetOf(at(0, 0.01), bounds), undefined);
  assert.equal(onsetOf([], bounds), undefined);
});
