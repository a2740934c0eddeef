import type { Context, Hono } from 'hono';
import { asFault, Fault, type Log } from '../../kernel/index.ts';
import { readBody, readRaw } from './body.ts';
import type { Env } from './env.ts';

/** Where Prometheus's HTTP API is served, so that a client's base URL is `…/prometheus`. */
const PROMETHEUS_ROOT = '/prometheus/api/v1';

export interface PrometheusAnswer {
  status: number;
  /** JSON, or text for a sender of samples. */
  body: string;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  retryAfterSeconds?: number;
}

/** Prometheus's HTTP API, handed in: queries, and remote write. */
export interface PrometheusHandler {
  read(request: { path: string; params: URLSearchParams; signal: AbortSignal }): Promise<PrometheusAnswer>;
  /** Takes a body as it was sent; `header` gives the request's headers by their names in lower case. */
  write(body: Uint8Array, header: (name: string) => string | undefined): Promise<PrometheusAnswer>;
}

/** What the routes take of the surface that they are part of. */
export interface PrometheusSurface {
  whoAsks(context: Context<Env>, options?: { counted?: boolean; sends?: boolean }): { ingest: boolean };
  log: Log;
  /** Requests with telemetry that are being read now, OTLP's among them. */
  ingesting: { now: number };
  most: { bytes: number; atOnce: number };
}

/** Reads are reads, by GET or by form; remote write sends telemetry, as OTLP does, and shares its bound. */
export function servePrometheus(
  app: Hono<Env>,
  handler: PrometheusHandler,
  { whoAsks, log, ingesting, most }: PrometheusSurface,
): void {
  const answer = async (run: () => Promise<Response>) => {
    try {
      return await run();
    } catch (error) {
      const fault = asFault(error);
      if (fault.code === 'internal') log.error({ error }, "Prometheus's API failed unexpectedly");
      return prometheusFault(fault);
    }
  };
  app.post(`${PROMETHEUS_ROOT}/write`, context =>
    answer(async () => {
      if (ingesting.now >= most.atOnce)
        throw new Fault('overloaded', 'Too much telemetry at once.', { retryAfterSeconds: 1 });
      if (!whoAsks(context, { counted: false, sends: true }).ingest)
        throw new Fault('forbidden', 'This token may not send telemetry.', {
          hint: 'Set ingest: true on the token.',
        });
      ingesting.now += 1;
      const body = await readRaw(context.req.raw, most.bytes).finally(() => {
        ingesting.now -= 1;
      });
      return prometheusResponse(await handler.write(body, name => context.req.header(name)));
    }),
  );
  app.on(['GET', 'POST'], `${PROMETHEUS_ROOT}/*`, context =>
    answer(async () => {
      whoAsks(context);
      const params = await readParams(context.req.raw);
      const path = context.req.path.slice(PROMETHEUS_ROOT.length + 1).slice(0, 1000);
      const { signal } = context.req.raw;
      return prometheusResponse(await handler.read({ path, params, signal }));
    }),
  );
  // What clients ask to see whether Prometheus is there.
  for (const probe of ['healthy', 'ready'])
    app.get(
      `/prometheus/-/${probe}`,
      () => new Response('Nines is healthy.\n', { headers: { 'cache-control': 'no-store' } }),
    );
}

/** A form with a query of many kilobytes is normal, one of megabytes is not. */
const MAX_FORM = 1024 * 1024;

/** Parameters of the query string and, for POST, of the form. Throws `invalid` or `too_large`. */
async function readParams(request: Request): Promise<URLSearchParams> {
  const params = new URLSearchParams(new URL(request.url).search);
  if (request.method !== 'POST') return params;
  const type = request.headers.get('content-type') ?? 'application/x-www-form-urlencoded';
  if (!/^application\/x-www-form-urlencoded\b/i.test(type))
    throw new Fault('invalid', `The body's content type is '${type.slice(0, 80)}'.`, {
      hint: 'Send a form: Content-Type: application/x-www-form-urlencoded.',
    });
  const form = new TextDecoder().decode(await readBody(request, MAX_FORM));
  // The form's values come first, as in Go's Request.Form: it is they that count where both are given.
  const merged = new URLSearchParams(form);
  for (const [name, value] of params) merged.append(name, value);
  return merged;
}

function prometheusResponse(answer: PrometheusAnswer): Response {
  const headers = new Headers({ 'cache-control': 'no-store', ...answer.headers });
  if (answer.body !== '') headers.set('content-type', answer.contentType ?? 'application/json');
  if (answer.retryAfterSeconds !== undefined) headers.set('retry-after', String(answer.retryAfterSeconds));
  return new Response(answer.status === 204 ? null : answer.body, { status: answer.status, headers });
}

/** A fault in Prometheus's form, as for a token that is not known. */
function prometheusFault(fault: Fault): Response {
  const type =
    fault.httpStatus === 401 || fault.httpStatus === 403
      ? fault.code
      : fault.httpStatus < 500
        ? 'bad_data'
        : fault.httpStatus === 500
          ? 'internal'
          : 'unavailable';
  const response = prometheusResponse({
    status: fault.httpStatus,
    body: JSON.stringify({ status: 'error', errorType: type, error: fault.message }),
    ...(fault.detail.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: fault.detail.retryAfterSeconds }),
  });
  if (fault.code === 'unauthenticated') response.headers.set('www-authenticate', 'Bearer realm="nines"');
  return response;
}
