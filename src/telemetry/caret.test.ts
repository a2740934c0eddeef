import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caretLines } from './caret.ts';

test('a place that is none of the line is shown at its nearer end', () => {
  assert.equal(caretLines('up', 1), '  up\n   ^');
  assert.equal(caretLines('up', -1), '  up\n  ^');
  assert.equal(caretLines('up', 1e12), '  up\n    ^');
});
