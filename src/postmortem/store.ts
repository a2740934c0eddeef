import type { Database, Migration } from '../kernel/index.ts';
import { Postmortem } from './postmortem.ts';

export const postmortemMigrations: readonly Migration[] = [
  {
    name: 'postmortem/1-postmortem',
    sql: `create table postmortem (
            incident text primary key, at timestamptz not null, body jsonb not null);
          create index postmortem_at on postmortem (at desc);
          create table postmortem_version (
            incident text not null, version int not null, at timestamptz not null, author text not null,
            body jsonb not null, primary key (incident, version));`,
  },
];

interface Row {
  body: unknown;
}

/** The current version of each postmortem, and all versions that there were. */
export function postmortemStore(db: Database) {
  const one = (rows: readonly Row[]) => (rows[0] === undefined ? undefined : Postmortem.parse(rows[0].body));
  return {
    get: async (incident: string) =>
      one(await db.query<Row>('select body from postmortem where incident = $1', [incident])),
    /** Inside a transaction: holds the row until it ends. */
    lock: async (incident: string) =>
      one(await db.query<Row>('select body from postmortem where incident = $1 for update', [incident])),
    version: async (incident: string, version: number) =>
      one(
        await db.query<Row>('select body from postmortem_version where incident = $1 and version = $2', [
          incident,
          version,
        ]),
      ),
    async put(postmortem: Postmortem, author: string): Promise<void> {
      const { incident, at, version } = postmortem;
      const body = JSON.stringify(postmortem);
      await db.query(
        `insert into postmortem (incident, at, body) values ($1, $2, $3::jsonb)
         on conflict (incident) do update set at = excluded.at, body = excluded.body`,
        [incident, at, body],
      );
      await db.query(
        `insert into postmortem_version (incident, version, at, author, body) values ($1, $2, $3, $4, $5::jsonb)
         on conflict (incident, version) do update set body = excluded.body`,
        [incident, version, at, author, body],
      );
    },
    async list(limit: number): Promise<Postmortem[]> {
      const rows = await db.query<Row>('select body from postmortem order by at desc, incident limit $1', [
        limit,
      ]);
      return rows.map(row => Postmortem.parse(row.body));
    },
  };
}
