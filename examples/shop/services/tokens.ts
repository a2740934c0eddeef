/** Session tokens: a payload and its HMAC, so that any instance of auth can verify any token. */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface Session {
  customerId: number;
  /** Seconds since the epoch. */
  expires: number;
}

export function issueToken(session: Session, secret: string): string {
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url');
  return `${payload}.${sign(payload, secret)}`;
}

/** The session of a token, or undefined when it is malformed, forged or expired at `now` (ms). */
export function readToken(token: string, secret: string, now: number): Session | undefined {
  const [payload = '', signature = ''] = token.split('.');
  const expected = Buffer.from(sign(payload, secret));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  const { customerId, expires } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Session;
  return expires * 1_000 > now ? { customerId, expires } : undefined;
}

function sign(payload: string, secret: string): string {
  return createHmac('sha256', secret).update(payload).digest('base64url');
}
