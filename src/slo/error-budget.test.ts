import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allowedOutage, budgetShare, burnRate, errorBudget } from './error-budget.ts';

const target = fc.integer({ min: 0, max: 99_999 }).map(n => n / 100_000);
const counted = fc.record({
  total: fc.integer({ min: 1, max: 1e9 }),
  badShare: fc.double({ min: 0, max: 1, noNaN: true }),
  coverage: fc.double({ min: 1e-6, max: 1, noNaN: true }),
});

test('an error never raises a budget', () => {
  fc.assert(
    fc.property(
      counted,
      target,
      fc.integer({ min: 1, max: 1000 }),
      ({ total, badShare, coverage }, target, more) => {
        const bad = Math.floor(total * badShare);
        const before = errorBudget({ bad, total, coverage }, target)!;
        const after = errorBudget({ bad: bad + more, total: total + more, coverage }, target)!;
        assert.ok(after.remaining <= before.remaining);
      },
    ),
  );
});

test('a good event never lowers a budget', () => {
  fc.assert(
    fc.property(
      counted,
      target,
      fc.integer({ min: 1, max: 1000 }),
      ({ total, badShare, coverage }, target, more) => {
        const bad = Math.floor(total * badShare);
        const before = errorBudget({ bad, total, coverage }, target)!;
        const after = errorBudget({ bad, total: total + more, coverage }, target)!;
        assert.ok(after.remaining >= before.remaining);
      },
    ),
  );
});

test('a burn rate of 1 over the whole window uses exactly all of the budget', () => {
  fc.assert(
    fc.property(target, fc.integer({ min: 1, max: 365 }), (target, days) => {
      const ratio = 1 - target;
      assert.ok(Math.abs(burnRate(ratio, target) - 1) < 1e-6);
      assert.ok(Math.abs(budgetShare(ratio, target, days, days) - 1) < 1e-6);
      const budget = errorBudget({ bad: ratio * 1e6, total: 1e6, coverage: 1 }, target)!;
      assert.ok(Math.abs(budget.consumed - 1) < 1e-6);
      assert.ok(Math.abs(budget.remaining) < 1e-6);
    }),
  );
});

test('no data is no budget, and not a whole one', () => {
  assert.equal(errorBudget({ bad: 0, total: 0, coverage: 1 }, 0.999), undefined);
  assert.equal(errorBudget({ bad: 0, total: 10, coverage: 0 }, 0.999), undefined);
  assert.equal(errorBudget({ bad: 0, total: Number.NaN, coverage: 1 }, 0.999), undefined);
});

test('five minutes of errors on a fresh system cost five minutes of the month', () => {
  const month = 30 * 24 * 60;
  const budget = errorBudget({ bad: 100, total: 100, coverage: 5 / month }, 0.999)!;
  assert.ok(Math.abs(budget.consumed - 5 / 43.2) < 1e-9);
});

test('99.9 % of 30 days allows 43.2 minutes of outage, 99.99 % allows 4.32', () => {
  const month = 30 * 24 * 60;
  assert.ok(Math.abs(allowedOutage(0.999, month) - 43.2) < 1e-9);
  assert.ok(Math.abs(allowedOutage(0.9999, month) - 4.32) < 1e-9);
});
