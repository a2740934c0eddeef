import { formatDuration, timeOfDay } from '../kernel/index.ts';
import type { LogPattern } from './log-patterns.ts';
import type { LogRecord } from './log-record.ts';
import type { ChangedPattern, LogSurge } from './log-surge.ts';
import type { LogContext, LogHistogram } from './logs.ts';
import { cut, table } from './text.ts';

const columns = 80;
/** `03:00:05 error `: what follows is indented by it. */
const indent = 15;
const bodyLines = 4;
const attributeLines = 2;
/** Records of a list in a terminal; more are counted. */
const mostRecords = 50;

const escapes =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  /[\u001b\u009b](?:\[[0-?]*[ -/]*[@-~]?|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[()#][0-9A-Za-z]|[@-Z\\-_=>])?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
const controls = /[\u0000-\u001f\u007f-\u009f]+/g;
/** Marks that turn the direction of what follows, by which text can be made to read otherwise than it is. */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A system's own words on one line that cannot steer a terminal. */
export function shown(text: string): string {
  return text.replace(escapes, '').replace(controls, ' ').replace(directions, '').replace(/\s+/g, ' ').trim();
}

/** A record in lines of 80 columns: time, level, service and body, then attributes, then where its trace is shown. */
export function recordLines(record: LogRecord, options: { trace?: boolean; width?: number } = {}): string[] {
  const { at, service, level, body, attributes, traceId } = record;
  const head = `${timeOfDay(at, 'second')} ${(level || '–').padEnd(5)} `;
  const details = Object.entries(attributes)
    .map(([key, value]) => `${shown(key)}=${cut(shown(value), 60)}`)
    .join(' ');
  const room = (options.width ?? columns) - indent;
  return [
    ...folded(`${shown(service)}: ${shown(body)}`, room, bodyLines).map((line, index) =>
      index === 0 ? `${head}${line}` : `${' '.repeat(indent)}${line}`,
    ),
    ...folded(details, room, attributeLines).map(line => `${' '.repeat(indent)}${line}`),
    ...(traceId === undefined || options.trace === false
      ? []
      : [`${' '.repeat(indent)}trace: nines traces show ${shown(traceId)}`]),
  ];
}

export function logsText(logs: readonly LogRecord[]): string {
  if (logs.length === 0) return 'No log record agrees in this window.';
  const lines = logs
    .slice(0, mostRecords)
    .flatMap((record, index) => recordLines(record, { trace: record.traceId !== logs[index - 1]?.traceId }));
  return more(lines, logs.length - mostRecords, 'records');
}

export function contextText({ before, line, after }: LogContext): string {
  const plain = (record: LogRecord) =>
    recordLines(record, { trace: false, width: columns - 2 }).map(text => `  ${text}`);
  const [first, ...rest] = recordLines(line, { width: columns - 2 });
  return [
    ...before.flatMap(plain),
    `> ${first}`,
    ...rest.map(text => `  ${text}`),
    ...after.flatMap(plain),
  ].join('\n');
}

const barColumns = 32;

export function histogramText({ stepMs, buckets }: LogHistogram): string {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return 'No log record agrees in this window.';
  const most = Math.max(...buckets.map(({ count }) => count));
  const severe = ['fatal', 'error', 'warn'];
  const rows = buckets.map(({ at, count, byLevel }) => [
    stepMs >= 86_400_000
      ? at.slice(0, 10)
      : stepMs >= 3_600_000
        ? at.slice(5, 16).replace('T', ' ')
        : timeOfDay(at, 'second'),
    String(count),
    ...severe.map(level => String(byLevel[level] ?? 0)),
    (count === 0 ? '' : '▇'.repeat(Math.max(1, Math.round((count / most) * barColumns)))).padEnd(barColumns),
  ]);
  return [
    `${total} records, every ${formatDuration(stepMs)}`,
    table(['AT', 'RECORDS', 'FATAL', 'ERROR', 'WARN', ''], rows),
  ].join('\n');
}

export function patternsText(patterns: readonly LogPattern[]): string {
  if (patterns.length === 0) return 'No log record agrees in this window.';
  const lines = patterns
    .slice(0, mostRecords)
    .flatMap(({ count, level, service, pattern }) =>
      folded(`${shown(service)}: ${shown(pattern)}`, columns - indent, 3).map((line, index) =>
        index === 0
          ? `${String(count).padStart(8)} ${(level || '–').padEnd(5)} ${line}`
          : `${' '.repeat(indent)}${line}`,
      ),
    );
  return more(lines, patterns.length - mostRecords, 'patterns');
}

export function surgeText({ from, to, patterns, looked, unsure, notes }: LogSurge): string {
  const head = `${timeOfDay(from, 'second')} to ${timeOfDay(to, 'second')} UTC: ${looked} kinds of lines compared with the time before.`;
  const lines = patterns
    .slice(0, mostRecords)
    .flatMap(one => [
      ...folded(
        `${one.state.padEnd(8)}${(one.level || '–').padEnd(6)}${shown(one.service)}: ${shown(one.pattern)}`,
        columns,
        2,
      ),
      `  ${changeText(one)}`,
      ...folded(`e.g. ${shown(one.example)}`, columns - 2, 1).map(text => `  ${text}`),
      ...(one.exampleTraceId === undefined
        ? []
        : [`  trace: nines traces show ${shown(one.exampleTraceId)}`]),
    ]);
  return [
    head,
    ...(patterns.length === 0
      ? ['None is new, surges or is gone.']
      : [more(lines, patterns.length - mostRecords, 'kinds')]),
    ...(unsure === 0 ? [] : [`${unsure} more are new or gone, but too rare to tell it from chance.`]),
    ...notes.flatMap(note => folded(`Note: ${shown(note)}`, columns, 2)),
  ].join('\n');
}

function changeText({ before, after, ratio, ratioLow, ratioHigh, pValue }: ChangedPattern): string {
  const times = (value: number) => (value >= 10 ? String(Math.round(value)) : value.toPrecision(2));
  const bounds = `${times(ratioLow)} to ${ratioHigh === undefined ? '∞' : times(ratioHigh)}`;
  const chance = pValue < 0.0001 ? 'p < 0.0001' : `p = ${pValue.toPrecision(2)}`;
  return `${before} before, ${after} now; ${ratio === undefined ? '' : `${times(ratio)} times the rate, `}95 %: ${bounds} times; ${chance}`;
}

export function more(lines: readonly string[], left: number, what: string): string {
  return [...lines, ...(left > 0 ? [`… and ${left} more ${what}; --json gives all.`] : [])].join('\n');
}

/** Text in lines of a width, broken at spaces where there are some; what is beyond `most` lines is left out with `…`. */
export function folded(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '') {
    if (lines.length === most) {
      lines[most - 1] = `${lines[most - 1]!.slice(0, width - 1)}…`;
      break;
    }
    if (rest.length <= width) {
      lines.push(rest);
      break;
    }
    const space = rest.lastIndexOf(' ', width);
    const end = space > width / 3 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return lines;
}
