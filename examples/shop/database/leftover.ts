/** A PostgreSQL that outlived the process which started it. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/**
 * After a `kill -9` of its owner the server may still run. It is ended, as nobody would stop it any more; one whose
 * owner lives is left alone, and is an error. A postmaster.pid whose process is gone PostgreSQL sorts out itself.
 */
export async function endLeftover(data: string, log: (line: string) => void): Promise<void> {
  const pid = leftover(data);
  if (pid === undefined) return;
  if (/database\.ts/.test(commandOf(parentOf(pid)))) {
    throw new Error(`the data folder is in use by another process (PostgreSQL ${pid}): ${data}`);
  }
  log(`ending PostgreSQL ${pid}, left over from an owner that is gone`);
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    process.kill(pid, signal);
    for (let waited = 0; waited < 4_000; waited += 50) {
      if (leftover(data) === undefined) return;
      await new Promise(next => setTimeout(next, 50));
    }
  }
  throw new Error(`PostgreSQL ${pid} still runs in ${data} and cannot be ended`);
}

function leftover(data: string): number | undefined {
  try {
    const pid = Number(fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return commandOf(pid).includes(` -D ${data} `) ? pid : undefined;
  } catch {
    return undefined;
  }
}

const ps = (field: string, pid: number): string =>
  spawnSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';

function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return process.platform === 'linux' ? '' : ps('command', pid);
  }
}

function parentOf(pid: number): number {
  try {
    return Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/^PPid:\s*(\d+)/m)?.[1] ?? 0);
  } catch {
    return Number(ps('ppid', pid));
  }
}
