import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, openApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { endSignal } from './end-signal.ts';
import { ingestToken } from './ingest-token.ts';
import {
  createLog,
  createMetrics,
  Fault,
  type Log,
  messageOf,
  openFolderOrFindServer,
  openInServer,
} from './kernel/index.ts';
import { operations } from './operations.ts';
import { type GrpcListening, listenGrpc } from './surfaces/grpc/index.ts';
import {
  type AccessToken,
  createAuth,
  createHttp,
  type Ingest,
  listen,
  parseListen,
} from './surfaces/http/index.ts';
import { version } from './version.ts';

export interface ServeOptions {
  data: string;
  listen?: string;
  config?: string;
}

const USUAL_PORT = 4800;
/** https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-default-port */
const USUAL_GRPC_PORT = 4317;
const CONSOLE = join(dirname(fileURLToPath(import.meta.url)), '..', 'web', 'dist');

/**
 * Runs the server until a signal ends it. Order matters: the folder is locked before anything opens it, the address is
 * recorded once it answers, and on the way out nothing new is taken before what was taken is stored.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const config: Config = readConfig(options.config);
  const address = parseListen(options.listen ?? config.listen);
  // Before anything is opened: an open address without tokens is refused.
  createAuth(address.host, config.auth.tokens);
  const log = createLog(config.logLevel);
  const metrics = createMetrics({ process: true });
  const folder = await openFolderOrFindServer(options.data);
  if ('url' in folder) throw openInServer(options.data, folder);
  const stopping = new AbortController();
  const ended = endSignal();
  let app: App | undefined;
  let http: Awaited<ReturnType<typeof listen>> | undefined;
  let grpc: GrpcListening | undefined;
  try {
    await refuseTakenAddress(address);
    const token = config.auth.tokens.length === 0 ? undefined : ingestToken(folder.at('ingest-token'));
    const tokens = [...config.auth.tokens, ...(token === undefined ? [] : [token.known])];
    const auth = createAuth(address.host, tokens);
    app = await openApp({ folder, config, log, metrics, ingestToken: token?.token });
    const { kernel, ready } = app;
    const opened = app;
    // It listens before it runs, so that a taken port is known first; what comes in between is told to come back.
    const starting = () => {
      if (!opened.running) throw new Fault('unavailable', 'Nines is starting.', { retryAfterSeconds: 1 });
    };
    const call: App['call'] = async (operation, input, request) => {
      starting();
      return opened.call(operation, input, request);
    };
    const ingest: Ingest = async (signal, body, sent) => {
      starting();
      return opened.ingest(signal, body, sent);
    };
    const surface = createHttp({
      operations,
      call,
      events: kernel.events,
      metrics,
      ready,
      ingest,
      backup: async asked => {
        starting();
        return opened.backup(asked);
      },
      tail: (asked, signal) => {
        starting();
        return opened.tail(asked, signal);
      },
      prometheus: {
        read: async request => {
          starting();
          return opened.prometheus.read(request);
        },
        write: async (body, header) => {
          starting();
          return opened.prometheus.write(body, header);
        },
      },
      heartbeats: {
        hasToken: async name => {
          starting();
          return opened.rooms.probes.hasToken(name);
        },
        signal: (name, said) => opened.rooms.probes.signal(name, said),
      },
      consoleFolder: CONSOLE,
      auth,
      log,
      version,
      signal: stopping.signal,
    });
    // Listening before the loops start: a taken port must not leave a half-started server behind.
    http = await listen(surface, address);
    grpc = await takeGrpc(config, address, { ingest, log, tokens });
    await app.start(http.url);
    folder.recordConfig(options.config);
    folder.recordServer({ url: http.url, pid: process.pid });
    const otlpGrpc = grpc?.address ?? 'off';
    log.info({ url: http.url, otlpGrpc, data: folder.path, version }, 'Nines is ready');
    process.stderr.write(`Nines ${version} is ready at ${http.url} (data in ${folder.path})\n`);
    const signal = await ended;
    log.info({ signal }, 'stopping');
    return 0;
  } finally {
    stopping.abort();
    await Promise.all([http?.close(), grpc?.close()]);
    await app?.stop().catch(error => {
      log.error({ error }, 'stopping was not clean');
      throw new Fault('internal', `Nines did not stop cleanly: ${messageOf(error)}`, { cause: error });
    });
    folder.release();
  }
}

/**
 * OTLP over gRPC: where the configuration says; else at its usual port, which another collector may have already. That
 * is told and no reason not to start. Beside another port than the usual one this may be a second server: it leaves
 * 4317 to the first.
 */
async function takeGrpc(
  config: Config,
  address: { host: string; port: number },
  { ingest, log, tokens }: { ingest: Ingest; log: Log; tokens: readonly AccessToken[] },
): Promise<GrpcListening | undefined> {
  const { listen: chosen } = config.otlp.grpc;
  if (chosen === 'off' || (chosen === undefined && address.port !== USUAL_PORT)) return undefined;
  const at = chosen === undefined ? { host: address.host, port: USUAL_GRPC_PORT } : parseListen(chosen);
  try {
    return await listenGrpc({ ingest, auth: createAuth(at.host, tokens), log }, at);
  } catch (error) {
    if (chosen !== undefined) throw error;
    log.warn({ error }, 'OTLP over gRPC is not taken');
    process.stderr.write(`OTLP over gRPC is not taken: ${messageOf(error)}\n`);
    return undefined;
  }
}

/** The engines take seconds to open: an address that cannot be had is told before. It is listened to in earnest later. */
async function refuseTakenAddress(address: { host: string; port: number }): Promise<void> {
  const probe = await listen({ fetch: () => new Response(null, { status: 503 }) }, address);
  await probe.close(0);
}
