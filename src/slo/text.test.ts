import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharePercent } from './text.ts';

for (const [share, text] of [
  [1, '100 %'],
  [0.999, '99.9 %'],
  [0.9995, '99.95 %'],
  [0.99999, '99.999 %'],
  [0.9999999, '99.9999 %'],
  [0.98765, '98.8 %'],
  [0.5, '50 %'],
  [1 - 0.9978, '0.22 %'],
  [1 - 0.99999, '0.001 %'],
  [0, '0 %'],
  [-3.898, '-389.8 %'],
] as const)
  test(`a share of ${share} is told as ${text}`, () => {
    assert.equal(sharePercent(share), text);
  });
