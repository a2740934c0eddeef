/** A PostgreSQL server of its own in a data folder: initialised once, started, and stopped with its owner. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { type Account, databaseAccount } from './account.ts';
import { endLeftover } from './leftover.ts';
import { reachableBinaries, reachableFolder } from './reach.ts';

/**
 * One core, little memory, no parallel plans: the box of a small shop. A statement that scans
 * a table costs here what it costs there, however many cores this machine has, and leaves them alone.
 */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '40',
  shared_buffers: '128MB',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  jit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  synchronous_commit: 'off',
  max_wal_size: '1GB',
  client_connection_check_interval: '1s',
  log_min_messages: 'warning',
};

export interface RunningPostgres {
  /** Settles when the server ends, whoever ended it. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server on 127.0.0.1:port; `log` gets its own output. Throws an Error that says what is wrong. */
export async function startPostgres(
  folder: string,
  port: number,
  log: (line: string) => void,
): Promise<RunningPostgres> {
  const account = databaseAccount();
  const data = reachableFolder(folder, account, log);
  const bin = reachableBinaries(account, log);
  await endLeftover(data, log);
  await refuseTakenPort(port);
  if (!fs.existsSync(path.join(data, 'PG_VERSION'))) initialise(bin, data, account);
  return launch(bin, data, port, account, log);
}

function initialise(bin: string, data: string, account: Account | undefined): void {
  // An initdb that was cut short leaves files without PG_VERSION, and refuses to go on over them.
  for (const name of fs.readdirSync(data)) fs.rmSync(path.join(data, name), { recursive: true, force: true });
  const result = spawnSync(
    path.join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'shop',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ],
    { ...account, cwd: '/', encoding: 'utf8' },
  );
  if (result.status !== 0) {
    fs.rmSync(path.join(data, 'PG_VERSION'), { force: true });
    throw new Error(`initdb failed: ${(result.stderr || String(result.error)).trim().slice(-500)}`);
  }
}

function launch(
  bin: string,
  data: string,
  port: number,
  account: Account | undefined,
  log: (line: string) => void,
): Promise<RunningPostgres> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command, ...args] = onOneCore([
    path.join(bin, 'postgres'),
    '-D',
    data,
    '-p',
    String(port),
    ...flags,
  ]);
  const child = spawn(command!, args, { ...account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const { promise, resolve, reject } = Promise.withResolvers<RunningPostgres>();
  let last = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      last = line;
      log(line);
    }
  });
  child.once('error', error => reject(new Error(`PostgreSQL did not start: ${error.message}`)));
  child.once('exit', code => reject(new Error(`PostgreSQL ended with code ${code}: ${last}`)));
  const poll = async (): Promise<void> => {
    while (child.exitCode === null) {
      if (await accepts(port)) return resolve({ exited, stop: () => stop(child, exited) });
      await new Promise(next => setTimeout(next, 50));
    }
  };
  void poll();
  return promise;
}

/** Fast shutdown (SIGINT): open transactions are rolled back, files are left consistent. */
async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  const insist = setTimeout(() => child.kill('SIGQUIT'), 5_000);
  await exited;
  clearTimeout(insist);
}

/** Bound to one core (the last we may use) where `taskset` exists, so that the damage of a bad query has a limit. */
function onOneCore(command: string[]): string[] {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status !== 0) {
    return command;
  }
  const allowed =
    fs.readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list:\s*(\S+)/m)?.[1] ?? '0';
  const core = allowed.split(/[,-]/).at(-1)!;
  return ['taskset', '-c', core, ...command];
}

/** Whether something accepts connections on 127.0.0.1:port. */
function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => socket.destroy(resolve(true) as undefined));
    socket.once('error', () => resolve(false));
  });
}

async function refuseTakenPort(port: number): Promise<void> {
  const probe = net.createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          error.code === 'EADDRINUSE' ? `port ${port} is taken; set PORT to a free one` : error.message,
        ),
      ),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}
