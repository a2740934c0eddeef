import pino from 'pino';
import { redact, redactText } from './redaction.ts';

/** Where the process tells what it does; the fields go beside the message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

/** The least serious level that is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Structured JSON on standard error, one line a record, with secrets taken out. */
export function createLog(level: LogLevel = 'info', write?: (line: string) => void): Log {
  return pino(
    {
      level,
      base: { service: 'nines' },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: label => ({ level: label }),
        log: fields => redact(fields) as Record<string, unknown>,
      },
      serializers: { error: describeError },
    },
    write === undefined ? pino.destination({ dest: 2, sync: true }) : { write },
  );
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return {
    name: error.name,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined
      ? {}
      : { cause: redactText(error.cause instanceof Error ? error.cause.message : String(error.cause)) }),
  };
}
