import type { Catalog } from '../catalog/index.ts';
import {
  duration,
  Fault,
  type Instant,
  instant,
  type Kernel,
  messageOf,
  newId,
  type Principal,
  systemPrincipal,
} from '../kernel/index.ts';
import {
  type ActionRecord,
  describeAction,
  type Guard,
  isFinished,
  type Platforms,
} from '../platform/index.ts';
import {
  accepted,
  acted,
  begun,
  busy,
  dueAt,
  readSince,
  refusedByGuard,
  undoAccepted,
  undoBusy,
  undoEnded,
  verified,
} from './execution.ts';
import { type Finding, matching, startOf } from './matching.ts';
import {
  approved,
  isOver,
  newsOf,
  type Proposal,
  proposed,
  rejected,
  startedByPolicy,
  type Verification,
} from './proposal.ts';
import { Runbook } from './runbook.ts';
import { proposalStore } from './store.ts';

/**
 * Reads whether the objectives are met over the time since: the service's own, and those that the incident is about.
 * Handed in by the composition.
 */
export type Verify = (service: string, since: Instant, facts: { incident: string }) => Promise<Verification>;

/** A reason why a runbook may not start by itself, as an error budget's policy; undefined if there is none. */
export type Objection = (
  facts: { service: string; incident: string; runbook: string },
  now: Instant,
) => Promise<string | undefined>;

export interface RunbooksOptions {
  verify: Verify;
  objections?: readonly Objection[];
}

const JOB = 'runbook.advance';
const MAX_LIST = 500;
const MAX_ATTEMPTS = 5;

/**
 * Puts runbooks forward against incidents, takes approvals, and carries their steps out: action through the guard,
 * verification, undo. Each step is a stored transition with the job for the next one beside it, so that a crash anywhere
 * is gone on from, and no step is repeated.
 */
export class Runbooks {
  readonly #kernel: Kernel;
  readonly #catalog: Catalog;
  readonly #guard: Guard;
  readonly #platforms: Platforms;
  readonly #verify: Verify;
  readonly #objections: readonly Objection[];
  readonly #store: ReturnType<typeof proposalStore>;

  constructor(
    kernel: Kernel,
    catalog: Catalog,
    guard: Guard,
    platforms: Platforms,
    { verify, objections = [] }: RunbooksOptions,
  ) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#guard = guard;
    this.#platforms = platforms;
    this.#verify = verify;
    this.#objections = objections;
    this.#store = proposalStore(kernel.db);
    kernel.jobs.define<{ id: string; version: number }>(JOB, ({ id, version }) => this.#advance(id, version));
    const follow = async ({ data }: { data: { action: ActionRecord } }) => this.#actionEnded(data.action.id);
    kernel.events.on('action.done', 'runbook.action.done', follow);
    kernel.events.on('action.failed', 'runbook.action.failed', follow);
  }

