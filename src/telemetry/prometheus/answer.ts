import { Fault } from '../../kernel/index.ts';
import {
  type Labels,
  type MatrixResult,
  type NativeHistogram,
  numberText,
  PromqlError,
  type QueryResult,
  type Series,
} from '../promql/index.ts';
import { histogramJson } from './histogram-json.ts';

/** Kinds of errors and their status: https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
const statuses = {
  bad_data: 400,
  not_found: 404,
  execution: 422,
  canceled: 499,
  internal: 500,
  timeout: 503,
  unavailable: 503,
} as const;
type ErrorType = keyof typeof statuses;

/** An answer of the API: always JSON. */
export interface ApiAnswer {
  status: number;
  body: string;
  retryAfterSeconds?: number;
}

/** What the caller did wrong, in Prometheus's words. */
export class ApiError extends Error {
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string) {
    super(message);
    this.type = type;
  }
}

export interface ApiNotes {
  warnings?: readonly string[];
  infos?: readonly string[];
}

export function success(data: unknown, { warnings = [], infos = [] }: ApiNotes = {}): ApiAnswer {
  const body = {
    status: 'success',
    data,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(infos.length > 0 ? { infos } : {}),
  };
  return { status: 200, body: JSON.stringify(body) };
}

/** Whatever was thrown, as Prometheus tells it. */
export function failure(thrown: unknown, timedOut = false): ApiAnswer {
  const { type, message } = timedOut
    ? { type: 'timeout' as const, message: 'query timed out in expression evaluation' }
    : problemOf(thrown);
  const retry = thrown instanceof Fault ? thrown.detail.retryAfterSeconds : undefined;
  return {
    status: statuses[type],
    body: JSON.stringify({ status: 'error', errorType: type, error: message }),
    ...(retry === undefined ? {} : { retryAfterSeconds: retry }),
  };
}

function problemOf(thrown: unknown): { type: ErrorType; message: string } {
  if (thrown instanceof ApiError) return { type: thrown.type, message: thrown.message };
  if (thrown instanceof PromqlError) {
    const { kind, message } = thrown;
    if (kind === 'parse') return { type: 'bad_data', message: `invalid parameter "query": ${message}` };
    return { type: kind === 'canceled' ? 'canceled' : 'execution', message };
  }
  if (thrown instanceof Fault) {
    const { code, message } = thrown;
    if (code === 'invalid') return { type: 'bad_data', message };
    if (code === 'too_large') return { type: 'execution', message };
    if (code === 'timeout') return { type: 'timeout', message };
    if (code === 'cancelled') return { type: 'canceled', message };
    if (code === 'unavailable' || code === 'overloaded') return { type: 'unavailable', message };
    if (code === 'not_found') return { type: 'not_found', message };
    return { type: 'internal', message };
  }
  return { type: 'internal', message: 'Something in Nines itself failed; its log has the details.' };
}

const seconds = (ms: number) => ms / 1000;

/** The `data` of an instant query, at most `limit` series of it. */
export function queryData(result: QueryResult, limit = 0): { data: unknown; cut: boolean } {
  switch (result.type) {
    case 'scalar':
      return of('scalar', [seconds(result.timestamp), numberText(result.value)]);
    case 'string':
      return of('string', [seconds(result.timestamp), result.value]);
    case 'vector': {
      const samples = limited(result.samples, limit);
      const cut = samples.length < result.samples.length;
      return of(
        'vector',
        samples.map(({ labels, timestamp, value, histogram }) => ({
          metric: labels,
          ...(histogram === undefined
            ? { value: [seconds(timestamp), numberText(value)] }
            : { histogram: [seconds(timestamp), histogramJson(histogram)] }),
        })),
        cut,
      );
    }
    case 'matrix':
      return matrixData(result, limit);
  }
}

export function matrixData({ series }: MatrixResult, limit = 0): { data: unknown; cut: boolean } {
  const shown = limited(series, limit);
  return of('matrix', shown.map(seriesJson), shown.length < series.length);
}

function of(resultType: string, result: unknown, cut = false) {
  return { data: { resultType, result }, cut };
}

/** The first so many; 0 is all. */
export function limited<T>(list: readonly T[], limit: number): readonly T[] {
  return limit > 0 && list.length > limit ? list.slice(0, limit) : list;
}

function seriesJson({ labels, timestamps, values, histograms }: Series): {
  metric: Labels;
  values?: [number, string][];
  histograms?: [number, unknown][];
} {
  const floats: [number, string][] = [];
  const native: [number, unknown][] = [];
  for (let i = 0; i < timestamps.length; i++) {
    const histogram: NativeHistogram | undefined = histograms?.[i];
    if (histogram === undefined) floats.push([seconds(timestamps[i]!), numberText(values[i]!)]);
    else native.push([seconds(timestamps[i]!), histogramJson(histogram)]);
  }
  return {
    metric: labels,
    ...(floats.length > 0 ? { values: floats } : {}),
    ...(native.length > 0 ? { histograms: native } : {}),
  };
}
