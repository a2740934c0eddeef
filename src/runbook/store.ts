import type { Database, Migration } from '../kernel/index.ts';
import type { Proposal } from './proposal.ts';

export const runbookMigrations: readonly Migration[] = [
  {
    name: 'runbook/1-proposal',
    sql: `create table proposal (
            id text primary key, incident text not null, service text not null, runbook text not null, state text not null,
            version int not null, proposed_at timestamptz not null, doc jsonb not null);
          create index proposal_incident on proposal (incident);`,
  },
];

const LOCK = 4_807_702;

export function proposalStore(db: Database) {
  const docs = async (where: string, values: unknown[]) =>
    (await db.query<{ doc: Proposal }>(`select doc from proposal ${where}`, values)).map(row => row.doc);
  return {
    byId: async (id: string) => (await docs('where id = $1', [id]))[0],
    ofIncident: (incident: string) => docs('where incident = $1 order by proposed_at, id', [incident]),
    list: (limit: number) => docs('order by proposed_at desc, id desc limit $1', [limit]),
    /** One proposes at a time, so that an incident does not get the same proposal twice. */
    lock: () => db.query('select pg_advisory_xact_lock($1)', [LOCK]),
    insert: (proposal: Proposal) =>
      db.query(
        `insert into proposal (id, incident, service, runbook, state, version, proposed_at, doc)
         values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)`,
        [
          proposal.id,
          proposal.incident,
          proposal.service,
          proposal.runbook,
          proposal.state,
          proposal.version,
          proposal.proposedAt,
          JSON.stringify(proposal),
        ],
      ),
    /** Stores the next version; false if somebody else has changed it since it was read. */
    replace: async (next: Proposal, readVersion: number): Promise<boolean> => {
      const rows = await db.query(
        `update proposal set state = $2, version = $3, doc = $4::jsonb where id = $1 and version = $5 returning id`,
        [next.id, next.state, next.version, JSON.stringify(next), readVersion],
      );
      return rows.length > 0;
    },
  };
}
