import type { Log } from '../kernel/index.ts';
import {
  type Downsampling,
  duePartitions,
  partitionHours,
  rewriteHistograms,
  rewriteSamples,
  spare,
} from './downsampling.ts';
import type { Store } from './store.ts';

/** Partitions of a turn: the engine has other work too. */
const AT_A_TIME = 4;
const TABLES = { nines_samples: rewriteSamples, nines_histograms: rewriteHistograms } as const;

export interface Rewritten {
  table: keyof typeof TABLES;
  partition: string;
  before: number;
  after: number;
}

/**
 * Lowers the resolution of partitions that are old enough, oldest first, a few at a time. A partition is copied and the
 * copy takes its place in one step; what is cut off is done again and comes to the same. Nothing is inserted there
 * meanwhile: ingest takes no samples that old.
 */
export async function downsampleOld(
  store: Store,
  downsampling: Downsampling,
  now: number,
  log: Log,
): Promise<Rewritten[]> {
  await store.exec(
    `CREATE TABLE IF NOT EXISTS nines_downsampled (table_name String, partition_id String, every_ms UInt32, at DateTime64(3))
     ENGINE = MergeTree ORDER BY (table_name, partition_id)`,
  );
  const out: Rewritten[] = [];
  for (const table of ['nines_samples', 'nines_histograms'] as const) {
    const [made] = await store.query<{ partitioned: string }>(
      'SELECT partition_key AS partitioned FROM system.tables WHERE database = currentDatabase() AND name = {table:String}',
      { table },
    );
    const hours = partitionHours(made?.partitioned ?? '');
    if (hours === undefined) continue;
    const existing = await store.query<{ id: string; records: number }>(
      `SELECT partition_id AS id, sum(rows) AS records FROM system.parts
       WHERE database = currentDatabase() AND table = {table:String} AND active GROUP BY id HAVING records > 0`,
      { table },
    );
    const done = await store.query<{ id: string }>(
      'SELECT DISTINCT partition_id AS id FROM nines_downsampled WHERE table_name = {table:String} AND every_ms >= {every:UInt32}',
      { table, every: downsampling.everyMs },
    );
    const due = duePartitions(
      existing.map(({ id }) => id),
      new Set(done.map(({ id }) => id)),
      hours,
      downsampling,
      now,
    );
    for (const partition of due.slice(0, AT_A_TIME - out.length)) {
      const before = existing.find(({ id }) => id === partition)!.records;
      const after = await rewritten(store, table, partition, downsampling.everyMs);
      await store.exec(
        `INSERT INTO nines_downsampled VALUES ('${table}', '${partition}', ${downsampling.everyMs}, fromUnixTimestamp64Milli(${now}))`,
      );
      log.info({ table, partition, before, after }, 'old metrics are kept at a lower resolution now');
      out.push({ table, partition, before, after });
    }
  }
  return out;
}

async function rewritten(
  store: Store,
  table: keyof typeof TABLES,
  partition: string,
  everyMs: number,
): Promise<number> {
  // What an interrupted turn left must not be in the copy; a table made long ago may lack a column.
  await store.exec(`DROP TABLE IF EXISTS ${spare(table)} SYNC`);
  await store.exec(`CREATE TABLE ${spare(table)} AS ${table}`);
  try {
    await store.exec(TABLES[table](partition, everyMs));
    const [copied] = await store.query<{ records: number }>(`SELECT count() AS records FROM ${spare(table)}`);
    const [raw] = await store.query<{ series: number; copied: number }>(
      `SELECT (SELECT uniqExact(id) FROM ${table} WHERE _partition_id = '${partition}') AS series, (SELECT uniqExact(id) FROM ${spare(table)}) AS copied`,
    );
    // Every series that had samples has some: anything else is a defect, and must not take the place of the raw ones.
    if (copied === undefined || raw === undefined || raw.series !== raw.copied)
      throw new Error(`downsampling of ${table}/${partition} lost series: ${raw?.series} → ${raw?.copied}`);
    await store.exec(`ALTER TABLE ${table} REPLACE PARTITION ID '${partition}' FROM ${spare(table)}`);
    return copied.records;
  } finally {
    await store.exec(`DROP TABLE IF EXISTS ${spare(table)} SYNC`);
  }
}
