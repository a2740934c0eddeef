import { Fault, messageOf } from '../kernel/index.ts';
import type { Cluster } from './layout.ts';

/** Values that stand for `{name:Type}` in a statement. They never enter the SQL text. */
export type Params = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

export interface QueryOptions {
  signal?: AbortSignal;
  /** The engine gives up after this long. Default 30 s. */
  timeoutMs?: number;
  /** Most rows of an answer; more is a fault, never a silently shortened answer. Default 100,000. */
  maxRows?: number;
  /** Most memory that the engine may use for the statement. Default 1 GiB. */
  maxMemoryBytes?: number;
  /** Threads of the engine. Default: as many as it likes; 1 where several statements of one question run at a time. */
  threads?: number;
  /** How `bytes` answers: rows of fixed-width columns (the default), or ClickHouse's blocks of columns. */
  format?: 'RowBinary' | 'Native';
}

export type InsertFormat = 'JSONCompactEachRow' | 'Native';

/**
 * ClickHouse, in this process (chDB) or by URL: one SQL dialect, one contract.
 *
 * Every method throws a Fault: `timeout`, `too_large` (rows or memory), `overloaded` (too many statements waiting),
 * `unavailable` (the engine cannot be reached or opened), `internal` (a statement that it does not take).
 */
export interface Store {
  readonly engine: 'chdb' | 'clickhouse';
  /** The servers are a cluster: how tables lie on it. */
  readonly cluster?: Cluster;
  /** Rows as objects. 64-bit integers come as numbers, NaN and infinities as null. */
  query<Row>(sql: string, params?: Params, options?: QueryOptions): Promise<Row[]>;
  /** The answer in one of ClickHouse's binary formats, RowBinary unless `format` says otherwise; little-endian. */
  bytes(sql: string, params?: Params, options?: QueryOptions): Promise<Uint8Array>;
  /**
   * Stores rows: one JSON array a line (JSONCompactEachRow, the default), or blocks of ClickHouse's Native format, which
   * cost the engine a half or less. Resolves once they are stored.
   */
  insert(table: string, columns: readonly string[], rows: Uint8Array, format?: InsertFormat): Promise<void>;
  /** A statement without an answer: DDL, ALTER, SYSTEM. */
  exec(sql: string, params?: Params, options?: QueryOptions): Promise<void>;
  close(): Promise<void>;
}

/** Bounds of a statement as ClickHouse settings. */
export function querySettings(options: QueryOptions = {}): Record<string, number | string> {
  return {
    max_execution_time: (options.timeoutMs ?? 30_000) / 1000,
    max_result_rows: options.maxRows ?? 100_000,
    result_overflow_mode: 'throw',
    max_memory_usage: options.maxMemoryBytes ?? 1024 ** 3,
    output_format_json_quote_64bit_integers: 0,
    ...(options.threads === undefined ? {} : { max_threads: options.threads }),
  };
}

/** Settings of an insert: a batch may hold late points of many partitions. */
export const insertSettings: Readonly<Record<string, number>> = {
  max_partitions_per_insert_block: 0,
  input_format_parallel_parsing: 1,
  async_insert: 0,
};

/** Error codes: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
const codes: Readonly<Record<number, 'timeout' | 'too_large' | 'unavailable'>> = {
  158: 'too_large', // TOO_MANY_ROWS
  159: 'timeout', // TIMEOUT_EXCEEDED
  160: 'timeout', // TOO_SLOW
  241: 'too_large', // MEMORY_LIMIT_EXCEEDED
  307: 'too_large', // TOO_MANY_BYTES
  396: 'too_large', // TOO_MANY_ROWS_OR_BYTES
  202: 'unavailable', // TOO_MANY_SIMULTANEOUS_QUERIES
  209: 'unavailable', // SOCKET_TIMEOUT
  210: 'unavailable', // NETWORK_ERROR
  243: 'unavailable', // NOT_ENOUGH_SPACE
  252: 'unavailable', // TOO_MANY_PARTS
};

/** Whatever an engine threw, as a fault that says what to do. */
export function storeFault(thrown: unknown, code: number | undefined): Fault {
  if (thrown instanceof Fault) return thrown;
  const name = thrown instanceof Error ? thrown.name : '';
  if (/abort/i.test(name)) return new Fault('cancelled', 'The query was cancelled.', { cause: thrown });
  const text = messageOf(thrown).replace(/\s+/g, ' ').slice(0, 400);
  const kind = /timeout/i.test(name) ? 'timeout' : code === undefined ? undefined : codes[code];
  switch (kind) {
    case 'timeout':
      return new Fault('timeout', 'The telemetry query took longer than it may.', {
        hint: 'Ask for a shorter window or fewer series.',
        cause: thrown,
      });
    case 'too_large':
      return new Fault('too_large', `The telemetry query asks for more than it may: ${text}`, {
        hint: 'Ask for a shorter window, fewer series or a smaller limit.',
        cause: thrown,
      });
    case 'unavailable':
      return new Fault('unavailable', `The telemetry store does not take the statement now: ${text}`, {
        retryAfterSeconds: 5,
        cause: thrown,
      });
    default:
      return new Fault('internal', `The telemetry store refused a statement: ${text}`, { cause: thrown });
  }
}
