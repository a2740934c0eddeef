import type { Database, Instant, Migration } from '../kernel/index.ts';
import type { Change } from './change.ts';

export const deployMigrations: readonly Migration[] = [
  {
    name: 'deploy/1-change',
    sql: `create table change (
            id text primary key, service text not null, at timestamptz not null, status text not null, doc jsonb not null);
          create index change_at on change (at);
          create index change_service on change (service, at);`,
  },
];

export interface ChangeFilter {
  from?: Instant;
  to?: Instant;
  service?: string;
  limit: number;
}

export function changeStore(db: Database) {
  return {
    byId: async (id: string): Promise<Change | undefined> =>
      (await db.query<{ doc: Change }>('select doc from change where id = $1', [id]))[0]?.doc,
    /** The newest first. */
    list: async ({ from, to, service, limit }: ChangeFilter): Promise<Change[]> =>
      (
        await db.query<{ doc: Change }>(
          `select doc from change
           where ($1::timestamptz is null or at >= $1) and ($2::timestamptz is null or at <= $2) and ($3::text is null or service = $3)
           order by at desc, id desc limit $4`,
          [from ?? null, to ?? null, service ?? null, limit],
        )
      ).map(row => row.doc),
    /** Stores it if it is news: `new`, `changed`, or `known`. A finished change is never made running again. */
    put: async (change: Change): Promise<'new' | 'changed' | 'known'> => {
      const values = [change.id, change.service, change.at, change.status, JSON.stringify(change)];
      const inserted = await db.query(
        `insert into change (id, service, at, status, doc) values ($1, $2, $3, $4, $5::jsonb) on conflict (id) do nothing returning id`,
        values,
      );
      if (inserted.length > 0) return 'new';
      const updated = await db.query(
        `update change set status = $2, doc = $3::jsonb where id = $1 and status = 'running' and $2 <> 'running' returning id`,
        [change.id, change.status, JSON.stringify(change)],
      );
      return updated.length > 0 ? 'changed' : 'known';
    },
  };
}
