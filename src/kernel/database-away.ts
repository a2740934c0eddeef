import { Fault, messageOf } from './fault.ts';

/** Of Node's own errors: those of a connection that could not be made, or broke. */
const CONNECTION = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What node-postgres says without a code when a connection is not to be had, or ends under a query. */
const WORDS =
  /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error/;

/**
 * The fault for an error that is the database's state rather than a wrong statement, or undefined. The classes of SQLSTATE
 * are those of https://www.postgresql.org/docs/18/errcodes-appendix.html: 08 connection, 53 resources, 57P operator.
 */
export function databaseAway(error: unknown): Fault | undefined {
  if (error instanceof Fault || !(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const away = (message: string, hint: string) =>
    new Fault('unavailable', message, { hint, retryAfterSeconds: 5, cause: error });
  if (code === '53100' || (code === '58030' && /no space left/i.test(error.message)))
    return away('The disk of the database is full.', 'Make room on it; what was stored is not lost.');
  if (code === '53300')
    return new Fault('overloaded', 'The database has no connection left.', {
      retryAfterSeconds: 2,
      cause: error,
    });
  if (code === '57014')
    return new Fault('timeout', 'The database did not answer in time.', {
      retryAfterSeconds: 5,
      cause: error,
    });
  if (CONNECTION.has(code) || /^(?:08|57P)/.test(code) || WORDS.test(error.message))
    return away(`The database does not answer: ${messageOf(error)}`, 'Nines goes on as soon as it is back.');
  return undefined;
}
