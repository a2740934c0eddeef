import { Fault, instant } from '../../kernel/index.ts';
import type { SeriesExemplars } from '../exemplar.ts';
import type { EvaluateOptions, MetricsSource, QueryEngine, Window } from '../metrics.ts';
import {
  compareLabels,
  format,
  type Matcher,
  numberText,
  PromqlError,
  parse,
  parseSelector,
  selectorsOf,
} from '../promql/index.ts';
import { type AlertingView, alertsData, rulesData } from './alerting-view.ts';
import { type ApiAnswer, ApiError, failure, limited, matrixData, queryData, success } from './answer.ts';
import { type MetricEntry, metadataData } from './metadata.ts';
import {
  bad,
  countParameter,
  durationParameter,
  earliestMs,
  labelNameOf,
  latestMs,
  timeParameter,
} from './parameter.ts';

/** A call of Prometheus's HTTP API: the path behind `/api/v1`, parameters of query string and form together. */
export interface ApiRequest {
  path: string;
  params: URLSearchParams;
  signal?: AbortSignal;
}

/** What is scraped, as /api/v1/targets shows it. */
export interface TargetsView {
  targets(state: string): unknown;
}

export interface PrometheusApiOptions {
  source: MetricsSource & QueryEngine;
  /** Each metric that the own store knows. */
  catalogue: () => readonly MetricEntry[];
  now: () => number;
  version: string;
  alerting?: AlertingView;
  /** Exemplars of the own store. */
  exemplars?: (
    selectors: readonly (readonly Matcher[])[],
    fromMs: number,
    toMs: number,
  ) => Promise<readonly SeriesExemplars[]>;
  targets?: TargetsView;
  /** The longest that a query may take. Default 2 minutes, as Prometheus's. */
  timeoutMs?: number;
  /** Told of what should not happen. */
  onDefect?: (error: unknown, path: string) => void;
}

/** Whose API this is: what clients take as the version when they choose what to ask. */
const apiVersion = '3.5.0';
const cutWarning = 'results truncated due to limit';

type Route = (request: ApiRequest, signal: AbortSignal) => Promise<ApiAnswer>;

