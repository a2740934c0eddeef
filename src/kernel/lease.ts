import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import type { Migration } from './migration.ts';

export const leaseMigrations: readonly Migration[] = [
  {
    name: 'kernel/2-lease',
    sql: 'create table lease (name text primary key, owner text not null, until timestamptz not null)',
  },
];

/**
 * What one replica at a time may do. Whoever holds a lease renews it while the work lasts; one that died loses it when
 * its time has run out. Over the embedded database there is one process, and what an earlier one held is void at the start.
 */
export class Leases {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #owner: string;

  constructor(db: Database, clock: Clock, owner: string) {
    this.#db = db;
    this.#clock = clock;
    this.#owner = owner;
  }

  async start(): Promise<void> {
    if (this.#db.engine === 'pglite') await this.#db.query('delete from lease');
  }

  /** Takes the lease or makes it longer; false while another replica holds it. */
  async claim(name: string, ms: number): Promise<boolean> {
    const now = this.#clock.now();
    const rows = await this.#db.query(
      `insert into lease (name, owner, until) values ($1, $2, $3)
       on conflict (name) do update set owner = $2, until = $3 where lease.owner = $2 or lease.until < $4
       returning name`,
      [name, this.#owner, new Date(now + ms), new Date(now)],
    );
    return rows.length > 0;
  }

  async release(name: string): Promise<void> {
    await this.#db.query('delete from lease where name = $1 and owner = $2', [name, this.#owner]);
  }

  async releaseAll(): Promise<void> {
    await this.#db.query('delete from lease where owner = $1', [this.#owner]);
  }

  /** Does work under a lease that was claimed, renewing it meanwhile. Work whose lease is lost is told by its signal. */
  async renewing<T>(name: string, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const lost = new AbortController();
    const renewed = this.#renew(name, ms, over.signal, lost);
    try {
      return await work(lost.signal);
    } finally {
      over.abort();
      await renewed;
    }
  }

  async #renew(name: string, ms: number, over: AbortSignal, lost: AbortController): Promise<void> {
    let until = this.#clock.now() + ms;
    while (!lost.signal.aborted) {
      await this.#clock.sleep(ms / 3, over).catch(() => {});
      if (over.aborted) return;
      const now = this.#clock.now();
      const kept = await this.claim(name, ms).then(
        mine => {
          if (mine) until = now + ms;
          return mine;
        },
        // While the database is away nobody else can take the lease either, before it has run out.
        () => now < until,
      );
      if (!kept) lost.abort(new Error(`'${name}' went over to another replica`));
    }
  }
}
