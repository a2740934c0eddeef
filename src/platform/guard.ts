import { Fault, instant, type Kernel, newId, systemPrincipal } from '../kernel/index.ts';
import { describeAction, sameAction } from './action.ts';
import {
  type ActionRecord,
  actionBudget,
  Bound,
  type Gate,
  type GateAnswer,
  type GuardRequest,
  isFinished,
  outsideBound,
} from './action-record.ts';
import { actionStore } from './action-store.ts';
import type { ActionOutcome } from './platform.ts';
import type { Platforms } from './platforms.ts';
import { shortfall } from './service-state.ts';

export interface GuardOptions {
  /** How many actions a service may have in an hour, undos not counted. Default 12. */
  actionsPerHour?: number;
}

const ACTIONS_PER_HOUR = 12;
const MAX_ATTEMPTS = 10;
const CHECK_WITHIN_MS = 5_000;
const CHECK_EVERY_MS = 250;
const LOOK_EVERY_MS = 1_000;
const GRACE_MS = 60_000;
const MAX_REASON = 1_000;
const JOB = 'platform.action';
const UNDO_JOB = 'platform.undo';

/**
 * The one way to act, whoever asks: role, bound, one action at a time for a service, an action budget, and the gates;
 * then a durable record, the action performed once, a check, and the undo if the check fails.
 */
export class Guard {
  readonly #kernel: Kernel;
  readonly #platforms: Platforms;
  readonly #gates: readonly Gate[];
  readonly #perHour: number;
  readonly #store: ReturnType<typeof actionStore>;
  readonly #running = new Set<string>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #counter;

  constructor(kernel: Kernel, platforms: Platforms, gates: readonly Gate[] = [], options: GuardOptions = {}) {
    this.#kernel = kernel;
    this.#platforms = platforms;
    this.#gates = gates;
    this.#perHour = options.actionsPerHour ?? ACTIONS_PER_HOUR;
    this.#store = actionStore(kernel.db);
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

  /** Asks for an action and waits until it is done, failed, or longer under way than it should be. */
  async perform(request: GuardRequest): Promise<ActionRecord> {
    const accepted = await this.submit(request);
    const until = this.#kernel.clock.now() + accepted.bound.timeoutSeconds * 1000 + GRACE_MS;
    return this.wait(accepted.id, until);
  }

  /** Waits until the action is finished, at most until the given time. */
  async wait(id: string, untilMs: number): Promise<ActionRecord> {
    const { clock } = this.#kernel;
    for (;;) {
      let wake: () => void = () => {};
      const news = new Promise<void>(resolve => {
        wake = resolve;
      });
      const wakers = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, wakers.add(wake));
      const timer = new AbortController();
      try {
        const record = await this.get(id);
        if (isFinished(record) || clock.now() >= untilMs) return record;
        await Promise.race([news, clock.sleep(LOOK_EVERY_MS, timer.signal).catch(() => {})]);
      } finally {
        timer.abort();
        wakers.delete(wake);
        if (wakers.size === 0) this.#waiting.delete(id);
      }
    }
  }

  /**
   * Asks for an action; it is then performed, whatever happens to this process. Throws `forbidden` for a role, `invalid`
   * or `denied` for a bound or a gate, `conflict` while another action on the service is under way. Not to be called
   * inside a transaction.
   */
  async submit(request: GuardRequest): Promise<ActionRecord> {
    return this.#submit(request);
  }

