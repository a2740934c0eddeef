import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { epochMs, instant } from '../../kernel/index.ts';
import type { Attempt, Outcome } from './attempt.ts';
import { ProbeSpec } from './probe.ts';
import { attempted, newProbeState, nextAttemptAt, type ProbeState, statusOf } from './probe-state.ts';

const spec = ProbeSpec.parse({ service: 'shop', every: '30s', http: { url: 'http://shop.example' } });
const outcomes: Record<string, Outcome> = { s: 'success', f: 'failure', i: 'inconclusive' };
const attemptOf = (outcome: Outcome, at: number): Attempt => ({
  at: instant(at),
  outcome,
  durationMs: 1,
  phases: {},
});

/** Plays `sffi…`, ten seconds apart. */
function play(letters: string): ProbeState[] {
  let state = newProbeState('http://shop.example');
  return [...letters].map((letter, index) => {
    state = attempted(state, attemptOf(outcomes[letter]!, index * 10_000), spec);
    return state;
  });
}

for (const [letters, statuses] of [
  ['sffs', 'up suspect suspect up'],
  ['fffss', 'suspect suspect failing failing up'],
  ['fffsfss', 'suspect suspect failing failing failing failing up'],
  ['sis', 'up inconclusive up'],
  ['ffif', 'suspect suspect inconclusive failing'],
  ['fffiss', 'suspect suspect failing inconclusive failing up'],
] as const)
  test(`after ${letters} a probe is ${statuses.split(' ').at(-1)}`, () => {
    assert.equal(play(letters).map(statusOf).join(' '), statuses);
  });

test('since when it fails is the first failure in the row, also after a good answer between', () => {
  assert.equal(play('sfff').at(-1)!.failingSince, instant(10_000));
  assert.equal(play('sfffsf').at(-1)!.failingSince, instant(10_000));
  assert.equal(play('sffs').at(-1)!.failingSince, undefined);
});

test('whatever comes: counts add up, and nothing fails without as many failures in a row as confirm it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('s', 'f', 'i'), { maxLength: 60 }), letters => {
      const states = play(letters.join(''));
      for (const [index, state] of states.entries()) {
        const so = letters.slice(0, index + 1);
        assert.equal(state.attempts, so.filter(one => one !== 'i').length);
        assert.equal(state.failed, so.filter(one => one === 'f').length);
        assert.equal(state.inconclusive, so.filter(one => one === 'i').length);
        if (state.failing) assert.match(so.filter(one => one !== 'i').join(''), /fff/);
        assert.ok(state.recent.length <= 20);
      }
    }),
  );
});

test('a probe keeps its place within the interval, and asks again soon while it is not sure', () => {
  const [up] = play('s');
  const next = nextAttemptAt('a', spec, up!, 1_000);
  const after = nextAttemptAt('a', spec, attempted(up!, attemptOf('success', next), spec), next);
  assert.equal(after - next, 30_000);
  assert.ok(next > 0 && next <= 45_000);
  const suspect = play('sf').at(-1)!;
  assert.equal(nextAttemptAt('a', spec, suspect, 0) - epochMs(suspect.recent[0]!.at), 10_000);
  const places = new Set(Array.from({ length: 50 }, (_, i) => nextAttemptAt(`probe-${i}`, spec, up!, 0)));
  assert.ok(places.size > 40, 'probes are spread over the interval');
  assert.equal(nextAttemptAt('a', spec, newProbeState('x'), 7_000), 7_000);
});
