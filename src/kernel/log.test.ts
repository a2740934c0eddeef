import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';
import { redactText } from './redaction.ts';

const urls: [what: string, text: string, expected: string][] = [
  ['a user and a password', 'postgres://nines:hunter2@db:5432/x', 'postgres://nines:[redacted]@db:5432/x'],
  ['a password without a user', 'redis://:hunter2@cache:6379', 'redis://:[redacted]@cache:6379'],
  ['a password with an @', 'postgres://nines:hunt@er2@db/x', 'postgres://nines:[redacted]@db/x'],
  ['no password', 'http://db:5432/x@y', 'http://db:5432/x@y'],
];
for (const [what, text, expected] of urls)
  test(`text is stored without the password of a URL with ${what}`, () => {
    assert.equal(redactText(`cannot reach ${text} now`), `cannot reach ${expected} now`);
  });

test('the log has neither in an error nor in its cause what must stay secret', () => {
  const lines: string[] = [];
  const log = createLog('info', line => lines.push(line));
  const cause = new Error('Authorization: Bearer abcdefgh12345678');
  const error = new Error('connect to postgres://nines:hunter2@db failed', { cause });
  log.error({ error, job: { token: 'abcdefgh12345678' } }, 'it failed');
  const [line = ''] = lines;
  assert.match(line, /connect to postgres:\/\/nines:\[redacted\]@db failed/);
  assert.doesNotMatch(line, /hunter2|abcdefgh12345678/);
});
