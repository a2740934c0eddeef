import type { Database } from './database.ts';

/** A step of the schema, applied once, in the order of the list. `name` is `<room>/<n>-<what>` and never changes. */
export interface Migration {
  name: string;
  sql: string;
}

const LOCK = 4_807_701;

/** Applies what is missing, all or nothing, with one replica at a time. */
export async function migrate(db: Database, migrations: readonly Migration[]): Promise<void> {
  await db.transaction(async () => {
    await db.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await db.execute(
      'create table if not exists migration (name text primary key, at timestamptz not null default now())',
    );
    const done = new Set(
      (await db.query<{ name: string }>('select name from migration')).map(row => row.name),
    );
    for (const { name, sql } of migrations) {
      if (done.has(name)) continue;
      await db.execute(sql);
      await db.query('insert into migration (name) values ($1)', [name]);
    }
  });
}
