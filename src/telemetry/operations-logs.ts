import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { operationsOf } from '../kernel/index.ts';
import { LogPattern, type PatternFilter } from './log-patterns.ts';
import { parseLogQuery } from './log-query/parser.ts';
import { type LogQuery, queryBounds } from './log-query/query.ts';
import { type LogFilter, LogRecord, logLevels } from './log-record.ts';
import { LogSurge } from './log-surge.ts';
import { contextText, histogramText, logsText, patternsText, surgeText } from './log-text.ts';
import { LogContext, LogHistogram } from './logs.ts';
import type { Telemetry } from './telemetry.ts';
import { windowInput, windowOf } from './window.ts';

const operation = operationsOf<{ telemetry: Telemetry; services: KnownServices }>();
const ServiceName = z
  .string()
  .min(1)
  .max(255)
  .describe('The service as its telemetry names it (service.name)');

const filterInput = {
  query: z
    .string()
    .max(queryBounds.characters)
    .optional()
    .describe('The log query, as \'level:error "pool exhausted" http.status_code>=500 -healthz\''),
  service: ServiceName.optional(),
  level: z.enum(logLevels).optional().describe('This level and those above'),
};

/** Which records an input asks for. Throws `invalid` for a query that can't be read. */
function filterOf(input: {
  query?: string | undefined;
  service?: string | undefined;
  level?: (typeof logLevels)[number] | undefined;
}): LogFilter {
  const { query, service, level } = input;
  return {
    ...(query === undefined ? {} : { query: parseLogQuery(query) }),
    ...(service === undefined ? {} : { service }),
    ...(level === undefined ? {} : { level }),
  };
}

function patternFilterOf(input: Parameters<typeof filterOf>[0]): PatternFilter {
  const { level, ...filter } = filterOf(input);
  return { ...filter, ...(level === undefined ? {} : { minSeverity: level }) };
}

/** The one service that an input asks for, by its field or in its query. */
function serviceAsked({ service, query }: LogFilter): string | undefined {
  return service ?? (query === undefined ? undefined : serviceIn(query));
}

function serviceIn(query: LogQuery): string | undefined {
  if (query.kind === 'and') return query.parts.map(serviceIn).find(name => name !== undefined);
  return query.kind === 'test' && query.field.of === 'service' && query.test.is === 'equal'
    ? query.test.value
    : undefined;
}

const search = operation({
  name: 'logs.search',
  summary: 'Find log records by a query, newest first.',
  description:
    'The query takes words, "phrases", fields (service:payments), levels (level>=warn), numbers (http.status_code>=500), ' +
    'regular expressions (body~/time.*out/), AND, OR, NOT and parentheses. docs/guide/logs.md has it all.',
  effect: 'read',
  route: 'GET /logs',
  args: ['query'],
  input: z.object({
    ...filterInput,
    text: z.string().max(1000).optional().describe('Part of the body or of an attribute, in any case'),
    ...windowInput,
    traceId: z.string().max(64).optional().describe('Only records of this trace'),
    limit: z.int().min(1).max(5000).default(100).describe('At most so many'),
  }),
  output: z.object({ logs: z.array(LogRecord) }),
  run: async (
    { text, traceId, limit, query, service, level, ...input },
    { telemetry, services, now, signal },
  ) => {
    const window = windowOf(input, now());
    const filter = filterOf({ query, service, level });
    const logs = await telemetry.logs.search(window, {
      ...filter,
      ...(text === undefined ? {} : { text }),
      ...(traceId === undefined ? {} : { traceId }),
      limit,
      signal,
    });
    if (logs.length === 0) await services.expect(serviceAsked(filter), window);
    return { logs };
  },
  render: ({ logs }) => logsText(logs),
  examples: [
    'nines logs search \'level:error service:payments "pool exhausted"\'',
    "nines logs search 'http.status_code>=500 -healthz' --last 1h",
  ],
});

const histogram = operation({
  name: 'logs.histogram',
  summary: 'Count log records over time, by level.',
  effect: 'read',
  route: 'GET /logs/histogram',
  args: ['query'],
  input: z.object({
    ...filterInput,
    ...windowInput,
    buckets: z
      .int()
      .min(1)
      .max(500)
      .default(60)
      .describe('At most about so many; their width is a round time'),
  }),
  output: LogHistogram,
  run: async ({ query, service, level, buckets, ...input }, { telemetry, services, now, signal }) => {
    const window = windowOf(input, now());
    const filter = filterOf({ query, service, level });
    const found = await telemetry.logs.histogram(window, { ...filter, buckets, signal });
    if (found.buckets.every(({ count }) => count === 0)) await services.expect(serviceAsked(filter), window);
    return found;
  },
  render: histogramText,
  examples: ['nines logs histogram level:error --last 6h --buckets 20'],
});

const context = operation({
  name: 'logs.context',
  summary: 'Show the lines around a log record, of the same service and instance.',
  effect: 'read',
  route: 'GET /logs/context',
  args: ['id'],
  input: z.object({
    id: z.string().min(1).max(1000).describe('The record, as logs.search gives its id'),
    before: z.int().min(0).max(500).default(10).describe('So many lines before it'),
    after: z.int().min(0).max(500).default(10).describe('So many lines after it'),
  }),
  output: LogContext,
  run: ({ id, before, after }, { telemetry, signal }) =>
    telemetry.logs.context(id, { before, after, signal }),
  render: contextText,
  examples: ['nines logs context 1769482805004000000-9A3F00D1C2B45E67-payments --before 20'],
});

const patterns = operation({
  name: 'logs.patterns',
  summary: 'Show what kinds of log lines there are, and how often each comes.',
  effect: 'read',
  route: 'GET /logs/patterns',
  input: z.object({
    ...filterInput,
    ...windowInput,
    limit: z.int().min(1).max(1000).default(50).describe('At most so many, the most frequent first'),
  }),
  output: z.object({ patterns: z.array(LogPattern) }),
  run: async ({ query, service, level, limit, ...input }, { telemetry, services, now, signal }) => {
    const window = windowOf(input, now());
    const filter = patternFilterOf({ query, service, level });
    const patterns = await telemetry.logs.patterns(window, { ...filter, limit, signal });
    if (patterns.length === 0) await services.expect(serviceAsked(filter), window);
    return { patterns };
  },
  render: ({ patterns }) => patternsText(patterns),
  examples: ['nines logs patterns --service payments --level warn --last 1h'],
});

const surge = operation({
  name: 'logs.surge',
  summary: 'Show which kinds of log lines are new, surge or are gone against the time before.',
  description:
    'Rates are compared by an exact test that takes bursts into account; what could be chance is counted, not shown.',
  effect: 'read',
  route: 'GET /logs/surge',
  input: z.object({
    ...filterInput,
    ...windowInput,
    compared: z
      .int()
      .min(1)
      .max(50)
      .default(4)
      .describe('So many windows of the same length before are compared with'),
  }),
  output: LogSurge,
  run: async ({ query, service, level, compared, ...input }, { telemetry, services, now, signal }) => {
    const window = windowOf(input, now());
    const filter = patternFilterOf({ query, service, level });
    const found = await telemetry.logs.surge(window, { ...filter, compared, signal });
    if (found.looked === 0) await services.expect(serviceAsked(filter), window);
    return found;
  },
  render: surgeText,
  examples: ['nines logs surge --last 15m', 'nines logs surge --service payments --level warn --compared 10'],
});

export const logOperations = [search, histogram, context, patterns, surge] as const;
