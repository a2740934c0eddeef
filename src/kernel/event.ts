import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { newId } from './id.ts';
import { type Instant, instant } from './instant.ts';
import type { Jobs } from './jobs.ts';
import type { Migration } from './migration.ts';
import type { Pruning } from './pruning.ts';

/** A thing that happened, as a row. Its type is in the past tense, as `alert.fired`; its data is JSON. */
export interface Event<T = unknown> {
  seq: number;
  id: string;
  type: string;
  /** What it is about, as `INC-7` or a service's name: the key by which pages follow it. */
  subject: string;
  at: Instant;
  data: T;
}

export const eventMigrations: readonly Migration[] = [
  {
    name: 'kernel/1-event',
    sql: `create table event (
            seq bigserial primary key, id text not null unique, type text not null, subject text not null,
            at timestamptz not null, data jsonb not null);
          create index event_subject on event (subject, seq);
          create index event_type on event (type, seq);`,
  },
];

/** An event is needed until everybody who is told of it has been. */
export const eventPruning: Pruning = {
  name: 'events',
  sql: `delete from event where seq in (
          select seq from event e where at < $1 and not exists (
            select 1 from pgboss.job j
            where j.name in ('nines', 'nines-failed') and j.state in ('created', 'retry', 'active')
              and j.data -> 'data' ->> 'seq' = e.seq::text)
          order by seq limit $2)
        returning seq`,
};

const CHANNEL = 'nines_event';
const MAX_PAGE = 1000;
/** So many numbers back a live page still looks for events whose transaction was committed late. */
const LATE = 200;

/**
 * Durable events. `emit` inside a transaction commits with it; each handler then gets the event at least once, also
 * after a crash, with retries. Handlers are idempotent. `follow` feeds live pages.
 */
export class Events {
  readonly #db: Database;
  readonly #jobs: Jobs;
  readonly #clock: Clock;
  readonly #handlers = new Map<string, string[]>();
  readonly #wakers = new Set<() => void>();
  #stopListening: (() => Promise<void>) | undefined;

  constructor(db: Database, jobs: Jobs, clock: Clock) {
    this.#db = db;
    this.#jobs = jobs;
    this.#clock = clock;
  }

  /** Subscribes under a name that must never change: deliveries under way are stored by it. Before `start`. */
  on<T>(type: string, name: string, handle: (event: Event<T>) => Promise<void>): void {
    const kind = `on:${name}`;
    this.#jobs.define<{ seq: number }>(kind, async ({ seq }) => {
      const event = await this.#read<T>(seq);
      if (event !== undefined) await handle(event);
    });
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), kind]);
  }

  async emit<T extends object>(type: string, subject: string, data: T): Promise<void> {
    await this.#db.transaction(async () => {
      const id = newId('evt');
      const [row] = await this.#db.query<{ seq: number }>(
        'insert into event (id, type, subject, at, data) values ($1, $2, $3, $4, $5::jsonb) returning seq',
        [id, type, subject, instant(this.#clock.now()), JSON.stringify(data)],
      );
      for (const kind of this.#handlers.get(type) ?? [])
        await this.#jobs.schedule({ kind, key: `${id}`, data: { seq: row!.seq } });
      await this.#db.query('select pg_notify($1, $2)', [CHANNEL, String(row!.seq)]);
    });
  }

  /** Events after `seq`, oldest first, at most 1,000. */
  async after(
    seq: number,
    filter: { subject?: string; type?: string } = {},
    limit = MAX_PAGE,
  ): Promise<Event[]> {
    const rows = await this.#db.query<EventRow>(
      `select seq, id, type, subject, at, data from event
       where seq > $1 and ($2::text is null or subject = $2) and ($3::text is null or type = $3)
       order by seq limit $4`,
      [seq, filter.subject ?? null, filter.type ?? null, Math.min(limit, MAX_PAGE)],
    );
    return rows.map(toEvent);
  }

  /** The newest events of a type, newest first, at most 1,000. */
  async latest(type: string, limit: number): Promise<Event[]> {
    const rows = await this.#db.query<EventRow>(
      'select seq, id, type, subject, at, data from event where type = $1 order by seq desc limit $2',
      [type, Math.min(limit, MAX_PAGE)],
    );
    return rows.map(toEvent);
  }

  async lastSeq(): Promise<number> {
    const [row] = await this.#db.query<{ seq: number | null }>('select max(seq) as seq from event');
    return row?.seq ?? 0;
  }

  /** All events after `seq`, then each new one, until the signal is aborted. One that commits late comes late, not never. */
  async *follow(seq: number, signal: AbortSignal, filter: { subject?: string } = {}): AsyncGenerator<Event> {
    let last = seq;
    // Numbers are given before the commit: of two transactions the one with the lower number may be seen later.
    const before = await this.after(last - LATE, filter, LATE);
    const seen = new Set(before.map(event => event.seq).filter(number => number <= last));
    let wake: () => void = () => {};
    let news = true;
    const onNews = () => {
      news = true;
      wake();
    };
    this.#wakers.add(onNews);
    signal.addEventListener('abort', onNews);
    try {
      while (!signal.aborted) {
        if (!news) {
          await new Promise<void>(resolve => {
            wake = resolve;
            if (news) resolve();
          });
          continue;
        }
        news = false;
        for (;;) {
          const page = await this.after(last - LATE, filter);
          for (const event of page) {
            if (seen.has(event.seq)) continue;
            if (signal.aborted) return;
            seen.add(event.seq);
            last = Math.max(last, event.seq);
            yield event;
          }
          for (const old of seen) if (old <= last - LATE) seen.delete(old);
          if (page.length < MAX_PAGE) break;
        }
      }
    } finally {
      this.#wakers.delete(onNews);
      signal.removeEventListener('abort', onNews);
    }
  }

  async start(): Promise<void> {
    const wakeAll = () => {
      for (const wake of this.#wakers) wake();
    };
    this.#stopListening = await this.#db.listen(CHANNEL, wakeAll, wakeAll);
  }

  async stop(): Promise<void> {
    await this.#stopListening?.();
  }

  async #read<T>(seq: number): Promise<Event<T> | undefined> {
    const [row] = await this.#db.query<EventRow>(
      'select seq, id, type, subject, at, data from event where seq = $1',
      [seq],
    );
    return row === undefined ? undefined : (toEvent(row) as Event<T>);
  }
}

interface EventRow {
  seq: number;
  id: string;
  type: string;
  subject: string;
  at: Date;
  data: unknown;
}

function toEvent(row: EventRow): Event {
  return { ...row, seq: Number(row.seq), at: instant(row.at.getTime()) };
}
