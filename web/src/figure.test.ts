import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { inUnit, milliseconds, percent, target } from './figure.ts';

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

  test('keep a unit that they do not know beside the figure', () => {
    assert.equal(inUnit(24, 'waiting_requests'), '24 waiting requests');
    assert.equal(inUnit(0.8246, 'share of good events'), '82.5 %');
  });
});
