import type { Database, Migration } from '../kernel/index.ts';
import type { Resource } from './resource.ts';

export const catalogMigrations: readonly Migration[] = [
  {
    name: 'catalog/1-resource',
    sql: `create table resource (
            id text primary key, api_version text not null, kind text not null, name text not null, doc jsonb not null);
          create index resource_kind on resource (api_version, kind, name);`,
  },
];

export function resourceStore(db: Database) {
  const docs = async (where: string, values: unknown[]) =>
    (await db.query<{ doc: Resource }>(`select doc from resource ${where} order by id`, values)).map(
      row => row.doc,
    );
  return {
    all: () => docs('', []),
    list: (apiVersion: string, kind: string) =>
      docs('where api_version = $1 and kind = $2', [apiVersion, kind]),
    find: async (apiVersion: string, kind: string, name: string) =>
      (await docs('where api_version = $1 and kind = $2 and name = $3', [apiVersion, kind, name]))[0],
    /** One apply at a time. */
    lock: () => db.query('lock table resource in exclusive mode'),
    put: (id: string, resource: Resource) =>
      db.query(
        `insert into resource (id, api_version, kind, name, doc) values ($1, $2, $3, $4, $5::jsonb)
         on conflict (id) do update set doc = excluded.doc`,
        [id, resource.apiVersion, resource.kind, resource.metadata.name, JSON.stringify(resource)],
      ),
    remove: (id: string) => db.query('delete from resource where id = $1', [id]),
  };
}
