import type { Database } from './database.ts';
import type { Log } from './log.ts';

/** How rows of one kind are taken away once they are old. Declared by the room that owns the table. */
export interface Pruning {
  /** What it is called in the configuration and in the log. */
  name: string;
  /**
   * Deletes rows that are older than `$1` and finished, at most `$2` of them, oldest first, and returns one row for each.
   * What is still under way is never old.
   */
  sql: string;
}

/** Rows of one statement: a transaction that others wait for must be short. */
const BATCH = 2_000;
/** Rows of one kind in one turn; the rest goes in the next. */
const MOST = 50_000;

/** Takes old rows away, a few at a time. Returns how many of each kind went. */
export async function prune(
  db: Database,
  rules: readonly { pruning: Pruning; before: number }[],
  log: Log,
  signal?: AbortSignal,
): Promise<Record<string, number>> {
  const gone: Record<string, number> = {};
  for (const { pruning, before } of rules) {
    let count = 0;
    while (count < MOST && !signal?.aborted) {
      const rows = await db.query(pruning.sql, [new Date(before), BATCH]);
      count += rows.length;
      if (rows.length < BATCH) break;
    }
    gone[pruning.name] = count;
    if (count > 0)
      log.info({ kind: pruning.name, rows: count, before: new Date(before) }, 'old state was taken away');
  }
  return gone;
}

/** Makes the room of deleted rows usable again. PostgreSQL does so by itself; the embedded one has no process for it. */
export async function tidy(db: Database): Promise<void> {
  if (db.engine === 'pglite') await db.execute('vacuum');
}
