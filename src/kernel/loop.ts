import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import type { Log } from './log.ts';
import type { Migration } from './migration.ts';

export const loopMigrations: readonly Migration[] = [
  {
    name: 'kernel/2-lease',
    sql: 'create table lease (name text primary key, owner text not null, until timestamptz not null)',
  },
];

const STOP_GRACE_MS = 3_000;

export interface LoopOptions {
  name: string;
  /** Milliseconds from the start of one turn to the start of the next. A turn that takes longer delays the next. */
  everyMs: number;
  run: (now: number, signal: AbortSignal) => Promise<void>;
}

/** How long a replica that says nothing more keeps a loop. */
const leaseMs = (everyMs: number) => Math.max(everyMs * 3, 5_000);

/**
 * Work that repeats and keeps no state between turns, as evaluating rules. Over a shared database one replica at a time
 * holds the loop's lease; when it dies, another takes over within three turns.
 */
export class Loops {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #owner: string;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly #lastTurn = new Map<string, { at: number; everyMs: number }>();

  constructor(db: Database, clock: Clock, log: Log, owner: string) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    this.#owner = owner;
  }

  start(options: LoopOptions): void {
    this.#lastTurn.set(options.name, { at: this.#clock.now(), everyMs: options.everyMs });
    this.#running.push(this.#turnForEver(options));
  }

  /** The loops of which this process has heard nothing for over ten turns (30 s at least): a reason not to be ready. */
  stalled(now: number): string[] {
    return [...this.#lastTurn]
      .filter(([, { at, everyMs }]) => now - at > Math.max(everyMs * 10, 30_000))
      .map(([name]) => name);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    // A turn that waits for something slow must not hold up the stop: it has been told, and its work is repeatable.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise(resolve => {
      timer = setTimeout(resolve, STOP_GRACE_MS);
    });
    await Promise.race([Promise.allSettled(this.#running), late]);
    clearTimeout(timer);
    await this.#db.query('delete from lease where owner = $1', [this.#owner]).catch(() => {});
  }

  async #turnForEver({ name, everyMs, run }: LoopOptions): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const started = this.#clock.now();
      try {
        if (await this.#claim(name, started, everyMs)) await this.#turn({ name, everyMs, run }, started);
        this.#lastTurn.set(name, { at: this.#clock.now(), everyMs });
      } catch (error) {
        if (!signal.aborted)
          this.#log.error({ error, loop: name }, 'a turn of a loop failed; the next one comes as planned');
      }
      const rest = Math.max(everyMs - (this.#clock.now() - started), 10);
      await this.#clock.sleep(rest, signal).catch(() => {});
    }
  }

  /** One turn, its lease renewed as long as it takes; a turn whose lease is lost is told to stop. */
  async #turn({ name, everyMs, run }: LoopOptions, started: number): Promise<void> {
    const over = new AbortController();
    const lost = new AbortController();
    const renewed = this.#renew(name, everyMs, over.signal, lost);
    try {
      await run(started, AbortSignal.any([this.#abort.signal, lost.signal]));
    } finally {
      over.abort();
      await renewed;
    }
  }

  async #renew(name: string, everyMs: number, over: AbortSignal, lost: AbortController): Promise<void> {
    let until = this.#clock.now() + leaseMs(everyMs);
    while (!over.aborted && !lost.signal.aborted) {
      await this.#clock.sleep(leaseMs(everyMs) / 3, over).catch(() => {});
      if (over.aborted) return;
      const now = this.#clock.now();
      const kept = await this.#claim(name, now, everyMs).then(
        mine => {
          if (mine) until = now + leaseMs(everyMs);
          return mine;
        },
        // While the database is away nobody else can take the lease either, before it has run out.
        () => now < until,
      );
      if (!kept) lost.abort(new Error(`the loop ${name} went over to another replica`));
    }
  }

  async #claim(name: string, now: number, everyMs: number): Promise<boolean> {
    const rows = await this.#db.query(
      `insert into lease (name, owner, until) values ($1, $2, $3)
       on conflict (name) do update set owner = $2, until = $3 where lease.owner = $2 or lease.until < $4
       returning name`,
      [name, this.#owner, new Date(now + leaseMs(everyMs)), new Date(now)],
    );
    return rows.length > 0;
  }
}
