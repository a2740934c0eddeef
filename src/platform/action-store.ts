import { type Database, type Instant, instant, type Migration, type Pruning } from '../kernel/index.ts';
import type { ActionRecord } from './action-record.ts';

export const actionMigrations: readonly Migration[] = [
  {
    name: 'platform/1-action',
    sql: `create table action (
            id text primary key, key text not null, service text not null, status text not null, incident text, undoes text,
            requested_at timestamptz not null, doc jsonb not null);
          create unique index action_key on action (key) where status <> 'refused';
          -- One action at a time for a service, whoever asks and from whichever replica.
          create unique index action_alone on action (service) where status in ('accepted', 'running');
          create index action_service on action (service, requested_at);`,
  },
];

/** What is under way is kept, and so is what an action that is kept takes back. */
export const actionPruning: Pruning = {
  name: 'actions',
  sql: `delete from action where id in (
          select id from action a where requested_at < $1 and status not in ('accepted', 'running') and not exists (
            select 1 from action undo where undo.undoes = a.id and (undo.requested_at >= $1 or undo.status in ('accepted', 'running')))
          order by requested_at limit $2)
        returning id`,
};

const MAX_LIST = 500;

export function actionStore(db: Database) {
  const docs = async (where: string, values: unknown[]) =>
    (await db.query<{ doc: ActionRecord }>(`select doc from action ${where}`, values)).map(row => row.doc);
  return {
    byId: async (id: string) => (await docs('where id = $1', [id]))[0],
    byKey: async (key: string) => (await docs(`where key = $1 and status <> 'refused'`, [key]))[0],
    underWay: async (service: string) =>
      (await docs(`where service = $1 and status in ('accepted', 'running')`, [service]))[0],
    unfinished: () => docs(`where status in ('accepted', 'running') order by requested_at`, []),
    list: (filter: { service?: string; incident?: string; limit: number }) =>
      docs(
        `where ($1::text is null or service = $1) and ($2::text is null or incident = $2)
         order by requested_at desc, id desc limit $3`,
        [filter.service ?? null, filter.incident ?? null, Math.min(filter.limit, MAX_LIST)],
      ),
    countSince: async (service: string, since: Instant): Promise<number> => {
      const [row] = await db.query<{ n: number }>(
        `select count(*)::int as n from action
         where service = $1 and requested_at > $2 and status <> 'refused' and undoes is null`,
        [service, since],
      );
      return row?.n ?? 0;
    },
    insert: (record: ActionRecord) =>
      db.query(
        `insert into action (id, key, service, status, incident, undoes, requested_at, doc)
         values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)`,
        [
          record.id,
          record.key,
          record.service,
          record.status,
          record.incident ?? null,
          record.undoes ?? null,
          record.requestedAt,
          JSON.stringify(record),
        ],
      ),
    update: (record: ActionRecord) =>
      db.query('update action set status = $2, doc = $3::jsonb where id = $1', [
        record.id,
        record.status,
        JSON.stringify(record),
      ]),
    transaction: <T>(work: () => Promise<T>) => db.transaction(work),
    hourBefore: (nowMs: number) => instant(nowMs - 3_600_000),
  };
}
