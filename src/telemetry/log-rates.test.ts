import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../kernel/index.ts';
import { beta, discoveryBound, dispersionOf, rateChange } from './log-rates.ts';

const near = (actual: number, wanted: number, share = 1e-3) =>
  assert.ok(Math.abs(actual - wanted) <= share * Math.abs(wanted), `${actual}, not ${wanted}`);

test('the incomplete beta function has the values of the tables', () => {
  near(beta(0.5, 2, 3), 0.6875, 1e-12);
  near(beta(0.3, 5, 5), 0.09880866, 1e-6);
  near(beta(0.01, 1, 200), 1 - 0.99 ** 200, 1e-12);
  near(beta(0.999, 3000, 2), 4 * 0.999 ** 3000, 1e-9);
});

test('a property: it is the sum of the binomial tail', () => {
  const tail = (k: number, n: number, p: number) => {
    let sum = 0;
    for (let i = k; i <= n; i++) {
      let term = p ** i * (1 - p) ** (n - i);
      for (let j = 0; j < i; j++) term *= (n - j) / (i - j);
      sum += term;
    }
    return sum;
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.nat(39),
      (n, p, at) => {
        const k = 1 + (at % n);
        assert.ok(Math.abs(beta(p, k, n - k + 1) - tail(k, n, p)) < 1e-9);
      },
    ),
  );
});

test('twice as many of 30 in equal windows is no finding, of 300 it is; bounds are those of Clopper and Pearson', () => {
  const few = rateChange({ before: 10, beforeMs: 1, after: 20, afterMs: 1 });
  near(few.p, 0.098737, 1e-4);
  near(few.low, 0.8936);
  near(few.high, 4.785);
  assert.equal(few.ratio, 2);
  assert.ok(rateChange({ before: 100, beforeMs: 1, after: 200, afterMs: 1 }).p < 1e-7);
});

test('lines that were never there before: four windows of silence make four lines probable enough, one does not', () => {
  const found = (after: number, beforeMs: number) => rateChange({ before: 0, beforeMs, after, afterMs: 1 });
  near(found(4, 4).p, 2 * 0.2 ** 4, 1e-9);
  near(found(4, 1).p, 2 * 0.5 ** 4, 1e-9);
  assert.equal(found(4, 4).ratio, Number.POSITIVE_INFINITY);
  assert.equal(found(4, 4).high, Number.POSITIVE_INFINITY);
  assert.ok(found(100, 4).low > 20);
  assert.equal(rateChange({ before: 0, beforeMs: 1, after: 0, afterMs: 1 }).p, 1);
  const gone = rateChange({ before: 400, beforeMs: 4, after: 0, afterMs: 1 });
  assert.ok(gone.p < 1e-30 && gone.low === 0 && gone.high < 0.05);
});

test('what comes in bursts of a hundred must grow by more to be a finding', () => {
  const counts = [0, 100, 0, 0, 100, 0, 0, 0, 100, 0, 0, 0];
  const dispersion = dispersionOf(counts);
  assert.ok(dispersion > 70);
  const steady = { before: 300, beforeMs: 12, after: 100, afterMs: 1 };
  assert.ok(rateChange(steady).p < 1e-10);
  assert.ok(rateChange({ ...steady, dispersion }).p > 0.1);
  assert.equal(dispersionOf([5, 5, 5, 5]), 1);
  assert.equal(dispersionOf([]), 1);
});

test('the bound of findings grows with how many are sure', () => {
  assert.equal(discoveryBound([0.5, 0.2, 0.9], 0.01), -1);
  assert.equal(discoveryBound([0.001, 0.5], 0.01), 0.001);
  assert.equal(discoveryBound([0.001, 0.002, 0.009, 0.5], 0.01), 0.002);
});

function poisson(mean: number, random: () => number): number {
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count++;
  return count;
}

test('without any change next to nothing is found in a thousand kinds of lines; a rate five times as high is', () => {
  const random = seeded(42);
  const looked = (factor: number, burst: number) => {
    const changes = Array.from({ length: 1000 }, (_, index) => {
      const rate = burst * (0.1 + (index % 20) / 4);
      const before = Array.from({ length: 24 }, () => burst * poisson(rate / burst, random));
      const after = Array.from({ length: 6 }, () => burst * poisson((rate * factor) / burst, random));
      const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
      return rateChange({
        before: sum(before),
        beforeMs: 24,
        after: sum(after),
        afterMs: 6,
        dispersion: dispersionOf(before),
      }).p;
    });
    const bound = discoveryBound(changes, 0.01);
    return changes.filter(p => p <= bound).length;
  };
  assert.ok(looked(1, 1) <= 3);
  assert.ok(looked(1, 10) <= 3, 'also where lines come ten at a time, and were seen to');
  assert.ok(looked(5, 1) > 850);
});
