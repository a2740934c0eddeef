import { type TimeBounds, timeProblem, timeSentence } from './metric-translator.ts';
import { attributesJson, valueText } from './otlp/attribute.ts';
import type { ExportLogs, LogRecord } from './otlp/message.ts';
import { Rejections } from './sample-rows.ts';
import { serviceOf } from './span-rows.ts';

export interface LogRows {
  lines: string;
  count: number;
  rejected: Rejections;
}

/** OTLP log records as rows of otel_logs, in the order of its columns. `nowMs` is for records that carry no time. */
export function logRows(request: ExportLogs, bounds: TimeBounds, nowMs: number): LogRows {
  const rejected = new Rejections();
  let lines = '';
  let count = 0;
  for (const { resource, scopeLogs, schemaUrl } of request.resourceLogs) {
    const service = JSON.stringify(serviceOf(resource).name);
    const resourceText = `${JSON.stringify(schemaUrl)},${attributesJson(resource?.attributes ?? [])}`;
    for (const { scope, logRecords, schemaUrl } of scopeLogs) {
      const tail =
        `${resourceText},${JSON.stringify(schemaUrl)},${JSON.stringify(scope?.name ?? '')},` +
        `${JSON.stringify(scope?.version ?? '')},${attributesJson(scope?.attributes ?? [])}`;
      for (const record of logRecords) {
        const nanos = record.timeUnixNano || record.observedTimeUnixNano || BigInt(nowMs) * 1_000_000n;
        const problem = timeProblem(Number(nanos / 1_000_000n), bounds);
        if (problem !== undefined) rejected.add(problem, 1, timeSentence(problem, 'a log'));
        else {
          lines +=
            `[${nanos},"${record.traceId}","${record.spanId}",${record.flags & 0xff},` +
            `${JSON.stringify(severityText(record))},${severityNumber(record)},${service},` +
            `${JSON.stringify(valueText(record.body))},${tail},${logAttributes(record)}]\n`;
          count += 1;
        }
      }
    }
  }
  return { lines, count, rejected };
}

/** The name of an event is an attribute in the collector's table, too. */
function logAttributes(record: LogRecord): string {
  return attributesJson(
    record.eventName === ''
      ? record.attributes
      : [...record.attributes, { key: 'event.name', value: { stringValue: record.eventName } }],
  );
}

/** The first number of each range: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const severities: readonly (readonly [pattern: RegExp, number: number])[] = [
  [/^trace/i, 1],
  [/^debug/i, 5],
  [/^info/i, 9],
  [/^(warn|warning)/i, 13],
  [/^(err|error)/i, 17],
  [/^(fatal|crit|critical|emerg|alert|panic)/i, 21],
];

function severityNumber({ severityNumber, severityText }: LogRecord): number {
  if (severityNumber >= 1 && severityNumber <= 24) return severityNumber;
  return severities.find(([pattern]) => pattern.test(severityText))?.[1] ?? 0;
}

function severityText(record: LogRecord): string {
  return record.severityText === '' ? levelOf(record.severityNumber).toUpperCase() : record.severityText;
}

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | '';

/** The level of a severity number: 1 to 4 trace, 5 to 8 debug, and so on; empty when unknown. */
export function levelOf(severityNumber: number): Level {
  if (severityNumber < 1 || severityNumber > 24) return '';
  return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[
    Math.floor((severityNumber - 1) / 4)
  ]!;
}
