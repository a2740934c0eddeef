import assert from 'node:assert/strict';
import { test } from 'node:test';
import { between, boundsOf, lengthOf, rangeOf, refreshMs, shifted, stepFor, zoomedOut } from './range.ts';

const now = Date.parse('2026-01-27T04:00:00.000Z');
const hour = 3_600_000;
const read = (text: string) => rangeOf(new URLSearchParams(text));

test('a window in an address is read; what cannot be read there is the last hour', () => {
  assert.deepEqual(read('last=6h'), { last: '6h' });
  assert.deepEqual(read('from=2026-01-27T03:00:00Z&to=2026-01-27T03:10:00Z'), {
    from: '2026-01-27T03:00:00.000Z',
    to: '2026-01-27T03:10:00.000Z',
  });
  for (const wrong of ['', 'last=', 'last=-1h', 'last=1y', 'from=x&to=y', 'from=2026-01-27T03:00:00Z'])
    assert.deepEqual(read(wrong), { last: '1h' }, wrong);
  assert.deepEqual(read('from=2026-01-27T03:00:00Z&to=2026-01-27T03:00:00Z'), { last: '1h' }, 'empty');
});

test('zooming out doubles the window about its middle and shows nothing of what is to come', () => {
  const past = between(now - 4 * hour, now - 3 * hour);
  assert.deepEqual(boundsOf(zoomedOut(past, now), now), { from: now - 4.5 * hour, to: now - 2.5 * hour });
  assert.deepEqual(boundsOf(zoomedOut({ last: '1h' }, now), now), { from: now - 2 * hour, to: now });
});

test('moving goes half a window, and not beyond now', () => {
  assert.deepEqual(boundsOf(shifted({ last: '1h' }, now, -1), now), {
    from: now - 1.5 * hour,
    to: now - 0.5 * hour,
  });
  assert.deepEqual(boundsOf(shifted({ last: '1h' }, now, 1), now), { from: now - hour, to: now });
});

test('a window is never too short to show', () => {
  assert.equal(lengthOf(between(now, now)), 5_000);
});

test('only what runs up to now is asked again', () => {
  assert.equal(refreshMs({ last: '1h' }), 10_000);
  assert.equal(refreshMs({ last: '30d' }), 60_000);
  assert.equal(refreshMs(between(now - hour, now)), undefined);
});

test('steps are whole seconds', () => {
  assert.equal(stepFor({ last: '1h' }, 240), '15s');
  assert.equal(stepFor({ last: '15m' }, 10_000), '1s');
});
