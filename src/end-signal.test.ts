import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { endSignal } from './end-signal.ts';

function listened() {
  const exits: number[] = [];
  const target = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
  const clock = { ms: 0 };
  return { exits, clock, target, ended: endSignal(target, () => clock.ms) };
}

test('Ctrl-C that a parent passes on as SIGTERM, at once or after seconds, does not cut the stop short', async () => {
  const { target, clock, exits, ended } = listened();
  target.emit('SIGINT');
  assert.equal(await ended, 'SIGINT');
  for (const ms of [5, 400, 8_000]) {
    clock.ms = ms;
    target.emit('SIGTERM');
    target.emit('SIGHUP');
  }
  assert.deepEqual(exits, []);
});

test('Ctrl-C that is heard twice is one; pressed again later it ends at once', async () => {
  const { target, clock, exits, ended } = listened();
  target.emit('SIGINT');
  target.emit('SIGINT');
  await ended;
  assert.deepEqual(exits, []);
  clock.ms = 3_000;
  target.emit('SIGINT');
  assert.deepEqual(exits, [130]);
});
