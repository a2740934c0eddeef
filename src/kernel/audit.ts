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

export const auditPruning: Pruning = {
  name: 'audit',
  sql: 'delete from audit where seq in (select seq from audit where at < $1 order by seq limit $2) returning seq',
};

export interface AuditEntry {
  at: Instant;
  principal: string;
  kind: string;
  surface: string;
  operation: string;
  input: unknown;
  /** `ok`, or the code of the fault. */
  outcome: string;
  message?: string;
}

const MAX_INPUT = 10_000;

/** Who asked for which change, when, and what became of it. Append-only; secrets are taken out before storing. */
export class Audit {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async append(entry: AuditEntry): Promise<void> {
    const input = JSON.stringify(redact(entry.input) ?? {});
    await this.#db.query(
      `insert into audit (at, principal, kind, surface, operation, input, outcome, message)
       values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8)`,
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
