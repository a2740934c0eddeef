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
