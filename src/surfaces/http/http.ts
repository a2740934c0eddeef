import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { secureHeaders } from 'hono/secure-headers';
import {
  type AnyOperation,
  asFault,
  Fault,
  type Principal,
  type Surface,
  systemClock,
} from '../../kernel/index.ts';
import { type Capability, routeOf } from '../field.ts';
import { identify, SESSION_COOKIE } from './auth.ts';
import { serveBackup } from './backup.ts';
import { readBody } from './body.ts';
import { createConsole } from './console.ts';
import type { Env } from './env.ts';
import { serveHeartbeats } from './heartbeat.ts';
import { inputReader } from './input.ts';
import { API_ROOT, openapiDocument } from './openapi.ts';
import { type HttpOptions, LIMITS } from './options.ts';
import { type Ingest, otlpFault, type Signal } from './otlp.ts';
import { servePrometheus } from './prometheus.ts';
import { createRate } from './rate.ts';
import { runChecks } from './ready.ts';
import { streamEvents } from './stream.ts';
import { streamLogs } from './tail.ts';

const CSP = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  // The console's component library sets sizes and colours through style attributes.
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** Everything that Nines serves over HTTP, as a Hono app: the API, its description, health, telemetry, events, the console. */
export function createHttp<Rooms>(options: HttpOptions<Rooms>): Hono<Env> {
  const { operations, call, events, metrics, auth, log, clock = systemClock } = options;
  const limits = { ...LIMITS, ...options.limits };
  const rate = createRate(limits.rate);
  const seconds = metrics.histogram('nines_http_request_duration_seconds', 'How long HTTP requests take.', [
    'method',
    'route',
    'status',
  ]);
  const app = new Hono<Env>();

  app.use(
    secureHeaders({
      contentSecurityPolicy: CSP,
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  );
  app.onError((error, context) => answerFault(error, context));
  app.use(async (context, next) => {
    const started = clock.now();
    await next();
    const { method } = context.req;
    const route = routeLabel(context);
    const ms = clock.now() - started;
    seconds.observe({ method, route, status: String(context.res.status) }, ms / 1000);
    log.debug({ method, route, status: context.res.status, ms }, 'http');
  });

  app.get('/healthz', () => Response.json({ status: 'alive' }, { headers: NO_STORE }));
  // A load balancer asks without a token: it learns whether, and only who is known here learns why not.
  app.get('/readyz', async context => {
    const found = await runChecks(options.ready);
    const ready = found.every(check => check.ok);
    const checks = isKnown(context) ? found : found.map(({ name, ok }) => ({ name, ok }));
    return Response.json(
      { status: ready ? 'ready' : 'not_ready', checks },
      { status: ready ? 200 : 503, headers: NO_STORE },
    );
  });
  app.get('/metrics', async context => {
    whoAsks(context);
    const { contentType, text } = await metrics.expose();
    return new Response(text, { headers: { 'content-type': contentType, ...NO_STORE } });
  });
  const document = JSON.stringify(openapiDocument(operations, options.version));
  app.get(
    '/openapi.json',
    () =>
      new Response(document, {
        headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' },
      }),
  );

  serveEvents();
  serveSession();
  if (options.backup !== undefined)
    serveBackup(app, { backup: options.backup, path: `${API_ROOT}/backup`, whoAsks, surfaceOf });
  for (const operation of inMatchingOrder(operations)) serveOperation(operation);
  app.all(`${API_ROOT}/*`, context => {
    throw new Fault(
      'not_found',
      `Nothing is served at ${context.req.method} ${context.req.path.slice(0, 200)}.`,
      {
        hint: 'The API is described at /openapi.json.',
      },
    );
  });
  const ingesting = { now: 0 };
  if (options.ingest !== undefined) serveIngest(options.ingest);
  if (options.prometheus !== undefined)
    servePrometheus(app, options.prometheus, {
      whoAsks,
      log,
      ingesting,
      most: { bytes: limits.ingestBytes, atOnce: limits.ingestAtOnce },
    });
  if (options.heartbeats !== undefined) serveHeartbeats(app, options.heartbeats, { whoAsks, limit });
  serveConsole();
  return app;

  function serveOperation(operation: AnyOperation<Rooms>): void {
    const { method, path } = routeOf(operation);
    const readInput = inputReader(operation);
    app.on(method, `${API_ROOT}${path}`, async context => {
      const principal = whoAsks(context);
      const input = await readInput(context.req.raw, context.req.param());
      const answer = await within(limits.callMs, operation, context.req.raw.signal, signal =>
        call(operation, input, { principal, surface: surfaceOf(context), signal }),
      );
      return Response.json(answer ?? null, { headers: NO_STORE });
    });
  }

  function serveEvents(): void {
    let open = 0;
    /** One more stream, within the bound on all of them. */
    const serveStream = async (
      context: Context<Env>,
      stream: (ends: { signal: AbortSignal; onEnd: () => void }) => Promise<ReadableStream<Uint8Array>>,
    ) => {
      whoAsks(context);
      if (open >= limits.streams)
        throw new Fault('overloaded', `${limits.streams} event streams are open, which is the bound.`, {
          retryAfterSeconds: 10,
        });
      const closed = context.req.raw.signal;
      const signal = options.signal === undefined ? closed : AbortSignal.any([closed, options.signal]);
      open += 1;
      const onEnd = () => {
        open -= 1;
      };
      const body = await stream({ signal, onEnd }).catch(error => {
        onEnd();
        throw error;
      });
      return new Response(body, {
        headers: {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        },
      });
    };
    app.get(`${API_ROOT}/events`, context =>
      serveStream(context, ends =>
        streamEvents(events, {
          after: context.req.header('last-event-id') ?? context.req.query('after'),
          subject: context.req.query('subject'),
          ...ends,
        }),
      ),
    );
    const { tail } = options;
    if (tail !== undefined)
      app.get(`${API_ROOT}/logs/tail`, context =>
        serveStream(context, async ends => streamLogs(tail, new URL(context.req.url).searchParams, ends)),
      );
  }

  /** Lets a browser keep a token where scripts can't read it: an HttpOnly cookie of this origin. */
  function serveSession(): void {
    app.post(`${API_ROOT}/session`, context => {
      const { name, kind, role } = whoAsks(context);
      // Another scheme is that of a proxy before this server, and no token of it.
      const [, token] = /^Bearer\s+(\S+)$/i.exec(context.req.header('authorization') ?? '') ?? [];
      const secure =
        new URL(context.req.url).protocol === 'https:' || context.req.header('x-forwarded-proto') === 'https';
      if (auth.mode === 'tokens' && token !== undefined)
        setCookie(context, SESSION_COOKIE, token, {
          httpOnly: true,
          sameSite: 'Strict',
          path: '/',
          secure,
          maxAge: 12 * 3600,
        });
      // Without tokens callers are named as they say.
      return context.json({ name, kind, role, signedIn: auth.mode === 'tokens' });
    });
    app.delete(`${API_ROOT}/session`, context => {
      whoAsks(context);
      setCookie(context, SESSION_COOKIE, '', { httpOnly: true, sameSite: 'Strict', path: '/', maxAge: 0 });
      return context.body(null, 204);
    });
  }

  function serveIngest(ingest: Ingest): void {
    const receive = async (signal: Signal, context: Context<Env>) => {
      const contentType = context.req.header('content-type') ?? '';
      const contentEncoding = context.req.header('content-encoding') ?? 'identity';
      if (ingesting.now >= limits.ingestAtOnce)
        return otlpFault(
          new Fault('overloaded', 'Too much telemetry at once.', { retryAfterSeconds: 1 }),
          contentType,
        );
      try {
        if (!whoAsks(context, { counted: false, sends: true }).ingest)
          throw new Fault('forbidden', 'This token may not send telemetry.', {
            hint: 'Set ingest: true on the token.',
          });
        // Once it is read the store's own bound counts it: what waits to be stored holds no place here.
        ingesting.now += 1;
        const body = await readBody(context.req.raw, limits.ingestBytes).finally(() => {
          ingesting.now -= 1;
        });
        const answer = await ingest(signal, body, { contentType, contentEncoding });
        const headers = new Headers({ 'content-type': answer.contentType });
        if (answer.retryAfterSeconds !== undefined)
          headers.set('retry-after', String(answer.retryAfterSeconds));
        const bytes = typeof answer.body === 'string' ? answer.body : Uint8Array.from(answer.body);
        return new Response(bytes, { status: answer.status ?? 200, headers });
      } catch (error) {
        const fault = asFault(error);
        if (fault.code === 'internal') log.error({ error, signal }, 'taking telemetry failed unexpectedly');
        return otlpFault(fault, contentType);
      }
    };
    for (const signal of ['traces', 'metrics', 'logs'] as const)
      app.post(`/v1/${signal}`, context => receive(signal, context));
  }

  function serveConsole(): void {
    const console = options.consoleFolder === undefined ? undefined : createConsole(options.consoleFolder);
    app.get('*', context => {
      // The console itself holds no data; a loopback server still answers under its own names only.
      if (auth.mode === 'local') whoAsks(context, { counted: false });
      const served = context.req.path.startsWith('/v1/') ? undefined : console?.(context.req.raw);
      if (served !== undefined) return served;
      throw new Fault('not_found', `Nothing is served at ${context.req.path.slice(0, 200)}.`, {
        hint: 'The API is described at /openapi.json.',
      });
    });
    app.notFound(context =>
      answerFault(
        new Fault(
          'not_found',
          `Nothing is served at ${context.req.method} ${context.req.path.slice(0, 200)}.`,
        ),
        context,
      ),
    );
  }

  function isKnown(context: Context<Env>): boolean {
    try {
      whoAsks(context, { counted: false });
      return true;
    } catch {
      return false;
    }
  }

  function limit(context: Context<Env>): void {
    const address = context.env?.incoming?.socket?.remoteAddress ?? 'unknown';
    const wait = rate.take(address, clock.now());
    if (wait > 0)
      throw new Fault(
        'overloaded',
        `More than ${limits.rate.perSecond} requests a second come from ${address}.`,
        { retryAfterSeconds: wait },
      );
  }

  function whoAsks(
    context: Context<Env>,
    { counted = true, sends = false } = {},
  ): Principal & { ingest: boolean } {
    if (counted) limit(context);
    const { method } = context.req;
    const asker = {
      method,
      header: (name: string) => context.req.header(name),
      cookie: getCookie(context, SESSION_COOKIE),
    };
    return identify(auth, asker, { sends });
  }

  function answerFault(error: unknown, context: Context<Env>): Response {
    const fault = asFault(error);
    if (fault.code === 'internal' && !(error instanceof Fault))
      log.error(
        { error, method: context.req.method, route: routeLabel(context) },
        'a request failed unexpectedly',
      );
    const headers = new Headers(NO_STORE);
    if (fault.detail.retryAfterSeconds !== undefined)
      headers.set('retry-after', String(fault.detail.retryAfterSeconds));
    if (fault.code === 'unauthenticated') headers.set('www-authenticate', 'Bearer realm="nines"');
    return Response.json(fault.toJSON(), { status: fault.httpStatus, headers });
  }
}

const NO_STORE = { 'cache-control': 'no-store' };

/** The route's pattern, so that a metric has as many series as there are routes. */
function routeLabel(context: Context<Env>): string {
  return context.req.routePath;
}

/** A command line or an agent that works through this server is audited as what it is. */
function surfaceOf(context: Context<Env>): Surface {
  const named = context.req.header('nines-surface');
  return named === 'cli' || named === 'mcp' ? named : 'http';
}

/** `/incidents/open` before `/incidents/:id`, whatever the order of declaration. Hidden operations are left out. */
function inMatchingOrder<Rooms>(operations: readonly AnyOperation<Rooms>[]): AnyOperation<Rooms>[] {
  const key = (operation: Capability) => routeOf(operation).path.replaceAll(':', '\uffff');
  return operations
    .filter(operation => operation.hidden?.http === undefined)
    .toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

async function within<T>(
  ms: number,
  operation: Capability,
  closed: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.abort();
    reject(
      new Fault('timeout', `${operation.name} did not answer within ${ms / 1000} s.`, {
        hint:
          operation.effect === 'read'
            ? 'Ask for less, or again.'
            : 'It may still go on: look at its state before trying again.',
      }),
    );
  }, ms);
  try {
    return await Promise.race([run(AbortSignal.any([closed, late.signal])), over]);
  } finally {
    clearTimeout(timer);
  }
}
