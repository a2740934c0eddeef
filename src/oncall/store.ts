import type { Database, Migration } from '../kernel/index.ts';
import type { Page } from './page.ts';

export const oncallMigrations: readonly Migration[] = [
  {
    name: 'oncall/1-page',
    sql: `create table page (
            id text primary key, key text not null unique, incident text not null, state text not null, created_at timestamptz not null,
            content jsonb not null);
          create index page_created on page (created_at);
          create index page_incident on page (incident);`,
  },
];

interface PageRow {
  content: Page;
}

export interface PageFilter {
  state?: Page['state'] | undefined;
  incident?: string | undefined;
  limit: number;
}

export function pageStore(db: Database) {
  const read = async (where: string, values: readonly unknown[]): Promise<Page[]> =>
    (await db.query<PageRow>(`select content from page where ${where}`, values)).map(row => row.content);

  return {
    async find(key: string): Promise<Page | undefined> {
      return (await read('key = $1', [key]))[0];
    },
    async lock(id: string): Promise<Page | undefined> {
      return (await read('id = $1 for update', [id]))[0];
    },
    /** The pages of an incident, oldest first, locked. */
    async lockOf(incident: string): Promise<Page[]> {
      return read('incident = $1 order by created_at, id for update', [incident]);
    },

    /** False if the key has a page already. */
    async add(page: Page): Promise<boolean> {
      const rows = await db.query(
        `insert into page (id, key, incident, state, created_at, content) values ($1, $2, $3, $4, $5, $6::jsonb)
         on conflict (key) do nothing returning id`,
        [page.id, page.key, page.incident, page.state, page.createdAt, JSON.stringify(page)],
      );
      return rows.length > 0;
    },

    async put(page: Page): Promise<void> {
      await db.query('update page set state = $2, content = $3::jsonb where id = $1', [
        page.id,
        page.state,
        JSON.stringify(page),
      ]);
    },

    async list(filter: PageFilter): Promise<Page[]> {
      return read(
        `($1::text is null or state = $1) and ($2::text is null or incident = $2)
         order by created_at desc, id limit $3`,
        [filter.state ?? null, filter.incident ?? null, filter.limit],
      );
    },
  };
}
