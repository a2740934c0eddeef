import { createReadStream, createWriteStream, existsSync, rmSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { STATE_FILE, TELEMETRY_FOLDER } from './backup.ts';
import { type Header, type Manifest, readArchive } from './backup-archive.ts';
import {
  Fault,
  type Folder,
  messageOf,
  newId,
  openFolderOrFindServer,
  openInServer,
  restorePglite,
} from './kernel/index.ts';
import { attachTables, openChdb } from './telemetry/index.ts';

export interface RestoreOptions {
  file: string;
  /** The data folder to be made. */
  data: string;
  /** A folder that has data is moved aside rather than refused. */
  replace: boolean;
  progress?: (text: string) => void;
}

export interface Restored {
  file: string;
  /** Bytes of the archive itself. */
  bytes: number;
  data?: string;
  /** Where what was there before lies now. */
  movedTo?: string;
  nines: string;
  at: string;
  stateRows: number;
  tables: { table: string; rows: number }[];
  elsewhere: string[];
}

/** What of the data folder's free space stays free: the engines need some to open what was restored. */
const SPARE_BYTES = 64 * 1024 * 1024;

/**
 * Makes a data folder of a backup. Everything is unpacked, opened by its engines and compared in a folder beside the
 * target, which takes the target's place at the very end: what fails before leaves the target as it was.
 */
export async function restoreBackup({ file, data, replace, progress }: RestoreOptions): Promise<Restored> {
  const target = resolve(data);
  const filled = await isFilled(target);
  if (filled && !replace && !(await isOpen(target)))
    throw new Fault('conflict', `${target} is not empty.`, {
      hint: 'Name a new folder with --data DIR, or move what is there aside with --replace.',
    });
  let held: Folder | undefined;
  if (filled) {
    const found = await openFolderOrFindServer(target, 0);
    if ('url' in found) throw openInServer(target, found);
    held = found;
  }
  const beside = `${target}.restoring-${newId('run')}`;
  try {
    const restored = await interruptible(beside, () => unpackAndCheck(file, beside, progress));
    let movedTo: string | undefined;
    if (filled) {
      movedTo = `${target}.before-${restored.at.slice(0, 19).replaceAll(':', '')}-${newId('run')}`;
      await rename(target, movedTo);
    } else await rm(target, { recursive: true, force: true });
    try {
      await rename(beside, target);
    } catch (error) {
      if (movedTo !== undefined) await rename(movedTo, target);
      throw error;
    }
    return { ...restored, data: target, ...(movedTo === undefined ? {} : { movedTo }) };
  } finally {
    held?.release();
    await rm(beside, { recursive: true, force: true });
  }
}

/** Restores into a folder that is thrown away again, with every comparison of a real restore. */
export async function verifyBackup(file: string, progress?: (text: string) => void): Promise<Restored> {
  const scratch = `${resolve(file)}.verifying-${newId('run')}`;
  try {
    return await interruptible(scratch, () => unpackAndCheck(file, scratch, progress));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Reads an archive to its end and holds every file against its checksum. */
export function checkArchive(file: string): Promise<Manifest> {
  return readArchive(createReadStream(file), { onHeader: async () => {}, onFile: async () => {} });
}

/** What is half made at a path goes when a person interrupts the work: 130, as shells have it. */
export async function interruptible<T>(path: string, work: () => Promise<T>): Promise<T> {
  const interrupted = () => {
    rmSync(path, { recursive: true, force: true });
    process.exit(130);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, interrupted);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.removeListener(signal, interrupted);
  }
}

/** Whether there is anything in the folder. Throws `conflict` for what is none, or cannot be looked into. */
async function isFilled(target: string): Promise<boolean> {
  try {
    return (await readdir(target)).length > 0;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false;
    throw new Fault('conflict', `${target} is no folder to restore into: ${messageOf(cause)}`, {
      hint: 'Name a new folder with --data DIR.',
      cause,
    });
  }
}

async function isOpen(target: string): Promise<boolean> {
  if (!existsSync(join(target, 'lock'))) return false;
  const found = await openFolderOrFindServer(target, 0).catch(error => {
    if (error instanceof Fault && error.code === 'conflict') return undefined;
    throw error;
  });
  if (found !== undefined && !('url' in found)) {
    found.release();
    return false;
  }
  return true;
}

async function unpackAndCheck(
  file: string,
  folder: string,
  progress: (text: string) => void = () => {},
): Promise<Restored> {
  const incoming = join(folder, '.incoming');
  try {
    const { size } = await stat(file).catch(cause => {
      throw new Fault('not_found', `The backup ${file} cannot be read: ${messageOf(cause)}`, { cause });
    });
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    const manifest = await unpack(file, size, folder, incoming, progress);
    let stateRows = 0;
    if (manifest.state !== undefined) {
      progress('opening the state');
      stateRows = await restoreState(join(incoming, STATE_FILE), join(folder, 'state'), manifest.state.rows);
    }
    if (manifest.telemetry !== undefined) {
      const { tables } = manifest.telemetry;
      const parts = tables.reduce((sum, table) => sum + table.parts.length, 0);
      const store = await openChdb(join(folder, 'telemetry'));
      try {
        await attachTables(
          store,
          join(folder, 'telemetry'),
          join(incoming, TELEMETRY_FOLDER),
          tables,
          attached => progress(`telemetry: ${attached} of ${parts} parts`),
        );
      } finally {
        await store.close();
      }
    }
    await rm(incoming, { recursive: true, force: true });
    const { nines, at, elsewhere, telemetry } = manifest;
    const tables = (telemetry?.tables ?? []).map(({ table, rows }) => ({ table, rows }));
    return { file, bytes: size, nines, at, stateRows, tables, elsewhere };
  } catch (error) {
    throw diskFault(error, folder);
  }
}

async function unpack(
  file: string,
  size: number,
  folder: string,
  incoming: string,
  progress: (text: string) => void,
): Promise<Manifest> {
  let read = 0;
  let told = 0;
  const counting = new Transform({
    transform: (chunk: Buffer, _, next) => {
      read += chunk.byteLength;
      if (read - told > size / 100) {
        told = read;
        progress(`unpacking: ${Math.floor((read / size) * 100)} %`);
      }
      next(null, chunk);
    },
  });
  const source = createReadStream(file);
  source.on('error', error => counting.destroy(error));
  return readArchive(source.pipe(counting), {
    onHeader: ({ bytes }) => refuseTooLarge(bytes, folder),
    onFile: async (name, body) => {
      const to = join(incoming, name);
      await mkdir(dirname(to), { recursive: true, mode: 0o700 });
      await pipeline(Readable.from(body), createWriteStream(to, { mode: 0o600 }));
    },
  });
}

async function refuseTooLarge(bytes: Header['bytes'], folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  // Nothing is there twice: the state is in memory while it is opened, the telemetry's files are moved.
  if (bavail * bsize < bytes * 1.1 + SPARE_BYTES)
    throw new Fault(
      'unavailable',
      `The backup needs ${mebibytes(bytes * 1.1 + SPARE_BYTES)}, and ${mebibytes(bavail * bsize)} are free on the disk of ${folder}.`,
      { hint: 'Make room, or restore on another disk.' },
    );
}

async function restoreState(dump: string, folder: string, rows: Record<string, number>): Promise<number> {
  const bytes = Uint8Array.from(await readFile(dump));
  // It is in memory now: the disk is to have room for what the engine makes of it.
  await rm(dump);
  const restored = await restorePglite(folder, bytes);
  for (const table of new Set([...Object.keys(rows), ...Object.keys(restored)]))
    if (rows[table] !== restored[table])
      throw new Fault(
        'invalid',
        `The state in the backup is damaged: ${table} has ${restored[table] ?? 'no'} rows after restoring, and ${rows[table] ?? 'no'} in the backup.`,
      );
  return Object.values(restored).reduce((sum, count) => sum + count, 0);
}

/** What the disk says, as something that a person can act on. */
export function diskFault(error: unknown, where: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Fault('unavailable', `The disk of ${where} is full.`, {
      hint: 'Make room, or use another disk. Nothing was changed.',
      cause: error,
    });
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return new Fault('unavailable', `${where} cannot be written: ${messageOf(error)}`, { cause: error });
  return error;
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
