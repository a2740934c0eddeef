import { Fault, instant, type Kernel, type Principal, systemPrincipal } from '../kernel/index.ts';
import { type ActionRecord, isFinished } from './action-record.ts';
import type { actionStore } from './action-store.ts';
import type { ActionOutcome } from './platform.ts';
import type { Platforms } from './platforms.ts';
import { shortfall } from './service-state.ts';

/** Fewer than a job has (nine), so that the last one is left to end the record. */
const MAX_ATTEMPTS = 8;
const CHECK_WITHIN_MS = 5_000;
const CHECK_EVERY_MS = 250;
const MAX_REASON = 1_000;
/** How long an action of a replica that died waits for another one. */
const LEASE_MS = 10_000;
const JOB = 'platform.action';
const UNDO_JOB = 'platform.undo';

interface Around {
  /** Asks the guard to take a failed action back. */
  undo(id: string, request: { key: string; principal: Principal; reason: string }): Promise<unknown>;
  /** An action ended, or a turn of it. */
  ended(id: string): void;
}

/**
 * How an accepted action is carried out: by one replica at a time, once, through crashes; its state before is kept, its
 * result checked, and what the check does not find done is taken back, or told to a person.
 */
export class Execution {
  readonly #kernel: Kernel;
  readonly #platforms: Platforms;
  readonly #store: ReturnType<typeof actionStore>;
  readonly #around: Around;
  readonly #running = new Set<string>();
  readonly #counter;

