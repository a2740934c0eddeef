import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { Fault, Principal, Role } from '../../kernel/index.ts';

/** A token that someone may call with. Only its hash is kept, so that a configuration file holds no secret. */
export const AccessToken = z.strictObject({
  name: z.string().min(1).max(128).describe('Who calls with it, as the audit log shows it'),
  role: z
    .union([Role, z.literal('ingest')])
    .describe('What the caller may do; ingest: send telemetry and nothing else'),
  kind: z.enum(['person', 'agent']).default('person').describe('Whether a person or a program calls'),
  ingest: z.boolean().default(false).describe('May send telemetry; responders and admins always may'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is the SHA-256 of the token in 64 hexadecimal digits')
    .describe(
      'The SHA-256 of the token; make one: TOKEN=$(openssl rand -hex 32); printf %s "$TOKEN" | sha256sum',
    ),
});
export type AccessToken = z.infer<typeof AccessToken>;

/** How callers are known: on loopback without tokens everybody is local; otherwise by token. */
export type Auth = { mode: 'local' } | { mode: 'tokens'; tokens: readonly AccessToken[] };

export const SESSION_COOKIE = 'nines_token';

const LOOPBACK_NAME =
  /^(localhost|[a-z0-9.-]+\.localhost|127(\.\d{1,3}){3}|\[::1\]|\[::ffff:127(\.\d{1,3}){3}\])$/;

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return LOOPBACK_NAME.test(name) || name === '::1' || /^::ffff:127\./.test(name);
}

/** The way callers are known for this address. Throws `invalid` for an open address without tokens. */
export function createAuth(host: string, tokens: readonly AccessToken[]): Auth {
  if (tokens.length > 0) return { mode: 'tokens', tokens };
  if (isLoopback(host)) return { mode: 'local' };
  throw new Fault('invalid', `Listening on ${host} without tokens would let anyone on the network act.`, {
    hint: 'Add tokens to the configuration (auth.tokens), or listen on 127.0.0.1.',
  });
}

/** What of a request decides who asks. Header names are in lower case. */
export interface Asker {
  method: string;
  header(name: string): string | undefined;
  cookie?: string | undefined;
}

/**
 * Who asks; `sends` when it is telemetry that is brought, all that a token of the role `ingest` is for. Throws
 * `unauthenticated` or `forbidden`.
 */
export function identify(auth: Auth, asker: Asker, { sends = false } = {}): Principal & { ingest: boolean } {
  refuseForeignPage(auth, asker);
  if (auth.mode === 'local') return { ...localPrincipal(asker), ingest: true };
  const [scheme, bearer] = (asker.header('authorization') ?? '').split(/\s+/, 2);
  const token = scheme?.toLowerCase() === 'bearer' ? bearer : asker.cookie;
  if (token === undefined || token === '')
    throw new Fault('unauthenticated', 'This server needs a token.', {
      hint: 'Send it as Authorization: Bearer TOKEN; on the command line, --token or NINES_TOKEN.',
    });
  const known = findToken(auth.tokens, token);
  if (known === undefined) throw new Fault('unauthenticated', 'The token is not known here.');
  const { name, role, kind, ingest } = known;
  if (role === 'ingest' && !sends)
    throw new Fault('forbidden', `The token of ${name} is for sending telemetry only.`, {
      hint: 'Use one with the role viewer, responder or admin.',
    });
  return {
    name,
    // It reads nothing: what it is asked for is telemetry that it brings.
    role: role === 'ingest' ? 'viewer' : role,
    // A person's own agent says so, and is audited as one; the other way round is not believed.
    kind: asker.header('nines-principal-kind') === 'agent' ? 'agent' : kind,
    ingest: ingest || role !== 'viewer',
  };
}

function localPrincipal(asker: Asker): Principal {
  const kind = asker.header('nines-principal-kind') === 'agent' ? 'agent' : 'person';
  const parsed = Principal.safeParse({
    name: decode(asker.header('nines-principal')) ?? 'local',
    kind,
    role: 'admin',
    claimed: true,
  });
  if (parsed.success) return parsed.data;
  throw new Fault('invalid', 'The header Nines-Principal is a name of 1 to 128 characters.');
}

/**
 * Pages of other sites must not reach us through the reader's browser: without tokens the name asked for must be a
 * loopback name (DNS rebinding), and nothing is written for a page of another origin.
 */
function refuseForeignPage(auth: Auth, { method, header }: Asker): void {
  const host = header('host') ?? '';
  if (auth.mode === 'local' && !isLoopback(host.replace(/:\d+$/, '')))
    throw new Fault(
      'forbidden',
      `This server answers under a loopback name only, and was asked for '${host.slice(0, 80)}'.`,
      {
        hint: 'Use http://127.0.0.1 or http://localhost, or configure tokens (auth.tokens).',
      },
    );
  if (method === 'GET' || method === 'HEAD') return;
  const origin = header('origin');
  const foreign =
    origin === undefined ? header('sec-fetch-site') === 'cross-site' : hostOf(origin) !== host.toLowerCase();
  if (foreign) throw new Fault('forbidden', 'A page of another origin may not write here.');
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

/** Compares with every token in constant time, so that timing tells nothing about which came close. */
function findToken(tokens: readonly AccessToken[], token: string): AccessToken | undefined {
  const given = Buffer.from(hashToken(token), 'hex');
  let found: AccessToken | undefined;
  for (const known of tokens) if (timingSafeEqual(Buffer.from(known.sha256, 'hex'), given)) found = known;
  return found;
}

function decode(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
