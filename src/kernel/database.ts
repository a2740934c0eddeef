import { AsyncLocalStorage } from 'node:async_hooks';
import { databaseAway } from './database-away.ts';

/**
 * The state store: PostgreSQL's dialect, embedded (PGlite) or by URL. A query made inside `transaction` joins that
 * transaction wherever in the call tree it is made, so that a state change, its events and its jobs commit together
 * without a handle being passed around.
 */
export interface Database {
  readonly engine: 'pglite' | 'postgres';
  /** One statement with `$1` parameters. jsonb values are passed as JSON text. */
  query<R extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Several statements without parameters. Returns the rows of all. */
  execute(text: string): Promise<Record<string, unknown>[]>;
  /** Runs in a transaction; joins the one under way. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  /** Calls back with the payload of each NOTIFY; returns what ends it. `onGap` is called when some may have been missed. */
  listen(
    channel: string,
    onPayload: (payload: string) => void,
    onGap: () => void,
  ): Promise<() => Promise<void>>;
  /** A copy of everything at one instant, with the embedded engine. Statements wait meanwhile. */
  dump?(): Promise<DatabaseDump>;
  close(): Promise<void>;
}

/** A whole embedded database at one instant, for a backup. */
export interface DatabaseDump {
  /** The engine's own archive of its files. */
  bytes: Uint8Array;
  /** Rows of each table, as `schema.table`, at the same instant. */
  rows: Record<string, number>;
}

/** What an engine gives: a session to run statements on, alone until released. */
export interface Session {
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<R[]>;
  execute(text: string): Promise<Record<string, unknown>[]>;
}

export interface Engine extends Omit<Database, 'query' | 'execute' | 'transaction'>, Session {
  /** Runs `work` between BEGIN and COMMIT on a session of its own. */
  isolate<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

/** A database over an engine: adds the joining of transactions. */
export function databaseOver(engine: Engine): Database {
  const current = new AsyncLocalStorage<{ session: Session; open: boolean }>();
  // A promise that outlives its transaction (somebody forgot an await) must not write outside it unnoticed.
  const session = (): Session => {
    const joined = current.getStore();
    if (joined === undefined) return engine;
    if (!joined.open)
      throw new Error('a query was made after its transaction had ended: an await is missing');
    return joined.session;
  };
  return {
    engine: engine.engine,
    query: async (text, values) => telling(session().query(text, values)),
    execute: async text => telling(session().execute(text)),
    transaction: async work => {
      if (current.getStore()?.open) return work();
      const done = engine.isolate(async isolated => {
        const joined = { session: isolated, open: true };
        try {
          return await current.run(joined, work);
        } finally {
          joined.open = false;
        }
      });
      return telling(done);
    },
    listen: (channel, onPayload, onGap) => current.exit(() => engine.listen(channel, onPayload, onGap)),
    ...(engine.dump === undefined ? {} : { dump: engine.dump }),
    close: () => engine.close(),
  };
}

/** A database that is away is a fault of its own, wherever a statement meets it. */
function telling<T>(work: Promise<T>): Promise<T> {
  return work.catch(error => {
    throw databaseAway(error) ?? error;
  });
}
