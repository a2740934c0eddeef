/** A place in a query: `offset` and `end` are UTF-16 indexes, `line` and `column` count from 1. */
export interface Position {
  readonly offset: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/** What went wrong: the query is not PromQL, its evaluation failed, it asked for too much, or it was cancelled. */
export type PromqlErrorKind = 'parse' | 'execution' | 'limit' | 'canceled';

/**
 * The one error of this engine. A parse error's message reads as Prometheus's does:
 * `1:5: parse error: unexpected identifier "bar"`.
 */
export class PromqlError extends Error {
  readonly kind: PromqlErrorKind;
  readonly position: Position | undefined;

  constructor(kind: PromqlErrorKind, message: string, position?: Position) {
    super(
      kind === 'parse' && position ? `${position.line}:${position.column}: parse error: ${message}` : message,
    );
    this.name = 'PromqlError';
    this.kind = kind;
    this.position = position;
  }
}

/** An evaluation that can't go on (many-to-many matches, duplicate label sets, a NaN parameter). */
export function failed(message: string, position?: Position): PromqlError {
  return new PromqlError('execution', message, position);
}
