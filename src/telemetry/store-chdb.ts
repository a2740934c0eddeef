import { mkdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { Fault, messageOf } from '../kernel/index.ts';
import {
  insertSettings,
  type Params,
  type QueryOptions,
  querySettings,
  type Store,
  storeFault,
} from './store.ts';

type Chdb = typeof import('chdb');
type Session = InstanceType<Chdb['Session']>;

/**
 * chDB's calls run on Node's pool of four threads, which files and DNS share: this many statements at a time leave it
 * one. Inserts have a place of their own, so that slow queries never hold ingest up.
 */
const queriesAtATime = 2;
const insertsAtATime = 1;
/** Statements that may wait for their turn. */
const mostWaiting = 256;

/**
 * Opens ClickHouse in this process over a folder (made when missing). chDB is an optional dependency, loaded here.
 * One folder a process and one process a folder; a second is a `conflict`.
 */
export async function openChdb(folder: string): Promise<Store> {
  const chdb = load();
  const session = open(chdb, folder);
  const queries = turns(queriesAtATime);
  const inserts = turns(insertsAtATime);
  const incoming = resolve(folder, 'incoming');
  mkdirSync(incoming, { recursive: true, mode: 0o700 });
  let closed = false;

  /** The turn lasts until the engine is done: a caller that gave up waits no longer, its statement may still run. */
  const guarded = <T>(turn: Turns, run: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (closed) return Promise.reject(new Fault('unavailable', 'The telemetry store is closed.'));
    const work = turn(async () => {
      signal?.throwIfAborted();
      return run();
    }).catch(error => {
      throw storeFault(error, (error as { clickhouseCode?: number }).clickhouseCode);
    });
    return signal === undefined ? work : untilAborted(work, signal);
  };

  const ask = (
    format: string,
    sql: string,
    params: Params | undefined,
    options: QueryOptions | undefined,
  ) => {
    const statement = `${sql}\nSETTINGS ${settingsText(querySettings(options))}`;
    return guarded(
      queries,
      () =>
        params === undefined || Object.keys(params).length === 0
          ? session.queryAsync(statement, { format })
          : session.queryBindAsync(statement, params, { format }),
      options?.signal,
    );
  };

  /**
   * chDB takes text only within a statement: it ends binary data at the first empty line, whatever the format. So a block
   * goes through a file, which is gone before the system would write it to the disk.
   */
  const insertFile = async (
    table: string,
    columns: readonly string[],
    rows: Uint8Array,
  ): Promise<unknown> => {
    const file = join(incoming, 'rows.native');
    await writeFile(file, rows, { mode: 0o600 });
    try {
      return await session.queryAsync(
        `INSERT INTO \`${table}\` (${columns.map(column => `\`${column}\``).join(', ')}) ` +
          `FROM INFILE '${file.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}' COMPRESSION 'none' ` +
          `SETTINGS ${settingsText(insertSettings)} FORMAT Native`,
      );
    } finally {
      await rm(file, { force: true });
    }
  };

  return {
    engine: 'chdb',
    query: async <Row>(sql: string, params?: Params, options?: QueryOptions) => {
      const answer = await ask('JSONEachRow', sql, params, options);
      return rowsOf<Row>(answer.text());
    },
    bytes: async (sql, params, options) =>
      (await ask(options?.format ?? 'RowBinary', sql, params, options)).bytes(),
    insert: async (table, columns, rows, format = 'JSONCompactEachRow') => {
      await guarded(inserts, async () => {
        if (format === 'Native') return insertFile(table, columns, rows);
        return session.insert({
          table,
          columns,
          format: 'JSONCompactEachRow',
          values: rows,
          settings: { ...insertSettings },
        });
      });
    },
    exec: async (sql, params, options) => {
      await guarded(
        queries,
        () => {
          return params === undefined || Object.keys(params).length === 0
            ? session.queryAsync(sql)
            : session.queryBindAsync(sql, params);
        },
        options?.signal,
      );
    },
    close: async () => {
      if (closed) return;
      closed = true;
      await queries.idle();
      await inserts.idle();
      await chdb.drainPending();
      session.close();
      await chdb.drainPending();
    },
  };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(new Fault('cancelled', 'The query was cancelled.'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** One object a line. */
export function rowsOf<Row>(text: string): Row[] {
  const rows: Row[] = [];
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    if (to > from) rows.push(JSON.parse(text.slice(from, to)) as Row);
    from = to + 1;
  }
  return rows;
}

function load(): Chdb {
  try {
    return createRequire(import.meta.url)('chdb') as Chdb;
  } catch (cause) {
    throw new Fault(
      'unavailable',
      'The embedded telemetry engine (chDB) is not installed for this machine.',
      {
        hint: 'Install with optional dependencies (npm install), or name a ClickHouse server in the configuration.',
        cause,
      },
    );
  }
}

function open(chdb: Chdb, folder: string): Session {
  try {
    const session = new chdb.Session(folder);
    // Opening is lazy in places: a statement shows that the folder can be read.
    session.query('SELECT count() FROM system.tables');
    return session;
  } catch (cause) {
    const text = messageOf(cause).replace(/\s+/g, ' ');
    if (/only one active data directory/i.test(text))
      throw new Fault('conflict', 'This process has another telemetry folder open already.', { cause });
    throw new Fault('unavailable', `The telemetry folder ${folder} cannot be opened: ${text.slice(0, 300)}`, {
      hint:
        'Another process may have it open, the disk may be full or read-only, or the folder may be damaged. ' +
        'If it is damaged, move it away: Nines starts with an empty one.',
      cause,
    });
  }
}

function settingsText(settings: Readonly<Record<string, number | string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : `'${value}'`}`)
    .join(', ');
}

interface Turns {
  <T>(run: () => Promise<T>): Promise<T>;
  idle(): Promise<void>;
}

/** At most `width` at a time, in the order of asking; a bounded number waits. */
function turns(width: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  let onIdle: (() => void) | undefined;
  const done = () => {
    const next = waiting.shift();
    if (next !== undefined) return next();
    running -= 1;
    if (running === 0) onIdle?.();
  };
  const take = async <T>(run: () => Promise<T>): Promise<T> => {
    if (running < width) running += 1;
    else {
      if (waiting.length >= mostWaiting)
        throw new Fault('overloaded', 'The telemetry store has too many statements waiting.', {
          retryAfterSeconds: 2,
        });
      await new Promise<void>(resolve => waiting.push(resolve));
    }
    try {
      return await run();
    } finally {
      done();
    }
  };
  return Object.assign(take, {
    idle: () =>
      running === 0
        ? Promise.resolve()
        : new Promise<void>(resolve => {
            onIdle = resolve;
          }),
  });
}
