import { createServer, type Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Fault, messageOf } from '../../kernel/index.ts';
import { isLoopback } from './auth.ts';

export interface Listening {
  /** As `http://127.0.0.1:4800`. */
  url: string;
  port: number;
  /** Stops listening; what is under way may end within the grace, the rest is cut off. */
  close(graceMs?: number): Promise<void>;
}

/** What a Hono app, or anything else that answers requests, gives. */
interface Fetches {
  fetch(request: Request, env: object): Response | Promise<Response>;
}

const CLOSE_GRACE_MS = 3_000;

/** Listens on an address. Throws `conflict` for a taken port, `forbidden` for one that needs rights, `invalid` for a name that is not here. */
export async function listen(
  app: Fetches,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env),
    createServer,
    // A request must arrive within these, so that slow senders can't hold connections for ever.
    serverOptions: {
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16 * 1024,
    },
  }) as Server;
  server.maxConnections = 2_000;
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error) => reject(whyNot(error, host, port));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.removeListener('error', failed);
      resolve();
    });
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${shownHost(host)}:${bound}`,
    port: bound,
    close: (graceMs = CLOSE_GRACE_MS) =>
      new Promise(resolve => {
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** `HOST:PORT`, `:PORT`, `[::1]:PORT` or `PORT`. Without a host it is loopback. */
export function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]\s]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    throw new Fault('invalid', `'${text.slice(0, 80)}' is not an address to listen on.`, {
      hint: 'Write HOST:PORT, as 127.0.0.1:4800.',
    });
  const host = match[1]?.replace(/^\[|\]$/g, '');
  return { host: host === undefined || host === '' ? '127.0.0.1' : host, port };
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function whyNot(error: Error, host: string, port: number): Fault {
  const code = 'code' in error ? error.code : undefined;
  const at = `${isLoopback(host) ? shownHost(host) : host}:${port}`;
  const cause = error;
  if (code === 'EADDRINUSE')
    return new Fault('conflict', `Port ${port} on ${host} is taken by another process.`, {
      hint: `Stop that process, or choose another address: --listen ${host}:${port + 1}`,
      cause,
    });
  if (code === 'EACCES')
    return new Fault('forbidden', `This user may not listen on ${at}.`, {
      hint: 'Choose a port of 1024 or above.',
      cause,
    });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Fault('invalid', `${host} is not an address of this machine.`, {
      hint: 'Listen on 127.0.0.1 or 0.0.0.0.',
      cause,
    });
  return new Fault('unavailable', `Listening on ${at} failed: ${messageOf(error)}`, { cause });
}
