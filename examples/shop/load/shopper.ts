/** Turns arrivals into requests to the gateway. Only to loopback: this is a load on one's own machine. */
import http from 'node:http';
import { products } from '../services/products.ts';
import type { Arrival } from './arrivals.ts';

const TIMEOUT_MS = 10_000;
/** Sessions kept for checkouts; each login adds one. */
const SESSIONS = 200;

/** The base URL if it is on loopback; throws an Error otherwise. */
export function loopbackUrl(text: string): URL {
  if (!URL.canParse(text)) throw new Error(`${text} is not a URL; right would be http://127.0.0.1:4811`);
  const url = new URL(text);
  const local = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'http:' || !local)
    throw new Error(`load goes to http on loopback only, not to ${text}`);
  return url;
}

export class Shopper {
  readonly #base: URL;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 2_000 });
  readonly #tokens: string[] = [];

  constructor(base: URL) {
    this.#base = base;
  }

  async send(arrival: Arrival): Promise<{ status: number; error?: string }> {
    const { kind, customerId, quantity } = arrival;
    const sku = products[arrival.product % products.length]!.sku;
    if (kind === 'browse') {
      return this.#request('GET', arrival.product % 3 === 0 ? '/products' : `/products/${sku}`);
    }
    if (kind === 'login') return this.#login(customerId);
    if (this.#tokens.length === 0) {
      const login = await this.#login(customerId);
      if (login.status !== 201) return login;
    }
    const token = this.#tokens[customerId % this.#tokens.length];
    return this.#request('POST', '/checkout', { sku, quantity }, { authorization: `Bearer ${token}` });
  }

  async #login(customerId: number): Promise<{ status: number; error?: string }> {
    const answer = await this.#request('POST', '/login', { customerId, password: 'example' });
    const token = answer.status === 201 ? (JSON.parse(answer.text) as { token?: string }).token : undefined;
    if (token) {
      if (this.#tokens.length >= SESSIONS) this.#tokens.shift();
      this.#tokens.push(token);
    }
    return answer;
  }

  #request(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; error?: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number;
      text: string;
      error?: string;
    }>();
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const request = http.request(new URL(path, this.#base), {
      method,
      agent: this.#agent,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...headers,
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      },
    });
    request.on('response', response => {
      let text = '';
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        resolve(
          status >= 400 ? { status, text, error: `${status} ${text.slice(0, 120)}` } : { status, text },
        );
      });
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A kept connection may be closed just as it is used again; any browser then takes a new one.
      if (request.reusedSocket && error.code === 'ECONNRESET') {
        this.#request(method, path, body, headers).then(resolve, reject);
      } else {
        reject(error.name === 'TimeoutError' ? new Error(`no answer within ${TIMEOUT_MS} ms`) : error);
      }
    });
    request.end(payload);
    return promise;
  }
}
