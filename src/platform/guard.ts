import { Fault, instant, type Kernel, newId } from '../kernel/index.ts';
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
import { Execution } from './execution.ts';
import type { Platforms } from './platforms.ts';

/** Bounds on what is done to one service. */
export interface GuardOptions {
  /** How many actions a service may have in an hour, undos not counted. Default 12. */
  actionsPerHour?: number;
}

const ACTIONS_PER_HOUR = 12;
const LOOK_EVERY_MS = 1_000;
const GRACE_MS = 60_000;
const MAX_REASON = 1_000;

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
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #execution: Execution;

  constructor(kernel: Kernel, platforms: Platforms, gates: readonly Gate[] = [], options: GuardOptions = {}) {
    this.#kernel = kernel;
    this.#platforms = platforms;
    this.#gates = gates;
    this.#perHour = options.actionsPerHour ?? ACTIONS_PER_HOUR;
    this.#store = actionStore(kernel.db);
    this.#execution = new Execution(kernel, platforms, this.#store, {
      undo: (id, why) => this.undo(id, why),
      ended: id => {
        for (const wake of this.#waiting.get(id) ?? []) wake();
      },
    });
  }

  /** Goes on with what was under way when Nines stopped. */
  async start(): Promise<void> {
    await this.#execution.start();
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
        await this.#execution.schedule(record.id);
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
    this.#execution.count(refused);
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
