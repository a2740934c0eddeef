import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LocalRun } from '../../catalog/index.ts';
import { type Clock, duration, epochMs, Fault, instant, messageOf } from '../../kernel/index.ts';
import { commandFor, environmentFor } from './environment.ts';
import { freePort, portTaken, probe } from './health.ts';
import type { LogFiles } from './log-file.ts';
import { identityOf, launch, signal, strayPid } from './process.ts';
import type { InstanceRow, LocalStore } from './store.ts';
import type { Observed } from './supervision.ts';

/** How one service's processes are run. */
export interface RunSpec {
  run: LocalRun;
  telemetryName: string;
}

export interface InstancesOptions {
  store: LocalStore;
  clock: Clock;
  logs: LogFiles;
  /** Where the pid files are. */
  folder: string;
  otlpEndpoint: () => string;
  /** The token that they send with it, where one is needed. */
  otlpToken?: string | undefined;
}

/** How long Node may take to tell how a process ended that the system no longer knows. */
const EXIT_TOLD_MS = 1_000;
const POLL_MS = 50;
const KILL_WAIT_MS = 3_000;
/** A service without a health check counts as healthy once its process has lived this long. */
const SETTLE_MS = 1_000;
const LAST_LINES = 5;

/** The processes behind the instances: started, watched and ended, with each fact stored before the next is made. */
export class Instances {
  readonly #options: InstancesOptions;
  readonly #exits = new Map<string, string>();
  /** Those whose process is a child of this one, so that Node tells how it ends. */
  readonly #children = new Set<string>();

  constructor(options: InstancesOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  }

  /** Starts the instance's process. Throws a fault that says what is wrong: the port, the command, the directory. */
  async start(row: InstanceRow, { run, telemetryName }: RunSpec): Promise<InstanceRow> {
    const { store, clock, logs, otlpEndpoint, otlpToken } = this.#options;
    await this.#portIsOurs(row, run);
    const healthPort = await freePort();
    const { nextStartAt: _waited, ...rest } = row;
    const prepared: InstanceRow = { ...rest, healthPort };
    // Stored first: a process found again by its pid file must be reachable.
    await store.putInstance(prepared);
    this.#exits.delete(row.id);
    const output = logs.open(row.service, row.id);
    let pid: number;
    try {
      pid = await launch({
        service: row.service,
        instance: row.id,
        command: commandFor(run, row.release),
        directory: run.directory,
        env: environmentFor(
          run,
          {
            service: row.service,
            telemetryName,
            release: row.release,
            instance: row.id,
            healthPort,
            otlpEndpoint: otlpEndpoint(),
            otlpToken,
          },
          process.env,
          dirname(process.execPath),
        ),
        output,
        pidFile: this.#pidFile(row.id),
        onExit: exit => this.#exits.set(row.id, exit),
      });
      this.#children.add(row.id);
    } finally {
      logs.close(output);
    }
    const started: InstanceRow = {
      ...prepared,
      pid,
      identity: (await identityOf(pid)) ?? 'ended at once',
      state: row.state === 'failed' ? 'failed' : 'starting',
      healthy: false,
      restarts: row.startedAt === undefined ? row.restarts : row.restarts + 1,
      startedAt: instant(clock.now()),
    };
    await store.putInstance(started);
    return started;
  }

  /** Waits until the instance is healthy; the answer is what went wrong, or undefined. */
  async becomesHealthy(row: InstanceRow, run: LocalRun, abort: AbortSignal): Promise<string | undefined> {
    const { clock, store } = this.#options;
    const limitMs = startLimitMs(run);
    // From now on, not from its start: time in which Nines was away does not count against it.
    const began = clock.now();
    for (;;) {
      const seen = await this.observe(row, run);
      if (!seen.alive)
        return `The new instance ${row.id} ${seen.exit ?? 'ended'} before it was healthy.${this.#lastWords(row)}`;
      if (seen.healthy) {
        await store.putInstance({ ...row, state: 'running', healthy: true });
        return undefined;
      }
      if (abort.aborted) return `The new instance ${row.id} was not healthy when the action's time was up.`;
      if (clock.now() - began > limitMs)
        return `The new instance ${row.id} was not healthy within ${Math.round(limitMs / 1000)} s (GET ${run.health?.path ?? ''} on its health port).${this.#lastWords(row)}`;
      await clock.sleep(POLL_MS * 2);
    }
  }

  async observe(row: InstanceRow, run: LocalRun): Promise<Observed> {
    if (!(await this.alive(row))) {
      const told = row.pid !== undefined && this.#children.has(row.id);
      const exit = told ? await this.#exitOf(row) : this.#exits.get(row.id);
      return { alive: false, healthy: false, ...(exit === undefined ? {} : { exit }) };
    }
    if (run.health === undefined) {
      const age = this.#options.clock.now() - epochMs(row.startedAt ?? row.madeAt);
      return { alive: true, healthy: age >= SETTLE_MS };
    }
    const healthy = row.healthPort !== undefined && (await probe(row.healthPort, run.health.path));
    return { alive: true, healthy };
  }