  /** Asks for the inverse of a finished action. No gate is asked and no budget: a way back is always open. */
  async undo(
    id: string,
    request: Pick<GuardRequest, 'key' | 'principal' | 'reason' | 'incident'>,
  ): Promise<ActionRecord> {
    const record = await this.get(id);
    if (!isFinished(record))
      throw new Fault('conflict', `${id} (${record.description}) is still under way.`, {
        hint: 'Wait until it has ended.',
      });
    if (record.inverse === undefined)
      throw new Fault('conflict', `${id} (${record.description}) has nothing that could be undone.`);
    return this.#submit(
      {
        ...request,
        action: record.inverse,
        purpose: 'undo',
        ...(record.incident === undefined ? {} : { incident: record.incident }),
      },
      id,
    );
  }

  async get(id: string): Promise<ActionRecord> {
    const record = await this.#store.byId(id);
    if (record !== undefined) return record;
    throw new Fault('not_found', `There is no action '${id.slice(0, 80)}'.`, {
      hint: 'nines action list shows them.',
    });
  }

  async byKey(key: string): Promise<ActionRecord | undefined> {
    return this.#store.byKey(key);
  }

  /** The newest first. */
  async list(filter: { service?: string; incident?: string; limit?: number } = {}): Promise<ActionRecord[]> {
    return this.#store.list({ limit: 50, ...filter });
  }

  async #submit(request: GuardRequest, undoes?: string): Promise<ActionRecord> {
    const { action, principal } = request;
    const { service } = action;
    authorise(request);
    const existing = await this.#known(request);
    if (existing !== undefined) return existing;
    const bound = Bound.parse(request.bound ?? {});
    const platform = await this.#platforms.of(service);
    const refused = await platform.refuses(action);
    if (refused !== undefined) throw new Fault('invalid', refused);
    const outside = outsideBound(action, bound, await platform.state(service));
    if (outside !== undefined) throw new Fault('denied', outside);
    await this.#alone(service);
    const now = this.#kernel.clock.now();
    const gates = undoes === undefined ? await this.#ask(request, now) : [];
    const no = gates.filter(gate => !gate.allowed);
    const twoPeople = request.rehearsal ? undefined : no.find(gate => gate.twoPeople !== undefined);
    const through = request.override !== undefined && twoPeople === undefined;
    const record: ActionRecord = {
      id: newId('act'),
      key: request.key,
      service,
      action,
      description: describeAction(action),
      purpose: request.purpose,
      principal,
      reason: request.reason,
      ...(request.incident === undefined ? {} : { incident: request.incident }),
      bound,
      gates,
      ...(request.override === undefined ? {} : { override: request.override }),
      status: no.length > 0 && !through ? 'refused' : 'accepted',
      ...(undoes === undefined ? {} : { undoes }),
      attempts: 0,
      requestedAt: instant(now),
    };
    if (record.status === 'refused') throw await this.#refuse(record, no);
    try {
      await this.#store.transaction(async () => {
        await this.#store.insert(record);
        await this.#kernel.jobs.schedule({ kind: JOB, key: record.id, data: { id: record.id } });
      });
    } catch (error) {
      // Somebody was faster: with the same key, which is well, or with another action on the service.
      const faster = await this.#known(request);
      if (faster !== undefined) return faster;
      await this.#alone(service);
      throw error;
    }
    return record;
  }

  async #known(request: GuardRequest): Promise<ActionRecord | undefined> {
    const existing = await this.#store.byKey(request.key);
    if (existing !== undefined && !sameAction(existing.action, request.action))
      throw new Fault(
        'conflict',
        `The key ${request.key} belongs to another action (${existing.description}).`,
      );
    return existing;
  }

  async #alone(service: string): Promise<void> {
    const other = await this.#store.underWay(service);
    if (other !== undefined)
      throw new Fault(
        'conflict',
        `Another action on ${service} is under way: ${other.description} (${other.id}).`,
        { hint: `nines action show ${other.id} shows how far it is.`, retryAfterSeconds: 10 },
      );
  }

  async #ask(request: GuardRequest, nowMs: number): Promise<GateAnswer[]> {
    const { service } = request.action;
    const count = await this.#store.countSince(service, this.#store.hourBefore(nowMs));
    const answers = [actionBudget(service, count, this.#perHour)];
    for (const gate of this.#gates)
      answers.push({ gate: gate.name, ...(await gate.check(request, instant(nowMs))) });
    return answers;
  }

  async #refuse(record: ActionRecord, no: readonly GateAnswer[]): Promise<Fault> {
    const why = no.map(gate => `${gate.gate}: ${gate.reason}`).join(' ');
    const refused: ActionRecord = { ...record, summary: why, finishedAt: record.requestedAt };
    this.#count(refused);
    await this.#store.transaction(async () => {
      await this.#store.insert(refused);
      await this.#kernel.events.emit('action.refused', record.service, { action: refused });
    });
    return new Fault('denied', `Not allowed to ${record.description}. ${why}`, {
      hint:
        no.find(gate => gate.twoPeople !== undefined)?.twoPeople?.hint ??
        'A person may override this with a reason, which is recorded: --override "why".',
    });
  }

  async #run(id: string): Promise<void> {
    if (this.#running.has(id)) return;
    this.#running.add(id);
    try {
      await this.#carryOut(id);
    } finally {
      this.#running.delete(id);
      for (const wake of this.#waiting.get(id) ?? []) wake();
    }
  }

  async #carryOut(id: string): Promise<void> {
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
      signal: AbortSignal.timeout(record.bound.timeoutSeconds * 1000),
      onProgress: progress =>
        this.#kernel.events.emit('action.progress', record.service, { action: id, ...progress }),
    });
    await this.#finish(record, outcome);
  }

  /** Stores the state before, once: what is found after a crash in the middle is not what was before. */
  async #begin(record: ActionRecord): Promise<ActionRecord> {
    const attempts = record.attempts + 1;
    if (record.before !== undefined) {
      const again = { ...record, attempts };
      await this.#store.update(again);
      return again;
    }
    const before = await this.#platforms.state(record.service);
    const inverse = (await this.#platforms.of(record.service)).inverse(record.action, before);
    const begun: ActionRecord = {
      ...record,
      attempts,
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
    this.#count(finished);
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
    const record = await this.get(id);
    try {
      await this.undo(id, {
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

  #count(record: ActionRecord): void {
    this.#counter.inc({ kind: record.action.kind, purpose: record.purpose, status: record.status });
  }
}

function authorise({ action, principal, reason, override }: GuardRequest): void {
  if (principal.role === 'viewer')
    throw new Fault(
      'forbidden',
      `${principal.name} has the role viewer; to ${describeAction(action)} needs responder.`,
    );
  if (reason.trim() === '' || reason.length > MAX_REASON)
    throw new Fault('invalid', `An action needs a reason of 1 to ${MAX_REASON} characters.`, {
      field: 'reason',
      hint: 'Say why, as --reason "releases the fix for the slow checkout".',
    });
  if (override === undefined) return;
  if (principal.kind !== 'person')
    throw new Fault('forbidden', 'Only a person may override a gate.', {
      hint: 'Let a person run it with --override "why".',
    });
  if (override.trim() === '' || override.length > MAX_REASON)
    throw new Fault('invalid', `An override needs a reason of 1 to ${MAX_REASON} characters.`, {
      field: 'override',
    });
}
