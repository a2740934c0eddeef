import { z } from 'zod';
import { operationsOf } from '../kernel/index.ts';
import { LogPattern, LogRecord, logLevels } from './logs.ts';
import { logsText, patternsText } from './render.ts';
import type { Telemetry } from './telemetry.ts';
import { windowInput, windowOf } from './window.ts';

const operation = operationsOf<{ telemetry: Telemetry }>();
const ServiceName = z
  .string()
  .min(1)
  .max(255)
  .describe('The service as its telemetry names it (service.name)');

const search = operation({
  name: 'logs.search',
  summary: 'Find log records by service, text, level or trace, newest first.',
  effect: 'read',
  route: 'GET /logs',
  args: ['text'],
  input: z.object({
    text: z.string().max(1000).optional().describe('Part of the body or of an attribute, in any case'),
    ...windowInput,
    service: ServiceName.optional(),
    level: z.enum(logLevels).optional().describe('This level and those above'),
    traceId: z.string().max(64).optional().describe('Only records of this trace'),
    limit: z.int().min(1).max(5000).default(100).describe('At most so many'),
  }),
  output: z.object({ logs: z.array(LogRecord) }),
  run: async ({ text, service, level, traceId, limit, ...window }, { telemetry, now, signal }) => ({
    logs: await telemetry.logs.search(windowOf(window, now()), {
      ...(text === undefined ? {} : { text }),
      ...(service === undefined ? {} : { service }),
      ...(level === undefined ? {} : { level }),
      ...(traceId === undefined ? {} : { traceId }),
      limit,
      signal,
    }),
  }),
  render: ({ logs }) => logsText(logs),
  examples: ["nines logs search 'checkout failed' --service payments --level error"],
});

const patterns = operation({
  name: 'logs.patterns',
  summary: 'Show what kinds of log lines there are, and how often each comes.',
  effect: 'read',
  route: 'GET /logs/patterns',
  input: z.object({
    ...windowInput,
    service: ServiceName.optional(),
    level: z.enum(logLevels).optional().describe('This level and those above'),
    limit: z.int().min(1).max(1000).default(50).describe('At most so many, the most frequent first'),
  }),
  output: z.object({ patterns: z.array(LogPattern) }),
  run: async ({ service, level, limit, ...window }, { telemetry, now, signal }) => ({
    patterns: await telemetry.logs.patterns(windowOf(window, now()), {
      ...(service === undefined ? {} : { service }),
      ...(level === undefined ? {} : { minSeverity: level }),
      limit,
      signal,
    }),
  }),
  render: ({ patterns }) => patternsText(patterns),
  examples: ['nines logs patterns --service payments --level warn --last 1h'],
});

export const logOperations = [search, patterns] as const;
