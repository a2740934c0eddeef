import { type Database, databaseOver } from './database.ts';
import { Fault, messageOf } from './fault.ts';

/** PostgreSQL in this process. `folder` undefined keeps it in memory. The caller holds the data folder's lock. */
export async function openPglite(folder?: string): Promise<Database> {
  const { PGlite } = await import('@electric-sql/pglite').catch(cause => {
    throw new Fault('unavailable', 'The embedded database (@electric-sql/pglite) is not installed.', {
      hint: 'Run npm install, or set database.url to a PostgreSQL server.',
      cause,
    });
  });
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
    close: () => lite.close(),
  });
}

/** PGlite's file layer throws numbers of WASI's errno (51 is ENOSPC), not errors. */
function reasonOf(cause: unknown): string {
  const errno = typeof cause === 'object' && cause !== null && 'errno' in cause ? cause.errno : undefined;
  return errno === 51 ? 'no space is left on the disk' : messageOf(cause);
}
