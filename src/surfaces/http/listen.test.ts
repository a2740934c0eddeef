import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListen } from './listen.ts';

for (const [text, host, port] of [
  ['127.0.0.1:4800', '127.0.0.1', 4800],
  ['0.0.0.0:80', '0.0.0.0', 80],
  [':4801', '127.0.0.1', 4801],
  ['4802', '127.0.0.1', 4802],
  ['[::1]:4803', '::1', 4803],
  ['localhost:0', 'localhost', 0],
] as const)
  test(`'${text}' listens on ${host}, port ${port}`, () => {
    assert.deepEqual(parseListen(text), { host, port });
  });

for (const text of ['', 'localhost', '127.0.0.1:', '::1:4800', 'a:70000', 'a:1:2', 'http://a:1'])
  test(`'${text}' is refused with the form that would be right`, () => {
    assert.throws(() => parseListen(text), /is not an address to listen on/);
  });
