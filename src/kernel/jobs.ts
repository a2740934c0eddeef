import { type AttachableClock, PgBoss } from 'pg-boss';
import type { Database } from './database.ts';
import { uuidOf } from './id.ts';
import type { Instant } from './instant.ts';
import type { Log } from './log.ts';

/** Work that is done even if the process dies in between. */
export interface JobRequest {
  kind: string;
  /** Once per kind and key, for ever: a second `schedule` with the same key changes nothing. As `INC-7/escalate/2`. */
  key: string;
  data: object;
  /** When it is due; now if absent. */
  at?: Instant;
}

/** Durable work and timers: what was scheduled runs at least once, also after a crash. Handlers are idempotent. */
export interface Jobs {
  /** Names what runs a kind of job. Before `start`. */
  define<T extends object>(kind: string, handle: (data: T, signal: AbortSignal) => Promise<void>): void;
  /** Stores the job, in the transaction under way if there is one. */
  schedule(job: JobRequest): Promise<void>;
  /** Takes back a job that has not begun. */
  cancel(kind: string, key: string): Promise<void>;
  /** With `work: false` jobs can be scheduled, and are run by another process or a later start. */
  start(options?: { work?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

interface Envelope {
  kind: string;
  data: object;
}

const QUEUE = 'nines';
const FAILED = 'nines-failed';
const RETRIES = 8;
/** A job runs at most this long; longer work is cut into steps that schedule the next one. */
const EXPIRE_SECONDS = 300;
const CONCURRENCY = 6;
const STOP_TIMEOUT_MS = 5_000;

export interface JobsOptions {
  db: Database;
  log: Log;
  /** For tests: pg-boss's own clock, which PostgreSQL's `now` follows too. */
  testClock?: AttachableClock;
  /** Called when a job has failed for the last time: a failure that must not stay silent. */
  onDead?: (kind: string, message: string) => void;
  /** This process alone holds the database (the embedded one), so a job found running at start is a crash's leftover. */
  alone: boolean;
}

/** Jobs on pg-boss: one queue for all kinds, so that idle polling costs the same however many kinds there are. */
export function createJobs({ db, log, testClock, onDead, alone }: JobsOptions): Jobs {
  const handlers = new Map<string, (data: object, signal: AbortSignal) => Promise<void>>();
  const boss = new PgBoss({
    db: {
      executeSql: async (text, values) => ({
        rows:
          values === undefined || values.length === 0 ? await db.execute(text) : await db.query(text, values),
      }),
      listen: async (channel, onNotification, onReconnect) => {
        const close = await db.listen(channel, onNotification, onReconnect);
        return { close };
      },
      ...(testClock === undefined
        ? {}
        : {
            setSessionStatements: async (statements: string[]) => {
              for (const statement of statements) await db.execute(statement);
            },
          }),
    },
    backend: db.engine,
    schedule: false,
    useListenNotify: testClock === undefined,
    persistWarnings: false,
    monitorVacuum: false,
    reindex: false,
    ...(testClock === undefined ? {} : { clock: testClock }),
  });
  boss.on('error', error => log.error({ error }, 'the job queue reported an error'));
  let stopped = false;

  const run = async (job: { id: string; data: Envelope; signal: AbortSignal }, attempt: number) => {
    const { kind, data } = job.data;
    const handle = handlers.get(kind);
    if (handle === undefined) throw new Error(`no handler for job kind ${kind}`);
    try {
      await handle(data, job.signal);
    } catch (error) {
      log.error(
        { error, kind, data, attempt },
        attempt >= RETRIES ? 'a job failed for the last time' : 'a job failed and will be tried again',
      );
      throw error;
    }
  };

  return {
    define: (kind, handle) => {
      if (handlers.has(kind)) throw new Error(`job kind ${kind} is defined twice`);
      handlers.set(kind, handle as (data: object, signal: AbortSignal) => Promise<void>);
    },
    schedule: async ({ kind, key, data, at }) => {
      const envelope: Envelope = { kind, data };
      await boss.send(QUEUE, envelope, {
        id: uuidOf(`${kind}\n${key}`),
        ...(at === undefined ? {} : { startAfter: new Date(at) }),
      });
    },
    cancel: async (kind, key) => {
      await boss.cancel(QUEUE, uuidOf(`${kind}\n${key}`));
    },
    start: async ({ work = true } = {}) => {
      await boss.start();
      await boss.createQueue(FAILED);
      const options = {
        retryLimit: RETRIES,
        retryDelay: 1,
        retryBackoff: true,
        retryDelayMax: 60,
        expireInSeconds: EXPIRE_SECONDS,
        heartbeatSeconds: 10,
        deadLetter: FAILED,
        notify: true,
        retentionSeconds: 400 * 86_400,
        deleteAfterSeconds: 14 * 86_400,
      };
      await boss.createQueue(QUEUE, options);
      if (!work) return;
      if (alone) await requeueInterrupted(db);
      // Whatever ended it, an error, its time limit or a process that died with it: what is given up comes here.
      await boss.work<Envelope, void>(FAILED, { batchSize: 1, pollingIntervalSeconds: 5 }, async dead => {
        for (const { data } of dead) onDead?.(data.kind, `it failed, or was cut off, ${RETRIES + 1} times`);
      });
      await boss.work<Envelope, void>(
        QUEUE,
        {
          includeMetadata: true,
          batchSize: 1,
          localConcurrency: CONCURRENCY,
          pollingIntervalSeconds: 1,
          notifyPollingIntervalSeconds: 1,
        },
        async jobs => {
          for (const job of jobs) await run(job, job.retryCount);
        },
      );
    },
    stop: async () => {
      if (stopped) return;
      stopped = true;
      await boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS, close: false });
    },
  };
}

/**
 * With the embedded database nobody else can be running a job: what a killed process left `active` is due again at
 * once, rather than when its heartbeat lapses. The attempt that was cut off counts.
 */
async function requeueInterrupted(db: Database): Promise<void> {
  await db.query(
    `update pgboss.job set state = 'retry', retry_count = retry_count + 1, start_after = now() where name = $1 and state = 'active' and retry_count < retry_limit`,
    [QUEUE],
  );
}
