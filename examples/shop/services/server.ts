/** A small HTTP server for the shop's services: JSON in, JSON out, `/healthz`, and an orderly stop. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import { integerFromEnv } from './environment.ts';
import { exception, flushTelemetry, instrumented, log, serviceName, serviceVersion } from './telemetry.ts';

const http = instrumented('node:http') as typeof import('node:http');

const BODY_LIMIT = 64 * 1024;
/** How long running requests may take after SIGTERM before their connections are cut. */
const DRAIN_MS = 1_500;

export interface Call {
  params: Record<string, string>;
  headers: IncomingMessage['headers'];
  /** The parsed JSON body, or an empty object. */
  body: Record<string, unknown>;
}
export interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}
export interface Route {
  method: 'GET' | 'POST';
  /** A path with `:name` parameters; it becomes `http.route`. */
  path: string;
  handle(call: Call): Promise<Reply> | Reply;
}

/** An answer that is not a success, thrown from wherever it is found out. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** Listens on 127.0.0.1:PORT (and HEALTH_PORT) until SIGTERM or SIGINT, then drains, calls `onStop`, flushes and exits. */
export function serve(routes: Route[], options: { port: number; onStop?: () => Promise<void> }): void {
  const port = integerFromEnv('PORT', options.port);
  const table = routes.map(route => ({ route, pattern: new URLPattern({ pathname: route.path }) }));
  let stopping = false;

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (stopping) response.setHeader('connection', 'close');
    if (request.url === '/healthz') {
      send(response, { status: 200, body: { status: 'ok', service: serviceName, version: serviceVersion } });
      return;
    }
    send(response, await answer(table, request));
  };
  const server = http.createServer(respond);
  const health = http.createServer(respond);
  listen(server, port);
  // Instances share PORT while one release follows another; which of them is well, only a port of its own tells.
  const healthPort = integerFromEnv('HEALTH_PORT', 0);
  if (healthPort > 0) listen(health, healthPort);

  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    health.close();
    health.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    await new Promise(resolve => {
      server.close(resolve);
      server.closeIdleConnections();
    });
    clearTimeout(cut);
    log('info', 'stopped', { version: serviceVersion });
    await Promise.race([options.onStop?.(), new Promise(resolve => setTimeout(resolve, 400))]);
    await flushTelemetry(800);
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Shares the port with other instances where the system can (`SO_REUSEPORT`); a foreign owner is an error. */
function listen(server: Server, port: number): void {
  const start = (reusePort: boolean): void => {
    server.listen({ port, host: '127.0.0.1', reusePort });
  };
  server.on('listening', () => log('info', 'listening', { port, version: serviceVersion }));
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTSUP') return start(false);
    const reason =
      error.code === 'EADDRINUSE'
        ? 'the port is taken; set PORT to a free one'
        : `cannot listen: ${error.message}`;
    console.error(`${serviceName}: 127.0.0.1:${port}: ${reason}`);
    process.exit(1);
  });
  start(true);
}

async function answer(
  table: { route: Route; pattern: URLPattern }[],
  request: IncomingMessage,
): Promise<Reply> {
  const pathname = (request.url ?? '/').split('?')[0] ?? '/';
  for (const { route, pattern } of table) {
    const match = route.method === request.method ? pattern.exec({ pathname }) : null;
    if (!match) continue;
    nameRoute(route);
    try {
      const params = Object.fromEntries(
        Object.entries(match.pathname.groups).map(([name, value]) => [name, value ?? '']),
      );
      return await route.handle({ params, headers: request.headers, body: await readJson(request) });
    } catch (error) {
      return failure(error);
    }
  }
  return { status: 404, body: { error: 'no such page' } };
}

/** Gives the request's span, and by it the duration metric, the low-cardinality `http.route`. */
function nameRoute(route: Route): void {
  const metadata = core.getRPCMetadata(context.active());
  if (metadata?.type === core.RPCType.HTTP) metadata.route = route.path;
}

function failure(error: unknown): Reply {
  if (error instanceof Refusal) return { status: error.status, body: { error: error.message } };
  const span = trace.getActiveSpan();
  if (error instanceof Error) span?.recordException(error);
  span?.setStatus({
    code: SpanStatusCode.ERROR,
    message: error instanceof Error ? error.message : String(error),
  });
  log('error', 'request failed', exception(error));
  return { status: 500, body: { error: 'internal error' } };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Refusal(413, `the body is larger than ${BODY_LIMIT} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below, the same for all that is not a JSON object.
  }
  throw new Refusal(400, 'the body is not a JSON object');
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const text = JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...reply.headers,
  });
  response.end(text);
}
