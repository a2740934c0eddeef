import { readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { openApp } from './app.ts';
import { readConfig } from './config.ts';
import {
  type AnyOperation,
  type Caller,
  createCall,
  createLog,
  createMetrics,
  Fault,
  type Folder,
  messageOf,
  openFolderOrFindServer,
  type Principal,
  runningServer,
  systemClock,
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
  /** Whether a data folder that is not there is made. */
  create?: boolean;
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
  if (options.server === undefined && options.create !== true) demandFolder(options.data);
  const found =
    options.server === undefined ? await openFolderOrFindServer(options.data) : { url: options.server };
  return 'url' in found ? throughServer(found.url, options) : throughFolder(found, options);
}

/** What a data folder holds, whoever made it: a server, a command, or a restored backup. */
const OURS = new Set(['lock', 'state', 'telemetry', 'config.json']);

/** A mistyped folder would be made, and an answer of nothing would look like one. Throws `not_found`. */
function demandFolder(data: string): void {
  const path = resolve(data);
  const entries = readdirOf(path);
  if (entries === undefined)
    throw new Fault('not_found', `There is no data folder ${path}.`, {
      hint: 'Name it with --data DIR, or its server with --server URL; nines serve makes a new one.',
    });
  // An empty folder is one to begin with; what holds other things is somebody's, and not to be strewn with ours.
  if (entries.length > 0 && !entries.some(name => OURS.has(name)))
    throw new Fault('not_found', `The folder ${path} holds no data of Nines.`, {
      hint: 'Name the data folder with --data DIR, or its server with --server URL.',
    });
}

function readdirOf(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw new Fault('unavailable', `The data folder ${path} cannot be read: ${messageOf(error)}`, {
      hint: 'Name another with --data DIR, or mend its permissions.',
      cause: error,
    });
  }
}

/** Only reads are asked so, and those are not audited. */
const unaudited = { append: async () => {}, begin: async () => '', end: async () => {} };

/** For operations that ask nothing of what is stored: no folder is opened and no server asked. */
export function connectToNothing({ principal, surface }: ConnectOptions): Connection {
  const log = createLog('warn');
  const call = createCall({}, { audit: unaudited, clock: systemClock, log, metrics: createMetrics() });
  return {
    caller: (name, input, { signal } = {}) => {
      const operation = operations.find(one => one.name === name);
      if (!operation?.standalone)
        throw new Fault('not_found', `There is no operation ${name} that needs no data.`);
      // Declared so, it asks its context for no room.
      return call(operation as unknown as AnyOperation<object>, input, {
        principal: { ...principal, role: 'viewer' },
        surface,
        ...(signal === undefined ? {} : { signal }),
      });
    },
    backup: async () => {
      throw new Fault('invalid', 'There is nothing to back up.');
    },
    close: async () => {},
  };
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
    const operation = operations.find(one => one.name === name);
    const create = operation?.effect === 'write' || operation?.files !== undefined;
    const connection = await connect({ ...options, create });
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
