import { type Catalog, Service } from '../catalog/index.ts';
import {
  epochMs,
  Fault,
  type Instant,
  instant,
  type Kernel,
  newId,
  type Principal,
  uuidOf,
} from '../kernel/index.ts';
import { type ActionRecord, demandDone, type Guard, type Platforms } from '../platform/index.ts';
import { Change, type ChangeKind, changeIdOf, changeOf } from './change.ts';
import { changeStore } from './store.ts';

export interface DeployRequest {
  principal: Principal;
  reason: string;
  incident?: string;
  /** Why to go on although a gate, as the error budget, says no. */
  override?: string;
  /** Part of a drill, on a system that may be broken on purpose. */
  rehearsal?: boolean;
  /** Asking again with the same key does not deploy again. */
  key?: string;
}

/** A change made by something else than Nines: a pipeline, a person at another tool. */
export interface ExternalChange {
  service: string;
  kind: ChangeKind;
  by: string;
  from?: string;
  to?: string;
  at?: Instant;
  finishedAt?: Instant;
  status?: Change['status'];
  reason?: string;
  incident?: string;
  url?: string;
  key?: string;
}

export interface Deployment {
  change: Change;
  action: ActionRecord;
}

/** The event `deploy.progress`; its subject is the service. */
export interface DeployProgress {
  service: string;
  change: string;
  stage: string;
  message: string;
}

const MAX_CHANGES = 1_000;
const CLOCK_SKEW_MS = 10 * 60_000;

/** Releases, rollbacks, and the record of every change, whoever made it. */
export class Deploys {
  readonly #kernel: Kernel;
  readonly #catalog: Catalog;
  readonly #guard: Guard;
  readonly #platforms: Platforms;
  readonly #store: ReturnType<typeof changeStore>;

  constructor(kernel: Kernel, catalog: Catalog, guard: Guard, platforms: Platforms) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#guard = guard;
    this.#platforms = platforms;
    this.#store = changeStore(kernel.db);
    const { events } = kernel;
    const follow = async ({ data }: { data: { action: ActionRecord } }) => {
      // The record as it is now: told late or twice, it gives the same change.
      await this.#follow(await guard.get(data.action.id));
    };
    events.on('action.started', 'deploy.follow.started', follow);
    events.on('action.done', 'deploy.follow.done', follow);
    events.on('action.failed', 'deploy.follow.failed', follow);
    events.on<{ action: string; stage: string; message: string }>(
      'action.progress',
      'deploy.progress',
      async ({ data, subject }) => {
        if ((await guard.get(data.action)).action.kind !== 'release') return;
        const progress: DeployProgress = {
          service: subject,
          change: changeIdOf(data.action),
          stage: data.stage,
          message: data.message,
        };
        await events.emit('deploy.progress', subject, progress);
      },
    );
    events.on<{ service: string; release: string }>(
      'service.brought_up',
      'deploy.brought_up',
      async ({ id, at, data }) => {
        await this.#put({
          id: id.replace(/^evt_/, 'chg_'),
          service: data.service,
          kind: 'release',
          to: data.release,
          at,
          finishedAt: at,
          by: 'nines',
          status: 'done',
          reason: 'first brought up, as declared',
        });
      },
    );
  }

  /** Rolls a release out and waits for the end. Throws `denied` if a gate says no, `conflict` if it fails. */
  async deploy(service: string, version: string, request: DeployRequest): Promise<Deployment> {
    return this.#release(service, version, 'release', request);
  }

  /** Goes back to a release, by default the one before. */
  async rollback(service: string, request: DeployRequest & { to?: string }): Promise<Deployment> {
    const { to: named, ...rest } = request;
    const to = named ?? (await this.#platforms.state(service)).previousRelease;
    if (to === undefined)
      throw new Fault('conflict', `No earlier release of ${service} is known.`, {
        hint: `Name one: nines deploy rollback ${service} --to VERSION --reason "…".`,
      });
    return this.#release(service, to, 'rollback', rest);
  }

  /** Records a change that something else made. Throws `not_found` for a service that is not declared. */
  async record(external: ExternalChange): Promise<Change> {
    const { key, ...facts } = external;
    await this.#catalog.get(Service, facts.service);
    const now = this.#kernel.clock.now();
    const at = facts.at ?? instant(now);
    if (epochMs(at) > now + CLOCK_SKEW_MS)
      throw new Fault('invalid', `The change lies in the future (${at}).`, {
        field: 'at',
        hint: 'Record a change when it is made.',
      });
    const status = facts.status ?? 'done';
    const id = key === undefined ? newId('chg') : idOfKey(facts.service, key);
    // Told again, as when a running change has ended: it began when it was first said to.
    const began = (await this.#store.byId(id))?.at ?? at;
    const change: Change = Change.parse({
      ...facts,
      id,
      at: began,
      status,
      ...(status === 'running' ? {} : { finishedAt: facts.finishedAt ?? at }),
    });
    await this.#put(change);
    return (await this.#store.byId(change.id)) ?? change;
  }

  /** Changes that began in the window, the newest first. */
  async changes(
    window: { from?: Instant; to?: Instant } = {},
    service?: string,
    limit = MAX_CHANGES,
  ): Promise<Change[]> {
    return this.#store.list({
      ...window,
      ...(service === undefined ? {} : { service }),
      limit: Math.min(limit, MAX_CHANGES),
    });
  }

  async change(id: string): Promise<Change> {
    const change = await this.#store.byId(id);
    if (change !== undefined) return change;
    throw new Fault('not_found', `There is no change '${id.slice(0, 80)}'.`, {
      hint: 'nines change list shows them.',
    });
  }

  async #release(
    service: string,
    to: string,
    purpose: 'release' | 'rollback',
    { key, ...request }: DeployRequest,
  ): Promise<Deployment> {
    const known = key === undefined ? undefined : await this.#guard.byKey(key);
    if (known === undefined && (await this.#platforms.state(service)).release === to)
      throw new Fault('conflict', `${service} is on ${to} already; nothing was changed.`, {
        hint: `nines platform restart ${service} replaces its instances by new ones.`,
      });
    const action = demandDone(
      await this.#guard.perform({
        ...request,
        key: key ?? newId('req'),
        action: { kind: 'release', service, to },
        purpose,
      }),
    );
    await this.#follow(action);
    return { change: await this.change(changeIdOf(action.id)), action };
  }

  async #follow(record: ActionRecord): Promise<void> {
    const change = changeOf(record);
    if (change !== undefined) await this.#put(change);
  }

  async #put(change: Change): Promise<void> {
    await this.#kernel.db.transaction(async () => {
      const news = await this.#store.put(change);
      if (news === 'new') await this.#kernel.events.emit('change.recorded', change.service, { change });
      if (news === 'changed') await this.#kernel.events.emit('change.finished', change.service, { change });
    });
  }
}

function idOfKey(service: string, key: string): string {
  return `chg_${uuidOf(`${service}\n${key}`).replaceAll('-', '').slice(0, 16)}`;
}
