import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseAway } from './database-away.ts';
import { Fault } from './fault.ts';

const error = (code: string | undefined, message = 'words') =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

for (const [what, thrown, code] of [
  ['a refused connection', error('ECONNREFUSED'), 'unavailable'],
  ['a server that is shutting down', error('57P01'), 'unavailable'],
  ['a server that is starting', error('57P03'), 'unavailable'],
  [
    'a connection that broke under a query',
    error(undefined, 'Connection terminated unexpectedly'),
    'unavailable',
  ],
  ['a full disk', error('53100', 'could not extend file: No space left on device'), 'unavailable'],
  ['a full disk under the log', error('58030', 'could not write: No space left on device'), 'unavailable'],
  ['too many connections', error('53300'), 'overloaded'],
  ['a statement that took too long', error('57014'), 'timeout'],
] as const)
  test(`${what} is the database's state: ${code}`, () => assert.equal(databaseAway(thrown)?.code, code));

for (const [what, thrown] of [
  ['a wrong statement', error('42601')],
  ['a broken constraint', error('23505')],
  ['a defect', error(undefined, 'x is not a function')],
  ['a fault', new Fault('conflict', 'no')],
  ['what is no error', 'words'],
] as const)
  test(`${what} stays what it is`, () => assert.equal(databaseAway(thrown), undefined));
