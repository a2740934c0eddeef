import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowWords } from './slo.ts';
import { standingOf } from './standing.ts';
import { targetOf, wantedTarget, wantedWindow } from './what-if.ts';

test('windows are told in words', () => {
  for (const [window, words] of [
    ['30d', '30 days'],
    ['1h', '1 hour'],
    ['1M', 'a calendar month'],
    ['1h24m', '1 h 24 min'],
    ['5m', '5 minutes'],
    ['soon', 'soon'],
  ] as const)
    assert.equal(windowWords(window), words);
});

test('a rule is over where both of its windows are, and nothing is told of what is not known', () => {
  const rule = { kind: 'burn', burnRate: 14.4, severity: 'page' } as const;
  assert.deepEqual(standingOf(rule, 20, 20), { words: 'over: pages', color: 'red' });
  assert.equal(standingOf(rule, 2, 20).words, 'over in the short window only');
  assert.equal(standingOf(rule, 20, 2).words, 'over before, not now');
  assert.equal(standingOf(rule, 14.4, 14.4).words, 'below');
  assert.equal(standingOf(rule, null, null).words, 'no data');
  assert.equal(standingOf({ ...rule, severity: 'ticket' }, 20, 20).words, 'over: a ticket');
  assert.equal(standingOf(rule, 20, null).words, 'over before, no data now');
});

test('that everything fails is told by the long window alone', () => {
  const rule = { kind: 'absolute', burnRate: 990, severity: 'page' } as const;
  assert.equal(standingOf(rule, 1000, null).words, 'over: pages');
  assert.equal(standingOf(rule, 1000, 2).words, 'over: pages');
  assert.equal(standingOf(rule, 2, 1000).words, 'not everything fails');
  assert.equal(standingOf(rule, null, 1000).words, 'no data');
});

test('a target is read in per cent, and what is none is refused', () => {
  assert.equal(wantedTarget('99.95'), 0.9995);
  assert.equal(wantedTarget(' 99,5 % '), 0.995);
  for (const wrong of ['', '100', '0', '-1', 'all', '99.9.9', '1e400', '0x10p'])
    assert.equal(wantedTarget(wrong), undefined, wrong);
  assert.equal(targetOf(0.9995), '99.95');
  assert.equal(wantedWindow('7 d'), '7d');
  for (const wrong of ['', '7', '0d', '-7d', '7days']) assert.equal(wantedWindow(wrong), undefined, wrong);
});
