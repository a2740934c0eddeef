import { z } from 'zod';
import { epochMs, Fault, Instant, instant } from '../kernel/index.ts';
import { comparedPatterns, type LogPattern, type PatternFilter } from './log-patterns.ts';
import {
  hashSql,
  instanceSql,
  type LogFilter,
  LogRecord,
  logPlace,
  logsWhere,
  type RecordRow,
  recordOf,
  recordSql,
} from './log-record.ts';
import { levelOf } from './log-severity.ts';
import { type LogSurge, logSurge } from './log-surge.ts';
import type { AskOptions, Window } from './metrics.ts';
import type { Store } from './store.ts';
import { windowMs } from './window.ts';

export const LogHistogram = z.object({
  stepMs: z.number().int().describe('Width of a bucket'),
  buckets: z.array(
    z.object({
      at: Instant.describe('Begin of the bucket'),
      count: z.number().int(),
      byLevel: z
        .record(z.string(), z.number().int())
        .describe("By level; 'unknown' where senders did not tell"),
    }),
  ),
});
export type LogHistogram = z.infer<typeof LogHistogram>;

export const LogContext = z.object({
  before: z.array(LogRecord).describe('Oldest first'),
  line: LogRecord,
  after: z.array(LogRecord),
});
export type LogContext = z.infer<typeof LogContext>;

/** How far from a line its context is looked for, in seconds: further only where nearer there is too little. */
const contextReaches = [60, 3_600, 24 * 3_600];
/** Widths of buckets, in seconds, that people read easily. */
const niceSeconds = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** Logs, as SQL over otel_logs. Windows include `from` and leave out `to`. */
export class Logs {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The newest `limit` records (100 if absent, at most 5,000), newest first. */
  async search(window: Window, filter: LogFilter & { limit?: number } = {}): Promise<LogRecord[]> {
    const { sql, params } = logsWhere(window, filter);
    const rows = await this.#store.query<RecordRow>(
      `SELECT ${recordSql} FROM otel_logs WHERE ${sql} ORDER BY Timestamp DESC LIMIT {limit:UInt32}`,
      { ...params, limit: bounded(filter.limit, 100, 5_000) },
      filter,
    );
    return rows.map(recordOf);
  }

  /** How many records there are over time, by level. Buckets are of a round width, at most about `buckets` of them. */
  async histogram(
    window: Window,
    { buckets, ...filter }: LogFilter & { buckets?: number } = {},
  ): Promise<LogHistogram> {
    const stepMs = bucketMs(windowMs(window), bounded(buckets, 60, 500));
    const { sql, params } = logsWhere(window, filter);
    const rows = await this.#store.query<{ bucket: number; severity: number; count: number }>(
      `SELECT intDiv(toUnixTimestamp64Milli(Timestamp), {step:Int64}) AS bucket,
         if(SeverityNumber = 0, 0, intDiv(SeverityNumber - 1, 4) * 4 + 1) AS severity, count() AS count
       FROM otel_logs WHERE ${sql} GROUP BY bucket, severity`,
      { ...params, step: stepMs },
      filter,
    );
    const byBucket = Map.groupBy(rows, row => row.bucket);
    const first = Math.floor(epochMs(window.from) / stepMs);
    const last = Math.floor((epochMs(window.to) - 1) / stepMs);
    return {
      stepMs,
      buckets: Array.from({ length: last - first + 1 }, (_, index) => {
        const found = byBucket.get(first + index) ?? [];
        const byLevel: Record<string, number> = {};
        for (const { severity, count } of found) {
          const level = levelOf(severity) || 'unknown';
          byLevel[level] = (byLevel[level] ?? 0) + count;
        }
        return {
          at: instant((first + index) * stepMs),
          count: found.reduce((sum, { count }) => sum + count, 0),
          byLevel,
        };
      }),
    };
  }

  /**
   * The lines around one, of the same service and instance. Lines of one nanosecond have no order that is known; theirs
   * is arbitrary, but always the same. Throws `not_found` for a line that is not there (any more).
   */
  async context(
    id: string,
    { before = 10, after = 10, ...ask }: AskOptions & { before?: number; after?: number } = {},
  ): Promise<LogContext> {
    const place = logPlace(id);
    const params = { service: place.service, nanos: place.nanos, hash: place.hash };
    const at = 'fromUnixTimestamp64Nano({nanos:Int64})';
    const [line] = await this.#store.query<RecordRow>(
      `SELECT ${recordSql} FROM otel_logs
       WHERE ServiceName = {service:String} AND TimestampTime = toDateTime(${at}) AND Timestamp = ${at} AND ({hash:String} = '' OR hash = {hash:String}) LIMIT 1`,
      params,
      ask,
    );
    if (line === undefined)
      throw new Fault('not_found', 'There is no such log record (any more).', {
        field: 'id',
        hint: 'Records go when they are older than the retention of logs.',
      });
    const side = async (comparison: '<' | '>', most: number) => {
      const order = comparison === '<' ? 'DESC' : 'ASC';
      const [from, to] = comparison === '<' ? [`${at} - {reach:Int64}`, at] : [at, `${at} + {reach:Int64}`];
      let rows: RecordRow[] = [];
      for (const reach of contextReaches) {
        rows = await this.#store.query<RecordRow>(
          `SELECT ${recordSql} FROM otel_logs
           WHERE ServiceName = {service:String} AND ${instanceSql} = {instance:String}
             AND TimestampTime >= toDateTime(${from}) AND TimestampTime <= toDateTime(${to})
             AND (Timestamp ${comparison} ${at} OR (Timestamp = ${at} AND ${hashSql} ${comparison} {hash:String}))
           ORDER BY Timestamp ${order}, hash ${order} LIMIT {most:UInt32}`,
          { ...params, hash: line.hash, instance: line.instance, reach, most },
          ask,
        );
        if (rows.length === most) break;
      }
      return rows;
    };
    const [older, newer] = await Promise.all([
      before === 0 ? [] : side('<', bounded(before, 10, 500)),
      after === 0 ? [] : side('>', bounded(after, 10, 500)),
    ]);
    return { before: older.toReversed().map(recordOf), line: recordOf(line), after: newer.map(recordOf) };
  }

  /** What kinds of lines there are: templates, counted by service and level, the most frequent first. */
  async patterns(window: Window, filter: PatternFilter = {}): Promise<LogPattern[]> {
    const [patterns] = await this.compare([window], filter);
    return patterns!.slice(0, bounded(filter.limit, 100, 1_000));
  }

  /** Which kinds of lines are new, surge or are gone against `compared` windows of the same length before. */
  surge(window: Window, filter: PatternFilter & { compared?: number } = {}): Promise<LogSurge> {
    return logSurge(this.#store, window, { ...filter, compared: bounded(filter.compared, 4, 50) });
  }

  /** Templates of several windows, mined together: one kind of line has one text in all of them. */
  compare(windows: readonly Window[], filter: PatternFilter = {}): Promise<LogPattern[][]> {
    return comparedPatterns(this.#store, windows, filter);
  }
}

function bucketMs(window: number, buckets: number): number {
  const least = window / buckets / 1000;
  return (niceSeconds.find(seconds => seconds >= least) ?? Math.ceil(least / 86_400) * 86_400) * 1000;
}

function bounded(limit: number | undefined, usual: number, most: number): number {
  return Math.max(1, Math.min(Math.floor(limit ?? usual), most));
}
