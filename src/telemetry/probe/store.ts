import type { Database, Migration } from '../../kernel/index.ts';
import { HeartbeatState } from './heartbeat.ts';
import { ProbeState } from './probe-state.ts';

export const probeMigrations: readonly Migration[] = [
  {
    name: 'telemetry/1-probe-state',
    sql: 'create table probe_state (name text primary key, data jsonb not null)',
  },
];

export type AnyState = ProbeState | HeartbeatState;

export function probeStore(db: Database) {
  const read = (data: unknown): AnyState | undefined => {
    const parsed = ProbeState.or(HeartbeatState).safeParse(data);
    // What an older version wrote and this one cannot read is begun anew.
    return parsed.success ? parsed.data : undefined;
  };
  return {
    async all(): Promise<Map<string, AnyState>> {
      const rows = await db.query<{ name: string; data: unknown }>('select name, data from probe_state');
      return new Map(
        rows.flatMap(({ name, data }) => {
          const state = read(data);
          return state === undefined ? [] : [[name, state] as const];
        }),
      );
    },
    async put(name: string, state: AnyState): Promise<void> {
      await db.query(
        `insert into probe_state (name, data) values ($1, $2::jsonb) on conflict (name) do update set data = $2::jsonb`,
        [name, JSON.stringify(state)],
      );
    },
    /** Changes one under a lock: a signal and a turn of the loop may meet. */
    async change(name: string, change: (state: AnyState | undefined) => AnyState): Promise<AnyState> {
      return db.transaction(async () => {
        const [row] = await db.query<{ data: unknown }>(
          'select data from probe_state where name = $1 for update',
          [name],
        );
        const next = change(row === undefined ? undefined : read(row.data));
        await this.put(name, next);
        return next;
      });
    },
    async remove(name: string): Promise<void> {
      await db.query('delete from probe_state where name = $1', [name]);
    },
  };
}