  constructor(kernel: Kernel, platforms: Platforms, store: ReturnType<typeof actionStore>, around: Around) {
    this.#kernel = kernel;
    this.#platforms = platforms;
    this.#store = store;
    this.#around = around;
    this.#counter = kernel.metrics.counter('nines_actions_total', 'Actions that passed the guard.', [
      'kind',
      'purpose',
      'status',
    ]);
    kernel.jobs.define<{ id: string }>(JOB, ({ id }) => this.#run(id));
    kernel.jobs.define<{ id: string; why: string }>(UNDO_JOB, ({ id, why }) => this.#takeBack(id, why));
  }

  /** Goes on with what was under way when Nines stopped. */
  async start(): Promise<void> {
    const now = instant(this.#kernel.clock.now());
    for (const { id } of await this.#store.unfinished())
      await this.#kernel.jobs.schedule({ kind: JOB, key: `${id}/resume/${now}`, data: { id } });
  }

  /** With the record, in its transaction. */
  async schedule(id: string): Promise<void> {
    await this.#kernel.jobs.schedule({ kind: JOB, key: id, data: { id } });
  }

  count(record: ActionRecord): void {
    this.#counter.inc({ kind: record.action.kind, purpose: record.purpose, status: record.status });
  }

  async #run(id: string): Promise<void> {
    if (this.#running.has(id)) return;
    this.#running.add(id);
    const { leases } = this.#kernel;
    const lease = `action/${id}`;
    try {
      if (await leases.claim(lease, LEASE_MS)) {
        await leases.renewing(lease, LEASE_MS, lost => this.#carryOut(id, lost));
        await leases.release(lease);
      } else await this.#later(id);
    } finally {
      this.#running.delete(id);
      this.#around.ended(id);
    }
  }

  /** Another replica is at it. Should it die, this one goes on. */
  async #later(id: string): Promise<void> {
    const { jobs, clock } = this.#kernel;
    const at = instant(clock.now() + LEASE_MS);
    await jobs.schedule({ kind: JOB, key: `${id}/after/${at}`, data: { id }, at });
  }

  async #carryOut(id: string, lost: AbortSignal): Promise<void> {
    let record = await this.#store.byId(id);
    if (record === undefined || isFinished(record)) return;
    if (record.attempts >= MAX_ATTEMPTS) {
      await this.#finish(record, {
        status: 'failed',
        summary: `It was given up after ${record.attempts} attempts that Nines could not end.`,
        restored: false,
      });
      return;
    }
    const platform = await this.#platforms.of(record.service).catch(() => undefined);
    if (platform === undefined) {
      await this.#finish(record, {
        status: 'failed',
        summary: `${record.service} is not declared any more; nothing was done.`,
        restored: true,
      });
      return;
    }
    record = await this.#begin(record);
    const outcome = await platform.perform(record.action, {
      key: record.id,
      signal: AbortSignal.any([lost, AbortSignal.timeout(record.bound.timeoutSeconds * 1000)]),
      onProgress: progress =>
        this.#kernel.events.emit('action.progress', record.service, { action: id, ...progress }),
    });
    // Another replica has taken it over, and ends it; or nobody has, as the database was away for all of them.
    if (lost.aborted) return this.#later(id);
    await this.#finish(record, outcome);
  }

  /** Counts the attempt, then stores the state before, once: what is found after a crash in the middle is not what was before. */
  async #begin(record: ActionRecord): Promise<ActionRecord> {
    const counted = { ...record, attempts: record.attempts + 1 };
    await this.#store.update(counted);
    if (record.before !== undefined) return counted;
    const before = await this.#platforms.state(record.service);
    const inverse = (await this.#platforms.of(record.service)).inverse(record.action, before);
    const begun: ActionRecord = {
      ...counted,
      status: 'running',
      before,
      ...(inverse === undefined ? {} : { inverse }),
      startedAt: instant(this.#kernel.clock.now()),
    };
    await this.#store.transaction(async () => {
      await this.#store.update(begun);
      await this.#kernel.events.emit('action.started', record.service, { action: begun });
    });
    return begun;
  }

  async #finish(record: ActionRecord, outcome: ActionOutcome): Promise<void> {
    const missing = outcome.status === 'done' ? await this.#stillMissing(record) : undefined;
    const after = await this.#platforms.state(record.service).catch(() => undefined);
    const finished: ActionRecord = {
      ...record,
      status: outcome.status === 'done' && missing === undefined ? 'done' : 'failed',
      summary: missing === undefined ? outcome.summary : `${outcome.summary} But the check says: ${missing}`,
      ...(outcome.status === 'failed' ? { restored: outcome.restored } : {}),
      ...(missing === undefined ? {} : { restored: false }),
      ...(after === undefined ? {} : { after }),
      finishedAt: instant(this.#kernel.clock.now()),
    };
    this.count(finished);
    const undoable = missing !== undefined && finished.inverse !== undefined && finished.undoes === undefined;
    await this.#store.transaction(async () => {
      await this.#store.update(finished);
      await this.#kernel.events.emit(
        finished.status === 'done' ? 'action.done' : 'action.failed',
        finished.service,
        { action: finished },
      );
      // With the record of the failure, so that a crash between the two loses no undo.
      if (undoable)
        await this.#kernel.jobs.schedule({
          kind: UNDO_JOB,
          key: finished.id,
          data: { id: finished.id, why: missing },
        });
      // Nothing is left that Nines could do by itself: a person must know.
      if (finished.status === 'failed' && !undoable && (finished.restored === false || finished.undoes))
        await this.#kernel.events.emit('action.undo_failed', finished.service, { action: finished });
    });
  }

  /** Takes back what the check after an action did not find done. An undo that cannot even begin is told to a person. */
  async #takeBack(id: string, why: string): Promise<void> {
    const record = await this.#store.byId(id);
    if (record === undefined) return;
    try {
      await this.#around.undo(id, {
        key: `${record.key}/undo`,
        principal: systemPrincipal,
        reason: `The check after "${record.description}" failed: ${why}`.slice(0, MAX_REASON),
      });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // Another action on the service is under way: after it.
      if (error.detail.retryAfterSeconds !== undefined) {
        const at = instant(this.#kernel.clock.now() + error.detail.retryAfterSeconds * 1000);
        await this.#kernel.jobs.schedule({ kind: UNDO_JOB, key: `${id}/${at}`, data: { id, why }, at });
        return;
      }
      const summary = `${record.summary ?? ''} The undo could not begin: ${error.message}`.trim();
      await this.#kernel.events.emit('action.undo_failed', record.service, {
        action: { ...record, summary },
      });
    }
  }

  /** What the action's result still lacks after a few seconds of patience. */
  async #stillMissing(record: ActionRecord): Promise<string | undefined> {
    const { clock } = this.#kernel;
    const until = clock.now() + CHECK_WITHIN_MS;
    for (;;) {
      const missing = shortfall(record.action, await this.#platforms.state(record.service));
      if (missing === undefined || clock.now() >= until) return missing;
      await clock.sleep(CHECK_EVERY_MS);
    }
  }
}
