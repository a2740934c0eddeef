import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DurationText, duration, formatDuration, humanDuration } from './duration.ts';
import type { Fault } from './fault.ts';

test('formatting and parsing a duration are each other’s inverse', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 * 86_400_000 }), ms => {
      const text = formatDuration(ms);
      assert.equal(duration(text), ms);
      assert.ok(DurationText.safeParse(text).success);
    }),
  );
});

for (const text of ['', '5', 'm', '5 m', '-5m', '1m1h', '1.5h', '5M', 'h5'])
  test(`'${text}' is no duration, and the error says what is`, () => {
    assert.throws(
      () => duration(text),
      (error: Fault) => error.code === 'invalid' && /30s, 5m, 1h30m/.test(error.toText()),
    );
  });

const human: [ms: number, text: string][] = [
  [0, '0 ms'],
  [850, '850 ms'],
  [2000, '2.0 s'],
  [12_000, '12 s'],
  [59_600, '60 s'],
  [60_000, '1 min'],
  [119_900, '2 min'],
  [43 * 60_000, '43 min'],
  [65 * 60_000, '1 h 5 min'],
  [86_400_000 * 29 + 3_600_000 * 23, '29 d 23 h'],
  [-120_000, '-2 min'],
];
for (const [ms, text] of human)
  test(`${ms} ms reads as ${text}`, () => assert.equal(humanDuration(ms), text));
