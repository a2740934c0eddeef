import { type Database, type DatabaseDump, databaseOver, type Session } from './database.ts';
import { Fault, messageOf } from './fault.ts';

/** PostgreSQL in this process. `folder` undefined keeps it in memory. The caller holds the data folder's lock. */
export async function openPglite(folder?: string): Promise<Database> {
  const { PGlite } = await library();
  const lite = await PGlite.create(folder === undefined ? {} : { dataDir: folder }).catch(cause => {
    throw new Fault(
      'unavailable',
      `The embedded database in ${folder ?? 'memory'} cannot be opened: ${reasonOf(cause)}`,
      {
        hint: 'Make room if the disk is full. If the folder was damaged, restore a backup, or move it aside and start anew.',
        cause,
      },
    );
  });
  return databaseOver({
    engine: 'pglite',
    query: async <R extends object>(text: string, values: readonly unknown[] = []) =>
      (await lite.query<R>(text, [...values])).rows,
    execute: async text =>
      (await lite.exec(text)).flatMap(result => result.rows as Record<string, unknown>[]),
    isolate: work =>
      lite.transaction(tx =>
        work({
          query: async <R extends object>(text: string, values: readonly unknown[] = []) =>
            (await tx.query<R>(text, [...values])).rows,
          execute: async text =>
            (await tx.exec(text)).flatMap(result => result.rows as Record<string, unknown>[]),
        }),
      ),
    listen: async (channel, onPayload) => {
      const stop = await lite.listen(channel, onPayload);
      return () => stop();
    },
    // Inside a transaction nobody else's statement comes between the counting and the copying.
    dump: () =>
      lite.transaction(async tx => {
        await tx.exec('checkpoint');
        const rows = await rowCounts(
          async <R extends object>(text: string) => (await tx.query<R>(text)).rows,
        );
        const archive = await lite.dumpDataDir('none');
        return { bytes: new Uint8Array(await archive.arrayBuffer()), rows };
      }),
    close: () => lite.close(),
  });
}

/**
 * Makes a folder of the embedded database from a dump, opens it once, and gives the rows that it holds. Throws
 * `invalid` when the engine cannot read what is in the dump.
 */
export async function restorePglite(
  folder: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<DatabaseDump['rows']> {
  const { PGlite } = await library();
  try {
    const lite = await PGlite.create({ dataDir: folder, loadDataDir: new Blob([bytes]) });
    try {
      return await rowCounts(async <R extends object>(text: string) => (await lite.query<R>(text)).rows);
    } finally {
      await lite.close();
    }
  } catch (cause) {
    throw new Fault('invalid', `The state in the backup cannot be opened: ${reasonOf(cause)}`, { cause });
  }
}

async function rowCounts(query: Session['query']): Promise<Record<string, number>> {
  const tables = await query<{ name: string; count: string }>(
    `select format('%s.%s', schemaname, tablename) as name,
       format('select count(*)::float8 as rows from %I.%I', schemaname, tablename) as count
     from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  const rows: Record<string, number> = {};
  for (const { name, count } of tables) rows[name] = (await query<{ rows: number }>(count))[0]!.rows;
  return rows;
}

function library() {
  return import('@electric-sql/pglite').catch(cause => {
    throw new Fault('unavailable', 'The embedded database (@electric-sql/pglite) is not installed.', {
      hint: 'Run npm install, or set database.url to a PostgreSQL server.',
      cause,
    });
  });
}

/** Of WASI's errno, which PGlite's file layer throws bare: those that a person can act on. */
const WASI_ERRNO: Record<number, string> = {
  2: 'its files may not be read or written by this user',
  29: 'the disk answers with errors',
  51: 'no space is left on the disk',
  54: 'it is not a folder',
  69: 'the disk is read-only',
};

function reasonOf(cause: unknown): string {
  const errno = typeof cause === 'object' && cause !== null && 'errno' in cause ? cause.errno : undefined;
  const known = typeof errno === 'number' ? WASI_ERRNO[errno] : undefined;
  if (known !== undefined) return known;
  const message = messageOf(cause);
  return /^Aborted\(|failed to initialize/.test(message) ? 'the engine gave up on its files' : message;
}
