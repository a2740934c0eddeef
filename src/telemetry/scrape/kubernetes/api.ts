import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Fault, messageOf } from '../../../kernel/index.ts';
import type { Access } from './access.ts';

/** What all objects have that matters here. */
export interface KubernetesObject {
  metadata?: { name?: string; namespace?: string; resourceVersion?: string };
}

export interface ObjectList {
  metadata?: { resourceVersion?: string; continue?: string };
  items?: KubernetesObject[];
}

export interface WatchEvent {
  type: string;
  object: KubernetesObject & { code?: number; message?: string };
}

/** The server no longer knows the version that was asked for: what there is must be listed anew. */
export class Gone extends Error {}

const LIST_BYTES = 64 * 1024 * 1024;
const LINE_BYTES = 4 * 1024 * 1024;
const LIST_MS = 30_000;
/** A watch is ended by the server within this; one that is not hangs on a connection that is gone. */
const WATCH_SECONDS = 300;
const WATCH_MS = (WATCH_SECONDS + 30) * 1000;

/** Reads from a cluster's API: lists, and watches what changes. */
export class KubernetesApi {
  readonly #access: Access;
  readonly #watchMs: number;

  constructor(access: Access, { watchMs = WATCH_MS } = {}) {
    this.#access = access;
    this.#watchMs = watchMs;
  }

  /** Throws `unavailable` with the server's own words, or Gone. */
  async list(path: string, query: Record<string, string>, signal: AbortSignal): Promise<ObjectList> {
    const late = AbortSignal.timeout(LIST_MS);
    const message = await this.#get(path, query, AbortSignal.any([signal, late]));
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > LIST_BYTES) throw new Fault('too_large', `${path} is larger than ${LIST_BYTES} bytes.`);
      chunks.push(chunk);
    }
    return json(Buffer.concat(chunks).toString('utf8'), path) as ObjectList;
  }

  /** The events of a watch until the server ends it. Throws as `list`. */
  async *watch(path: string, query: Record<string, string>, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const late = AbortSignal.timeout(this.#watchMs);
    const asked = { ...query, watch: '1', timeoutSeconds: String(WATCH_SECONDS) };
    const message = await this.#get(path, asked, AbortSignal.any([signal, late]));
    let rest = '';
    message.setEncoding('utf8');
    try {
      for await (const chunk of message as AsyncIterable<string>) {
        rest += chunk;
        for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
          const line = rest.slice(0, end);
          rest = rest.slice(end + 1);
          if (line.trim() !== '') yield eventOf(line, path);
        }
        if (rest.length > LINE_BYTES)
          throw new Fault('too_large', `An object of ${path} is larger than ${LINE_BYTES} bytes.`);
      }
    } finally {
      message.destroy();
    }
  }

  async #get(path: string, query: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    const { url: base, tls } = this.#access;
    const url = new URL(base);
    url.pathname = `${base.pathname.replace(/\/$/, '')}${path}`;
    url.search = new URLSearchParams(query).toString();
    const authorization = await this.#access.authorization();
    const headers = {
      accept: 'application/json',
      'user-agent': 'nines',
      ...(authorization === undefined ? {} : { authorization }),
    };
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { headers, signal, agent: false } as const;
      const sent =
        url.protocol === 'https:'
          ? requestHttps(url, { ...options, ...tls }, resolve)
          : requestHttp(url, options, resolve);
      sent.on('error', reject);
      sent.end();
    }).catch(cause => {
      signal.throwIfAborted();
      throw new Fault('unavailable', `${url.host} does not answer: ${messageOf(cause)}`, { cause });
    });
    if (message.statusCode === 200) return message;
    const said = await shortly(message);
    if (message.statusCode === 410) throw new Gone(said);
    throw new Fault(
      'unavailable',
      `${url.host} answered ${path} with ${message.statusCode}${said === '' ? '' : `: ${said}`}`,
    );
  }
}

function eventOf(line: string, path: string): WatchEvent {
  const event = json(line, path) as Partial<WatchEvent>;
  if (typeof event.type !== 'string' || typeof event.object !== 'object' || event.object === null)
    throw new Fault('unavailable', `${path} sends what is no event.`);
  if (event.type !== 'ERROR') return { type: event.type, object: event.object };
  const { code, message = 'it does not say why' } = event.object;
  if (code === 410) throw new Gone(message);
  throw new Fault('unavailable', `The watch of ${path} failed: ${message.slice(0, 300)}`);
}

function json(text: string, path: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below, as anything else that is none.
  }
  throw new Fault('unavailable', `${path} sends what is no JSON object.`);
}

/** The message of a Status, or the beginning of whatever there is. */
async function shortly(message: IncomingMessage): Promise<string> {
  let text = '';
  message.setEncoding('utf8');
  for await (const chunk of message as AsyncIterable<string>) {
    text += chunk;
    if (text.length > 10_000) break;
  }
  message.destroy();
  try {
    const status = JSON.parse(text) as { message?: unknown };
    if (typeof status.message === 'string') return status.message.slice(0, 300);
  } catch {
    // Not a Status.
  }
  return text.trim().slice(0, 100);
}
