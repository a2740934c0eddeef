import { type Database, type Instant, instant, type Migration } from '../../kernel/index.ts';
import type { Action } from '../action.ts';
import type { ActionOutcome } from '../platform.ts';
import type { InstanceState } from '../service-state.ts';

export const localMigrations: readonly Migration[] = [
  {
    name: 'platform/2-local',
    sql: `create table local_service (
            service text primary key, releases jsonb not null, replicas int not null, rollout jsonb, last_action jsonb);
          create table local_instance (
            id text primary key, service text not null references local_service (service) on delete cascade, release text not null,
            pid int, identity text, health_port int, state text not null, healthy boolean not null default false, started_at timestamptz,
            restarts int not null default 0, crashes int not null default 0, next_start_at timestamptz, last_exit text,
            made_at timestamptz not null);
          create index local_instance_service on local_instance (service);`,
  },
];

/** What is wanted of a service. */
export interface Desired {
  service: string;
  /** The releases that led here, the present one last; going back shortens it. */
  releases: string[];
  replicas: number;
  rollout?: Rollout;
  lastAction?: { key: string; outcome: ActionOutcome };
}

/** An action under way: what it added and what it will remove, so that it can go on or be taken back after a crash. */
export interface Rollout {
  key: string;
  action: Action;
  added: string[];
  removed: string[];
  phase: 'starting' | 'stopping' | 'taking_back';
  why?: string;
  /** After this the supervisor ends it, if nobody else goes on with it. */
  deadline: Instant;
}

export interface InstanceRow {
  id: string;
  service: string;
  release: string;
  pid?: number;
  /** Start time of the process: tells it from a later one with the same pid. */
  identity?: string;
  healthPort?: number;
  state: InstanceState;
  healthy: boolean;
  startedAt?: Instant;
  restarts: number;
  /** Crashes in a row, without a stable time between. */
  crashes: number;
  nextStartAt?: Instant;
  lastExit?: string;
  madeAt: Instant;
}

interface ServiceRecord {
  service: string;
  releases: string[];
  replicas: number;
  rollout: Rollout | null;
  last_action: { key: string; outcome: ActionOutcome } | null;
}

interface InstanceRecord {
  id: string;
  service: string;
  release: string;
  pid: number | null;
  identity: string | null;
  health_port: number | null;
  state: InstanceState;
  healthy: boolean;
  started_at: Date | null;
  restarts: number;
  crashes: number;
  next_start_at: Date | null;
  last_exit: string | null;
  made_at: Date;
}

const MAX_RELEASES = 20;

export function localStore(db: Database) {
  return {
    services: async (): Promise<Desired[]> =>
      (await db.query<ServiceRecord>('select * from local_service order by service')).map(toDesired),
    service: async (name: string): Promise<Desired | undefined> => {
      const [row] = await db.query<ServiceRecord>('select * from local_service where service = $1', [name]);
      return row === undefined ? undefined : toDesired(row);
    },
    putService: async (desired: Desired): Promise<void> => {
      await db.query(
        `insert into local_service (service, releases, replicas, rollout, last_action) values ($1, $2::jsonb, $3, $4::jsonb, $5::jsonb)
         on conflict (service) do update set releases = excluded.releases, replicas = excluded.replicas, rollout = excluded.rollout,
           last_action = excluded.last_action`,
        [
          desired.service,
          JSON.stringify(desired.releases.slice(-MAX_RELEASES)),
          desired.replicas,
          desired.rollout === undefined ? null : JSON.stringify(desired.rollout),
          desired.lastAction === undefined ? null : JSON.stringify(desired.lastAction),
        ],
      );
    },
    removeService: (name: string) => db.query('delete from local_service where service = $1', [name]),
    instances: async (service?: string): Promise<InstanceRow[]> =>
      (
        await db.query<InstanceRecord>(
          'select * from local_instance where $1::text is null or service = $1 order by made_at, id',
          [service ?? null],
        )
      ).map(toInstance),
    putInstance: async (row: InstanceRow): Promise<void> => {
      await db.query(
        `insert into local_instance (id, service, release, pid, identity, health_port, state, healthy, started_at, restarts, crashes,
           next_start_at, last_exit, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         on conflict (id) do update set pid = $4, identity = $5, health_port = $6, state = $7, healthy = $8, started_at = $9,
           restarts = $10, crashes = $11, next_start_at = $12, last_exit = $13`,
        [
          row.id,
          row.service,
          row.release,
          row.pid ?? null,
          row.identity ?? null,
          row.healthPort ?? null,
          row.state,
          row.healthy,
          row.startedAt ?? null,
          row.restarts,
          row.crashes,
          row.nextStartAt ?? null,
          row.lastExit ?? null,
          row.madeAt,
        ],
      );
    },
    removeInstance: (id: string) => db.query('delete from local_instance where id = $1', [id]),
    transaction: <T>(work: () => Promise<T>) => db.transaction(work),
  };
}

export type LocalStore = ReturnType<typeof localStore>;

function toDesired(row: ServiceRecord): Desired {
  return {
    service: row.service,
    releases: row.releases,
    replicas: row.replicas,
    ...(row.rollout === null ? {} : { rollout: row.rollout }),
    ...(row.last_action === null ? {} : { lastAction: row.last_action }),
  };
}

function toInstance(row: InstanceRecord): InstanceRow {
  return {
    id: row.id,
    service: row.service,
    release: row.release,
    state: row.state,
    healthy: row.healthy,
    restarts: row.restarts,
    crashes: row.crashes,
    madeAt: instant(row.made_at.getTime()),
    ...(row.pid === null ? {} : { pid: row.pid }),
    ...(row.identity === null ? {} : { identity: row.identity }),
    ...(row.health_port === null ? {} : { healthPort: row.health_port }),
    ...(row.started_at === null ? {} : { startedAt: instant(row.started_at.getTime()) }),
    ...(row.next_start_at === null ? {} : { nextStartAt: instant(row.next_start_at.getTime()) }),
    ...(row.last_exit === null ? {} : { lastExit: row.last_exit }),
  };
}
