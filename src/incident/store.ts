import { type Database, type Instant, instant, type Migration } from '../kernel/index.ts';
import { Incident } from './incident.ts';
import type { NewEntry, TimelineEntry } from './timeline.ts';

export const incidentMigrations: readonly Migration[] = [
  {
    name: 'incident/1-incident',
    sql: `create table incident_number (last int not null);
          insert into incident_number (last) values (0);
          create table incident (
            id text primary key, number int not null unique, status text not null, severity text not null,
            service text not null, opened_at timestamptz not null, version int not null, content jsonb not null);
          create index incident_status on incident (status, number);
          create table incident_alert (alert text primary key, incident text not null references incident (id));
          create table incident_entry (
            incident text not null references incident (id), seq int not null, at timestamptz not null,
            kind text not null, actor text not null, text text not null, data jsonb, dedupe text,
            primary key (incident, seq), unique (incident, dedupe));
          create function incident_entry_is_kept() returns trigger language plpgsql as $$
            begin raise exception 'the timeline of an incident is append-only'; end $$;
          create trigger incident_entry_row_kept before update or delete on incident_entry
            for each row execute function incident_entry_is_kept();
          create trigger incident_entry_table_kept before truncate on incident_entry
            for each statement execute function incident_entry_is_kept();`,
  },
  {
    // An alert that comes back has its id again: a firing is what is handled once.
    name: 'incident/2-firing',
    sql: `alter table incident_alert rename column alert to firing;
          alter table incident_alert add column alert text, add column seq bigserial;
          update incident_alert set alert = firing;
          alter table incident_alert alter column alert set not null;
          create index incident_alert_alert on incident_alert (alert, seq);`,
  },
];

interface EntryRow {
  incident: string;
  seq: number;
  at: Date;
  kind: TimelineEntry['kind'];
  actor: string;
  text: string;
  data: Record<string, unknown> | null;
}

export interface IncidentFilter {
  status?: Incident['status'] | undefined;
  /** Open or mitigated. */
  active?: boolean | undefined;
  service?: string | undefined;
  limit: number;
}

const ENTRY = 'incident, seq, at, kind, actor, text, data';

export function incidentStore(db: Database) {
  const read = async (where: string, values: readonly unknown[]): Promise<Incident[]> =>
    (await db.query<{ content: unknown }>(`select content from incident where ${where}`, values)).map(row =>
      Incident.parse(row.content),
    );

  return {
    /** Takes the number after the last one, and makes whoever else would open an incident wait for this transaction. */
    async nextNumber(): Promise<number> {
      const [row] = await db.query<{ last: number }>(
        'update incident_number set last = last + 1 returning last',
      );
      return row!.last;
    },

    /** Makes whoever else would open an incident wait, without taking a number. */
    async lockOpening(): Promise<void> {
      await db.query('select last from incident_number for update');
    },

    async find(id: string): Promise<Incident | undefined> {
      return (await read('id = $1', [id]))[0];
    },

    async lock(id: string): Promise<Incident | undefined> {
      return (await read('id = $1 for update', [id]))[0];
    },

    /** Newest first. */
    async list({ status, active, service, limit }: IncidentFilter): Promise<Incident[]> {
      return read(
        `($1::text is null or status = $1) and (not $2::boolean or status <> 'resolved')
         and ($3::text is null or content -> 'affectedServices' ? $3) order by number desc limit $4`,
        [status ?? null, active ?? false, service ?? null, limit],
      );
    },

    async add(incident: Incident, number: number): Promise<void> {
      await db.query(
        `insert into incident (id, number, status, severity, service, opened_at, version, content)
         values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)`,
        [
          incident.id,
          number,
          incident.status,
          incident.severity,
          incident.service,
          incident.openedAt,
          incident.version,
          JSON.stringify(incident),
        ],
      );
    },

    async put(incident: Incident): Promise<void> {
      await db.query(
        'update incident set status = $2, severity = $3, version = $4, content = $5::jsonb where id = $1',
        [incident.id, incident.status, incident.severity, incident.version, JSON.stringify(incident)],
      );
    },

    async incidentOfFiring(firing: string): Promise<string | undefined> {
      const [row] = await db.query<{ incident: string }>(
        'select incident from incident_alert where firing = $1',
        [firing],
      );
      return row?.incident;
    },

    /** Where the newest firing of an alert belongs. */
    async incidentOfAlert(alert: string): Promise<string | undefined> {
      const [row] = await db.query<{ incident: string }>(
        'select incident from incident_alert where alert = $1 order by seq desc limit 1',
        [alert],
      );
      return row?.incident;
    },

    async bindFiring(firing: string, alert: string, incident: string): Promise<void> {
      await db.query(
        'insert into incident_alert (firing, alert, incident) values ($1, $2, $3) on conflict (firing) do nothing',
        [firing, alert, incident],
      );
    },

    /** The incident's row is locked. Undefined if the same was recorded before. A clock that went back does not show. */
    async append(incident: string, entry: NewEntry, now: Instant): Promise<TimelineEntry | undefined> {
      const rows = await db.query<EntryRow>(
        `insert into incident_entry (incident, seq, at, kind, actor, text, data, dedupe)
         select $1, coalesce(max(seq), 0) + 1, greatest(max(at), $2::timestamptz), $3, $4, $5, $6::jsonb, $7
         from incident_entry where incident = $1
         on conflict (incident, dedupe) do nothing returning ${ENTRY}`,
        [
          incident,
          now,
          entry.kind,
          entry.actor ?? 'nines',
          entry.text,
          entry.data === undefined ? null : JSON.stringify(entry.data),
          entry.dedupe ?? null,
        ],
      );
      return rows[0] === undefined ? undefined : toEntry(rows[0]);
    },

    async recorded(incident: string, dedupe: string): Promise<TimelineEntry | undefined> {
      const [row] = await db.query<EntryRow>(
        `select ${ENTRY} from incident_entry where incident = $1 and dedupe = $2`,
        [incident, dedupe],
      );
      return row === undefined ? undefined : toEntry(row);
    },

    /** In the order of recording, after `after`. */
    async timeline(incident: string, after: number, limit: number): Promise<TimelineEntry[]> {
      const rows = await db.query<EntryRow>(
        `select ${ENTRY} from incident_entry where incident = $1 and seq > $2 order by seq limit $3`,
        [incident, after, limit],
      );
      return rows.map(toEntry);
    },
  };
}

function toEntry(row: EntryRow): TimelineEntry {
  const { incident, seq, at, kind, actor, text, data } = row;
  return {
    incident,
    seq,
    at: instant(at.getTime()),
    kind,
    actor,
    text,
    ...(data === null ? {} : { data }),
  };
}
