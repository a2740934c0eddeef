import type { Database, Instant, Migration } from '../kernel/index.ts';
import type { Override } from './override.ts';

export const overrideMigrations: readonly Migration[] = [
  {
    name: 'slo/1-override',
    sql: `create table slo_override (
            id text primary key, service text not null, at timestamptz not null, until timestamptz not null, doc jsonb not null);
          create index slo_override_service on slo_override (service, until);`,
  },
  { name: 'slo/2-level', sql: 'create table slo_level (service text primary key, doc jsonb not null);' },
];

export function overrideStore(db: Database) {
  return {
    byId: async (id: string): Promise<Override | undefined> =>
      (await db.query<{ doc: Override }>('select doc from slo_override where id = $1', [id]))[0]?.doc,
    /** Within a transaction: nobody else changes it until that has ended. */
    locked: async (id: string): Promise<Override | undefined> =>
      (await db.query<{ doc: Override }>('select doc from slo_override where id = $1 for update', [id]))[0]
        ?.doc,
    /** Those that were in force some time in the window, the newest first. */
    between: async (
      from: Instant,
      to: Instant,
      services: readonly string[] | undefined,
    ): Promise<Override[]> =>
      (
        await db.query<{ doc: Override }>(
          `select doc from slo_override
           where until > $1 and at <= $2 and ($3::text[] is null or service = any($3)) order by at desc, id desc limit 200`,
          [from, to, services ?? null],
        )
      ).map(row => row.doc),
    put: async (override: Override): Promise<void> => {
      await db.query(
        `insert into slo_override (id, service, at, until, doc) values ($1, $2, $3, $4, $5::jsonb)
         on conflict (id) do update set doc = excluded.doc`,
        [override.id, override.service, override.at, override.until, JSON.stringify(override)],
      );
    },
  };
}
