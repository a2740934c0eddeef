import { statfs } from 'node:fs/promises';
import type { DiskPartition, DiskState } from './disk.ts';
import type { Signal } from './otlp/decode.ts';
import type { Store } from './store.ts';

/** Which signal a table belongs to. What has no partitions by time is not here: it is never dropped. */
const signalOf: Readonly<Record<string, Signal>> = {
  otel_traces: 'traces',
  otel_traces_trace_id_ts: 'traces',
  otel_logs: 'logs',
  nines_samples: 'metrics',
  nines_histograms: 'metrics',
  nines_exemplars: 'metrics',
};

export interface Measured {
  state: DiskState;
  partitions: DiskPartition[];
}

/**
 * What the store takes and what its disk has left. `folder` is the embedded store's; without it the server's own disk
 * is asked for. Parts that are out of use, and are deleted within minutes, count as free.
 */
export async function measureDisk(store: Store, folder: string | undefined): Promise<Measured> {
  // Of a cluster one replica of each shard is counted: the others hold the same.
  const of = (table: string) =>
    store.cluster === undefined ? `system.${table}` : `cluster('${store.cluster.name}', system.${table})`;
  const rows = await store.query<{
    name: string;
    id: string;
    live: number;
    bytes: number;
    records: number;
    oldest: number;
    newest: number;
  }>(
    `SELECT replaceRegexpOne(table, '_local$', '') AS name, partition_id AS id, toUInt8(active) AS live, sum(bytes_on_disk) AS bytes, sum(rows) AS records,
       toUnixTimestamp(min(min_time)) AS oldest, toUnixTimestamp(max(max_time)) AS newest
     FROM ${of('parts')} WHERE database = currentDatabase() GROUP BY name, id, live`,
  );
  const [disk] = await store.query<{ free: number; total: number }>(
    `SELECT min(free_space) AS free, min(total_space) AS total FROM ${of('disks')}`,
  );
  const own = folder === undefined ? undefined : await statfs(folder);
  const live = rows.filter(row => row.live === 1);
  const leaving = sumOf(rows.filter(row => row.live !== 1));
  const free = own === undefined ? (disk?.free ?? 0) : own.bavail * own.bsize;
  return {
    state: {
      used: sumOf(live),
      free: free + leaving,
      total: own === undefined ? (disk?.total ?? 0) : own.blocks * own.bsize,
    },
    partitions: live.flatMap(({ name, id, bytes, records, oldest, newest }) => {
      const signal = signalOf[name];
      if (signal === undefined) return [];
      // A partition by day has no time of its own in the engine's list: its name says it.
      const [from, to] = newest > 0 ? [oldest, newest] : daysOf(id);
      return [{ table: name, signal, id, bytes, rows: records, oldest: from * 1000, newest: to * 1000 }];
    }),
  };
}

function daysOf(id: string): [number, number] {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(id) ?? [];
  if (year === undefined) {
    const start = Number(id);
    return Number.isFinite(start) ? [start, start] : [0, 0];
  }
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day)) / 1000;
  return [start, start + 86_399];
}

const sumOf = (rows: readonly { bytes: number }[]) => rows.reduce((sum, { bytes }) => sum + bytes, 0);

export async function dropPartition(store: Store, { table, id }: DiskPartition): Promise<void> {
  await store.exec(`ALTER TABLE ${table} DROP PARTITION ID '${id.replaceAll(/[^\w-]/g, '')}'`);
}
