import type { LogRecord } from './otlp/message.ts';

/** The first number of each range: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const severities: readonly (readonly [pattern: RegExp, number: number])[] = [
  [/^trace/i, 1],
  [/^debug/i, 5],
  [/^info/i, 9],
  [/^(warn|warning)/i, 13],
  [/^(err|error)/i, 17],
  [/^(fatal|crit|critical|emerg|alert|panic)/i, 21],
];

/** A record's number, from its text where it has none; 0 when it does not tell. */
export function severityOfRecord(record: Pick<LogRecord, 'severityNumber' | 'severityText'>): number {
  const { severityNumber, severityText } = record;
  if (severityNumber >= 1 && severityNumber <= 24) return severityNumber;
  return severities.find(([pattern]) => pattern.test(severityText))?.[1] ?? 0;
}

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | '';

/** The level of a severity number: 1 to 4 trace, 5 to 8 debug, and so on; empty when unknown. */
export function levelOf(severityNumber: number): Level {
  if (severityNumber < 1 || severityNumber > 24) return '';
  return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[
    Math.floor((severityNumber - 1) / 4)
  ]!;
}
