import { createHash, timingSafeEqual } from 'node:crypto';
import { type Catalog, type Resource, Service } from '../../catalog/index.ts';
import { epochMs, Fault, type Kernel, messageOf } from '../../kernel/index.ts';
import type { IncomingSeries, WriteRequest } from '../remote-write/message.ts';
import type { Attempt } from './attempt.ts';
import {
  beaten,
  type HeartbeatState,
  type HeartbeatVerdict,
  heartbeatVerdict,
  misses,
  newHeartbeat,
  type Signal,
} from './heartbeat.ts';
import { makeAttempt } from './make-attempt.ts';
import { instanceOf, Probe, type ProbeSpec } from './probe.ts';
import { attemptSamples, endedSeries, heartbeatSamples, type ProbeLabels } from './probe-samples.ts';
import { attempted, newProbeState, nextAttemptAt, type ProbeState } from './probe-state.ts';
import { heartbeatStandings, probeStandings, type Standing, type Watched } from './standing.ts';
import { type AnyState, probeStore } from './store.ts';
import { type ProbesConfig, type Surroundings, surroundings } from './surroundings.ts';

export interface ProbesOptions {
  config: ProbesConfig;
  /** Stores samples. */
  append: (request: WriteRequest) => Promise<unknown>;
  /** For tests: names and bounds. */
  around?: Surroundings;
}

/** A probe that is declared, with what is known of it. */
export interface Known extends Watched {
  state: AnyState | undefined;
}

/** What is declared is read anew, heartbeats are judged and attempts planned this often. */
const EVERY_MS = 5_000;
const HEARTBEAT_SAMPLES_MS = 30_000;

/** Makes the attempts of probes, takes the signals of jobs, and keeps what both tell. */
export class Probes {
  readonly #kernel: Kernel;
  readonly #catalog: Pick<Catalog, 'list'>;
  readonly #options: ProbesOptions;
  readonly #around: Surroundings;
  readonly #store: ReturnType<typeof probeStore>;
  readonly #stopping = new AbortController();
  readonly #tasks = new Map<string, Promise<void>>();
  readonly #states = new Map<string, AnyState>();
  /** The series that each probe had last, so that those that are gone can be ended. */
  readonly #series = new Map<string, Map<string, IncomingSeries>>();
  readonly #waiting: (() => void)[] = [];
  readonly #attempts;
  readonly #notStored;
  #underWay = 0;
  #begun = 0;
  #heartbeatsAt = 0;

