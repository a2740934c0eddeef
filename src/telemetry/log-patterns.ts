import { z } from 'zod';
import { Instant, instant } from '../kernel/index.ts';
import { type LogFilter, type LogLevelName, logsWhere } from './log-record.ts';
import { levelOf } from './log-severity.ts';
import { current, type KeptTemplate, TemplateMiner, templateText } from './log-template.ts';
import type { TemplateRow } from './log-templates.ts';
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

export interface PatternFilter extends AskOptions, Pick<LogFilter, 'service' | 'query'> {
  minSeverity?: LogLevelName;
  /** Those that come most often. Default 100, at most 1,000. */
  limit?: number;
}

/** A pattern in one window. */
export interface CountedPattern {
  pattern: string;
  service: string;
  level: string;
  count: number;
  first: number;
  last: number;
  /** How many records each slice of the window has. */
  slices: number[];
  /** What leads to an example: a template's number, or the text itself. */
  found: { template: string } | { body: string; traceId: string };
}

/** Distinct bodies of a window that are mined when somebody asks: the most frequent, then a choice of the others. */
const mostBodies = 20_000;
/** Templates of a window, by service and level. */
const mostGroups = 100_000;
/** Records that are read to find examples with a trace, of the patterns that come least often. */
const mostRead = 50_000;
/** Templates that a server knows again when it starts. */
const mostKept = 50_000;

const levelSql = 'if(SeverityNumber = 0, 0, intDiv(SeverityNumber - 1, 4) * 4 + 1)';
/** What a record says; an error's own message belongs to it. */
const bodySql = `concat(substringUTF8(Body, 1, 2000), if(LogAttributes['exception.message'] = '', '',
  concat(': ', substringUTF8(LogAttributes['exception.message'], 1, 500))))`;
const foundSql = `count() AS count, toUnixTimestamp64Milli(min(Timestamp)) AS first,
  toUnixTimestamp64Milli(max(Timestamp)) AS last`;

/** Templates of several windows under the same texts, the most frequent first. Slices are told apart for `logs.surge`. */
export async function countedPatterns(
  store: Store,
  windows: readonly Window[],
  filter: PatternFilter,
  slices = 1,
): Promise<CountedPattern[][]> {
  const texts = new TemplateTexts(await knownTemplates(store, filter));
  const all: Open[][] = [];
  for (const window of windows) {
    const groups: Open[] = [];
    for (const row of await templateRows(store, window, filter, slices))
      groups.push(opened(texts.textOf(row.service, row.template), row, slices, { template: row.template }));
    for (const { body, traceId, ...row } of await bodyRows(store, window, filter, slices))
      groups.push(opened(texts.textOfBody(row.service, body, row.count), row, slices, { body, traceId }));
    all.push(groups);
  }
  // A text may have become more general while later lines were read: only now are they final.
  return all.map(joined);
}

/** Templates of several windows as they are shown, with an example each. */
export async function comparedPatterns(
  store: Store,
  windows: readonly Window[],
  filter: PatternFilter,
): Promise<LogPattern[][]> {
  const most = Math.min(filter.limit ?? 1_000, 1_000);
  const counted = await countedPatterns(store, windows, filter);
  return Promise.all(
    counted.map((patterns, index) => withExamples(store, windows[index]!, filter, patterns.slice(0, most))),
  );
}

/** Looks an example up for each pattern, where there are not too many lines one that belongs to a trace. */
export async function withExamples(
  store: Store,
  window: Window,
  filter: PatternFilter,
  patterns: readonly CountedPattern[],
): Promise<LogPattern[]> {
  const rare: number[] = [];
  const frequent: number[] = [];
  let read = 0;
  for (const { found, count } of patterns.toSorted((a, b) => a.count - b.count)) {
    if (!('template' in found)) continue;
    read += count;
    (read <= mostRead ? rare : frequent).push(Number(found.template));
  }
  const examples = new Map<string, { body: string; traceId: string }>();
  const { sql, params } = where(window, filter);
  for (const [templates, order] of [
    [rare, "ORDER BY TraceId = ''"],
    // Without an order the engine stops at the first line of each.
    [frequent, ''],
  ] as const) {
    if (templates.length === 0) continue;
    const rows = await store.query<{ service: string; template: string; body: string; traceId: string }>(
      `SELECT ServiceName AS service, toString(NinesTemplate) AS template, ${bodySql} AS body, TraceId AS traceId
       FROM otel_logs WHERE ${sql} AND NinesTemplate IN {templates:Array(UInt64)}
       ${order} LIMIT 1 BY ServiceName, NinesTemplate LIMIT {most:UInt32}`,
      { ...params, templates, most: templates.length },
      filter,
    );
    for (const row of rows) examples.set(`${row.service}\0${row.template}`, row);
  }
  return patterns.map(({ pattern, service, level, count, first, last, found }) => {
    const example = 'template' in found ? examples.get(`${service}\0${found.template}`) : { ...found };
    return {
      pattern,
      service,
      level,
      count,
      firstSeen: instant(first),
      lastSeen: instant(last),
      example: example?.body ?? pattern,
      ...(example === undefined || example.traceId === '' ? {} : { exampleTraceId: example.traceId }),
    };
  });
}

/** The templates that were in use of late, for a server that starts. */
export async function keptTemplates(store: Store): Promise<TemplateRow[]> {
  return store.query<TemplateRow>(
    `SELECT service, id, into, tokens, seen FROM (
       SELECT service, id, argMax(t.into, t.seen) AS into, argMax(t.tokens, t.seen) AS tokens,
         toUnixTimestamp64Milli(max(t.seen)) AS seen
       FROM nines_log_templates AS t GROUP BY service, id)
     WHERE into = 0 ORDER BY seen DESC LIMIT {most:UInt32}`,
    { most: mostKept },
  );
}

