import pg from 'pg';
import { type Database, databaseOver } from './database.ts';
import { Fault, messageOf } from './fault.ts';
import { redactText } from './redaction.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;
const LISTEN_RETRY_MS = 1_000;

/** A PostgreSQL server by URL. Fails at once, and clearly, if it does not answer. */
export async function openPostgres(url: string): Promise<Database> {
  const types = { getTypeParser: numbersForBigints };
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'nines',
    types,
  });
  // An idle connection that the server drops is replaced by the pool at the next query.
  pool.on('error', () => {});
  const unavailable = (cause: unknown) =>
    new Fault(
      'unavailable',
      `PostgreSQL at ${redactText(url)} does not answer: ${messageOf(cause) || 'no reason given'}`,
      {
        hint: 'Check database.url, that the server runs, and that this user may log in.',
        cause,
      },
    );
  await pool.query('select 1').catch(cause => {
    throw unavailable(cause);
  });
  const rows = <R extends object>(result: pg.QueryResult | pg.QueryResult[]): R[] =>
    Array.isArray(result) ? result.flatMap(one => one.rows as R[]) : (result.rows as R[]);
  const on = (target: pg.Pool | pg.PoolClient) => ({
    query: async <R extends object>(text: string, values: readonly unknown[] = []) =>
      rows<R>(await target.query(text, [...values])),
    execute: async (text: string) => rows<Record<string, unknown>>(await target.query(text)),
  });
  return databaseOver({
    engine: 'postgres',
    ...on(pool),
    isolate: async work => {
      const client = await pool.connect().catch(cause => {
        throw unavailable(cause);
      });
      let broken: Error | undefined;
      try {
        await client.query('begin');
        const result = await work(on(client));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch(cause => {
          broken = cause as Error;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    listen: (channel, onPayload, onGap) => follow(url, channel, onPayload, onGap),
    close: () => pool.end(),
  });
}

/** Holds one connection that listens; takes a new one when it drops, and says that notices may have been missed. */
async function follow(url: string, channel: string, onPayload: (payload: string) => void, onGap: () => void) {
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  const connect = async () => {
    const next = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'nines listen',
    });
    next.on('notification', notice => onPayload(notice.payload ?? ''));
    next.on('error', again);
    next.on('end', again);
    await next.connect();
    await next.query(`listen ${pg.escapeIdentifier(channel)}`);
    client = next;
    onGap();
  };
  function again() {
    if (stopped || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      connect().catch(again);
    }, LISTEN_RETRY_MS);
  }
  await connect();
  return async () => {
    stopped = true;
    clearTimeout(retry);
    await client?.end();
  };
}

// bigint: our counters and sequences stay far below 2^53.
function numbersForBigints(oid: number, format?: 'text' | 'binary') {
  if (oid === 20 && format !== 'binary') return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}