/** Prometheus's HTTP API (v1) over any source of metrics: https://prometheus.io/docs/prometheus/latest/querying/api/ */
export class PrometheusApi {
  readonly #options: PrometheusApiOptions;
  readonly #timeoutMs: number;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(options: PrometheusApiOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 120_000;
    const { targets } = options;
    this.#routes = new Map<string, Route>([
      ['query', (request, signal) => this.#query(request, signal)],
      ['query_range', (request, signal) => this.#queryRange(request, signal)],
      ['format_query', async ({ params }) => success(format(parse(params.get('query') ?? '')))],
      ['series', request => this.#series(request)],
      ['labels', request => this.#labels(request)],
      ['query_exemplars', request => this.#exemplars(request)],
      ['metadata', async ({ params }) => this.#metadata(params)],
      ['rules', async ({ params }) => this.#rules(params)],
      ['alerts', async () => success(alertsData((await options.alerting?.rules()) ?? []))],
      [
        'targets',
        async ({ params }) =>
          success(
            targets?.targets(params.get('state') ?? '') ?? {
              activeTargets: [],
              droppedTargets: [],
              droppedTargetCounts: {},
            },
          ),
      ],
      ['alertmanagers', async () => success({ activeAlertmanagers: [], droppedAlertmanagers: [] })],
      ['status/buildinfo', async () => success(this.#buildInfo())],
      ['status/flags', async () => success(this.#flags())],
    ]);
  }

  /** Answers; whatever goes wrong is an answer too. */
  async handle(request: ApiRequest): Promise<ApiAnswer> {
    let late: AbortSignal | undefined;
    try {
      const asked = durationParameter(request.params, 'timeout') ?? this.#timeoutMs;
      late = AbortSignal.timeout(Math.max(1, Math.min(asked, this.#timeoutMs)));
      const signal = request.signal === undefined ? late : AbortSignal.any([request.signal, late]);
      return await this.#route(request.path)(request, signal);
    } catch (error) {
      const answer = failure(error, late?.aborted && isCancelled(error));
      if (answer.status === 500) this.#options.onDefect?.(error, request.path);
      return answer;
    }
  }

  #route(path: string): Route {
    const route = this.#routes.get(path);
    if (route !== undefined) return route;
    const values = /^label\/([^/]+)\/values$/.exec(path);
    if (values !== null) return request => this.#labelValues(values[1]!, request);
    throw new ApiError('not_found', `there is no /api/v1/${path.slice(0, 100)} here`);
  }

  async #query({ params }: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const at = timeParameter(params, 'time') ?? this.#options.now();
    const limit = countParameter(params, 'limit');
    const result = await this.#options.source.evaluate(
      params.get('query') ?? '',
      at,
      evaluateOptions(params, signal),
    );
    const { data, cut } = queryData(result, limit);
    return success(data, notes(result, cut));
  }

  async #queryRange({ params }: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const startMs = timeParameter(params, 'start');
    const endMs = timeParameter(params, 'end');
    const stepMs = durationParameter(params, 'step');
    if (startMs === undefined) throw bad('start', 'cannot parse "" to a valid timestamp');
    if (endMs === undefined) throw bad('end', 'cannot parse "" to a valid timestamp');
    if (stepMs === undefined) throw bad('step', 'cannot parse "" to a valid duration');
    if (endMs < startMs) throw bad('end', 'end timestamp must not be before start time');
    if (stepMs <= 0)
      throw bad(
        'step',
        'zero or negative query resolution step widths are not accepted. Try a positive integer',
      );
    if ((endMs - startMs) / stepMs > 11_000)
      throw new ApiError(
        'bad_data',
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      );
    const limit = countParameter(params, 'limit');
    const result = await this.#options.source.evaluateRange(
      params.get('query') ?? '',
      { startMs, endMs, stepMs },
      evaluateOptions(params, signal),
    );
    const { data, cut } = matrixData(result, limit);
    return success(data, notes(result, cut));
  }

  async #series({ params }: ApiRequest): Promise<ApiAnswer> {
    const selectors = matchParameters(params);
    if (selectors.length === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
    const found = await this.#options.source.series(selectors, windowOf(params));
    return list(found.toSorted(compareLabels), params);
  }

  async #labels({ params }: ApiRequest): Promise<ApiAnswer> {
    return list(await this.#options.source.labelNames(matchParameters(params), windowOf(params)), params);
  }

  async #labelValues(encoded: string, { params }: ApiRequest): Promise<ApiAnswer> {
    const name = labelNameOf(encoded);
    if (name === '' || !name.isWellFormed())
      throw new ApiError('bad_data', `invalid label name: "${encoded.slice(0, 100)}"`);
    const values = await this.#options.source.labelValues(name, matchParameters(params), windowOf(params));
    return list(values, params);
  }

  async #exemplars({ params }: ApiRequest): Promise<ApiAnswer> {
    const selectors = selectorsOf(parse(params.get('query') ?? '')).map(({ matchers }) => matchers);
    const fromMs = timeParameter(params, 'start') ?? earliestMs;
    const toMs = timeParameter(params, 'end') ?? latestMs;
    if (toMs < fromMs) throw bad('end', 'end timestamp must not be before start time');
    const found = (await this.#options.exemplars?.(selectors, fromMs, toMs)) ?? [];
    return success(
      found.map(({ series, exemplars }) => ({
        seriesLabels: series,
        exemplars: exemplars.map(({ labels, value, at }) => ({
          labels,
          value: numberText(value),
          timestamp: at / 1000,
        })),
      })),
    );
  }

  #metadata(params: URLSearchParams): ApiAnswer {
    const limit = countParameter(params, 'limit');
    return success(metadataData(this.#options.catalogue(), { metric: params.get('metric') ?? '', limit }));
  }

  async #rules(params: URLSearchParams): Promise<ApiAnswer> {
    const { alerting } = this.#options;
    return success(rulesData((await alerting?.rules()) ?? [], alerting?.everyMs ?? 0, params));
  }

  #buildInfo() {
    const { version } = this.#options;
    return {
      application: 'Nines',
      version: apiVersion,
      revision: version,
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
    };
  }

  #flags() {
    return {
      'query.lookback-delta': '5m',
      'query.timeout': `${this.#timeoutMs / 1000}s`,
      'query.max-samples': '20000000',
      'web.enable-remote-write-receiver': 'true',
    };
  }
}

function isCancelled(error: unknown): boolean {
  if (error instanceof PromqlError) return error.kind === 'canceled';
  return error instanceof Fault
    ? error.code === 'cancelled'
    : error instanceof Error && /Abort|Timeout/.test(error.name);
}

function evaluateOptions(params: URLSearchParams, signal: AbortSignal): EvaluateOptions {
  const lookbackMs = durationParameter(params, 'lookback_delta');
  if (lookbackMs !== undefined && lookbackMs <= 0) throw bad('lookback_delta', 'must be positive');
  return { signal, ...(lookbackMs === undefined ? {} : { lookbackMs }) };
}

function notes({ warnings, infos }: { warnings: readonly string[]; infos: readonly string[] }, cut: boolean) {
  return { warnings: cut ? [...warnings, cutWarning] : warnings, infos };
}

function list(all: readonly unknown[], params: URLSearchParams): ApiAnswer {
  const shown = limited(all, countParameter(params, 'limit'));
  return success(shown, shown.length < all.length ? { warnings: [cutWarning] } : {});
}

function matchParameters(params: URLSearchParams): string[] {
  const selectors = params.getAll('match[]');
  if (selectors.length > 100) throw bad('match[]', 'at most 100 selectors are taken');
  for (const text of selectors) {
    try {
      const { matchers } = parseSelector(text);
      if (matchers.every(({ op, value }) => value === '' && op === '='))
        throw new ApiError('bad_data', 'match[] must contain at least one non-empty matcher');
    } catch (error) {
      if (error instanceof PromqlError) throw bad('match[]', error.message);
      throw error;
    }
  }
  return selectors;
}

function windowOf(params: URLSearchParams): Window | undefined {
  const start = timeParameter(params, 'start');
  const end = timeParameter(params, 'end');
  if (start === undefined && end === undefined) return undefined;
  return { from: instant(start ?? earliestMs), to: instant(end ?? latestMs) };
}
