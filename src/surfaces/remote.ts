import {
  type Caller,
  Fault,
  type FaultBody,
  faultFromBody,
  messageOf,
  type Principal,
  type Surface,
} from '../kernel/index.ts';
import { type Capability, inQuery, routeOf } from './field.ts';

export interface RemoteOptions {
  token?: string;
  /** Who asks; a server with tokens believes the token instead, but is told if an agent asks. */
  principal?: Pick<Principal, 'name' | 'kind'>;
  /** What the caller works through, for the audit log. */
  surface?: Surface;
  /** How long an answer may take; two and a half minutes if absent, which is longer than the server lets a call take. */
  timeoutMs?: number;
  /** For tests. */
  fetch?: typeof fetch;
}

const TIMEOUT_MS = 150_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Calls operations on a running server over HTTP. Faults arrive as they were thrown there. */
export function remoteCaller(
  url: string,
  operations: readonly Capability[],
  options: RemoteOptions = {},
): Caller {
  const { timeoutMs = TIMEOUT_MS, fetch: send = fetch } = options;
  const root = serverRoot(url);
  const byName = new Map(operations.map(operation => [operation.name as string, operation]));
  const headers = headersOf(options);

  return async (name, input, { signal } = {}) => {
    const operation = byName.get(name);
    if (operation === undefined) throw new Fault('not_found', `There is no operation ${name}.`);
    if (operation.hidden?.http !== undefined)
      throw new Fault('conflict', `${name} can't be called on a running server: ${operation.hidden.http}.`);
    const request = requestFor(operation, input as Record<string, unknown> | undefined);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await send(`${root}/api/v1${request.path}`, {
        method: request.method,
        headers: {
          ...headers,
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(request.body === undefined ? {} : { body: request.body }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        redirect: 'error',
      });
      return await readAnswer(response, root);
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown;
      if (signal?.aborted) throw new Fault('cancelled', 'The request was cancelled.', { cause: thrown });
      if (timeout.aborted)
        throw new Fault('timeout', `${root} did not answer within ${timeoutMs / 1000} s.`, { cause: thrown });
      throw away(root, thrown);
    }
  };
}

/** Bytes that a running server gives, as a backup of its data. Throws what it says when it gives none. */
export async function remoteBytes(
  url: string,
  path: `/${string}`,
  {
    fetch: send = fetch,
    method = 'POST',
    ...options
  }: Omit<RemoteOptions, 'timeoutMs'> & { signal?: AbortSignal; method?: 'GET' | 'POST' } = {},
): Promise<ReadableStream<Uint8Array>> {
  const root = serverRoot(url);
  try {
    const response = await send(`${root}/api/v1${path}`, {
      method,
      headers: headersOf(options),
      redirect: 'error',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (!response.ok) await readAnswer(response, root);
    if (response.body !== null && response.ok) return response.body;
    throw new Fault('unavailable', `${root} answered ${response.status} without any data.`);
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    if (options.signal?.aborted)
      throw new Fault('cancelled', 'The request was cancelled.', { cause: thrown });
    throw away(root, thrown);
  }
}

function headersOf({ token, principal, surface = 'http' }: RemoteOptions): Record<string, string> {
  return {
    accept: 'application/json',
    'nines-surface': surface,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(principal === undefined
      ? {}
      : { 'nines-principal': encodeURIComponent(principal.name), 'nines-principal-kind': principal.kind }),
  };
}

/** The one sentence for a server that is not there. */
function away(root: string, cause: unknown): Fault {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = reason instanceof Error && 'code' in reason ? reason.code : undefined;
  if (code === 'ECONNREFUSED')
    return new Fault('unavailable', `Nothing answers at ${root}.`, {
      hint: 'Start it with: nines serve',
      cause,
    });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new Fault('unavailable', `The host of ${root} is not known.`, {
      hint: 'Check the address.',
      cause,
    });
  return new Fault('unavailable', `${root} can't be reached: ${messageOf(reason)}`, {
    hint: 'Is the server running there? nines serve starts one here.',
    cause,
  });
}

function serverRoot(url: string): string {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {}
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    throw new Fault('invalid', `'${url.slice(0, 200)}' is not the address of a server.`, {
      hint: 'Write it as http://127.0.0.1:4800.',
    });
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
}

/** An input as the route carries it: path, then query string or JSON body. */
export function requestFor(
  operation: Capability,
  input: Record<string, unknown> = {},
): { method: string; path: string; body?: string } {
  const { method, path, params } = routeOf(operation);
  const rest = Object.entries(input).filter(([name, value]) => !params.includes(name) && value !== undefined);
  const filled = path.replace(/:([A-Za-z]\w*)/g, (_, name: string) => {
    const value = input[name];
    if (value === undefined || value === '')
      throw new Fault('invalid', `${operation.name} needs '${name}'.`, { field: name });
    // A URL takes these as steps in its path, encoded or not.
    if (value === '.' || value === '..')
      throw new Fault('invalid', `'${value}' can't be the '${name}' of anything.`, { field: name });
    return encodeURIComponent(String(value));
  });
  if (!inQuery(method)) return { method, path: filled, body: JSON.stringify(Object.fromEntries(rest)) };
  const query = new URLSearchParams();
  for (const [name, value] of rest)
    for (const item of Array.isArray(value) ? value : [value]) query.append(name, queryText(item));
  return { method, path: query.size === 0 ? filled : `${filled}?${query}` };
}

function queryText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

async function readAnswer(response: Response, root: string): Promise<unknown> {
  const text = await readText(response);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Fault(
      'unavailable',
      `${root} answered ${response.status} with something that is not from Nines.`,
      {
        hint: 'Check the address, and what stands between (a proxy?).',
      },
    );
  }
  if (response.ok) return body;
  throw isFaultBody(body)
    ? faultFromBody(body)
    : new Fault('unavailable', `${root} answered ${response.status} with something that is not from Nines.`);
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES)
      throw new Fault('too_large', 'The answer is larger than 64 MiB.', { hint: 'Ask for less.' });
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function isFaultBody(body: unknown): body is FaultBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  const { error } = body;
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
}
