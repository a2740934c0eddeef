import { epochMs, Fault, type Instant, instant } from '../kernel/index.ts';
import type { AskOptions, Window } from './metrics.ts';
import type { Store } from './store.ts';
import type { Span, SpanKind, TraceSummary } from './trace.ts';
import { notOwn, ownPeer, statement, within } from './trace-sql.ts';

export interface TraceFilter extends AskOptions {
  service?: string;
  operation?: string;
  /** Of the span that agrees with service and operation. */
  minDurationMs?: number;
  errorsOnly?: boolean;
  order?: 'newest' | 'oldest' | 'slowest';
  /** Default 20, at most 500. */
  limit?: number;
  /** Also Nines's own traces, where no service is named. */
  own?: boolean;
}

/** A larger trace is cut at its end; who shows it says so. */
export const mostSpansOfTrace = 10_000;

/** Traces that have a span as the filter says. */
export async function searchTraces(
  store: Store,
  window: Window,
  filter: TraceFilter,
): Promise<TraceSummary[]> {
  const { order = 'newest' } = filter;
  const direction = order === 'oldest' ? 'ASC' : 'DESC';
  const ids = await traceIds(store, window, filter, direction);
  if (ids.length === 0) return [];
  const rows = await store.query<{
    traceId: string;
    rootService: string;
    rootOperation: string;
    at: number;
    durationMs: number;
    spans: number;
    errors: number;
  }>(
    `SELECT TraceId AS traceId,
       argMin(ServiceName, (ParentSpanId != '', Timestamp)) AS rootService,
       argMin(SpanName, (ParentSpanId != '', Timestamp)) AS rootOperation,
       toUnixTimestamp64Milli(min(Timestamp)) AS at,
       (max(toUnixTimestamp64Nano(Timestamp) + toInt64(Duration)) - min(toUnixTimestamp64Nano(Timestamp))) / 1e6 AS durationMs,
       count() AS spans, countIf(StatusCode = 'Error') AS errors
     FROM otel_traces
     WHERE Timestamp >= fromUnixTimestamp64Milli({from:Int64} - 600000)
       AND Timestamp < fromUnixTimestamp64Milli({to:Int64} + 600000)
       AND TraceId IN {ids:Array(String)}
     GROUP BY TraceId ORDER BY ${order === 'slowest' ? 'durationMs' : 'at'} ${direction}`,
    { ...bounds(window), ids },
    filter,
  );
  return rows.map(row => ({ ...row, at: instant(row.at) }));
}

/**
 * Ids of the first traces in the order asked for. The first spans are looked at before all of them: they are found
 * without a table of all traces, and nearly always are of enough traces.
 */
async function traceIds(
  store: Store,
  window: Window,
  filter: TraceFilter,
  direction: 'ASC' | 'DESC',
): Promise<string[]> {
  const { service, operation, minDurationMs, errorsOnly = false, order = 'newest', own = false } = filter;
  const limit = Math.max(1, Math.min(Math.floor(filter.limit ?? 20), 500));
  const by = order === 'slowest' ? 'Duration' : 'Timestamp';
  const first = limit * 100;
  const ask = (within: string) =>
    store.query<{ id: string; spans: number }>(
      `SELECT TraceId AS id, count() AS spans FROM (${within})
       GROUP BY id ORDER BY ${order === 'oldest' ? 'min' : 'max'}(${by}) ${direction} LIMIT {limit:UInt32}`,
      {
        ...bounds(window),
        ...(service === undefined ? {} : { service }),
        ...(operation === undefined ? {} : { operation }),
        ...(minDurationMs === undefined ? {} : { duration: Math.round(minDurationMs * 1e6) }),
        limit,
        first,
      },
      filter,
    );
  const spans = `SELECT TraceId, ${by} FROM otel_traces
    WHERE ${within}
      ${service === undefined ? (own ? '' : `AND ${notOwn}`) : 'AND ServiceName = {service:String}'}
      ${operation === undefined ? '' : 'AND SpanName = {operation:String}'}
      ${minDurationMs === undefined ? '' : 'AND Duration >= {duration:UInt64}'}
      ${errorsOnly ? `AND StatusCode = 'Error'` : ''}`;
  const quick = await ask(`${spans} ORDER BY ${by} ${direction} LIMIT {first:UInt32}`);
  const seen = quick.reduce((sum, row) => sum + row.spans, 0);
  const found = quick.length < limit && seen >= first ? await ask(spans) : quick;
  return found.map(({ id }) => id);
}

