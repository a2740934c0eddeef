import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, rmSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { Fault, messageOf } from '../../kernel/index.ts';

const run = promisify(execFile);
const PS_TIMEOUT_MS = 5_000;

export interface Launch {
  service: string;
  instance: string;
  command: readonly string[];
  directory: string;
  env: Record<string, string>;
  /** An open file to which its output goes. */
  output: number;
  /** Where the process writes its own pid before it becomes the command. */
  pidFile: string;
  /** Called when a process that this very program started has ended. */
  onExit: (exit: string) => void;
}

/**
 * Starts a process in its own session and process group, so that it outlives this program. The pid is written by the
 * process itself: whenever this program dies, a started process can be found again. Throws `invalid` for a directory
 * or a command that is not there.
 */
export async function launch(options: Launch): Promise<number> {
  const { service, command, directory, env, output, pidFile } = options;
  const program = findProgram(service, command[0] ?? '', directory, env.PATH ?? '');
  rmSync(pidFile, { force: true });
  const child = spawn(
    '/bin/sh',
    ['-c', 'echo $$ > "$1" && shift && exec "$@"', 'nines', pidFile, program, ...command.slice(1)],
    { cwd: directory, env, detached: true, stdio: ['ignore', output, output] },
  );
  return await new Promise<number>((resolve, reject) => {
    child.once('error', cause =>
      reject(
        new Fault('unavailable', `A process of ${service} cannot be started: ${messageOf(cause)}`, { cause }),
      ),
    );
    child.once('spawn', () => {
      child.unref();
      resolve(child.pid!);
    });
    child.once('exit', (code, signal) => options.onExit(describeExit(code, signal)));
  });
}

export function describeExit(code: number | null, signal: string | null): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
}

function findProgram(service: string, name: string, directory: string, path: string): string {
  if (!isDirectory(directory))
    throw new Fault('invalid', `The directory of ${service} does not exist: ${directory}`, {
      hint: `Set runsOn.directory of the service ${service}; it is relative to the file that declares it.`,
    });
  if (name.includes('/')) {
    const file = isAbsolute(name) ? name : join(directory, name);
    if (isExecutable(file)) return file;
    throw new Fault('invalid', `The command of ${service} is not an executable file: ${file}`, {
      hint: `Set runsOn.command of the service ${service}, or make the file executable.`,
    });
  }
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name);
    if (folder !== '' && isExecutable(file)) return file;
  }
  throw new Fault('invalid', `The command of ${service} is not installed: '${name}' is not on the PATH.`, {
    hint: `Install it, or set runsOn.command of the service ${service} to its full path.`,
  });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

let boot: string | undefined;

/**
 * What tells a living process from a later one with the same pid: its start time, with the boot's id on Linux. Undefined
 * if there is no such process, or only its remains (a zombie).
 */
export async function identityOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    try {
      boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in parentheses may hold spaces and parentheses; after it come the state (3rd field) and, 22nd, the start.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${boot}/${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  const shown = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { timeout: PS_TIMEOUT_MS }).catch(
    () => undefined,
  );
  const line = shown?.stdout.trim() ?? '';
  return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
}

/** The pid that a process of this instance wrote, if that process lives: found when its pid could not be stored. */
export async function strayPid(pidFile: string, instance: string): Promise<number | undefined> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8').trim());
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid < 2 || (await identityOf(pid)) === undefined) return undefined;
  return (await environmentOf(pid)).includes(`SERVICE_INSTANCE_ID=${instance}`) ? pid : undefined;
}

async function environmentOf(pid: number): Promise<string> {
  if (process.platform === 'linux')
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8');
    } catch {
      return '';
    }
  const shown = await run('ps', ['-Eww', '-o', 'command=', '-p', String(pid)], {
    timeout: PS_TIMEOUT_MS,
  }).catch(() => undefined);
  return shown?.stdout ?? '';
}

/** Sends a signal to a process, or with `group` to all of its group. A process that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals, target: 'process' | 'group' = 'process'): void {
  try {
    process.kill(target === 'group' ? -pid : pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
