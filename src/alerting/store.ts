import type { Database, Instant, Migration, Pruning } from '../kernel/index.ts';
import { Alert, type AlertState } from './alert.ts';

export const alertingMigrations: readonly Migration[] = [
  {
    name: 'alerting/1-alert',
    sql: `create table alert (
            id text primary key, fingerprint text not null, state text not null, service text not null,
            starts_at timestamptz not null, ends_at timestamptz, data jsonb not null);
          create unique index alert_active on alert (fingerprint) where state <> 'resolved';
          create index alert_by_time on alert (starts_at desc);
          create table alert_data_gap (objective text primary key, since timestamptz not null, told boolean not null);`,
  },
];

/** Of what resolved the newest firing of each rule stays, as what comes back is held against it. */
export const alertPruning: Pruning = {
  name: 'alerts',
  sql: `delete from alert where id in (
          select id from alert a where state = 'resolved' and ends_at < $1 and exists (
            select 1 from alert newer where newer.fingerprint = a.fingerprint and newer.starts_at > a.starts_at)
          order by ends_at limit $2)
        returning id`,
};

/** An objective of which nothing is known, since when, and whether that was said. */
export interface DataGap {
  objective: string;
  since: Instant;
  told: boolean;
}

export function alertStore(db: Database) {
  const parse = (rows: { data: unknown }[]) => rows.map(row => Alert.parse(row.data));
  return {
    /** What is pending or firing, and of each fingerprint the one that resolved last after `since`. */
    async current(since: Instant): Promise<Map<string, Alert>> {
      const alerts = parse(
        await db.query<{ data: unknown }>(
          `select data from alert where state <> 'resolved' or ends_at > $1 order by (state <> 'resolved'), starts_at`,
          [since],
        ),
      );
      return new Map(alerts.map(alert => [alert.fingerprint, alert]));
    },
    async put(alert: Alert): Promise<void> {
      await db.query(
        `insert into alert (id, fingerprint, state, service, starts_at, ends_at, data)
         values ($1, $2, $3, $4, $5, $6, $7::jsonb)
         on conflict (id) do update set state = $3, starts_at = $5, ends_at = $6, data = $7::jsonb`,
        [
          alert.id,
          alert.fingerprint,
          alert.state,
          alert.service,
          alert.startsAt,
          alert.endsAt ?? null,
          JSON.stringify(alert),
        ],
      );
    },
    async remove(id: string): Promise<void> {
      await db.query('delete from alert where id = $1', [id]);
    },
    async list(
      filter: { state?: AlertState; service?: string; objective?: string },
      limit: number,
    ): Promise<Alert[]> {
      return parse(
        await db.query<{ data: unknown }>(
          `select data from alert where ($1::text is null or state = $1) and ($2::text is null or service = $2)
             and ($3::text is null or data->>'objective' = $3)
           order by (state = 'resolved'), starts_at desc limit $4`,
          [filter.state ?? null, filter.service ?? null, filter.objective ?? null, limit],
        ),
      );
    },
    async get(id: string): Promise<Alert | undefined> {
      const [row] = await db.query<{ data: unknown }>('select data from alert where id = $1', [id]);
      return row === undefined ? undefined : Alert.parse(row.data);
    },
    async gaps(): Promise<Map<string, DataGap>> {
      const rows = await db.query<{ objective: string; since: Date; told: boolean }>(
        'select objective, since, told from alert_data_gap',
      );
      return new Map(rows.map(row => [row.objective, { ...row, since: row.since.toISOString() }]));
    },
    async putGap({ objective, since, told }: DataGap): Promise<void> {
      await db.query(
        `insert into alert_data_gap (objective, since, told) values ($1, $2, $3)
         on conflict (objective) do update set since = $2, told = $3`,
        [objective, since, told],
      );
    },
    async removeGap(objective: string): Promise<void> {
      await db.query('delete from alert_data_gap where objective = $1', [objective]);
    },
  };
}
