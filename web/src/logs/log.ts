import type { InputOf, OutputOf } from '../api.ts';
import { type Range, rangeParams } from '../explore/range.ts';

export type LogRecord = OutputOf<'logs.search'>['logs'][number];
export type Level = NonNullable<InputOf<'logs.search'>['level']>;

/** From the worst to the least; what senders did not tell is `unknown`. */
export const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'] as const;

export const LEVEL_COLORS: Record<(typeof LEVELS)[number], string> = {
  fatal: 'grape.7',
  error: 'red.6',
  warn: 'orange.5',
  info: 'cyan.6',
  debug: 'gray.5',
  trace: 'gray.4',
  unknown: 'gray.6',
};

export function colorOf(level: string): string {
  return LEVEL_COLORS[(LEVELS as readonly string[]).includes(level) ? (level as 'info') : 'unknown'];
}

/** What is looked for, as the address holds it. */
export interface LogSearch {
  query: string;
  service: string;
  level: Level | '';
}

export const VIEWS = ['lines', 'live', 'surge', 'patterns'] as const;
export type View = (typeof VIEWS)[number];

export function searchOf(params: URLSearchParams): LogSearch {
  const level = params.get('level') ?? '';
  return {
    query: params.get('query') ?? '',
    service: params.get('service') ?? '',
    level: level !== 'unknown' && (LEVELS as readonly string[]).includes(level) ? (level as Level) : '',
  };
}

/** Only what is not empty: of the operations' inputs, and of the address. */
export function filterOf({ query, service, level }: LogSearch): {
  query?: string;
  service?: string;
  level?: Level;
} {
  return {
    ...(query.trim() === '' ? {} : { query: query.trim() }),
    ...(service === '' ? {} : { service }),
    ...(level === '' ? {} : { level }),
  };
}

/** An address of the explore page. */
export function logsAddress(search: Partial<LogSearch>, range: Range): string {
  return `/explore/logs?${new URLSearchParams({
    ...rangeParams(range),
    ...filterOf({ query: '', service: '', level: '', ...search }),
  })}`;
}

/** A query that also asks for this value of a field, or for all others. */
export function narrowed(query: string, field: string, value: string, without = false): string {
  const name = /^[\p{L}_][\p{L}\p{N}_.\-/@$]*$/u.test(field) ? field : quoted(field);
  return `${query} ${without ? '-' : ''}${name}:${quoted(value)}`.trim();
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** What finds the lines of a kind: the longest text of its pattern between two places that vary. */
export function phraseOf(pattern: string): string | undefined {
  const longest = pattern
    .split(/\S*<[^<>\s]*>\S*/)
    .map(part => part.trim())
    .reduce((a, b) => (b.length > a.length ? b : a), '');
  return longest.length < 3 ? undefined : quoted(longest);
}
