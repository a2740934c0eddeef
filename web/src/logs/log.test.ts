import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterOf, logsAddress, narrowed, phraseOf, searchOf } from './log.ts';

test('a value is asked for in quotes, whatever it holds', () => {
  assert.equal(narrowed('', 'http.route', '/checkout'), 'http.route:"/checkout"');
  assert.equal(narrowed('level:error', 'user', 'a "b" \\'), 'level:error user:"a \\"b\\" \\\\"');
  assert.equal(narrowed('x', 'two words', 'y', true), 'x -"two words":"y"');
});

test('what is looked for is the same after it went through an address', () => {
  const search = { query: 'level:error "pool exhausted"', service: 'payments', level: 'warn' } as const;
  const params = new URLSearchParams(logsAddress(search, { last: '1h' }).split('?')[1]);
  assert.deepEqual(searchOf(params), search);
});

test('what is empty or unknown is not asked for', () => {
  assert.deepEqual(filterOf(searchOf(new URLSearchParams('query=%20&level=loud'))), {});
});

test('the lines of a kind are found by its longest text that does not vary', () => {
  assert.equal(phraseOf('pool exhausted: <*> of <*> connections in "use"'), '"connections in \\"use\\""');
  assert.equal(phraseOf('took 12ms<num> for user=<*> today'), '"today"');
  assert.equal(phraseOf('<*> <*>'), undefined);
});
