import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault, messageOf } from './fault.ts';

/** The address of the server that has a data folder open, as recorded in the folder. */
export interface ServerRecord {
  url: string;
  pid: number;
}

/** A data folder that this process alone has open. */
export interface Folder {
  readonly path: string;
  /** The path of something inside, as `folder.at('state')`. */
  at(...names: string[]): string;
  recordServer(record: ServerRecord): void;
  release(): void;
}

/**
 * Opens a data folder for this process alone. The lock is one that the operating system holds on a file (through
 * SQLite's), so it ends with the process however that ends, and there is no stale lock to clean up.
 */
export function openFolder(folder: string): Folder {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const probe = join(path, '.writable');
    writeFileSync(probe, 'x');
    rmSync(probe);
  } catch (cause) {
    throw new Fault('unavailable', `The data folder ${path} cannot be written: ${messageOf(cause)}`, {
      hint: 'Name another with --data DIR, make room on the disk, or mend its permissions.',
      cause,
    });
  }
  const lock = takeLock(join(path, 'lock'));
  if (lock === undefined) {
    const server = readServer(path);
    const by =
      server === undefined ? 'another process' : `the server at ${server.url} (process ${server.pid})`;
    throw new Fault('conflict', `The data folder ${path} is open in ${by}.`, {
      hint: 'Use that server, stop it first, or name another folder with --data DIR.',
    });
  }
  // Whatever a killed server recorded is not true any more.
  rmSync(join(path, 'server.json'), { force: true });
  return {
    path,
    at: (...names) => join(path, ...names),
    recordServer: record => {
      const file = join(path, 'server.json');
      writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    release: () => {
      rmSync(join(path, 'server.json'), { force: true });
      lock.close();
    },
  };
}

/** The server that has the folder open now, if one does. A record without a holder of the lock is a leftover. */
export function runningServer(folder: string): ServerRecord | undefined {
  const path = resolve(folder);
  const record = readServer(path);
  if (record === undefined || !existsSync(join(path, 'lock'))) return undefined;
  const lock = takeLock(join(path, 'lock'));
  if (lock === undefined) return record;
  lock.close();
  return undefined;
}

function takeLock(file: string): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file);
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
    return lock;
  } catch (error) {
    lock?.close();
    if (messageOf(error).includes('locked')) return undefined;
    throw new Fault(
      'unavailable',
      `The lock of the data folder (${file}) cannot be taken: ${messageOf(error)}`,
      {
        hint: 'If the file is damaged and no server runs on this folder, remove that one file.',
        cause: error,
      },
    );
  }
}

function readServer(path: string): ServerRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(path, 'server.json'), 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { url, pid } = value as Partial<ServerRecord>;
    return typeof url === 'string' && typeof pid === 'number' ? { url, pid } : undefined;
  } catch {
    return undefined;
  }
}
