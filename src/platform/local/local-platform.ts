import { join } from 'node:path';
import { Fault, instant, type Kernel } from '../../kernel/index.ts';
import { type Action, describeAction } from '../action.ts';
import type { ActionOutcome, InstanceCrashed, LogLine, PerformOptions, Platform } from '../platform.ts';
import { inverseOf, type ServiceState } from '../service-state.ts';
import { Instances, type RunSpec, startLimitMs, startProblem } from './instances.ts';
import { type LogFiles, logFiles } from './log-file.ts';
import {
  beginRollout,
  finishRollout,
  isOverdue,
  newInstance,
  type RolloutDeps,
  settleRollout,
} from './rollout.ts';
import { type Desired, type InstanceRow, type LocalStore, localStore } from './store.ts';
import { afterCrash, LOOP_CRASHES, type Observed, type Step, supervise } from './supervision.ts';

export interface LocalPlatformOptions {
  /** Where logs and pid files are kept. */
  folder: string;
  /** How a service is run; undefined if it is not declared, or runs elsewhere. */
  lookup: (service: string) => Promise<RunSpec | undefined>;
  /** Where the processes send telemetry. */
  otlpEndpoint: () => string;
  /** The token that they send with it, where one is needed. */
  otlpToken?: string | undefined;
  /** Whether an orderly stop of Nines stops the processes. Default true. */
  stopOnExit?: boolean;
  /** Milliseconds between two looks at the processes. Default 500. */
  superviseEveryMs?: number;
  maxLogBytes?: number;
}

const STABLE_MS = 60_000;
const MAX_LOG_BYTES = 10 * 1024 * 1024;
const KEEP_ENDED_LOGS = 5;
const ROTATE_EVERY = 20;

/** Runs services as processes of this machine: enough for a small box, and the embedded default. */
export class LocalPlatform implements Platform {
  readonly name = 'local';
  readonly #kernel: Kernel;
  readonly #options: LocalPlatformOptions;
  readonly #store: LocalStore;
  readonly #logs: LogFiles;
  readonly #instances: Instances;
  readonly #stopping = new AbortController();
  readonly #busy = new Map<string, Promise<unknown>>();
  /** Resolved once the processes of an earlier Nines were found: acting before would start them twice. */
  readonly #ready = Promise.withResolvers<void>();
  #turns = 0;
  #watchedSince = 0;

