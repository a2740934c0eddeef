import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ingestToken } from './ingest-token.ts';
import { hashToken } from './surfaces/http/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nines-token-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('the token for sending telemetry is made once, for its owner to read, and is the same after a restart', () => {
  const file = join(folder, 'ingest-token');
  const { token, known } = ingestToken(file);
  assert.match(token, /^[0-9a-f]{64}$/);
  assert.equal(known.sha256, hashToken(token));
  assert.equal(known.role, 'ingest');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file, 'utf8').trim(), token);
  assert.equal(ingestToken(file).token, token);
});

test('a file that holds no token is written anew', () => {
  const file = join(folder, 'broken');
  writeFileSync(file, 'x');
  assert.match(ingestToken(file).token, /^[0-9a-f]{64}$/);
});
