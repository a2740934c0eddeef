import { z } from 'zod';
import { epochMs, Instant, instant } from '../kernel/index.ts';
import { levelOf } from './log-rows.ts';
import { type Template, TemplateMiner, templateText } from './log-template.ts';
import type { AskOptions, Window } from './metrics.ts';
import type { Params, Store } from './store.ts';

export const LogRecord = z.object({
  at: Instant,
  service: z.string(),
  /** trace, debug, info, warn, error, fatal, or empty when the sender did not tell. */
  level: z.string(),
  body: z.string(),
  attributes: z.record(z.string(), z.string()),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
});
export type LogRecord = z.infer<typeof LogRecord>;

export const LogPattern = z.object({
  pattern: z.string(),
  service: z.string(),
  level: z.string(),
  count: z.number().int(),
  firstSeen: Instant,
  lastSeen: Instant,
  example: z.string(),
  exampleTraceId: z.string().optional(),
});
export type LogPattern = z.infer<typeof LogPattern>;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevelName = (typeof logLevels)[number];

export interface LogFilter extends AskOptions {
  service?: string;
  /** Part of the body or of an attribute's value, in any case. */
  text?: string;
  /** This level and those above. */
  level?: LogLevelName;
  traceId?: string;
  /** The newest so many. Default 100, at most 5,000. */
  limit?: number;
}

export interface PatternFilter extends AskOptions {
  service?: string;
  minSeverity?: LogLevelName;
  /** Those that come most often. Default 100, at most 1,000. */
  limit?: number;
}

/** Distinct bodies of a window that templates are made of: the most frequent, then a random choice of the others. */
const mostBodies = 20_000;

