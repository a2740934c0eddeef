import type { Database, Migration } from '../kernel/index.ts';
import { Investigation } from './investigation.ts';

export const investigationMigrations: readonly Migration[] = [
  {
    name: 'investigation/1-investigation',
    sql: `create table investigation (
            incident text primary key, at timestamptz not null, runs int not null, told text not null, body jsonb not null);
          create index investigation_at on investigation (at desc);`,
  },
];

interface Row {
  incident: string;
  runs: number;
  /** The signature that was last told as an event; empty: none yet. */
  told: string;
  body: unknown;
}

export interface Stored {
  runs: number;
  told: string;
  investigation: Investigation;
}

/** The newest investigation of each incident. */
export function investigationStore(db: Database) {
  const toStored = (row: Row): Stored => ({
    runs: row.runs,
    told: row.told,
    investigation: Investigation.parse(row.body),
  });
  return {
    async get(incident: string): Promise<Stored | undefined> {
      const [row] = await db.query<Row>(
        'select incident, runs, told, body from investigation where incident = $1',
        [incident],
      );
      return row === undefined ? undefined : toStored(row);
    },
    /** Inside a transaction: holds the row until it ends. */
    async lock(incident: string): Promise<Stored | undefined> {
      const [row] = await db.query<Row>(
        'select incident, runs, told, body from investigation where incident = $1 for update',
        [incident],
      );
      return row === undefined ? undefined : toStored(row);
    },
    async put({ runs, told, investigation }: Stored): Promise<void> {
      await db.query(
        `insert into investigation (incident, at, runs, told, body) values ($1, $2, $3, $4, $5::jsonb)
         on conflict (incident) do update set at = excluded.at, runs = excluded.runs, told = excluded.told, body = excluded.body`,
        [investigation.incident, investigation.at, runs, told, JSON.stringify(investigation)],
      );
    },
    async list(limit: number): Promise<Investigation[]> {
      const rows = await db.query<Row>(
        'select incident, runs, told, body from investigation order by at desc, incident limit $1',
        [limit],
      );
      return rows.map(row => toStored(row).investigation);
    },
  };
}
