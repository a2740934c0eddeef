import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { duration, milliseconds } from '../kernel/index.ts';
import { burnRateTable } from './burn-rate.ts';

const rowsOf = (window: string, target: number) =>
  burnRateTable(duration(window), target).rows.map(row => [
    row.severity,
    row.long,
    row.short,
    row.burnRate,
    row.budgetShare,
  ]);

test('for 30 days it is the table of the SRE Workbook, chapter 5', () => {
  assert.deepEqual(rowsOf('30d', 0.999), [
    ['page', '1h', '5m', 14.4, 0.02],
    ['page', '6h', '30m', 6, 0.05],
    ['ticket', '1d', '2h', 3, 0.1],
    ['ticket', '3d', '6h', 1, 0.1],
  ]);
});

test('for 28 days the windows stay and the rates keep their share of the budget', () => {
  assert.deepEqual(rowsOf('28d', 0.999), [
    ['page', '1h', '5m', 13.44, 0.02],
    ['page', '6h', '30m', 5.6, 0.05],
    ['ticket', '1d', '2h', 2.8, 0.1],
    ['ticket', '3d', '6h', 1, 0.107142857143],
  ]);
});

test('a week pages on windows a quarter as long', () => {
  assert.deepEqual(
    rowsOf('1w', 0.999).map(row => row.slice(0, 3)),
    [
      ['page', '14m', '2m'],
      ['page', '1h24m', '7m'],
      ['ticket', '5h36m', '28m'],
      ['ticket', '16h48m', '1h24m'],
    ],
  );
});

test('a target of 90 % gets a rule that can fire in place of one that cannot', () => {
  const { rows, notes } = burnRateTable(duration('30d'), 0.9);
  assert.deepEqual(rows[0], {
    severity: 'page',
    long: '2h53m',
    short: '14m',
    burnRate: 5,
    budgetShare: 0.0200231481481,
  });
  assert.match(
    notes[0]!.reason,
    /14\.4× over 1h needs 144 % errors, which cannot be; replaced by 5× over 2h53m/,
  );
});

test('a target of 0 has no rules and says why', () => {
  const { rows, notes } = burnRateTable(duration('30d'), 0);
  assert.equal(rows.length, 0);
  assert.equal(notes.length, 4);
});

test('a window of an hour pages once half of its budget is gone, where the table is too coarse for it', () => {
  assert.deepEqual(rowsOf('1h', 0.995), [['page', '10m', '2m', 3, 0.5]]);
});

test('two rates that cannot be reached and come out the same are one rule', () => {
  assert.deepEqual(rowsOf('30d', 0.5), [
    ['page', '14h24m', '1h12m', 1, 0.02],
    ['page', '1d12h', '3h', 1, 0.05],
    ['ticket', '3d', '6h', 1, 0.1],
  ]);
});

test('a window of ten minutes pages as well', () => {
  assert.deepEqual(rowsOf('10m', 0.99), [['page', '5m', '2m', 1, 0.5]]);
});

const TARGETS = [0.5, 0.6, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999];
for (const window of ['1h', '6h', '12h', '1d', '3d', '7d', '14d', '28d', '30d', '90d'])
  test(`over ${window} a whole outage pages for every target, before more than about half of the budget is gone`, () => {
    for (const target of TARGETS) {
      const length = duration(window);
      const { rows } = burnRateTable(length, target);
      const windows = rows.map(row => `${row.severity} ${row.long} ${row.short}`);
      assert.equal(new Set(windows).size, windows.length, `${target}: ${windows.join(', ')}`);
      for (const row of rows)
        assert.ok(duration(row.short) >= 2 * 60_000, 'samples a minute apart tell a rate');
      // A long window holds nothing but errors after a share of it as large as the threshold.
      const soonest = Math.min(
        ...rows
          .filter(row => row.severity === 'page')
          .map(row => row.burnRate * (1 - target) * duration(row.long)),
      );
      const gone = soonest / length / (1 - target);
      assert.ok(gone <= 0.5 + 1e-9, `${target}: ${gone} of the budget`);
      if (length >= duration('7d')) assert.ok(gone <= 0.0201, `${target}: ${gone} of the budget`);
    }
  });

test('every rule of every table can be reached, uses at most half of the budget, and has a shorter short window', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 60, max: 400 * 24 * 60 }),
      fc.integer({ min: 0, max: 99_999 }),
      (minutes, n) => {
        const target = n / 100_000;
        const { rows, notes } = burnRateTable(milliseconds(minutes * 60_000), target);
        assert.ok(rows.length + notes.length >= 4);
        for (const row of rows) {
          assert.ok(row.burnRate * (1 - target) < 1, `${row.burnRate} × ${1 - target}`);
          assert.ok(row.burnRate >= 1);
          assert.ok(row.budgetShare <= 0.5 + 1e-9);
          assert.ok(duration(row.short) <= duration(row.long));
          assert.ok(duration(row.long) <= minutes * 60_000);
        }
      },
    ),
  );
});
