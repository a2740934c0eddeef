import { duration, epochMs, Fault, type Instant, messageOf } from '../../kernel/index.ts';
import {
  type AskOptions,
  type EvaluateOptions,
  type InstantResult,
  instantOf,
  type MetricsSource,
  mostSeries,
  type QueryEngine,
  type RangeResult,
  rangeOf,
  tooManySeries,
  type Window,
} from '../metrics.ts';
import type { Labels, MatrixResult, QueryRange, QueryResult } from '../promql/index.ts';
import { promqlFault } from '../promql-fault.ts';
import type { PrometheusSourceConfig } from './config.ts';
import { matrixResultOf, type Notes, queryResultOf } from './prometheus-answer.ts';

export interface PrometheusSourceOptions {
  fetch?: typeof fetch;
  /** Most bytes of an answer. Default 64 MiB. */
  maxBytes?: number;
}

interface Envelope extends Notes {
  data: unknown;
}

/** Somebody's Prometheus, Thanos, Mimir or VictoriaMetrics, asked over its HTTP API. */
export class PrometheusMetrics implements MetricsSource, QueryEngine {
  readonly name: string;
  readonly #config: Omit<PrometheusSourceConfig, 'type'>;
  readonly #base: string;
  readonly #timeoutMs: number;
  readonly #fetch: typeof fetch;
  readonly #maxBytes: number;
  readonly #headers: Readonly<Record<string, string>>;
  /** Some proxies let nothing but GET through. */
  #method: 'POST' | 'GET' = 'POST';

