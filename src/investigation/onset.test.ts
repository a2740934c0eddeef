import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { epochMs, instant } from '../kernel/index.ts';
import { type Bucket, findOnset, windowsAround } from './onset.ts';

const START = epochMs('2026-01-27T02:00:00.000Z');
const STEP = 5_000;

/** A bucket each 5 s: `q` quiet, `s` slow, `e` failing, `.` without requests. */
function course(pattern: string): Bucket[] {
  return [...pattern].map((letter, index) => ({
    at: instant(START + index * STEP),
    count: letter === '.' ? 0 : 50,
    errors: letter === 'e' ? 20 : 0,
    p99Ms: letter === 's' ? 2400 : 40 + ((index * 7) % 13),
  }));
}
const bucketAt = (index: number) => instant(START + index * STEP);

test('the onset is the start of the bad spell that the alert fired in', () => {
  const onset = findOnset(course(`${'q'.repeat(40)}${'s'.repeat(20)}`), bucketAt(52), STEP);
  assert.deepEqual(onset, { at: bucketAt(40), from: 'spans' });
});

test('failures without slowness have an onset too', () => {
  assert.equal(findOnset(course(`${'q'.repeat(40)}${'e'.repeat(20)}`), bucketAt(44), STEP).at, bucketAt(40));
});

test('a flicker within the spell does not split it, and a lone bad bucket long before is noise', () => {
  const onset = findOnset(
    course(`${'q'.repeat(10)}s${'q'.repeat(29)}sqssqs${'s'.repeat(10)}`),
    bucketAt(50),
    STEP,
  );
  assert.equal(onset.at, bucketAt(40));
  assert.equal(onset.quietFrom, undefined);
});

test('a lone bad bucket just before the spell is not its start', () => {
  const onset = findOnset(course(`${'q'.repeat(37)}sqq${'s'.repeat(10)}`), bucketAt(41), STEP);
  assert.equal(onset.at, bucketAt(40));
});

test('an uneasy time before the incident is not its beginning', () => {
  const uneasy = course('q'.repeat(52)).map((bucket, index) => ({
    ...bucket,
    p99Ms: index >= 40 ? 5000 : index % 2 === 0 ? 200 : bucket.p99Ms,
  }));
  assert.equal(findOnset(uneasy, bucketAt(41), STEP).at, bucketAt(40));
});

test('an alert that dates the onset too early is corrected by the data', () => {
  assert.equal(findOnset(course(`${'q'.repeat(40)}${'s'.repeat(20)}`), bucketAt(30), STEP).at, bucketAt(40));
});

test('an earlier bad spell bounds the baseline', () => {
  const onset = findOnset(course(`ssss${'q'.repeat(40)}${'s'.repeat(9)}`), bucketAt(48), STEP);
  assert.equal(onset.at, bucketAt(44));
  assert.equal(onset.quietFrom, bucketAt(4));
  const { baseline } = windowsAround(onset, bucketAt(60));
  assert.ok(baseline.from >= bucketAt(4) && baseline.to < onset.at);
});

test('without data the alert’s own time stands', () => {
  assert.deepEqual(findOnset([], bucketAt(3), STEP), { at: bucketAt(3), from: 'alert' });
  assert.equal(findOnset(course('.'.repeat(50)), bucketAt(3), STEP).from, 'alert');
});

test('the baseline does not reach back before the first stored span', () => {
  const { baseline, incident } = windowsAround(
    { at: bucketAt(40), from: 'spans' },
    bucketAt(50),
    bucketAt(12),
  );
  assert.equal(baseline.from, bucketAt(12));
  assert.deepEqual(incident, { from: bucketAt(40), to: bucketAt(50) });
});

test('whatever the course, the windows are in order and do not overlap', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('q', 's', 'e', '.'), { maxLength: 120 }),
      fc.nat({ max: 140 }),
      fc.nat({ max: 200 }),
      (letters, hint, later) => {
        const buckets = course(letters.join(''));
        const onset = findOnset(buckets, bucketAt(hint), STEP);
        assert.deepEqual(findOnset([...buckets].reverse(), bucketAt(hint), STEP), onset);
        const { baseline, incident } = windowsAround(onset, bucketAt(hint + later), buckets[0]?.at);
        assert.ok(baseline.from < baseline.to && baseline.to < incident.from && incident.from < incident.to);
      },
    ),
  );
});
