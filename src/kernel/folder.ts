import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Remembers the configuration that its server runs with, so that a later command opens the same engines. */
  recordConfig(file: string | undefined): void;
  /** The configuration that its last server ran with; undefined if none was named, or no server ever ran. */
  lastConfig(): string | undefined;
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
    throw server === undefined
      ? new Fault('conflict', `The data folder ${path} is open in another process.`, {
          hint: 'Wait for that command, or stop it; or name another folder with --data DIR.',
        })
      : openInServer(path, server);
  }
  // Whatever a killed server recorded is not true any more.
  rmSync(join(path, 'server.json'), { force: true });
  return {
    path,
    at: (...names) => join(path, ...names),
    recordServer: record => {
      replaceFile(join(path, 'server.json'), record);
    },
    recordConfig: file =>
      replaceFile(join(path, 'config.json'), file === undefined ? {} : { file: resolve(file) }),
    lastConfig: () => {
      const value = readObject(join(path, 'config.json'));
      return typeof value?.file === 'string' ? value.file : undefined;
    },
    release: () => {
      rmSync(join(path, 'server.json'), { force: true });
      lock.close();
    },
  };
}

/** How long a command holds a folder at most, usually: another one, or a starting server, waits that long for it. */
const WAIT_MS = 15_000;
const LOOK_EVERY_MS = 150;

/**
 * Opens the folder, or finds the server that has it open. One that a process without an address holds (another command,
 * or a server that is starting) is waited for. Throws `conflict` if it is still held then.
 */
export async function openFolderOrFindServer(
  folder: string,
  waitMs = WAIT_MS,
): Promise<Folder | ServerRecord> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const server = runningServer(folder);
    if (server !== undefined) return server;
    try {
      return openFolder(folder);
    } catch (error) {
      const held = error instanceof Fault && error.code === 'conflict';
      if (!held || performance.now() > deadline) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
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

/** The fault for a folder that a server has open. */
export function openInServer(folder: string, { url, pid }: ServerRecord): Fault {
  return new Fault(
    'conflict',
    `The data folder ${resolve(folder)} is open in the server at ${url} (process ${pid}).`,
    {
      hint: 'Use that server, stop it first, or name another folder with --data DIR.',
    },
  );
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
  const { url, pid } = readObject(join(path, 'server.json')) ?? {};
  return typeof url === 'string' && typeof pid === 'number' ? { url, pid } : undefined;
}

/** A JSON object in a file; undefined if there is none. */
function readObject(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces a file as a whole, so that nobody ever reads half of it. */
function replaceFile(file: string, value: object): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