  /** How a process ended that is gone already: Node tells of it a moment later. */
  async #exitOf(row: InstanceRow): Promise<string | undefined> {
    for (let waited = 0; waited < EXIT_TOLD_MS && !this.#exits.has(row.id); waited += POLL_MS)
      await this.#options.clock.sleep(POLL_MS);
    return this.#exits.get(row.id);
  }

  async alive(row: InstanceRow): Promise<boolean> {
    return row.pid !== undefined && (await identityOf(row.pid)) === row.identity;
  }

  /**
   * Ends the process: SIGTERM to it, after `stopTimeout` SIGKILL to its whole group, as systemd's KillMode=mixed. False
   * if even that did not end it. The row is not touched.
   */
  async end(row: InstanceRow, stopTimeoutMs: number): Promise<boolean> {
    if (row.pid === undefined || !(await this.alive(row))) return true;
    signal(row.pid, 'SIGTERM');
    if (!(await this.#ends(row, stopTimeoutMs))) {
      signal(row.pid, 'SIGKILL', 'group');
      if (!(await this.#ends(row, KILL_WAIT_MS))) return false;
    }
    // What the process left behind in its group.
    signal(row.pid, 'SIGKILL', 'group');
    return true;
  }

  /** Ends what a process that has just died left behind in its group, as workers that hold its port. */
  clearGroup(row: InstanceRow): void {
    // Only when its end was seen: the number of a process that died unseen may be somebody else's by now.
    if (row.pid !== undefined && this.#exits.has(row.id)) signal(row.pid, 'SIGKILL', 'group');
  }

  /** Ends the instance and forgets it. False if its process could not be ended; then it is kept, to be tried again. */
  async remove(row: InstanceRow, run: LocalRun | undefined): Promise<boolean> {
    const { store, logs } = this.#options;
    await store.putInstance({ ...row, state: 'stopping', healthy: false });
    if (!(await this.end(row, run === undefined ? KILL_WAIT_MS : duration(run.stopTimeout)))) return false;
    await store.removeInstance(row.id);
    rmSync(this.#pidFile(row.id), { force: true });
    this.#exits.delete(row.id);
    this.#children.delete(row.id);
    logs.sweep(row.service, new Set((await store.instances(row.service)).map(other => other.id)));
    return true;
  }

  /** Ends the process in an orderly stop of Nines; the instance starts again with Nines. */
  async suspend(row: InstanceRow, run: LocalRun | undefined): Promise<void> {
    const ended = await this.end(row, run === undefined ? KILL_WAIT_MS : duration(run.stopTimeout));
    if (!ended) return;
    const { pid: _pid, identity: _identity, startedAt: _startedAt, nextStartAt: _next, ...rest } = row;
    await this.#options.store.putInstance({ ...rest, state: 'stopped', healthy: false, crashes: 0 });
    rmSync(this.#pidFile(row.id), { force: true });
  }

  /** Finds the process of an instance that was started just before Nines was killed, so that it is not started twice. */
  async adopt(row: InstanceRow): Promise<void> {
    if (row.pid !== undefined) return;
    const pid = await strayPid(this.#pidFile(row.id), row.id);
    const identity = pid === undefined ? undefined : await identityOf(pid);
    if (pid === undefined || identity === undefined) return;
    await this.#options.store.putInstance({
      ...row,
      pid,
      identity,
      state: 'starting',
      startedAt: instant(this.#options.clock.now()),
    });
  }

  lastLines(row: InstanceRow): string[] {
    return this.#options.logs.tail(row.service, row.id, LAST_LINES);
  }

  async #portIsOurs(row: InstanceRow, run: LocalRun): Promise<void> {
    if (run.port === undefined) return;
    for (const other of await this.#options.store.instances(row.service)) if (await this.alive(other)) return;
    if (await portTaken(run.port))
      throw new Fault(
        'conflict',
        `Port ${run.port} of ${row.service} is taken by a program that is not ours.`,
        {
          hint: `lsof -i :${run.port} shows which; stop it, or set runsOn.port of the service ${row.service}.`,
        },
      );
  }

  async #ends(row: InstanceRow, withinMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const deadline = clock.now() + withinMs;
    while (await this.alive(row)) {
      if (clock.now() >= deadline) return false;
      await clock.sleep(POLL_MS);
    }
    return true;
  }

  #lastWords(row: InstanceRow): string {
    const lines = this.lastLines(row);
    return lines.length === 0
      ? ' It wrote nothing.'
      : ` Its last output: ${lines.join(' | ').slice(0, 1_000)}`;
  }

  #pidFile(id: string): string {
    return join(this.#options.folder, `${id}.pid`);
  }
}

export function startLimitMs(run: LocalRun): number {
  return run.health === undefined ? SETTLE_MS * 3 : duration(run.health.timeout);
}

/** The sentence for why a process could not be started. */
export function startProblem(error: unknown): string {
  return error instanceof Fault ? error.message : messageOf(error);
}
