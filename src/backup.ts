import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { type ArchiveFile, packArchive } from './backup-archive.ts';
import type { Config } from './config.ts';
import { type Database, Fault, instant, newId } from './kernel/index.ts';
import { freezeTables, type Store } from './telemetry/index.ts';
import { version } from './version.ts';

export const STATE_FILE = 'state/pglite.tar';
export const TELEMETRY_FOLDER = 'telemetry/';

export interface BackupSource {
  config: Config;
  db: Database;
  store: Store;
  /** The folder of the embedded telemetry store. */
  telemetryFolder: string;
  now: number;
}

/**
 * Everything that the embedded engines hold, as one archive that is made while it is read. Each engine's part is of one
 * instant, the telemetry's moments after the state's; ingest goes on meanwhile. What is kept by URL is not in it.
 */
export async function takeBackup(source: BackupSource): Promise<Readable> {
  const { config, db, store, telemetryFolder, now } = source;
  const elsewhere = keptElsewhere(config);
  if (db.dump === undefined && store.engine !== 'chdb')
    throw new Fault('conflict', 'Nothing is embedded here: state and telemetry are kept by their servers.', {
      hint: `Back them up there. ${elsewhere.join(' ')}`,
    });
  const files: ArchiveFile[] = [];
  const state = await db.dump?.();
  if (state !== undefined)
    files.push({
      name: STATE_FILE,
      bytes: state.bytes.byteLength,
      read: async function* () {
        yield state.bytes;
      },
    });
  const frozen =
    store.engine === 'chdb' ? await freezeTables(store, telemetryFolder, newId('backup')) : undefined;
  for (const { name, path, bytes } of frozen?.files ?? [])
    files.push({ name: `${TELEMETRY_FOLDER}${name}`, bytes, read: () => createReadStream(path) });
  return packArchive(
    {
      nines: version,
      at: instant(now),
      elsewhere,
      ...(state === undefined ? {} : { state: { rows: state.rows } }),
      ...(frozen === undefined ? {} : { telemetry: { tables: frozen.tables } }),
    },
    files,
    async () => frozen?.release(),
  );
}

/** What is kept by URL, each with the command that backs it up. Without passwords. */
export function keptElsewhere(config: Config): string[] {
  const out: string[] = [];
  const { url } = config.database;
  if (url !== undefined) {
    const { hostname, port, pathname, username } = new URL(url);
    out.push(
      `State is in PostgreSQL: pg_dump --format=custom --file=nines-state.dump --host=${hostname} --port=${port || '5432'} --username=${decodeURIComponent(username)} ${decodeURIComponent(pathname.slice(1))}.`,
    );
  }
  const { clickhouse } = config.telemetry;
  if (clickhouse !== undefined) {
    const cluster = clickhouse.cluster === undefined ? '' : ` ON CLUSTER ${clickhouse.cluster}`;
    out.push(
      `Telemetry is in ClickHouse: clickhouse-client --host=${new URL(clickhouse.url).hostname} --query="BACKUP DATABASE ${clickhouse.database}${cluster} TO Disk('backups', 'nines.zip')".`,
    );
  }
  return out;
}
