import { z } from 'zod';
import { epochMs, Fault, Instant, instant } from '../kernel/index.ts';
import { type LogQuery, queryLevels, severityOf } from './log-query/query.ts';
import { logCondition } from './log-query/sql.ts';
import { levelOf } from './log-severity.ts';
import type { AskOptions, Window } from './metrics.ts';
import type { Params } from './store.ts';

export const LogRecord = z.object({
  /** The record's place in its stream, for `logs.context`; opaque, and the same whenever it is asked for. */
  id: z.string(),
  at: Instant,
  service: z.string(),
  /** Which of the service's instances, where its resource tells. */
  instance: z.string().optional(),
  /** trace, debug, info, warn, error, fatal, or empty when the sender did not tell. */
  level: z.string(),
  body: z.string(),
  attributes: z.record(z.string(), z.string()),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
});
export type LogRecord = z.infer<typeof LogRecord>;

export const logLevels = queryLevels;
export type LogLevelName = (typeof logLevels)[number];

/** Which records. All that is given must hold. */
export interface LogFilter extends AskOptions {
  query?: LogQuery;
  service?: string;
  /** Part of the body or of an attribute's value, in any case. */
  text?: string;
  /** This level and those above. */
  level?: LogLevelName;
  traceId?: string;
}

/** The time of a window, with the coarse column that partitions and the primary key are made of. */
const within = `Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to:Int64})
  AND TimestampTime >= toDateTime(intDiv({from:Int64}, 1000)) AND TimestampTime <= toDateTime(intDiv({to:Int64}, 1000) + 1)`;

/** The records of a window that a filter takes, as a WHERE over otel_logs. Windows include `from` and leave out `to`. */
export function logsWhere(
  window: Window,
  { query, service, text, level, traceId }: LogFilter,
): { sql: string; params: Params } {
  const parts = [within];
  let params: Params = { from: epochMs(window.from), to: epochMs(window.to) };
  const and = (sql: string, more: Params) => {
    parts.push(sql);
    params = { ...params, ...more };
  };
  if (service !== undefined) and('ServiceName = {service:String}', { service });
  if (level !== undefined) and('SeverityNumber >= {severity:UInt8}', { severity: severityOf(level) });
  if (traceId !== undefined) and('TraceId = {traceId:String}', { traceId: traceId.toLowerCase() });
  if (text !== undefined && text !== '')
    and(
      `(positionCaseInsensitiveUTF8(Body, {text:String}) > 0
        OR arrayExists(value -> positionCaseInsensitiveUTF8(value, {text:String}) > 0, mapValues(LogAttributes)))`,
      { text },
    );
  if (query !== undefined) {
    const condition = logCondition(query);
    and(condition.sql, condition.params);
  }
  return { sql: parts.join('\n AND '), params };
}

/** The instance as a resource names it; records of one service and instance are one stream. */
export const instanceSql = `multiIf(
  ResourceAttributes['service.instance.id'] != '', ResourceAttributes['service.instance.id'],
  ResourceAttributes['k8s.pod.name'] != '', ResourceAttributes['k8s.pod.name'],
  ResourceAttributes['host.name'])`;

/** Tells records of one nanosecond apart. */
export const hashSql = `hex(cityHash64(Body, SeverityNumber, TraceId, SpanId, mapKeys(LogAttributes), mapValues(LogAttributes)))`;

export const recordSql = `toString(toUnixTimestamp64Nano(Timestamp)) AS nanos, ServiceName AS service, ${instanceSql} AS instance,
  ${hashSql} AS hash, SeverityNumber AS severity, substringUTF8(Body, 1, 16000) AS body,
  LogAttributes AS attributes, TraceId AS traceId, SpanId AS spanId`;

/** A row of `recordSql`. */
export interface RecordRow {
  nanos: string;
  service: string;
  instance: string;
  hash: string;
  severity: number;
  body: string;
  attributes: Record<string, string>;
  traceId: string;
  spanId: string;
}

export function recordOf(row: RecordRow): LogRecord {
  return {
    id: logId(row),
    at: instant(Number(BigInt(row.nanos) / 1_000_000n)),
    service: row.service,
    ...(row.instance === '' ? {} : { instance: row.instance }),
    level: levelOf(row.severity),
    body: row.body,
    attributes: row.attributes,
    ...(row.traceId === '' ? {} : { traceId: row.traceId }),
    ...(row.spanId === '' ? {} : { spanId: row.spanId }),
  };
}

/** Where a record stands: the time in nanoseconds, what tells it from others of that time (empty: any of them), and its service. */
export type LogPlace = Pick<RecordRow, 'nanos' | 'hash' | 'service'>;

export function logId({ nanos, hash, service }: LogPlace): string {
  return `${nanos}-${hash}-${encodeURIComponent(service)}`;
}

export function logPlace(id: string): LogPlace {
  const [, nanos, hash, service] = /^(\d{1,19})-([0-9A-F]{0,16})-(.*)$/s.exec(id) ?? [];
  try {
    if (nanos !== undefined && BigInt(nanos) < 2n ** 63n)
      return { nanos, hash: hash!, service: decodeURIComponent(service!) };
  } catch {}
  throw new Fault('invalid', `'${id.slice(0, 80)}' is not the id of a log record.`, {
    field: 'id',
    hint: 'nines logs search gives them with --json.',
  });
}
