import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Fault, messageOf } from './kernel/index.ts';
import { type AccessToken, hashToken } from './surfaces/http/index.ts';

/**
 * The token by which processes of the local platform send their telemetry to a server that needs tokens. It is kept in
 * the data folder, readable by its owner only, as these processes outlive the server; it can do nothing else.
 */
export function ingestToken(file: string): { token: string; known: AccessToken } {
  const token = kept(file) ?? made(file);
  const known: AccessToken = {
    name: 'local-platform',
    role: 'ingest',
    kind: 'agent',
    ingest: true,
    sha256: hashToken(token),
  };
  return { token, known };
}

function kept(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^[0-9a-f]{64}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function made(file: string): string {
  const token = randomBytes(32).toString('hex');
  try {
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new Fault('unavailable', `${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
  return token;
}