/** Logs, as SQL over otel_logs. Windows include `from` and leave out `to`. */
export class Logs {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async search(window: Window, filter: LogFilter = {}): Promise<LogRecord[]> {
    const { service, text, level, traceId } = filter;
    const rows = await this.#store.query<{
      at: number;
      service: string;
      severity: number;
      body: string;
      attributes: Record<string, string>;
      traceId: string;
      spanId: string;
    }>(
      `SELECT toUnixTimestamp64Milli(Timestamp) AS at, ServiceName AS service, SeverityNumber AS severity,
         substringUTF8(Body, 1, 16000) AS body, LogAttributes AS attributes, TraceId AS traceId, SpanId AS spanId
       FROM otel_logs
       WHERE ${within}
         ${service === undefined ? '' : 'AND ServiceName = {service:String}'}
         ${level === undefined ? '' : 'AND SeverityNumber >= {severity:UInt8}'}
         ${traceId === undefined ? '' : 'AND TraceId = {traceId:String}'}
         ${
           text === undefined || text === ''
             ? ''
             : `AND (positionCaseInsensitiveUTF8(Body, {text:String}) > 0
                  OR arrayExists(value -> positionCaseInsensitiveUTF8(value, {text:String}) > 0, mapValues(LogAttributes)))`
         }
       ORDER BY Timestamp DESC LIMIT {limit:UInt32}`,
      {
        ...bounds(window),
        ...(service === undefined ? {} : { service }),
        ...(level === undefined ? {} : { severity: leastSeverity(level) }),
        ...(traceId === undefined ? {} : { traceId: traceId.toLowerCase() }),
        ...(text === undefined ? {} : { text }),
        limit: bounded(filter.limit, 100, 5_000),
      },
      filter,
    );
    return rows.map(row => ({
      at: instant(row.at),
      service: row.service,
      level: levelOf(row.severity),
      body: row.body,
      attributes: row.attributes,
      ...(row.traceId === '' ? {} : { traceId: row.traceId }),
      ...(row.spanId === '' ? {} : { spanId: row.spanId }),
    }));
  }

  /** What kinds of lines there are: templates, counted by service and level, the most frequent first. */
  async patterns(window: Window, filter: PatternFilter = {}): Promise<LogPattern[]> {
    const [patterns] = await this.compare([window], filter);
    return patterns!.slice(0, bounded(filter.limit, 100, 1_000));
  }

  /** Templates of several windows, mined together: one kind of line has one text in all of them. */
  async compare(windows: readonly Window[], filter: PatternFilter = {}): Promise<LogPattern[][]> {
    const miners = new Map<string, TemplateMiner>();
    const counted: Map<string, Counted>[] = [];
    for (const window of windows) {
      const groups = new Map<string, Counted>();
      for (const row of await this.#bodies(window, filter)) {
        // Services speak for themselves: a template of one is none of another.
        let miner = miners.get(row.service);
        if (miner === undefined) {
          miner = new TemplateMiner();
          miners.set(row.service, miner);
        }
        const template = miner.add(row.body, row.count);
        const level = levelOf(row.severity);
        const key = `${row.service}\u0000${level}\u0000${template.id}`;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, { ...row, template, level });
        else {
          group.count += row.count;
          group.first = Math.min(group.first, row.first);
          group.last = Math.max(group.last, row.last);
          group.traceId ||= row.traceId;
        }
      }
      counted.push(groups);
    }
    return counted.map(groups =>
      [...groups.values()]
        .sort((a, b) => b.count - a.count || a.first - b.first)
        .map(group => ({
          pattern: templateText(group.template),
          service: group.service,
          level: group.level,
          count: group.count,
          firstSeen: instant(group.first),
          lastSeen: instant(group.last),
          example: group.body,
          ...(group.traceId === '' ? {} : { exampleTraceId: group.traceId }),
        })),
    );
  }

  /** Bodies that are the same are counted by the engine; an error's own message belongs to what was said. */
  #bodies(window: Window, filter: PatternFilter): Promise<BodyRow[]> {
    const { service, minSeverity } = filter;
    const params: Params = {
      ...bounds(window),
      ...(service === undefined ? {} : { service }),
      ...(minSeverity === undefined ? {} : { severity: leastSeverity(minSeverity) }),
      most: mostBodies,
    };
    return this.#store.query<BodyRow>(
      `SELECT ServiceName AS service, if(SeverityNumber = 0, 0, intDiv(SeverityNumber - 1, 4) * 4 + 1) AS severity,
         concat(substringUTF8(Body, 1, 2000),
           if(LogAttributes['exception.message'] = '', '',
             concat(': ', substringUTF8(LogAttributes['exception.message'], 1, 500)))) AS body,
         count() AS count, toUnixTimestamp64Milli(min(Timestamp)) AS first,
         toUnixTimestamp64Milli(max(Timestamp)) AS last, anyIf(TraceId, TraceId != '') AS traceId
       FROM otel_logs
       WHERE ${within}
         ${service === undefined ? '' : 'AND ServiceName = {service:String}'}
         ${minSeverity === undefined ? '' : 'AND SeverityNumber >= {severity:UInt8}'}
       GROUP BY service, severity, body ORDER BY count DESC, cityHash64(body) LIMIT {most:UInt32}`,
      params,
      filter,
    );
  }
}

interface BodyRow {
  service: string;
  severity: number;
  body: string;
  count: number;
  first: number;
  last: number;
  traceId: string;
}

interface Counted extends BodyRow {
  template: Template;
  level: string;
}

const within = `Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to:Int64})
  AND TimestampTime >= toDateTime(intDiv({from:Int64}, 1000)) AND TimestampTime <= toDateTime(intDiv({to:Int64}, 1000) + 1)`;

function leastSeverity(level: LogLevelName): number {
  return logLevels.indexOf(level) * 4 + 1;
}

function bounds({ from, to }: Window): { from: number; to: number } {
  return { from: epochMs(from), to: epochMs(to) };
}

function bounded(limit: number | undefined, usual: number, most: number): number {
  return Math.max(1, Math.min(Math.floor(limit ?? usual), most));
}