  constructor(kernel: Kernel, catalog: Pick<Catalog, 'list'>, options: ProbesOptions) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#options = options;
    this.#around = options.around ?? surroundings(options.config);
    this.#store = probeStore(kernel.db);
    this.#attempts = kernel.metrics.counter(
      'nines_probe_attempts_total',
      'Attempts of probes by how they ended.',
      ['outcome'],
    );
    this.#notStored = kernel.metrics.counter(
      'nines_probe_samples_not_stored_total',
      'Attempts and heartbeats whose samples the own store did not take.',
    );
  }

  start(): void {
    this.#kernel.loops.start({ name: 'probing', everyMs: EVERY_MS, run: now => this.turn(now) });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.settled();
  }

  /** How many attempts are under way, or wait for a place. */
  get underWay(): number {
    return this.#begun;
  }

  /** Waits for the attempts that are planned or under way. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks.values());
  }

  /** Plans the attempts that are due before the next turn, and judges the heartbeats. */
  async turn(now: number): Promise<void> {
    const declared = await this.#declared();
    const stored = await this.#store.all();
    await this.#forget(declared, stored, now);
    const samples = now - this.#heartbeatsAt >= HEARTBEAT_SAMPLES_MS;
    if (samples) this.#heartbeatsAt = now;
    for (const [name, { spec }] of declared) {
      if (spec.heartbeat !== undefined) await this.#judge(name, spec, stored.get(name), now, samples);
      else if (!this.#tasks.has(name)) {
        this.#states.set(name, stateOf(spec, name, stored.get(name)));
        this.#plan(name, spec, now + EVERY_MS);
      }
    }
  }

  /** All that are declared, by name. */
  async list(): Promise<Known[]> {
    const [declared, stored, services] = await Promise.all([
      this.#declared(),
      this.#store.all(),
      this.#catalog.list(Service),
    ]);
    const tiers = new Map(services.map(({ metadata, spec }) => [metadata.name, spec.tier]));
    return [...declared.values()].map(({ metadata, spec }) => ({
      name: metadata.name,
      displayName: metadata.displayName ?? metadata.name,
      spec,
      tier: tiers.get(spec.service),
      state: stored.get(metadata.name),
    }));
  }

  /** Throws `not_found`. */
  async get(name: string): Promise<Known> {
    const all = await this.list();
    const found = all.find(one => one.name === name);
    if (found !== undefined) return found;
    throw new Fault('not_found', `There is no Probe '${name.slice(0, 80)}'.`, {
      hint:
        all.length === 0
          ? 'No Probe is applied yet: nines apply FOLDER.'
          : `There are: ${all
              .slice(0, 12)
              .map(one => one.name)
              .join(', ')}.`,
    });
  }

  /** One attempt now, out of turn. It counts as any other. Throws `not_found`, or `invalid` for a heartbeat. */
  async run(name: string): Promise<Attempt> {
    const { spec } = await this.get(name);
    refuseHeartbeat(name, spec);
    return this.#attempt(name, spec);
  }

  /** One attempt of what is not declared. Nothing is kept. Throws `invalid` for a heartbeat. */
  async tryOut(name: string, spec: ProbeSpec): Promise<Attempt> {
    refuseHeartbeat(name, spec);
    return makeAttempt(spec, this.#kernel.clock.now(), this.#around, this.#stopping.signal);
  }

  /** Takes a job's signal; resolves once it is stored. Throws `not_found`, `forbidden`. */
  async signal(
    name: string,
    {
      signal,
      token,
      ...said
    }: {
      signal: Signal;
      token?: string | undefined;
      durationMs?: number | undefined;
      message?: string | undefined;
    },
  ): Promise<HeartbeatVerdict> {
    const { spec } = (await this.#declared()).get(name) ?? {};
    if (spec?.heartbeat === undefined)
      throw new Fault('not_found', `There is no heartbeat '${name.slice(0, 80)}'.`, {
        hint: 'nines heartbeat list shows them.',
      });
    this.#checkToken(spec.heartbeat.token, token);
    const now = this.#kernel.clock.now();
    const state = await this.#store.change(name, before =>
      beaten(heartbeatOf(before, now), signal, now, said),
    );
    return heartbeatVerdict(spec.heartbeat, heartbeatOf(state, now), now);
  }

  /** Whether a job's signal needs no further credential than the token of its own. */
  async hasToken(name: string): Promise<boolean> {
    return (await this.#declared()).get(name)?.spec.heartbeat?.token !== undefined;
  }

  /** How everything stands, for alerting. */
  async standings(now: number): Promise<Standing[]> {
    return (await this.list()).flatMap(known => {
      const { state, spec } = known;
      if (spec.heartbeat !== undefined)
        return heartbeatStandings(known, state?.kind === 'heartbeat' ? state : newHeartbeat(now), now);
      return probeStandings(known, stateOf(spec, known.name, state), now);
    });
  }

  /** Makes the attempts of one probe that are due before `until`, each at its time. */
  #plan(name: string, spec: ProbeSpec, until: number): void {
    const { clock, log } = this.#kernel;
    const { signal } = this.#stopping;
    const due = () => nextAttemptAt(name, spec, stateOf(spec, name, this.#states.get(name)), clock.now());
    if (signal.aborted || due() >= until) return;
    const task = (async () => {
      for (let at = due(); at < until && !signal.aborted; at = due()) {
        if (at > clock.now()) await clock.sleep(at - clock.now(), signal).catch(() => {});
        if (!signal.aborted) await this.#attempt(name, spec);
      }
    })()
      .catch(error => {
        if (!signal.aborted)
          log.error({ error, probe: name }, 'a probe could not be made; the next turn plans it anew');
      })
      .finally(() => this.#tasks.delete(name));
    this.#tasks.set(name, task);
  }

  async #attempt(name: string, spec: ProbeSpec): Promise<Attempt> {
    this.#begun += 1;
    try {
      const attempt = await this.#inTurn(() =>
        makeAttempt(spec, this.#kernel.clock.now(), this.#around, this.#stopping.signal),
      );
      await this.#keep(name, spec, attempt);
      return attempt;
    } finally {
      this.#begun -= 1;
    }
  }

  async #keep(name: string, spec: ProbeSpec, attempt: Attempt): Promise<void> {
    this.#attempts.inc({ outcome: attempt.outcome });
    let state = stateOf(spec, name, undefined);
    await this.#store.change(name, before => {
      state = attempted(stateOf(spec, name, before), attempt, spec);
      return state;
    });
    this.#states.set(name, state);
    this.#tell(name, spec, state, attempt);
    const request = attemptSamples(labelsOf(name, spec), attempt, state);
    await this.#write(name, request, epochMs(attempt.at));
  }

  #tell(name: string, spec: ProbeSpec, state: ProbeState, attempt: Attempt): void {
    const { log } = this.#kernel;
    const facts = { probe: name, service: spec.service, error: attempt.error };
    if (attempt.outcome === 'failure' && state.failures === spec.confirm.attempts)
      log.warn(facts, 'a probe fails');
    if (attempt.outcome === 'inconclusive' && attempt.at === state.inconclusiveSince)
      log.warn(facts, 'a probe cannot be made; nothing is known of what it looks at');
  }

  /** Waits for a place among the attempts that are made at the same time. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#underWay >= this.#options.config.concurrency)
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#underWay += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay -= 1;
      else next();
    }
  }

  async #judge(
    name: string,
    spec: ProbeSpec,
    stored: AnyState | undefined,
    now: number,
    samples: boolean,
  ): Promise<void> {
    const { heartbeat } = spec;
    if (heartbeat === undefined) return;
    const judged = (before: AnyState | undefined) => misses(heartbeat, heartbeatOf(before, now), now);
    const state =
      stored !== undefined && judged(stored) === stored
        ? judged(stored)
        : heartbeatOf(await this.#store.change(name, judged), now);
    const verdict = heartbeatVerdict(heartbeat, state, now);
    if (stored?.kind === 'heartbeat' && stored.missedTo !== state.missedTo)
      this.#kernel.log.warn({ probe: name, service: spec.service }, `a job was missed: ${verdict.why}`);
    if (samples) await this.#write(name, heartbeatSamples(labelsOf(name, spec), state, verdict, now), now);
  }

  /** Samples that cannot be stored are lost and counted; what alerting looks at is stored elsewhere. */
  async #write(name: string, request: WriteRequest, at: number): Promise<void> {
    const current = new Map(request.series.map(one => [JSON.stringify(one.labels), one]));
    const gone = [...(this.#series.get(name) ?? [])].flatMap(([key, one]) => (current.has(key) ? [] : [one]));
    this.#series.set(name, current);
    try {
      await this.#options.append({
        series: [...request.series, ...endedSeries(gone, at).series],
        metadata: request.metadata,
      });
    } catch (error) {
      this.#notStored.inc();
      this.#kernel.log.warn(
        { probe: name },
        `the samples of a probe could not be stored: ${messageOf(error)}`,
      );
    }
  }

  /** Ends what is no longer declared. */
  async #forget(
    declared: ReadonlyMap<string, Resource<ProbeSpec>>,
    stored: ReadonlyMap<string, AnyState>,
    now: number,
  ): Promise<void> {
    for (const name of stored.keys()) {
      if (declared.has(name)) continue;
      await this.#store.remove(name);
      this.#states.delete(name);
      const series = this.#series.get(name);
      this.#series.delete(name);
      if (series !== undefined)
        await this.#options.append(endedSeries(series.values(), now)).catch(() => this.#notStored.inc());
    }
  }

  async #declared(): Promise<Map<string, Resource<ProbeSpec>>> {
    const all = await this.#catalog.list(Probe);
    return new Map(all.map(one => [one.metadata.name, one]));
  }

  #checkToken(declared: string | undefined, given: string | undefined): void {
    if (declared === undefined) return;
    const digest = (text: string) => createHash('sha256').update(text).digest();
    let wanted: string;
    try {
      wanted = this.#around.expand(declared);
    } catch (error) {
      throw new Fault('unavailable', `The token of this heartbeat is not known: ${messageOf(error)}.`);
    }
    if (given === undefined || !timingSafeEqual(digest(wanted), digest(given)))
      throw new Fault('forbidden', 'The token of this heartbeat is wrong or missing.', {
        hint: 'POST /heartbeat/NAME?token=…',
      });
  }
}

function refuseHeartbeat(name: string, { heartbeat }: ProbeSpec): void {
  if (heartbeat !== undefined)
    throw new Fault('invalid', `${name} is a heartbeat: it waits for its job, there is nothing to ask.`, {
      hint: `nines heartbeat send ${name} tells of a run.`,
    });
}

/** The state of a probe. Another target, or another kind of probe under the same name, begins anew. */
function stateOf(spec: ProbeSpec, name: string, state: AnyState | undefined): ProbeState {
  const instance = instanceOf(spec, name);
  return state?.kind === 'attempts' && state.instance === instance ? state : newProbeState(instance);
}

function heartbeatOf(state: AnyState | undefined, now: number): HeartbeatState {
  return state?.kind === 'heartbeat' ? state : newHeartbeat(now);
}

function labelsOf(name: string, spec: ProbeSpec): ProbeLabels {
  return { probe: name, service: spec.service, instance: instanceOf(spec, name) };
}
