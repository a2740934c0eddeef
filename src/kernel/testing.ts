import { TestClock } from 'pg-boss';
import type { Clock } from './clock.ts';
import { openPglite } from './database-pglite.ts';
import { createKernel, type Kernel } from './kernel.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Migration } from './migration.ts';

/** Real time after which jobs that keep coming count as a defect. */
const SETTLE_MS = 60_000;

/** A clock that a test moves by hand; jobs and PostgreSQL's own time in the job queue follow it. */
export interface FakeClock extends Clock {
  /** Moves time on, running what becomes due on the way, and waits until the jobs that became due have run. */
  advance(ms: number): Promise<void>;
}

export interface TestKernel extends Kernel {
  clock: FakeClock;
  testClock: TestClock;
  /** Waits until no job is due or running: all events emitted so far are delivered. */
  settle(): Promise<void>;
}

/** A kernel over an in-memory database on a fake clock. `await kernel.stop()` when done. */
export async function testKernel(
  options: { now?: string; log?: 'silent' | 'error' } = {},
): Promise<TestKernel> {
  const testClock = new TestClock(options.now ?? '2026-01-27T03:00:00.000Z');
  const db = await openPglite();
  const clock: FakeClock = {
    now: () => testClock.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(new DOMException('The operation was aborted.', 'AbortError'));
        const timer = testClock.setTimeout(resolve, ms);
        signal?.addEventListener('abort', () => {
          testClock.clearTimeout(timer);
          reject(new DOMException('The operation was aborted.', 'AbortError'));
        });
      }),
    advance: async ms => {
      await settle();
      await testClock.tick(ms);
      await settle();
    },
  };
  const kernel = createKernel({
    db,
    clock,
    testClock,
    log: createLog(options.log ?? 'error'),
    metrics: createMetrics(),
  });
  const pending = async () => {
    const [row] = await db.query<{ active: number; due: number }>(
      `select count(*) filter (where state = 'active')::int as active,
              count(*) filter (where state in ('created', 'retry') and start_after <= $1)::int as due
       from pgboss.job where name = 'nines'`,
      [new Date(testClock.now())],
    );
    return row ?? { active: 0, due: 0 };
  };
  async function settle() {
    // Pollers run on the fake clock: a small tick lets them fetch what is due. Handlers run in real time, and a slow
    // machine must not make fake time pass: while one runs the clock moves rarely, for those that sleep on it.
    const deadline = Date.now() + SETTLE_MS;
    for (let turn = 0; Date.now() < deadline; turn++) {
      const { active, due } = await pending();
      if (active + due === 0) return;
      await testClock.tick(turn % (active === 0 ? 5 : 50) === 0 ? 1000 : 0);
      await new Promise(resolve => setImmediate(resolve));
    }
    throw new Error('jobs did not settle: one keeps failing or schedules itself for now');
  }
  return { ...kernel, clock, testClock, settle };
}

/** Starts a test kernel with these tables; the usual first line of a test with a store. */
export async function startedKernel(
  migrations: readonly Migration[],
  options?: Parameters<typeof testKernel>[0],
): Promise<TestKernel> {
  const kernel = await testKernel(options);
  await kernel.start(migrations);
  return kernel;
}
