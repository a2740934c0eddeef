import { hostname } from 'node:os';
import type { AttachableClock } from 'pg-boss';
import { Audit, auditMigrations } from './audit.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Database } from './database.ts';
import { Events, eventMigrations } from './event.ts';
import { newId } from './id.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { Leases, leaseMigrations } from './lease.ts';
import type { Log } from './log.ts';
import { Loops } from './loop.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type Migration, migrate } from './migration.ts';

/** What every room is built on. A room's class takes the kernel and the rooms below it. */
export interface Kernel {
  readonly clock: Clock;
  readonly db: Database;
  readonly jobs: Jobs;
  readonly events: Events;
  readonly leases: Leases;
  readonly loops: Loops;
  readonly audit: Audit;
  readonly log: Log;
  readonly metrics: Metrics;
  /**
   * Applies the schema, then begins to run jobs and deliver events. Rooms have subscribed by then. With `work: false`
   * events and jobs are only stored: a process that opens the folder for one command leaves the work to the server.
   */
  start(migrations: readonly Migration[], options?: { work?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

export interface KernelOptions {
  db: Database;
  log: Log;
  clock?: Clock;
  testClock?: AttachableClock;
  metrics?: Metrics;
}

/** The kernel over a database that is open. Nothing runs before `start`. */
export function createKernel({
  db,
  log,
  clock = systemClock,
  testClock,
  metrics = createMetrics(),
}: KernelOptions): Kernel {
  const failed = metrics.counter('nines_jobs_failed_total', 'Jobs that failed for the last time.', ['kind']);
  const jobs = createJobs({
    db,
    log,
    alone: db.engine === 'pglite',
    // Work that is given up must not stay silent: it counts, and it is an event that pages and logs can show.
    onDead: (kind, message) => {
      failed.inc({ kind });
      events
        .emit('job.given_up', kind, { kind, message })
        .catch(error => log.error({ error, kind }, 'a job that was given up could not be told'));
    },
    ...(testClock === undefined ? {} : { testClock }),
  });
  const events = new Events(db, jobs, clock);
  const leases = new Leases(db, clock, `${hostname()}/${process.pid}/${newId('run')}`);
  const loops = new Loops(leases, clock, log);
  return {
    clock,
    db,
    jobs,
    events,
    leases,
    loops,
    audit: new Audit(db),
    log,
    metrics,
    start: async (migrations, { work = true } = {}) => {
      await migrate(db, [...eventMigrations, ...leaseMigrations, ...auditMigrations, ...migrations]);
      await leases.start();
      await events.start();
      await jobs.start({ work });
    },
    stop: async () => {
      await loops.stop();
      await jobs.stop();
      await events.stop();
      await db.close();
    },
  };
}
