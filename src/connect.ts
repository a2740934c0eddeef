import { userInfo } from 'node:os';
import { Readable } from 'node:stream';
import { openApp } from './app.ts';
import { readConfig } from './config.ts';
import {
  type Caller,
  createLog,
  createMetrics,
  Fault,
  type Folder,
  openFolderOrFindServer,
  type Principal,
  runningServer,
} from './kernel/index.ts';
import { operations } from './operations.ts';
import { remoteBytes, remoteCaller } from './surfaces/index.ts';

export interface ConnectOptions {
  data: string;
  /** A server's address; the one that has the data folder open if absent. */
  server?: string;
  token?: string;
  principal: Pick<Principal, 'name' | 'kind'>;
  surface: 'cli' | 'mcp';
}

export interface Connection {
  caller: Caller;
  /** The server that answers, if one does. */
  server?: string;
  /** A backup of the embedded data, as a stream. */
  backup(): Promise<Readable>;
  close(): Promise<void>;
}

/** Calls the running server, or opens the data folder itself when none runs. Two processes never open one folder. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const found =
    options.server === undefined ? await openFolderOrFindServer(options.data) : { url: options.server };
  return 'url' in found ? throughServer(found.url, options) : throughFolder(found, options);
}

function throughServer(server: string, { principal, surface, token }: ConnectOptions): Connection {
  const remote = { principal, surface, ...(token === undefined ? {} : { token }) };
  return {
    server,
    caller: remoteCaller(server, operations, remote),
    backup: async () =>
      Readable.fromWeb(
        (await remoteBytes(server, '/backup', remote)) as Parameters<typeof Readable.fromWeb>[0],
      ),
    close: async () => {},
  };
}

async function throughFolder(folder: Folder, options: ConnectOptions): Promise<Connection> {
  try {
    const log = createLog('warn');
    const app = await openApp({
      folder,
      // The engines that its server had: with PostgreSQL by URL the folder alone would look empty.
      config: readConfig(folder.lastConfig()),
      log,
      metrics: createMetrics(),
    });
    await app.open();
    const principal: Principal = { ...options.principal, role: 'admin', claimed: true };
    return {
      caller: (name, input, { signal } = {}) => {
        const operation = operations.find(one => one.name === name);
        if (operation === undefined) throw new Fault('not_found', `There is no operation ${name}.`);
        // What acts on the world needs what only a server has: the platform, the loops, and somebody to verify and undo.
        if (operation.effect === 'act')
          throw new Fault('unavailable', `No server runs on ${options.data}, and ${name} needs one.`, {
            hint: 'Start it in another terminal: nines serve',
          });
        return app.call(operation, input, {
          principal,
          surface: options.surface,
          ...(signal === undefined ? {} : { signal }),
        });
      },
      backup: () => app.backup({ principal, surface: options.surface }),
      close: async () => {
        await app.stop();
        folder.release();
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}

/**
 * A connection for each call: what runs for hours (an MCP server) must not keep a folder from `nines serve`. Calls of a
 * running server go side by side; a folder is opened by one call at a time.
 */
export function connectEachTime(options: ConnectOptions): Caller {
  let last: Promise<unknown> = Promise.resolve();
  const once: Caller = async (name, input, callOptions) => {
    const connection = await connect(options);
    try {
      return await connection.caller(name, input, callOptions);
    } finally {
      await connection.close();
    }
  };
  return (name, input, callOptions) => {
    if (serverOf(options) !== undefined) return once(name, input, callOptions);
    const turn = last.catch(() => {}).then(() => once(name, input, callOptions));
    last = turn;
    return turn;
  };
}

function serverOf(options: ConnectOptions): string | undefined {
  return options.server ?? runningServer(options.data)?.url;
}

/** The name by which this machine knows the user. */
export function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'local';
  }
}