interface GroupRow {
  service: string;
  severity: number;
  count: number;
  first: number;
  last: number;
  slice: number;
}

function where(window: Window, { service, minSeverity, query }: PatternFilter) {
  return logsWhere(window, {
    ...(service === undefined ? {} : { service }),
    ...(minSeverity === undefined ? {} : { level: minSeverity }),
    ...(query === undefined ? {} : { query }),
  });
}

const sliceSql = (slices: number) =>
  slices === 1
    ? '0 AS slice'
    : 'intDiv((toUnixTimestamp64Milli(Timestamp) - {from:Int64}) * {slices:Int64}, {to:Int64} - {from:Int64}) AS slice';

function templateRows(store: Store, window: Window, filter: PatternFilter, slices: number) {
  const { sql, params } = where(window, filter);
  return store.query<GroupRow & { template: string }>(
    `SELECT ServiceName AS service, ${levelSql} AS severity, toString(NinesTemplate) AS template,
       ${sliceSql(slices)}, ${foundSql}
     FROM otel_logs WHERE ${sql} AND NinesTemplate != 0
     GROUP BY service, severity, NinesTemplate, slice ORDER BY count DESC LIMIT {most:UInt32}`,
    { ...params, slices, most: mostGroups },
    filter,
  );
}

/** What was stored without a template, by its text: bodies that are the same are counted by the engine. */
function bodyRows(store: Store, window: Window, filter: PatternFilter, slices: number) {
  const { sql, params } = where(window, filter);
  return store.query<GroupRow & { body: string; traceId: string }>(
    `SELECT ServiceName AS service, ${levelSql} AS severity, ${bodySql} AS body, ${sliceSql(slices)}, ${foundSql},
       anyIf(TraceId, TraceId != '') AS traceId
     FROM otel_logs WHERE ${sql} AND NinesTemplate = 0
     GROUP BY service, severity, body, slice ORDER BY count DESC, cityHash64(body) LIMIT {most:UInt32}`,
    { ...params, slices, most: mostBodies },
    filter,
  );
}

/** As it is stored; its numbers are compared as text. */
type StoredTemplate = Pick<TemplateRow, 'service' | 'tokens'> & { id: string; into: string };

function knownTemplates(store: Store, { service, ...ask }: PatternFilter) {
  return store.query<StoredTemplate>(
    `SELECT service, toString(id) AS id, toString(argMax(t.into, t.seen)) AS into, argMax(t.tokens, t.seen) AS tokens
     FROM nines_log_templates AS t ${service === undefined ? '' : 'WHERE service = {service:String}'}
     GROUP BY service, id LIMIT {most:UInt32}`,
    { most: 2 * mostKept, ...(service === undefined ? {} : { service }) },
    { ...ask, maxRows: 2 * mostKept },
  );
}

/** A text that may still change. */
type Text = () => string;

/** The texts of templates: those that are kept, and those of lines that have none, mined on the spot. */
class TemplateTexts {
  readonly #kept = new Map<string, { into: string; text: string }>();
  readonly #miners = new Map<string, TemplateMiner>();
  readonly #templates: Map<string, KeptTemplate[]>;

  constructor(rows: readonly StoredTemplate[]) {
    for (const { service, id, into, tokens } of rows)
      this.#kept.set(`${service}\0${id}`, { into, text: templateText({ tokens: [...tokens] }) });
    this.#templates = Map.groupBy(
      rows.map(row => ({ ...row, id: Number(row.id), into: Number(row.into) })),
      row => row.service,
    );
  }

  textOf(service: string, template: string): Text {
    let found = this.#kept.get(`${service}\0${template}`);
    // What became part of another did so before it was written: no circle, but no trust either.
    for (let step = 0; step < 32 && found !== undefined && found.into !== '0'; step++)
      found = this.#kept.get(`${service}\0${found.into}`) ?? found;
    const text = found?.text ?? '<*>';
    return () => text;
  }

  textOfBody(service: string, body: string, count: number): Text {
    let miner = this.#miners.get(service);
    if (miner === undefined) {
      miner = new TemplateMiner({ maxTemplates: 5_000 });
      miner.restore(this.#templates.get(service) ?? []);
      this.#miners.set(service, miner);
    }
    const template = miner.add(body, count);
    return () => templateText(current(template));
  }
}

type Open = Omit<CountedPattern, 'pattern'> & { text: Text };

function opened(text: Text, row: GroupRow, slices: number, found: CountedPattern['found']): Open {
  const { service, severity, count, first, last, slice } = row;
  const counts = Array<number>(slices).fill(0);
  if (slice >= 0 && slice < slices) counts[slice] = count;
  return { text, service, level: levelOf(severity), count, first, last, slices: counts, found };
}

/** Groups of one text, service and level are one. */
function joined(groups: readonly Open[]): CountedPattern[] {
  const byText = new Map<string, CountedPattern>();
  for (const { text, ...rest } of groups) {
    const pattern = text();
    const key = `${rest.service}\0${rest.level}\0${pattern}`;
    const known = byText.get(key);
    if (known === undefined) {
      byText.set(key, { ...rest, pattern });
      continue;
    }
    known.count += rest.count;
    known.first = Math.min(known.first, rest.first);
    known.last = Math.max(known.last, rest.last);
    for (const [slice, count] of rest.slices.entries()) known.slices[slice]! += count;
  }
  return [...byText.values()].sort((a, b) => b.count - a.count || a.first - b.first);
}