  constructor(
    name: string,
    config: Omit<PrometheusSourceConfig, 'type'>,
    options: PrometheusSourceOptions = {},
  ) {
    this.name = name;
    this.#config = config;
    this.#base = `${config.url.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}/api/v1`;
    this.#timeoutMs = duration(config.timeout);
    this.#fetch = options.fetch ?? fetch;
    this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
    const { bearerToken, basicAuth, tenant } = config;
    this.#headers = {
      accept: 'application/json',
      'user-agent': 'nines',
      ...(bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` }),
      ...(basicAuth === undefined
        ? {}
        : {
            authorization: `Basic ${Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64')}`,
          }),
      ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
    };
  }

  async evaluate(query: string, atMs: number, options: EvaluateOptions = {}): Promise<QueryResult> {
    const { data, ...notes } = await this.#ask('query', { query, time: seconds(atMs) }, options);
    return this.#read(() => queryResultOf(data, notes));
  }

  async evaluateRange(
    query: string,
    { startMs, endMs, stepMs }: QueryRange,
    options: EvaluateOptions = {},
  ): Promise<MatrixResult> {
    const params = { query, start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs) };
    const { data, ...notes } = await this.#ask('query_range', params, options);
    return this.#read(() => matrixResultOf(data, notes));
  }

  async instant(query: string, at: Instant, options?: AskOptions): Promise<InstantResult> {
    return instantOf(await this.evaluate(query, epochMs(at), options));
  }

  async range(
    query: string,
    { from, to, step }: Window & { step: number },
    options?: AskOptions,
  ): Promise<RangeResult> {
    return rangeOf(
      await this.evaluateRange(query, { startMs: epochMs(from), endMs: epochMs(to), stepMs: step }, options),
    );
  }

  async series(selectors: readonly string[], window?: Window): Promise<Labels[]> {
    const chosen = selectors.length === 0 ? ['{__name__!=""}'] : selectors;
    const { data } = await this.#ask('series', {
      ...listParams(chosen, window),
      limit: String(mostSeries + 1),
    });
    const found = this.#read(() => listOf(data, isLabels));
    if (found.length > mostSeries) throw tooManySeries(found.length);
    return found;
  }

  async labelNames(selectors: readonly string[] = [], window?: Window): Promise<string[]> {
    const { data } = await this.#ask('labels', listParams(selectors, window));
    return this.#read(() => listOf(data, isText)).sort();
  }

  async labelValues(name: string, selectors: readonly string[] = [], window?: Window): Promise<string[]> {
    const path = `label/${encodeURIComponent(escapedName(name))}/values`;
    // This one is a GET everywhere.
    const { data } = await this.#ask(path, listParams(selectors, window), {}, 'GET');
    return this.#read(() => listOf(data, isText)).sort();
  }

  async #ask(
    path: string,
    params: Readonly<Record<string, string | readonly string[]>>,
    { signal, lookbackMs }: EvaluateOptions = {},
    method = this.#method,
  ): Promise<Envelope> {
    const form = new URLSearchParams({ timeout: `${this.#timeoutMs}ms` });
    for (const [name, value] of Object.entries(params))
      for (const one of typeof value === 'string' ? [value] : value) form.append(name, one);
    if (lookbackMs !== undefined) form.set('lookback_delta', seconds(lookbackMs));
    // Thanos and VictoriaMetrics; the others take no notice.
    const fail = this.#config.partialData === 'fail';
    form.set('partial_response', String(!fail));
    if (fail) form.set('deny_partial_response', '1');
    const late = AbortSignal.timeout(this.#timeoutMs);
    let status: number;
    let text: string;
    try {
      const response = await this.#fetch(`${this.#base}/${path}${method === 'GET' ? `?${form}` : ''}`, {
        method,
        headers: this.#headers,
        redirect: 'error',
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
        ...(method === 'POST' ? { body: form } : {}),
      });
      status = response.status;
      text = await this.#text(response);
    } catch (cause) {
      throw this.#unreachable(cause, signal, late);
    }
    if (status === 405 && method === 'POST') {
      this.#method = 'GET';
      return this.#ask(path, params, {
        ...(signal ? { signal } : {}),
        ...(lookbackMs ? { lookbackMs } : {}),
      });
    }
    return this.#envelope(status, text, fail, typeof params.query === 'string' ? params.query : '');
  }

  async #text(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > this.#maxBytes)
        throw new Fault('too_large', `The answer of ${this.name} is larger than ${this.#maxBytes} bytes.`, {
          hint: 'Ask for a shorter window or fewer series.',
        });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #envelope(status: number, text: string, fail: boolean, query: string): Envelope {
    let body: Record<string, unknown> | undefined;
    try {
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
    } catch {
      // Not of the API: the status has to tell.
    }
    if (body?.status !== 'success') throw this.#refusal(status, body, text, query);
    const warnings = texts(body.warnings);
    if (body.isPartial === true) warnings.push('partial data: not all parts of the cluster answered');
    if (fail && warnings.some(warning => /partial|store/i.test(warning)))
      throw new Fault('unavailable', `${this.name} has only a part of the data: ${warnings[0]}`, {
        retryAfterSeconds: 5,
      });
    return {
      data: body.data,
      warnings: warnings.map(warning => (/^PromQL/.test(warning) ? warning : `${this.name}: ${warning}`)),
      infos: texts(body.infos),
    };
  }

  #refusal(status: number, body: Record<string, unknown> | undefined, text: string, query: string): Fault {
    const said = (typeof body?.error === 'string' ? body.error : text.replace(/\s+/g, ' ')).slice(0, 400);
    if (status === 401 || status === 403)
      return new Fault('unavailable', `${this.name} refuses our credentials (${status}).`, {
        hint: 'Check bearerToken, basicAuth and tenant of the source.',
      });
    if (status === 404)
      return new Fault('unavailable', `${this.name} does not serve Prometheus's API at ${this.#base}.`, {
        hint: 'The url is what stands before /api/v1.',
      });
    if (status === 429)
      return new Fault('overloaded', `${this.name} is asked too much: ${said}`, { retryAfterSeconds: 5 });
    if (body?.errorType === 'timeout' || status === 504)
      return new Fault('timeout', `${this.name} took longer than it may: ${said}`);
    if (status === 413 || (status === 422 && /too many|exceed|limit/i.test(said)))
      return new Fault('too_large', `${this.name}: ${said}`, { hint: 'Ask for less.' });
    if (status === 400 || status === 422)
      return promqlFault('invalid', said.replace(/^invalid parameter "query": /, ''), query);
    return new Fault('unavailable', `${this.name} answered with ${status}: ${said}`, {
      retryAfterSeconds: 5,
    });
  }

  #unreachable(cause: unknown, signal: AbortSignal | undefined, late: AbortSignal): Fault {
    if (cause instanceof Fault) return cause;
    if (signal?.aborted) return new Fault('cancelled', 'The query was cancelled.', { cause });
    if (late.aborted)
      return new Fault('timeout', `${this.name} did not answer within ${this.#timeoutMs / 1000} s.`, {
        cause,
      });
    const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    return new Fault('unavailable', `${this.name} cannot be reached: ${messageOf(inner)}`, {
      retryAfterSeconds: 5,
      cause,
    });
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw new Fault('unavailable', `${this.name} answered with something that is not Prometheus's API.`, {
        cause,
      });
    }
  }
}

const seconds = (ms: number) => String(ms / 1000);

function listParams(selectors: readonly string[], window: Window | undefined) {
  return {
    'match[]': selectors,
    ...(window === undefined
      ? {}
      : { start: seconds(epochMs(window.from)), end: seconds(epochMs(window.to)) }),
  };
}

/** Names that are no path segment of old are escaped: https://prometheus.io/docs/prometheus/latest/querying/api/#querying-label-values */
function escapedName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  let out = 'U__';
  for (const char of name)
    out += char === '_' ? '__' : /[A-Za-z0-9]/.test(char) ? char : `_${char.codePointAt(0)!.toString(16)}_`;
  return out;
}

function listOf<T>(data: unknown, is: (value: unknown) => value is T): T[] {
  if (Array.isArray(data) && data.every(is)) return data;
  // Prometheus 2 answers null for no labels.
  if (data === null || data === undefined) return [];
  throw new Error('not a list of what was asked for');
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isLabels = (value: unknown): value is Labels =>
  typeof value === 'object' && value !== null && Object.values(value).every(isText);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isText).slice(0, 20) : []);