  /**
   * Puts the best fitting runbook forward, once an incident; starts it if the policy allows. Undefined if none fits: the
   * event `remediation.none` then says why each does not.
   */
  async propose(finding: Finding): Promise<Proposal | undefined> {
    const { incident, service, causeKind, verdict, remedy } = finding;
    const { matches, mismatches } = await this.#fitting(finding);
    const best = matches[0];
    const now = instant(this.#kernel.clock.now());
    if (best === undefined) {
      await this.#kernel.events.emit('remediation.none', incident, { incident, service, why: mismatches });
      return undefined;
    }
    const runbook = best.runbook.metadata.name;
    const said = await Promise.all(
      this.#objections.map(objection => objection({ service, incident, runbook }, now)),
    );
    const proposal = proposed(
      best,
      {
        id: newId('rem'),
        incident,
        service,
        causeKind,
        verdict,
        reason: remedy.reason,
        ...startOf(
          best.runbook.spec.start,
          verdict,
          said.filter(one => one !== undefined),
        ),
      },
      now,
    );
    return this.#kernel.db.transaction(() => this.#putForward(proposal, now));
  }

  /** One person's yes; with enough of them it starts. */
  async approve(id: string, principal: Principal): Promise<Proposal> {
    return this.#change(id, (proposal, now) => approved(proposal, principal, now));
  }

  async reject(id: string, principal: Principal, reason: string): Promise<Proposal> {
    return this.#change(id, (proposal, now) => rejected(proposal, principal.name, reason, now));
  }

  /** Takes back what was only proposed for an incident, as when it has resolved by itself. */
  async withdraw(incident: string, reason: string): Promise<void> {
    for (const { id, state } of await this.#store.ofIncident(incident))
      if (state === 'proposed') await this.reject(id, systemPrincipal, reason);
  }

  /** An incident's proposals, the first first. */
  async ofIncident(incident: string): Promise<Proposal[]> {
    return this.#store.ofIncident(incident);
  }

  async get(id: string): Promise<Proposal> {
    const proposal = await this.#store.byId(id);
    if (proposal !== undefined) return proposal;
    throw new Fault('not_found', `There is no remediation '${id.slice(0, 80)}'.`, {
      hint: 'nines remediation list shows them.',
    });
  }

  /** The newest first. */
  async list(limit = 50): Promise<Proposal[]> {
    return this.#store.list(Math.min(limit, MAX_LIST));
  }

  async #fitting(finding: Finding): Promise<ReturnType<typeof matching>> {
    const runbooks = await this.#catalog.list(Runbook);
    try {
      return matching(finding, runbooks, await this.#platforms.state(finding.service));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // A database, or a service that runs elsewhere: nothing that we could act on.
      const mismatches = runbooks.map(({ metadata }) => ({ runbook: metadata.name, why: error.message }));
      return { matches: [], mismatches };
    }
  }

  async #putForward(proposal: Proposal, now: Instant): Promise<Proposal> {
    await this.#store.lock();
    const earlier = (await this.#store.ofIncident(proposal.incident)).filter(
      one => one.service === proposal.service,
    );
    const same = earlier.find(one => sameSteps(one, proposal));
    if (same !== undefined && !becameSure(same, proposal)) return same;
    const underWay = earlier.find(one => !isOver(one) && one.state !== 'proposed');
    if (underWay !== undefined) return underWay;
    for (const one of earlier)
      if (one.state === 'proposed')
        await this.#store.replace(
          {
            ...rejected(one, 'nines', `A newer finding puts ${proposal.id} forward instead.`, now),
            version: one.version + 1,
          },
          one.version,
        );
    await this.#store.insert(proposal);
    await this.#kernel.events.emit('remediation.proposed', proposal.incident, { proposal });
    if (proposal.start !== 'automatic') return proposal;
    const started = { ...startedByPolicy(proposal), version: proposal.version + 1 };
    await this.#keep(proposal, started);
    return started;
  }

