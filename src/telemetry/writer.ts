import { Fault, type Log } from '../kernel/index.ts';
import type { Block, Place } from './block/block.ts';
import type { PackedSamples } from './sample-head.ts';
import { nativeSamples } from './sample-rows.ts';
import { columns, type Table } from './schema.ts';
import type { InsertFormat, Store } from './store.ts';

/** Rows for one table: lines of JSONCompactEachRow, samples as they are packed for the head, or a part of a block. */
export type Rows = { table: Table; count: number } & (
  | { lines: string }
  | { packed: PackedSamples }
  | { block: Block; from: Place; to: Place }
);

function bytesOf(rows: Rows): number {
  if ('lines' in rows) return rows.lines.length;
  return 'packed' in rows ? rows.packed.length * 8 : rows.to.bytes - rows.from.bytes;
}

export interface WriterOptions {
  store: Store;
  log: Log;
  budget: Budget;
  /** The longest that rows wait for company, in ms. */
  maxWaitMs: number;
  /** Rows that are stored at once without waiting longer. */
  maxRows: number;
  /** Rows to be stored before those of the batch, as the series of its samples; without `optional` they must be. */
  before?: () => { rows: Rows; failed: () => void; optional?: boolean } | undefined;
  /** Told of every insert. */
  onStored?: (table: Table, rows: readonly Rows[], ms: number) => void;
  /** Told when an insert failed: what the store has of it is not known. */
  onFailed?: (table: Table) => void;
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

interface Request {
  rows: readonly Rows[];
  done: PromiseWithResolvers<void>;
}

interface Batch {
  requests: Request[];
  rows: number;
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

  /** Throws `overloaded` at once; whether the rows were stored is told by the promise. */
  add(rows: readonly Rows[]): Promise<void> {
    const full = rows.filter(({ count }) => count > 0);
    if (full.length === 0) return Promise.resolve();
    const bytes = full.reduce((sum, one) => sum + bytesOf(one), 0);
    const giveBack = this.#options.budget.take(bytes);
    this.#batch ??= { requests: [], rows: 0 };
    const request: Request = { rows: full, done: Promise.withResolvers<void>() };
    this.#batch.requests.push(request);
    this.#batch.rows += full.reduce((sum, { count }) => sum + count, 0);
    if (this.#batch.rows >= this.#options.maxRows) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#options.maxWaitMs);
    return request.done.promise.finally(giveBack);
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
    for (const { rows } of batch.requests)
      for (const one of rows) if ('block' in one) one.block.sealed = true;
    this.#storing = this.#store(batch).finally(() => {
      this.#storing = undefined;
      // What came meanwhile has waited long enough.
      if (this.#batch !== undefined) this.#flush();
    });
  }

  /** Settles every request of the batch; never rejects itself. */
  async #store({ requests }: Batch): Promise<void> {
    const first = this.#options.before?.();
    try {
      if (first !== undefined) await this.#insert([first.rows]);
    } catch (error) {
      first?.failed();
      const fault = this.#refused(error);
      if (!first?.optional) {
        for (const { done } of requests) done.reject(fault);
        return;
      }
    }
    try {
      await this.#insert(requests.flatMap(({ rows }) => rows));
      for (const { done } of requests) done.resolve();
    } catch (error) {
      // Rows that the engine does not take must not hold up those of other senders: each request for itself.
      const faulty = error instanceof Fault && error.code === 'internal';
      for (const { rows, done } of requests)
        await (faulty ? this.#insert(rows) : Promise.reject(error)).then(done.resolve, alone =>
          done.reject(this.#refused(alone)),
        );
    }
  }

  async #insert(all: readonly Rows[]): Promise<void> {
    for (const [table, rows] of Map.groupBy(all, ({ table }) => table)) {
      const started = performance.now();
      try {
        for (const [data, format] of dataOf(rows))
          await this.#options.store.insert(table, columns[table], data, format);
      } catch (error) {
        this.#options.onFailed?.(table);
        throw error;
      }
      this.#options.onStored?.(table, rows, performance.now() - started);
    }
  }

  /** What the sender is told: to send again, unless the engine would never take what it sent. */
  #refused(error: unknown): Fault {
    this.#options.log.error({ error }, 'telemetry could not be stored; its sender is told');
    if (error instanceof Fault && error.code === 'internal')
      return new Fault('invalid', 'The telemetry store does not take this data.', { cause: error });
    return new Fault('unavailable', 'The telemetry store did not take the data.', {
      hint: 'Send it again later.',
      retryAfterSeconds: 5,
      cause: error,
    });
  }
}

/** The rows as the store takes them. The parts of a block, which has one row after the other, are one block again. */
function dataOf(rows: readonly Rows[]): [data: Uint8Array, format: InsertFormat][] {
  const out: [data: Uint8Array, format: InsertFormat][] = [];
  const packed = rows.flatMap(one => ('packed' in one ? [one.packed] : []));
  if (packed.length > 0) out.push([nativeSamples(packed), 'Native']);
  const lines = rows.flatMap(one => ('lines' in one ? [one.lines] : []));
  if (lines.length > 0) out.push([Buffer.from(lines.join('')), 'JSONCompactEachRow']);
  const parts = rows.flatMap(one => ('block' in one ? [one] : []));
  for (const [block, [...ofBlock]] of Map.groupBy(parts, ({ block }) => block))
    out.push([block.native(ofBlock[0]!.from, ofBlock.at(-1)!.to), 'Native']);
  return out;
}
