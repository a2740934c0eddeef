import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytes, inUnit, milliseconds, percent, short, target, times } from './figure.ts';

describe('figures', () => {
  test('have three digits that matter, and targets all their nines', () => {
    const shown = [
      percent(0.0697438),
      percent(0.4769),
      percent(0.99822),
      percent(1),
      target(0.9995),
      target(0.99999),
    ];
    assert.deepEqual(shown, ['6.97 %', '47.7 %', '99.822 %', '100 %', '99.95 %', '99.999 %']);
  });

  test('never show as nothing what is something', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1, noNaN: true }), share => {
        assert.notEqual(percent(share), '0 %');
      }),
    );
  });

  test('never show as all what is not', () => {
    assert.deepEqual([0.99999, 0.999996, 0.9999999, 1 - 2 ** -52].map(percent), [
      '99.999 %',
      '>99.999 %',
      '>99.999 %',
      '100 %',
    ]);
    fc.assert(
      fc.property(fc.double({ min: 0.9, max: 0.99999999, noNaN: true }), share => {
        assert.notEqual(percent(share), '100 %');
      }),
    );
  });

  test('give durations the unit in which people say them', () => {
    assert.deepEqual([0.38, 143.2, 5029, 52_000, 780_000, 32_400_000].map(milliseconds), [
      '0.38 ms',
      '143 ms',
      '5 s',
      '52 s',
      '13 min',
      '9 h',
    ]);
  });

  test('give bytes a unit in which three digits say enough', () => {
    assert.deepEqual([0, 999, 1536, 125_829_120, 5e12, 3e16].map(bytes), [
      '0 B',
      '999 B',
      '1.5 KiB',
      '120 MiB',
      '4.55 TiB',
      '27300 TiB',
    ]);
  });

  test('shorten a figure without a unit for an axis', () => {
    assert.deepEqual([0, 0.012, 9876, 12_345, 4_500_000, 1e-6].map(short), [
      '0',
      '0.012',
      '9,876',
      '12.3k',
      '4.5M',
      '1.00e-6',
    ]);
  });

  test('keep a unit that they do not know beside the figure', () => {
    assert.equal(inUnit(24, 'waiting_requests'), '24 waiting requests');
    assert.equal(inUnit(0.8246, 'share of good events'), '82.5 %');
  });
});

test('a burn is told with what matters of it, and never as none', () => {
  assert.deepEqual([14.43, 0.123, 0.0311, 0.004, 0, 250.4].map(times), [
    '14.4×',
    '0.12×',
    '0.03×',
    '<0.01×',
    '0×',
    '250×',
  ]);
});