  constructor(kernel: Kernel, options: LocalPlatformOptions) {
    this.#kernel = kernel;
    this.#options = options;
    this.#store = localStore(kernel.db);
    this.#logs = logFiles(join(options.folder, 'logs'), {
      maxBytes: options.maxLogBytes ?? MAX_LOG_BYTES,
      keepEnded: KEEP_ENDED_LOGS,
    });
    this.#instances = new Instances({
      store: this.#store,
      clock: kernel.clock,
      logs: this.#logs,
      folder: join(options.folder, 'pids'),
      otlpEndpoint: options.otlpEndpoint,
      otlpToken: options.otlpToken,
    });
  }

  async services(): Promise<string[]> {
    return (await this.#store.services()).map(one => one.service);
  }

  async state(service: string): Promise<ServiceState> {
    const desired = await this.#desired(service);
    const rows = await this.#store.instances(service);
    const spec = await this.#options.lookup(service);
    const previousRelease = desired.releases.at(-2);
    return {
      service,
      platform: this.name,
      release: desired.releases.at(-1) ?? '',
      ...(previousRelease === undefined ? {} : { previousRelease }),
      replicas: desired.replicas,
      maxReplicas: spec?.run.maxReplicas ?? desired.replicas,
      instances: rows.map(toInstance),
      ...(desired.rollout === undefined
        ? {}
        : {
            rollout: { description: describeAction(desired.rollout.action), phase: desired.rollout.phase },
          }),
    };
  }

  async perform(action: Action, options: PerformOptions): Promise<ActionOutcome> {
    await this.#ready.promise;
    this.#stopping.signal.throwIfAborted();
    const { service } = action;
    return this.#alone(service, async () => {
      let desired = await this.#desired(service);
      if (desired.lastAction?.key === options.key) return desired.lastAction.outcome;
      const spec = await this.#spec(service);
      if (desired.rollout !== undefined && desired.rollout.key !== options.key) {
        await settleRollout(this.#deps(), desired, spec);
        desired = await this.#desired(service);
      }
      if (desired.rollout === undefined) {
        const begun = await beginRollout(this.#deps(), desired, action, options.key, spec.run);
        if (begun === undefined)
          return { status: 'done', summary: `There was nothing to do: ${describeAction(action)}.` };
        desired = begun;
      }
      return finishRollout(this.#deps(), desired, spec, options);
    });
  }

  async refuses(action: Action): Promise<string | undefined> {
    await this.#desired(action.service);
    return refusal(action, await this.#spec(action.service));
  }

  inverse(action: Action, before: ServiceState): Action | undefined {
    return inverseOf(action, before);
  }

  async logs(service: string, { lines, instance }: { lines: number; instance?: string }): Promise<LogLine[]> {
    await this.#desired(service);
    const found: LogLine[] = [];
    for (const id of this.#logs.instances(service)) {
      if (instance !== undefined && id !== instance) continue;
      for (const text of this.#logs.tail(service, id, lines)) found.push({ instance: id, text });
    }
    return found.slice(-lines);
  }

  async sync(declared: readonly string[]): Promise<void> {
    const known = new Map((await this.#store.services()).map(one => [one.service, one]));
    for (const service of declared) {
      if (known.has(service)) continue;
      const spec = await this.#options.lookup(service);
      if (spec === undefined) continue;
      await this.#store.transaction(async () => {
        const { release, replicas } = spec.run;
        if ((await this.#store.service(service)) !== undefined) return;
        await this.#store.putService({ service, releases: [release], replicas });
        await this.#kernel.events.emit('service.brought_up', service, { service, release, replicas });
      });
    }
    for (const service of known.keys()) {
      if (declared.includes(service)) continue;
      await this.#ready.promise;
      await this.#alone(service, async () => {
        const rows = await this.#store.instances(service);
        const ended = await Promise.all(rows.map(row => this.#instances.remove(row, undefined)));
        if (!ended.every(Boolean)) return;
        await this.#store.transaction(async () => {
          await this.#store.removeService(service);
          await this.#kernel.events.emit('service.taken_down', service, { service });
        });
      });
    }
  }

  /** Finds the processes that an earlier Nines left running, then watches over all. */
  async start(): Promise<void> {
    this.#watchedSince = this.#kernel.clock.now();
    for (const row of await this.#store.instances()) await this.#instances.adopt(row);
    this.#ready.resolve();
    this.#kernel.loops.start({
      name: 'platform.local',
      everyMs: this.#options.superviseEveryMs ?? 500,
      run: () => this.#turn(),
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#ready.resolve();
    await Promise.allSettled(this.#busy.values());
    if (this.#options.stopOnExit === false) return;
    await Promise.all(
      (await this.#store.instances()).map(async row =>
        this.#instances.suspend(row, (await this.#options.lookup(row.service))?.run),
      ),
    );
  }

  async #turn(): Promise<void> {
    this.#turns++;
    const services = await this.services();
    await Promise.all(
      services
        .filter(service => !this.#busy.has(service) && !this.#stopping.signal.aborted)
        .map(service => this.#alone(service, () => this.#superviseOne(service))),
    );
  }

  async #superviseOne(service: string): Promise<void> {
    const rows = await this.#store.instances(service);
    const desired = await this.#store.service(service);
    const spec = await this.#options.lookup(service);
    if (desired === undefined || spec === undefined) return;
    if (
      desired.rollout !== undefined &&
      isOverdue(desired.rollout, this.#kernel.clock.now(), this.#watchedSince)
    ) {
      await settleRollout(this.#deps(), desired, spec);
      return;
    }
    const observed = new Map<string, Observed>();
    await Promise.all(
      rows
        .filter(row => row.pid !== undefined)
        .map(async row => observed.set(row.id, await this.#instances.observe(row, spec.run))),
    );
    const steps = supervise(
      desired,
      rows,
      observed,
      {
        startMs: startLimitMs(spec.run),
        stableMs: STABLE_MS,
        watchedSince: instant(this.#watchedSince),
      },
      instant(this.#kernel.clock.now()),
    );
    for (const step of steps) {
      if (this.#stopping.signal.aborted) return;
      await this.#take(step, desired, rows, spec);
    }
    if (this.#turns % ROTATE_EVERY === 0) for (const row of rows) this.#logs.rotate(service, row.id);
  }

  async #take(step: Step, desired: Desired, rows: readonly InstanceRow[], spec: RunSpec): Promise<void> {
    if (step.do === 'add') {
      const release = desired.releases.at(-1) ?? spec.run.release;
      await this.#begin(newInstance(desired.service, release, this.#kernel.clock.now()), spec);
      return;
    }
    const row = rows.find(one => one.id === step.id)!;
    switch (step.do) {
      case 'start':
        return this.#begin(row, spec);
      case 'crash':
        this.#instances.clearGroup(row);
        return this.#crashed(row, step.exit);
      case 'kill':
        await this.#instances.end(row, 0);
        return this.#crashed(row, step.exit);
      case 'mark':
        return this.#store.putInstance({ ...row, state: 'running', healthy: step.healthy });
      case 'calm':
        return this.#store.putInstance({ ...row, crashes: 0 });
      case 'remove':
        await this.#instances.remove(row, spec.run);
    }
  }

  async #begin(row: InstanceRow, spec: RunSpec): Promise<void> {
    try {
      await this.#store.putInstance(row);
      await this.#instances.start(row, spec);
    } catch (error) {
      await this.#crashed(row, `could not be started: ${startProblem(error)}`);
    }
  }

  async #crashed(row: InstanceRow, exit: string): Promise<void> {
    const next = afterCrash(row, exit, instant(this.#kernel.clock.now()));
    const event: InstanceCrashed = {
      service: row.service,
      instance: row.id,
      release: row.release,
      exit,
      crashes: next.crashes,
      nextStartAt: next.nextStartAt!,
      looping: next.crashes >= LOOP_CRASHES,
      lastLines: this.#instances.lastLines(row),
    };
    this.#kernel.log.warn({ ...event }, 'an instance crashed');
    await this.#store.transaction(async () => {
      await this.#store.putInstance(next);
      await this.#kernel.events.emit('instance.crashed', row.service, event);
    });
  }

  /** One thing at a time for a service: an action, or a turn of the supervisor. */
  async #alone<T>(service: string, work: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(service) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => {});
    this.#busy.set(service, settled);
    try {
      return await mine;
    } finally {
      if (this.#busy.get(service) === settled) this.#busy.delete(service);
    }
  }

  async #desired(service: string): Promise<Desired> {
    const desired = await this.#store.service(service);
    if (desired !== undefined) return desired;
    const known = await this.services();
    throw new Fault('not_found', `The local platform does not run a service '${service.slice(0, 80)}'.`, {
      hint:
        known.length === 0
          ? 'It runs none yet: declare runsOn in a Service, then nines apply FOLDER.'
          : `It runs: ${known.slice(0, 12).join(', ')}.`,
    });
  }

  async #spec(service: string): Promise<RunSpec> {
    const spec = await this.#options.lookup(service);
    if (spec !== undefined) return spec;
    throw new Fault('conflict', `${service} runs, but it is not declared any more.`, {
      hint: 'Declare it with runsOn, and apply.',
    });
  }

  #deps(): RolloutDeps {
    return {
      store: this.#store,
      instances: this.#instances,
      clock: this.#kernel.clock,
      stopping: this.#stopping.signal,
    };
  }
}

function refusal(action: Action, { run }: RunSpec): string | undefined {
  if (action.kind === 'release' && run.releases.length > 0 && !run.releases.includes(action.to))
    return `There is no release ${action.to} of ${action.service}; declared are ${run.releases.slice(-8).join(', ')}.`;
  if (action.kind === 'scale' && action.replicas > run.maxReplicas)
    return `${action.replicas} replicas of ${action.service} are more than its maxReplicas (${run.maxReplicas}).`;
  return undefined;
}

function toInstance(row: InstanceRow): ServiceState['instances'][number] {
  return {
    id: row.id,
    release: row.release,
    state: row.state,
    healthy: row.healthy,
    restarts: row.restarts,
    ...(row.pid === undefined ? {} : { pid: row.pid }),
    ...(row.startedAt === undefined ? {} : { startedAt: row.startedAt }),
    ...(row.lastExit === undefined ? {} : { lastExit: row.lastExit }),
    ...(row.nextStartAt === undefined ? {} : { nextStartAt: row.nextStartAt }),
  };
}
