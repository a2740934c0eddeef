import type { Database } from './database.ts';
import { type Instant, instant } from './instant.ts';
import type { Migration } from './migration.ts';
import type { Pruning } from './pruning.ts';
import { redact } from './redaction.ts';

export const auditMigrations: readonly Migration[] = [
  {
    name: 'kernel/3-audit',
    sql: `create table audit (
            seq bigserial primary key, at timestamptz not null, principal text not null, kind text not null, surface text not null,
            operation text not null, input jsonb not null, outcome text not null, message text)`,
  },
];

/** Entries go by their age alone, the oldest first. */
export const auditPruning: Pruning = {
  name: 'audit',
  sql: 'delete from audit where seq in (select seq from audit where at < $1 order by seq limit $2) returning seq',
};

/** Who did what, when, and how it ended: kept for each call that writes or acts. */
export interface AuditEntry {
  at: Instant;
  principal: string;
  kind: string;
  surface: string;
  operation: string;
  input: unknown;
  /** `ok`, or the code of the fault; `begun`: it is under way, or Nines was ended in the middle of it. */
  outcome: string;
  message?: string;
}

const MAX_INPUT = 10_000;

/**
 * Who asked for which change, when, and what became of it. Nothing is taken out of it, and an entry changes once: when what
 * was begun has ended. Secrets are taken out before storing.
 */
export class Audit {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** What was refused before it began, or is over already. */
  async append(entry: AuditEntry): Promise<void> {
    await this.#insert(entry);
  }

  /** What is about to be done, so that nothing is done without an entry. Gives what `end` asks for. */
  async begin(entry: Omit<AuditEntry, 'outcome' | 'message'>): Promise<string> {
    return this.#insert({ ...entry, outcome: 'begun' });
  }

  /** What became of it. */
  async end(seq: string, outcome: string, message?: string): Promise<void> {
    await this.#db.query('update audit set outcome = $2, message = $3 where seq = $1', [
      seq,
      outcome,
      message ?? null,
    ]);
  }

  async #insert(entry: AuditEntry): Promise<string> {
    const input = JSON.stringify(redact(entry.input) ?? {});
    const [row] = await this.#db.query<{ seq: string | number }>(
      `insert into audit (at, principal, kind, surface, operation, input, outcome, message)
       values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8) returning seq`,
      [
        entry.at,
        entry.principal,
        entry.kind,
        entry.surface,
        entry.operation,
        input.length > MAX_INPUT ? JSON.stringify({ truncated: input.slice(0, MAX_INPUT) }) : input,
        entry.outcome,
        entry.message ?? null,
      ],
    );
    return String(row!.seq);
  }

  /** The newest entries first. */
  async list(limit: number, operation?: string): Promise<AuditEntry[]> {
    const rows = await this.#db.query<
      Omit<AuditEntry, 'at' | 'message'> & { at: Date; message: string | null }
    >(
      `select at, principal, kind, surface, operation, input, outcome, message from audit
       where $2::text is null or operation = $2 order by seq desc limit $1`,
      [limit, operation ?? null],
    );
    return rows.map(({ at, message, ...row }) => ({
      ...row,
      at: instant(at.getTime()),
      ...(message === null ? {} : { message }),
    }));
  }
}
