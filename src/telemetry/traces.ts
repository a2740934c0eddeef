import { type Duration, epochMs, Fault, instant } from '../kernel/index.ts';
import { bottleneck } from './bottleneck/analysis.ts';
import type { Bottleneck } from './bottleneck/bottleneck.ts';
import { type SampleFilter, sampleRequests } from './bottleneck/sample.ts';
import type { AskOptions, Window } from './metrics.ts';
import type { Params, Store } from './store.ts';
import type {
  Answered,
  Edge,
  OperationStats,
  ServiceVersions,
  Span,
  SpanKind,
  TimelineBucket,
  TraceSummary,
} from './trace.ts';
import { figures, figuresWithSelf, knownOf, peerOf } from './trace-figures.ts';
import { searchTraces, spansOfTrace, type TraceFilter } from './trace-lookup.ts';
import {
  answers,
  notOwn,
  oneInEvery,
  ownPeer,
  peerKind,
  quantiles,
  quantilesMerged,
  quantilesState,
  queueOfConsumer,
  spanKey,
  version,
  within,
} from './trace-sql.ts';

export interface OperationFilter extends AskOptions {
  service?: string;
  kind?: SpanKind;
  groupByVersion?: boolean;
  /** Also Nines's own spans, where no service is named. */
  own?: boolean;
  /** Those with the most time in total come first. Default 200, at most 2,000. */
  limit?: number;
}

/** Above so many spans in a window, calls are not joined with the spans that answered them: their addresses stand for those. */
const mostJoined = 20_000_000;
/** Only a service's entries count as its requests. */
const entries = `SpanKind IN ('Server', 'Consumer')`;

/** What the traces tell, as SQL over otel_traces. Windows include `from` and leave out `to`. */
export class Traces {
  readonly #store: Store;
  readonly #mostForSelf: number;

  constructor(store: Store, { mostForSelf = 100_000 }: { mostForSelf?: number } = {}) {
    this.#store = store;
    this.#mostForSelf = mostForSelf;
  }

