import { z } from 'zod';
import { Instant, instant } from '../kernel/index.ts';
import { type LogLevelName, logsWhere } from './log-record.ts';
import { levelOf } from './log-severity.ts';
import { type Template, TemplateMiner, templateText } from './log-template.ts';
import type { AskOptions, Window } from './metrics.ts';
import type { Store } from './store.ts';

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

export interface PatternFilter extends AskOptions {
  service?: string;
  minSeverity?: LogLevelName;
  /** Those that come most often. Default 100, at most 1,000. */
  limit?: number;
}

/** Distinct bodies of a window that templates are made of: the most frequent, then a random choice of the others. */
const mostBodies = 20_000;

/** Templates of several windows, mined together: one kind of line has one text in all of them. */
export async function comparedPatterns(
  store: Store,
  windows: readonly Window[],
  filter: PatternFilter,
): Promise<LogPattern[][]> {
  const miners = new Map<string, TemplateMiner>();
  const counted: Map<string, Counted>[] = [];
  for (const window of windows) {
    const groups = new Map<string, Counted>();
    for (const row of await bodies(store, window, filter)) {
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
function bodies(store: Store, window: Window, filter: PatternFilter): Promise<BodyRow[]> {
  const { service, minSeverity } = filter;
  const { sql, params } = logsWhere(window, {
    ...(service === undefined ? {} : { service }),
    ...(minSeverity === undefined ? {} : { level: minSeverity }),
  });
  return store.query<BodyRow>(
    `SELECT ServiceName AS service, if(SeverityNumber = 0, 0, intDiv(SeverityNumber - 1, 4) * 4 + 1) AS severity,
       concat(substringUTF8(Body, 1, 2000),
         if(LogAttributes['exception.message'] = '', '',
           concat(': ', substringUTF8(LogAttributes['exception.message'], 1, 500)))) AS body,
       count() AS count, toUnixTimestamp64Milli(min(Timestamp)) AS first,
       toUnixTimestamp64Milli(max(Timestamp)) AS last, anyIf(TraceId, TraceId != '') AS traceId
     FROM otel_logs
     WHERE ${sql}
     GROUP BY service, severity, body ORDER BY count DESC, cityHash64(body) LIMIT {most:UInt32}`,
    { ...params, most: mostBodies },
    filter,
  );
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
