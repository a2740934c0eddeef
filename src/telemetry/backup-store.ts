import { cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault, messageOf } from '../kernel/index.ts';
import type { Store } from './store.ts';

/** A table as a backup has it. */
export interface FrozenTable {
  table: string;
  /** The statement that makes it. */
  create: string;
  rows: number;
  parts: string[];
}

/** A file of a part, as `nines_samples/all_1_1_0/data.bin`. */
export interface FrozenFile {
  name: string;
  path: string;
  bytes: number;
}

export interface Frozen {
  tables: FrozenTable[];
  files: FrozenFile[];
  /** Takes the hard links away. */
  release(): Promise<void>;
}

/**
 * What refers to others is frozen after what it refers to was written: samples before their series, spans before the
 * times of their traces. So whatever is in a backup can be found in it.
 */
const lastOnes = ['nines_series', 'otel_traces_trace_id_ts'];

/**
 * Freezes every table of the embedded engine: hard links to its immutable parts, made in an instant, that neither
 * inserts nor merges nor deletions change. (`BACKUP … TO` is refused by chDB: it wants a server's configuration,
 * which cannot be given.) Each table is of one instant. Release it: it keeps what is deleted on the disk.
 */
export async function freezeTables(store: Store, folder: string, name: string): Promise<Frozen> {
  if (store.engine !== 'chdb')
    throw new Fault('conflict', 'Only the embedded telemetry store can be backed up by Nines.');
  const shadow = join(folder, 'shadow', name);
  const made = await store.query<{ name: string; path: string; made: string }>(
    `SELECT name, data_paths[1] AS path, create_table_query AS made FROM system.tables
     WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND NOT endsWith(name, '_spare') ORDER BY name`,
  );
  made.sort((a, b) => lastOnes.indexOf(a.name) - lastOnes.indexOf(b.name));
  const release = async () => {
    for (const { name: table } of made) await store.exec(`ALTER TABLE ${table} UNFREEZE WITH NAME '${name}'`);
    await rm(shadow, { recursive: true, force: true });
  };
  try {
    for (const { name: table } of made)
      await store.exec(`ALTER TABLE ${table} FREEZE WITH NAME '${name}'`, undefined, { timeoutMs: 300_000 });
    const tables: FrozenTable[] = [];
    const files: FrozenFile[] = [];
    for (const { name: table, path, made: create } of made) {
      const at = join(shadow, relativeTo(folder, path));
      const parts = (await readdir(at).catch(() => [])).sort();
      let rows = 0;
      for (const part of parts) {
        const within = await filesBelow(join(at, part), `${table}/${part}`);
        files.push(...within);
        rows += Number(await readFile(join(at, part, 'count.txt'), 'utf8'));
      }
      tables.push({ table, create, rows, parts });
    }
    return { tables, files, release };
  } catch (error) {
    await release().catch(() => {});
    throw error;
  }
}

async function filesBelow(path: string, name: string): Promise<FrozenFile[]> {
  const out: FrozenFile[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const [at, called] = [join(path, entry.name), `${name}/${entry.name}`];
    if (entry.isDirectory()) out.push(...(await filesBelow(at, called)));
    else out.push({ name: called, path: at, bytes: (await stat(at)).size });
  }
  return out;
}

/**
 * Makes the tables in an empty store and attaches their parts, which lie as `incoming/TABLE/PART/…`. Every part is read
 * and held against its own checksums. Throws `invalid` when a part is damaged or rows are missing.
 */
export async function attachTables(
  store: Store,
  folder: string,
  incoming: string,
  tables: readonly FrozenTable[],
  progress: (attached: number) => void = () => {},
): Promise<void> {
  let attached = 0;
  for (const { table, create, rows, parts } of tables) {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(table)) throw damaged(`'${table.slice(0, 64)}' is no table of Nines`);
    const makesIt = new RegExp(
      `^CREATE TABLE (default\\.)?${table} \\([^;]* ENGINE = (Replacing)?MergeTree\\b[^;]*$`,
    );
    if (!makesIt.test(create)) throw damaged(`${table} is not made by a statement that makes such a table`);
    await store.exec(create);
    const [where] = await store.query<{ path: string }>(
      `SELECT data_paths[1] AS path FROM system.tables WHERE database = currentDatabase() AND name = {table:String}`,
      { table },
    );
    const detached = join(folder, relativeTo(folder, where!.path), 'detached');
    await mkdir(detached, { recursive: true });
    for (const part of parts) {
      const name = basename(part);
      await moved(join(incoming, table, name), join(detached, name));
      await store.exec(`ALTER TABLE ${table} ATTACH PART '${name.replaceAll(/['\\]/g, '')}'`).catch(error => {
        throw damaged(`${table}: part ${name} cannot be attached: ${messageOf(error)}`);
      });
      attached += 1;
      progress(attached);
    }
    const checked = await store.query<{ part_path: string; is_passed: number; message: string }>(
      `CHECK TABLE ${table}`,
      {},
      { timeoutMs: 600_000 },
    );
    const bad = checked.find(({ is_passed }) => Number(is_passed) !== 1);
    if (bad !== undefined) throw damaged(`${table}: part ${bad.part_path}: ${bad.message}`);
    const [found] = await store.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`);
    if (found?.rows !== rows)
      throw damaged(`${table} has ${found?.rows ?? 0} rows after restoring, and ${rows} in the backup`);
  }
}

/** The engine gives paths as it knows them, absolute or relative to its folder. */
function relativeTo(folder: string, path: string): string {
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

async function moved(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async () => cp(from, to, { recursive: true }));
}

function damaged(what: string): Fault {
  return new Fault('invalid', `The telemetry in the backup is damaged: ${what}.`);
}
