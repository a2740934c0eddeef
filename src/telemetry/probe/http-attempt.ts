import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { RE2JS } from 're2js';
import { duration, humanDuration, instant, redactText } from '../../kernel/index.ts';
import { AttemptError, failure } from './attempt.ts';
import { codeOf, type Dialling, dial, secured } from './dial.ts';
import { credentialsOf, type HttpTarget } from './probe.ts';

interface Ask {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** The body has variables of the server in it, which may be secrets. */
  guarded: boolean;
}

interface Answer {
  message: IncomingMessage;
  body: string;
  bytes: number;
  whole: boolean;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What another origin may see of the headers: nothing that could be a credential. */
const HARMLESS = new Set(['accept', 'accept-language', 'user-agent', 'accept-encoding']);

/** Asks over HTTP/1.1 and judges the answer. Throws AttemptError. */
export async function httpAttempt(target: HttpTarget, dialling: Dialling): Promise<void> {
  const { trial, around } = dialling;
  let ask = firstAsk(target, around.expand);
  for (let redirects = 0; ; redirects++) {
    const { message, body, bytes, whole } = await asked(ask, target, dialling);
    const status = message.statusCode ?? 0;
    const length = Number(message.headers['content-length']);
    const modified = Date.parse(message.headers['last-modified'] ?? '');
    trial.found.http = {
      status,
      version: message.httpVersion,
      redirects,
      bytes,
      ...(Number.isSafeInteger(length) ? { contentLength: length } : {}),
      ...(Number.isNaN(modified) ? {} : { lastModified: instant(modified) }),
      tls: ask.url.protocol === 'https:',
      expressionFailed: false,
    };
    const { location } = message.headers;
    if (target.redirects.follow && REDIRECTS.has(status) && location !== undefined) {
      if (redirects >= target.redirects.most)
        throw failure(`it was redirected more than ${target.redirects.most} times`);
      ask = redirected(ask, status, location);
      continue;
    }
    const problem = problemOf(target, message, body, whole);
    if (problem !== undefined) {
      trial.found.http.expressionFailed = problem.expression;
      throw failure(problem.text);
    }
    const took = Object.values(trial.phases).reduce((sum, ms) => sum + ms, 0);
    const { within } = target.expect;
    if (within !== undefined && took > duration(within))
      throw failure(`it answered after ${humanDuration(took)}, and ${within} are allowed`);
    return;
  }
}

function firstAsk(target: HttpTarget, expand: (text: string) => string): Ask {
  const text = expand(target.url);
  if (!URL.canParse(text)) throw failure('the URL is not one once its variables are filled in');
  const url = new URL(text);
  const headers = Object.fromEntries(
    Object.entries(target.headers).map(([name, value]) => [name.toLowerCase(), expand(value)]),
  );
  if (url.username !== '' || url.password !== '') {
    const credentials = credentialsOf(url.username, url.password);
    if (credentials === undefined)
      throw failure(
        'the user or password of the URL, once its variables are filled in, has a % that begins no code',
      );
    headers.authorization ??= `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  return {
    url,
    method: target.method,
    headers: { 'user-agent': 'nines-probe', accept: '*/*', 'accept-encoding': 'identity', ...headers },
    body: target.body === undefined ? undefined : expand(target.body),
    guarded: target.body?.includes('${') ?? false,
  };
}

/** Where a redirect leads: only to HTTP, never from https to http, and without credentials to another origin. */
function redirected(ask: Ask, status: number, location: string): Ask {
  if (!URL.canParse(location, ask.url)) throw failure(`it was redirected to what is no URL`);
  const url = new URL(location, ask.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw failure(`it was redirected to ${url.protocol.slice(0, 20)}, which is not followed`);
  if (ask.url.protocol === 'https:' && url.protocol === 'http:')
    throw failure('it was redirected from https to http, which is not followed');
  const same = url.origin === ask.url.origin;
  const bare = status === 303 || (ask.method === 'POST' && (status === 301 || status === 302));
  if (!same && !bare && ask.guarded)
    throw failure(
      `it was redirected to ${url.origin.slice(0, 100)}, to which a body with variables is not sent`,
    );
  const headers = Object.fromEntries(
    Object.entries(ask.headers).filter(
      ([name]) => (same || HARMLESS.has(name)) && !(bare && name.startsWith('content-')) && name !== 'host',
    ),
  );
  return {
    url,
    method: bare && ask.method !== 'HEAD' ? 'GET' : ask.method,
    headers,
    body: bare ? undefined : ask.body,
    guarded: ask.guarded,
  };
}

async function asked(ask: Ask, target: HttpTarget, dialling: Dialling): Promise<Answer> {
  const { url } = ask;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const tls = url.protocol === 'https:';
  const plain = await dial(host, Number(url.port) || (tls ? 443 : 80), dialling);
  try {
    const socket = tls ? await secured(plain, host, target.tls, dialling, ['http/1.1']) : plain;
    return await exchanged(ask, socket, target.mostBytes, dialling);
  } catch (error) {
    if (error instanceof AttemptError || dialling.signal.aborted) throw error;
    throw failure(answerProblem(error));
  } finally {
    plain.destroy();
  }
}

async function exchanged(
  { url, method, headers, body }: Ask,
  socket: Socket,
  mostBytes: number,
  { trial, signal }: Dialling,
): Promise<Answer> {
  const message = await trial.time(
    'processing',
    () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const sent = request({
          createConnection: () => socket,
          method,
          path: `${url.pathname}${url.search}`,
          headers: {
            host: url.host,
            connection: 'close',
            ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
            ...headers,
          },
          signal,
          maxHeaderSize: 64 * 1024,
        });
        sent.once('response', resolve);
        // Nobody asked for another protocol; without this the promise would never end.
        sent.once('upgrade', message => reject(failure(`HTTP status ${message.statusCode}, not asked for`)));
        sent.once('close', () => reject(failure('the connection was closed before the answer was complete')));
        // An error after the answer began belongs to the body, whose reader is told.
        sent.on('error', reject);
        sent.end(body);
      }),
  );
  return trial.time('transfer', async () => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let whole = true;
    for await (const chunk of message as AsyncIterable<Buffer>) {
      const room = mostBytes - bytes;
      bytes += Math.min(chunk.byteLength, room);
      chunks.push(chunk.byteLength > room ? chunk.subarray(0, room) : chunk);
      if (chunk.byteLength > room) {
        whole = false;
        break;
      }
    }
    return { message, body: Buffer.concat(chunks).toString('utf8'), bytes, whole };
  });
}

function answerProblem(error: unknown): string {
  const code = codeOf(error) ?? 'unknown';
  if (code === 'ECONNRESET') return 'the connection was closed before the answer was complete';
  if (code.startsWith('HPE_')) return `the answer is not HTTP (${code})`;
  if (code === 'ERR_INVALID_CHAR') return 'a header has a character that HTTP has not';
  return `there was no answer (${code})`;
}

/** What is wrong with an answer; undefined when it is as expected. */
function problemOf(
  { expect }: HttpTarget,
  message: IncomingMessage,
  body: string,
  whole: boolean,
): { text: string; expression: boolean } | undefined {
  const status = message.statusCode ?? 0;
  if (!expect.status.some(one => (typeof one === 'number' ? one === status : one[0] === String(status)[0])))
    return { text: `HTTP status ${status}, expected ${expect.status.join(', ')}`, expression: false };
  for (const [name, expression] of Object.entries(expect.headers)) {
    const value = message.headers[name.toLowerCase()];
    if (value === undefined) return { text: `the header ${name} is missing`, expression: true };
    if (!RE2JS.compile(expression).matcher(String(value)).find())
      return { text: `the header ${name} does not hold ${shown(expression)}`, expression: true };
  }
  const found = (expression: string) => RE2JS.compile(expression).matcher(body).find();
  const read = whole ? '' : ` (as far as it was read, ${body.length} characters)`;
  if (expect.body !== undefined && !found(expect.body))
    return { text: `the body does not hold ${shown(expect.body)}${read}`, expression: true };
  if (expect.notBody !== undefined && found(expect.notBody))
    return { text: `the body holds ${shown(expect.notBody)}`, expression: true };
  return undefined;
}

function shown(expression: string): string {
  return `/${redactText(expression).slice(0, 120)}/`;
}