/** The spans of a trace in the order in which they began; empty when there is none of that id. */
export async function spansOfTrace(store: Store, traceId: string, options: AskOptions): Promise<Span[]> {
  if (!/^[0-9a-f]{32}$/i.test(traceId))
    throw new Fault('invalid', `'${traceId.slice(0, 40)}' is not a trace id.`, {
      field: 'traceId',
      hint: 'It has 32 hex digits.',
    });
  const rows = await store.query<SpanRow>(
    `WITH
       (SELECT min(Start) FROM otel_traces_trace_id_ts WHERE TraceId = {id:String}) AS earliest,
       (SELECT max(End) + 1 FROM otel_traces_trace_id_ts WHERE TraceId = {id:String}) AS latest
     SELECT TraceId, SpanId, ParentSpanId, ServiceName, SpanName, SpanKind, StatusCode, StatusMessage,
       toString(toUnixTimestamp64Nano(Timestamp)) AS nanos, toString(Duration) AS duration,
       SpanAttributes, ResourceAttributes, ${statement} AS statement, ${ownPeer} AS peer,
       arrayMap(at -> toUnixTimestamp64Milli(at), Events.Timestamp) AS eventTimes,
       Events.Name AS eventNames, Events.Attributes AS eventAttributes
     FROM otel_traces
     WHERE TraceId = {id:String} AND Timestamp >= earliest AND Timestamp <= latest
     ORDER BY Timestamp, Duration DESC LIMIT {limit:UInt32}`,
    { id: traceId.toLowerCase(), limit: mostSpansOfTrace },
    options,
  );
  const start = BigInt(rows[0]?.nanos ?? 0);
  // A request that was sent again may have left a span twice.
  return [...new Map(rows.map(row => [row.SpanId, row])).values()].map(row => spanOf(row, start));
}

interface SpanRow {
  TraceId: string;
  SpanId: string;
  ParentSpanId: string;
  ServiceName: string;
  SpanName: string;
  SpanKind: string;
  StatusCode: string;
  StatusMessage: string;
  nanos: string;
  duration: string;
  SpanAttributes: Record<string, string>;
  ResourceAttributes: Record<string, string>;
  statement: string;
  peer: string;
  eventTimes: number[];
  eventNames: string[];
  eventAttributes: Record<string, string>[];
}

function spanOf(row: SpanRow, start: bigint): Span {
  const nanos = BigInt(row.nanos);
  const version = row.ResourceAttributes['service.version'];
  return {
    traceId: row.TraceId,
    spanId: row.SpanId,
    ...(row.ParentSpanId === '' ? {} : { parentSpanId: row.ParentSpanId }),
    service: row.ServiceName,
    ...(version === undefined || version === '' ? {} : { version }),
    operation: row.SpanName,
    kind: (row.SpanKind === 'Unspecified' ? 'internal' : row.SpanKind.toLowerCase()) as SpanKind,
    at: at(nanos),
    offsetMs: Number(nanos - start) / 1e6,
    durationMs: Number(row.duration) / 1e6,
    status: row.StatusCode.toLowerCase() as Span['status'],
    ...(row.StatusMessage === '' ? {} : { statusMessage: row.StatusMessage }),
    attributes: row.SpanAttributes,
    resource: row.ResourceAttributes,
    ...(row.statement === '' ? {} : { statement: row.statement }),
    ...(row.peer === '' ? {} : { peer: row.peer }),
    events: row.eventTimes.map((time, index) => ({
      at: instant(time),
      name: row.eventNames[index] ?? '',
      attributes: row.eventAttributes[index] ?? {},
    })),
  };
}

function at(nanos: bigint): Instant {
  return instant(Number(nanos / 1_000_000n));
}

function bounds({ from, to }: Window): { from: number; to: number } {
  return { from: epochMs(from), to: epochMs(to) };
}
