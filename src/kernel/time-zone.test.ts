import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimeZone } from './time-zone.ts';

test('a time zone is one of the IANA database, or an offset', () => {
  for (const name of ['Europe/Berlin', 'UTC', '+02:00']) assert.equal(isTimeZone(name), true, name);
  for (const name of ['', 'Europe/Berlim', 'nowhere', '+99:00']) assert.equal(isTimeZone(name), false, name);
});