  /** What is due now, in the version that the job was made for. */
  async #advance(id: string, version: number): Promise<void> {
    const proposal = await this.#store.byId(id);
    if (proposal === undefined || proposal.version !== version || isOver(proposal)) return;
    const current = proposal.steps[proposal.cursor]!;
    if (proposal.state === 'approved')
      await this.#next(proposal, begun(proposal, instant(this.#kernel.clock.now())));
    else if (current.state === 'acting' && current.actionId === undefined) await this.#act(proposal);
    else if (current.state === 'verifying') await this.#read(proposal);
    else if (current.state === 'undoing' && current.undoActionId === undefined) await this.#undo(proposal);
  }

  async #act(proposal: Proposal): Promise<void> {
    const current = proposal.steps[proposal.cursor]!;
    const { maxReplicas, timeout } = current.spec.bound;
    try {
      const record = await this.#guard.submit({
        key: actionKey(proposal, proposal.cursor),
        action: current.action,
        purpose: 'remediation',
        principal: proposal.runner ?? systemPrincipal,
        reason: `${proposal.title}, step ${current.name}: ${proposal.why}`.slice(0, 1000),
        incident: proposal.incident,
        bound: {
          timeoutSeconds: Math.max(Math.round(duration(timeout) / 1000), 1),
          ...(maxReplicas === undefined ? {} : { maxReplicas }),
        },
      });
      await this.#next(proposal, accepted(proposal, record.id));
      // It may have ended before we knew its name.
      if (isFinished(record)) await this.#actionEnded(record.id);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const now = instant(this.#kernel.clock.now());
      const next =
        error.detail.retryAfterSeconds !== undefined
          ? busy(proposal, error.message, now)
          : refusedByGuard(proposal, error.message, now);
      await this.#next(proposal, next);
    }
  }

  async #undo(proposal: Proposal): Promise<void> {
    const current = proposal.steps[proposal.cursor]!;
    try {
      const record = await this.#guard.undo(current.actionId!, {
        key: `${actionKey(proposal, proposal.cursor)}/undo`,
        principal: proposal.runner ?? systemPrincipal,
        reason: `Undoes the step ${current.name}. ${proposal.problem ?? ''}`.slice(0, 1000),
        incident: proposal.incident,
      });
      await this.#next(proposal, undoAccepted(proposal, record.id));
      if (isFinished(record)) await this.#actionEnded(record.id);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.detail.retryAfterSeconds !== undefined) {
        await this.#next(proposal, undoBusy(proposal, error.message));
        return;
      }
      const now = instant(this.#kernel.clock.now());
      await this.#next(proposal, undoEnded(proposal, { done: false, summary: error.message }, now));
    }
  }

  async #read(proposal: Proposal): Promise<void> {
    const current = proposal.steps[proposal.cursor]!;
    const now = instant(this.#kernel.clock.now());
    const verification = await this.#verify(proposal.service, readSince(current, now), {
      incident: proposal.incident,
    }).catch(
      (error: unknown): Verification => ({
        healthy: null,
        figures: `The objectives could not be read: ${messageOf(error)}`,
      }),
    );
    await this.#next(proposal, verified(proposal, verification, now));
  }

  /** An action of the guard has ended; if it is a step of ours, or its undo, the proposal goes on. */
  async #actionEnded(actionId: string): Promise<void> {
    const record = await this.#guard.get(actionId);
    const [prefix, id, index, undo] = record.key.split('/');
    if (prefix !== KEY_PREFIX || id === undefined || !isFinished(record)) return;
    // Told again if the proposal was changed meanwhile: the end of an action must not be lost.
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const proposal = await this.#store.byId(id);
      if (proposal === undefined || isOver(proposal) || proposal.cursor !== Number(index)) return;
      const next = this.#afterAction(proposal, record, undo !== undefined);
      if (next === undefined || (await this.#next(proposal, next))) return;
    }
    throw new Error(`${id} was changed too often to take in the end of ${actionId}`);
  }

  #afterAction(proposal: Proposal, record: ActionRecord, isUndo: boolean): Proposal | undefined {
    const { state } = proposal.steps[proposal.cursor]!;
    const now = instant(this.#kernel.clock.now());
    if (!isUndo) return state === 'acting' ? acted(proposal, record, now) : undefined;
    if (state !== 'undoing') return undefined;
    const { id: actionId, status, summary = '' } = record;
    return undoEnded(proposal, { done: status === 'done', summary, actionId }, now);
  }

  async #change(id: string, change: (proposal: Proposal, now: Instant) => Proposal): Promise<Proposal> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const before = await this.get(id);
      const next = {
        ...change(before, instant(this.#kernel.clock.now())),
        version: before.version + 1,
      };
      if (await this.#kernel.db.transaction(() => this.#keep(before, next))) return next;
    }
    throw new Fault('conflict', `${id} is being changed by somebody else.`, { retryAfterSeconds: 1 });
  }

  /** Stores the transition; false if another one was faster, which then goes on. */
  async #next(before: Proposal, after: Proposal): Promise<boolean> {
    return this.#kernel.db.transaction(() => this.#keep(before, { ...after, version: before.version + 1 }));
  }

  /** The next version, its events and the job that goes on, together. */
  async #keep(before: Proposal, next: Proposal): Promise<boolean> {
    if (!(await this.#store.replace(next, before.version))) return false;
    for (const type of newsOf(before, next))
      await this.#kernel.events.emit(type, next.incident, { proposal: next });
    const at = dueAt(next, this.#kernel.clock.now());
    if (at !== undefined)
      await this.#kernel.jobs.schedule({
        kind: JOB,
        key: `${next.id}/${next.version}`,
        data: { id: next.id, version: next.version },
        at,
      });
    return true;
  }
}

const KEY_PREFIX = 'remediation';

function actionKey(proposal: Proposal, index: number): string {
  return `${KEY_PREFIX}/${proposal.id}/${index}`;
}

/** It waits for a person because the verdict was unsure, and by the newer finding it may start by itself. */
function becameSure(before: Proposal, now: Proposal): boolean {
  return (
    before.state === 'proposed' &&
    before.approvals.length === 0 &&
    before.verdict !== 'confirmed' &&
    now.start === 'automatic'
  );
}

function sameSteps(a: Proposal, b: Proposal): boolean {
  const steps = (one: Proposal) => one.steps.map(step => describeAction(step.action)).join('\n');
  return a.runbook === b.runbook && steps(a) === steps(b);
}