  /**
   * Count, errors, quantiles and totals of each operation; database statements and what is called apart. Self times of a
   * window with very many spans are estimated from a part of its traces, about `mostForSelf` spans.
   */
  async operations(window: Window, filter: OperationFilter = {}): Promise<OperationStats[]> {
    const { service, kind } = filter;
    const spans = await this.#count(window, filter);
    const every = Math.max(1, Math.ceil(spans / this.#mostForSelf));
    const params = {
      ...bounds(window),
      ...(service === undefined ? {} : { service }),
      ...(kind === undefined ? {} : { kind }),
      limit: bounded(filter.limit, 200, 2_000),
      every,
    };
    const rows = await this.#store.query<OperationRow>(
      `${every === 1 ? figuresWithSelf(filter) : figures(filter, spans <= mostJoined)}
       ORDER BY totalMs DESC, service, operation, statement LIMIT {limit:UInt32}`,
      params,
      filter,
    );
    const selfShares =
      every === 1 ? undefined : await this.#selfShares(filter, params).catch(unknownWhenTooMuch);
    return rows.map(row => {
      const selfMs =
        selfShares === undefined ? row.selfMs : (selfShares.get(keyOf(row)) ?? Number.NaN) * row.totalMs;
      return {
        service: row.service,
        ...(filter.groupByVersion && row.version !== '' ? { version: row.version } : {}),
        operation: row.operation,
        kind: row.kind as SpanKind,
        count: row.count,
        errors: row.errors,
        ...named(row.quantiles),
        totalMs: row.totalMs,
        ...(Number.isFinite(selfMs) ? { selfMs } : {}),
        ...(row.statement === '' ? {} : { statement: row.statement }),
        ...(row.peer === '' ? {} : { peer: row.peer }),
        exampleTraceId: row.example,
      };
    });
  }

  /** The part of their time that operations spent by themselves, in one trace in `every`. */
  async #selfShares(filter: OperationFilter, params: Params): Promise<Map<string, number>> {
    const rows = await this.#store.query<OperationRow>(
      `${figuresWithSelf(filter, oneInEvery)} ORDER BY totalMs DESC LIMIT 10000`,
      params,
      filter,
    );
    return new Map(rows.map(row => [keyOf(row), row.totalMs > 0 ? row.selfMs / row.totalMs : 1]));
  }

  /**
   * Who calls whom, measured at the caller. A call that was not answered (a timeout, a refused connection) counts for
   * the service that answers at its address otherwise. Messages that are taken without being the child of who sent
   * them go from their queue to who takes them, measured there.
   */
  async edges(window: Window, options: AskOptions & { own?: boolean } = {}): Promise<Edge[]> {
    const joined = (await this.#count(window, options)) <= mostJoined;
    const which = `${within}${options.own ? '' : ` AND ${notOwn}`}`;
    const rows = await this.#store.query<{
      from: string;
      to: string;
      kind: Edge['kind'];
      measuredAt: Edge['measuredAt'];
      count: number;
      errors: number;
      quantiles: number[];
      totalMs: number;
    }>(
      `SELECT from, to, kind, measuredAt, sum(count) AS count, sum(errors) AS errors, ${quantilesMerged('durations')},
         sum(totalMs) AS totalMs
       FROM (
         SELECT *, ${peerOf} AS to, ${knownOf} AS known, 'caller' AS measuredAt FROM (
           SELECT ServiceName AS from, ${ownPeer} AS own, ${peerKind} AS kind, ${joined ? 'answered' : "''"} AS answered,
             count() AS count, countIf(StatusCode = 'Error') AS errors, ${quantilesState('Duration')} AS durations,
             sum(Duration) / 1e6 AS totalMs
           FROM otel_traces
           ${joined ? `LEFT JOIN (${answers}) AS a ON a.parent = ${spanKey}` : ''}
           WHERE ${which} AND SpanKind IN ('Client', 'Producer')
           GROUP BY from, own, kind, answered
         )
         UNION ALL
         SELECT ${queueOfConsumer} AS from, '' AS own, 'queue' AS kind, '' AS answered, count() AS count,
           countIf(StatusCode = 'Error') AS errors, ${quantilesState('Duration')} AS durations,
           sum(Duration) / 1e6 AS totalMs, ServiceName AS to, '' AS known, 'consumer' AS measuredAt
         FROM otel_traces WHERE ${which} AND SpanKind = 'Consumer' AND ParentSpanId = '' AND from != ''
         GROUP BY from, to
       )
       GROUP BY from, to, kind, measuredAt HAVING to != '' AND to != from
       ORDER BY count DESC, from, to LIMIT 5000`,
      bounds(window),
      options,
    );
    return rows.map(({ quantiles, ...row }) => ({ ...row, ...named(quantiles) }));
  }

  /** Requests that each service answered: its server and consumer spans. */
  async answered(
    window: Window,
    options: AskOptions & { service?: string; own?: boolean } = {},
  ): Promise<Answered[]> {
    const { service, own = false } = options;
    const rows = await this.#store.query<{
      service: string;
      count: number;
      errors: number;
      quantiles: number[];
    }>(
      `SELECT ServiceName AS service, count() AS count, countIf(StatusCode = 'Error') AS errors, ${quantiles('Duration')}
       FROM otel_traces
       WHERE ${within} AND ${entries} AND ServiceName != ''
         ${service === undefined ? (own ? '' : `AND ${notOwn}`) : 'AND ServiceName = {service:String}'}
       GROUP BY service ORDER BY count DESC LIMIT 5000`,
      { ...bounds(window), ...(service === undefined ? {} : { service }) },
      options,
    );
    return rows.map(({ quantiles, ...row }) => ({ ...row, ...named(quantiles) }));
  }

  /** Requests of a service over time: its entries, or the spans of one operation. */
  async timeline(
    window: Window,
    filter: AskOptions & { service: string; operation?: string; step: Duration },
  ): Promise<TimelineBucket[]> {
    if (!(filter.step >= 1))
      throw new Fault('invalid', 'The step of a timeline is at least 1 ms.', { field: 'step' });
    const rows = await this.#store.query<{ at: number; count: number; errors: number; quantiles: number[] }>(
      `SELECT {from:Int64} + {step:Int64} * intDiv(toUnixTimestamp64Milli(Timestamp) - {from:Int64}, {step:Int64}) AS at,
         count() AS count, countIf(StatusCode = 'Error') AS errors, ${quantiles('Duration')}
       FROM otel_traces
       WHERE ${within} AND ServiceName = {service:String}
         AND ${filter.operation === undefined ? entries : 'SpanName = {operation:String}'}
       GROUP BY at ORDER BY at`,
      {
        ...bounds(window),
        service: filter.service,
        step: Math.round(filter.step),
        ...(filter.operation === undefined ? {} : { operation: filter.operation }),
      },
      filter,
    );
    return rows.map(({ at, count, errors, quantiles }) => {
      const { p50Ms, p99Ms } = named(quantiles);
      return { at: instant(at), count, errors, p50Ms, p99Ms };
    });
  }

  /** Traces that have a span as the filter says. */
  search(window: Window, filter: TraceFilter = {}): Promise<TraceSummary[]> {
    return searchTraces(this.#store, window, filter);
  }

  /** The spans of a trace in the order in which they began; empty when there is none of that id. Throws `invalid`. */
  get(traceId: string, options: AskOptions = {}): Promise<Span[]> {
    return spansOfTrace(this.#store, traceId, options);
  }

  /** What requests wait for, what sets slow ones apart, what is called again and again, and where failed ones began to fail. */
  async bottleneck(window: Window, filter: SampleFilter = {}): Promise<Bottleneck> {
    const { sample, population } = await sampleRequests(this.#store, window, filter);
    return bottleneck(sample, population);
  }

  /** Services and their versions, from the resource of their spans. */
  async services(window: Window, options: AskOptions = {}): Promise<ServiceVersions[]> {
    const rows = await this.#store.query<{
      service: string;
      version: string;
      firstSeen: number;
      lastSeen: number;
      count: number;
    }>(
      `SELECT ServiceName AS service, ${version} AS version,
         toUnixTimestamp64Milli(min(Timestamp)) AS firstSeen, toUnixTimestamp64Milli(max(Timestamp)) AS lastSeen,
         count() AS count
       FROM otel_traces WHERE ${within} AND ServiceName != ''
       GROUP BY service, version ORDER BY service, firstSeen LIMIT 10000`,
      bounds(window),
      options,
    );
    return [...Map.groupBy(rows, row => row.service)].map(([service, versions]) => ({
      service,
      versions: versions.map(({ version, firstSeen, lastSeen, count }) => ({
        version,
        firstSeen: instant(firstSeen),
        lastSeen: instant(lastSeen),
        count,
      })),
    }));
  }

  async #count(window: Window, options: AskOptions): Promise<number> {
    const [row] = await this.#store.query<{ count: number }>(
      `SELECT count() AS count FROM otel_traces WHERE ${within}`,
      bounds(window),
      options,
    );
    return row?.count ?? 0;
  }
}

/** Self times are an addition: where they take too long, they are not known, and the figures stand without. */
function unknownWhenTooMuch(error: unknown): Map<string, number> {
  if (error instanceof Fault && (error.code === 'timeout' || error.code === 'too_large')) return new Map();
  throw error;
}

interface OperationRow {
  service: string;
  version: string;
  operation: string;
  kind: string;
  statement: string;
  peer: string;
  count: number;
  errors: number;
  quantiles: number[];
  totalMs: number;
  selfMs: number;
  example: string;
}

const keyOf = ({ service, version, operation, kind, statement, peer }: OperationRow) =>
  [service, version, operation, kind, statement, peer].join('\u0000');

function bounds({ from, to }: Window): { from: number; to: number } {
  return { from: epochMs(from), to: epochMs(to) };
}

function bounded(limit: number | undefined, usual: number, most: number): number {
  return Math.max(1, Math.min(Math.floor(limit ?? usual), most));
}

function named(quantiles: readonly (number | null)[]): { p50Ms: number; p95Ms: number; p99Ms: number } {
  const [p50Ms, p95Ms, p99Ms] = quantiles;
  return { p50Ms: p50Ms ?? 0, p95Ms: p95Ms ?? 0, p99Ms: p99Ms ?? 0 };
}
