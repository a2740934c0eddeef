/** auth: signs customers in and vouches for their sessions. */
import './telemetry.ts';
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { Refusal, serve } from './server.ts';
import { log } from './telemetry.ts';
import { issueToken, readToken } from './tokens.ts';

/** Example secret: the shop's sessions guard nothing, and have to outlive a restart of auth. */
const secret = process.env.AUTH_SECRET || 'example-only';
const SESSION_SECONDS = 3_600;
const CUSTOMERS = 50_000;

const derive = promisify<string, string, number, { N: number }, Buffer>(scrypt);

export function startAuth(): void {
  serve(
    [
      {
        method: 'POST',
        path: '/sessions',
        async handle({ body }) {
          const customerId = Number(body.customerId);
          if (!Number.isInteger(customerId) || customerId < 1 || customerId > CUSTOMERS) {
            throw new Refusal(401, 'unknown customer');
          }
          // The cost of checking a password, kept small (2^10) as this is an example on a small machine.
          await derive(String(body.password ?? ''), `customer-${customerId}`, 32, { N: 1_024 });
          const expires = Math.floor(Date.now() / 1_000) + SESSION_SECONDS;
          log('info', 'signed in', { 'enduser.id': String(customerId) });
          return { status: 201, body: { token: issueToken({ customerId, expires }, secret), expires } };
        },
      },
      {
        method: 'POST',
        path: '/sessions/verify',
        handle({ body }) {
          const session = readToken(String(body.token ?? ''), secret, Date.now());
          if (!session) throw new Refusal(401, 'no valid session');
          return { status: 200, body: { customerId: session.customerId } };
        },
      },
    ],
    { port: 4812 },
  );
}
