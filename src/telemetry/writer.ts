import { Fault, type Log } from '../kernel/index.ts';
import { columns, type Table } from './schema.ts';
import type { Store } from './store.ts';

/** Rows for one table, as lines of JSONCompactEachRow. */
export interface Rows {
  table: Table;
  lines: string;
  count: number;
}

export interface WriterOptions {
  store: Store;
  log: Log;
  budget: Budget;
  /** The longest that rows wait for company, in ms. */
  maxWaitMs: number;
  /** Rows that are stored at once without waiting longer. */
  maxRows: number;
  /** Rows to be stored before those of the batch, as the series of its samples. */
  before?: () => { rows: Rows; failed: () => void } | undefined;
  /** Told of every insert. */
  onStored?: (table: Table, rows: number, ms: number) => void;
}

/** What all writers may hold together. */
export class Budget {
  readonly #most: number;
  #used = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get used(): number {
    return this.#used;
  }

  /** Throws `overloaded` when the bytes do not fit beside what waits already. Returns the giving back. */
  take(bytes: number): () => void {
    if (this.#used + bytes > this.#most)
      throw new Fault('overloaded', 'Ingest holds as much as it may; the store is not keeping up.', {
        hint: 'Send again later.',
        retryAfterSeconds: 2,
      });
    this.#used += bytes;
    let held = true;
    return () => {
      if (held) this.#used -= bytes;
      held = false;
    };
  }
}

interface Batch {
  tables: Map<Table, { parts: string[]; count: number }>;
  rows: number;
  done: Promise<void>;
  settle: (error?: unknown) => void;
}

/**
 * Gathers the rows of many requests and stores them together; `add` resolves when its rows are stored, and rejects
 * when they could not be. One batch is being stored at a time, the next one fills meanwhile.
 */
export class Writer {
  readonly #options: WriterOptions;
  #batch: Batch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #storing: Promise<void> | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  async add(rows: readonly Rows[]): Promise<void> {
    const full = rows.filter(({ count }) => count > 0);
    if (full.length === 0) return;
    const bytes = full.reduce((sum, { lines }) => sum + lines.length, 0);
    const giveBack = this.#options.budget.take(bytes);
    this.#batch ??= newBatch();
    const batch = this.#batch;
    for (const { table, lines, count } of full) {
      let entry = batch.tables.get(table);
      if (entry === undefined) {
        entry = { parts: [], count: 0 };
        batch.tables.set(table, entry);
      }
      entry.parts.push(lines);
      entry.count += count;
      batch.rows += count;
    }
    if (batch.rows >= this.#options.maxRows) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#options.maxWaitMs);
    try {
      await batch.done;
    } finally {
      giveBack();
    }
  }

  /** Stores what waits, and returns when nothing does any more. */
  async drain(): Promise<void> {
    while (this.#batch !== undefined || this.#storing !== undefined) {
      this.#flush();
      await this.#storing?.catch(() => {});
    }
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#storing !== undefined || this.#batch === undefined) return;
    const batch = this.#batch;
    this.#batch = undefined;
    this.#storing = this.#store(batch)
      .then(
        () => batch.settle(),
        error => batch.settle(error),
      )
      .finally(() => {
        this.#storing = undefined;
        // What came meanwhile has waited long enough.
        if (this.#batch !== undefined) this.#flush();
      });
  }

  async #store(batch: Batch): Promise<void> {
    const { before, log } = this.#options;
    const first = before?.();
    try {
      if (first !== undefined) await this.#insert(first.rows.table, [first.rows.lines], first.rows.count);
    } catch (error) {
      first?.failed();
      throw refused(error, log);
    }
    try {
      for (const [table, { parts, count }] of batch.tables) await this.#insert(table, parts, count);
    } catch (error) {
      throw refused(error, log);
    }
  }

  async #insert(table: Table, parts: string[], count: number): Promise<void> {
    const started = performance.now();
    await this.#options.store.insert(table, columns[table], Buffer.from(parts.join('')));
    this.#options.onStored?.(table, count, performance.now() - started);
  }
}

function newBatch(): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Every request of the batch awaits it; without one, a rejection must not end the process.
  promise.catch(() => {});
  return {
    tables: new Map(),
    rows: 0,
    done: promise,
    settle: error => (error === undefined ? resolve() : reject(error)),
  };
}

/** The sender keeps its data and sends it again: that is what OTLP's 503 means. */
function refused(error: unknown, log: Log): Fault {
  log.error({ error }, 'telemetry could not be stored; its senders are told to send it again');
  return new Fault('unavailable', 'The telemetry store did not take the data.', {
    hint: 'Send it again later.',
    retryAfterSeconds: 5,
    cause: error,
  });
}
