import { duration, Fault, type Instant, instant, type Kernel, messageOf, newId } from '../kernel/index.ts';
import { type AlertRule, bounded, type Compiled, type RuleEvaluation, type Slos } from '../slo/index.ts';
import {
  type Alert,
  type AlertIdentity,
  type AlertOptions,
  type AlertState,
  alertDefaults,
  resolved,
  step,
  type Transition,
  worthWriting,
} from './alert.ts';
import { DataGaps, type Gaps } from './data-gaps.ts';
import { described } from './description.ts';
import { blindRule, fastestOf, type Group, observe } from './observation.ts';
import { type AlertSource, type Standing, standingStep } from './standing.ts';
import { alertStore } from './store.ts';
import { TurnOrder } from './turn-order.ts';

export interface AlertsOptions extends Partial<AlertOptions> {
  /** From one turn to the next. */
  everyMs?: number;
  /** The longest turn: what a source has not answered by then is unknown. */
  turnMs?: number;
  /** Nobody hears of missing data before it has lasted so long. */
  noDataAfterMs?: number;
  /** An objective is not judged before it has had data for so long: the first requests of a cold system are slow. */
  warmUpMs?: number;
  /** How many objectives are evaluated at a time. */
  concurrency?: number;
  /** Who watches what is no objective. */
  sources?: readonly AlertSource[];
}

const EVERY_MS = 5_000;
const NO_DATA_AFTER_MS = 600_000;
const WARM_UP_MS = 120_000;
const CONCURRENCY = 6;
const TURN_MS = 15_000;
const MAX_LIST = 1000;
/** Objectives that a line of the log names. */
const MAX_NAMED = 5;
const SAY_AGAIN_MS = 60_000;

/** What a turn goes by. */
interface Turn {
  now: number;
  current: ReadonlyMap<string, Alert>;
  gaps: Gaps;
  /** What could not be read, and why the first of it could not. */
  unread: { objective: string; error: string }[];
}

/** Evaluates the rules of the SLOs and keeps their alerts. */
export class Alerts {
  readonly #kernel: Kernel;
  readonly #slos: Slos;
  readonly #options: Required<AlertsOptions>;
  readonly #store: ReturnType<typeof alertStore>;
  readonly #gaps: DataGaps;
  readonly #order: TurnOrder;
  /** The last line about what could not be read. */
  #said: { text: string; at: number } | undefined;
  readonly #seconds;
  readonly #failures;

  constructor(kernel: Kernel, slos: Slos, options: AlertsOptions = {}) {
    this.#kernel = kernel;
    this.#slos = slos;
    this.#store = alertStore(kernel.db);
    this.#options = {
      ...alertDefaults,
      everyMs: EVERY_MS,
      turnMs: Math.max(TURN_MS, 3 * (options.everyMs ?? EVERY_MS)),
      noDataAfterMs: NO_DATA_AFTER_MS,
      warmUpMs: WARM_UP_MS,
      concurrency: CONCURRENCY,
      sources: [],
      ...options,
    };
    this.#gaps = new DataGaps(kernel, this.#store, this.#options.noDataAfterMs);
    this.#order = new TurnOrder(this.#options);
    this.#seconds = kernel.metrics.histogram(
      'nines_alert_evaluation_duration_seconds',
      'How long a turn over all alert rules takes.',
    );
    this.#failures = kernel.metrics.counter(
      'nines_alert_evaluation_failures_total',
      'Objectives whose rules could not be evaluated.',
    );
  }

  /** Begins the evaluation loop. */
  start(): void {
    this.#kernel.loops.start({
      name: 'alerting.evaluate',
      everyMs: this.#options.everyMs,
      run: async (now, signal) => this.evaluate(now, signal),
    });
  }

  async list(filter: { state?: AlertState; service?: string; objective?: string } = {}): Promise<Alert[]> {
    return this.#store.list(filter, MAX_LIST);
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<Alert> {
    const alert = await this.#store.get(id);
    if (alert === undefined)
      throw new Fault('not_found', `There is no alert '${id.slice(0, 80)}'.`, { hint: 'nines alert list' });
    return alert;
  }

  /** One turn over all rules. A source that fails keeps every state as it is. */
  async evaluate(now: number, signal: AbortSignal = new AbortController().signal): Promise<void> {
    const started = performance.now();
    const compiled = await this.#slos.compiled();
    const broken = await this.#slos.broken();
    const turn: Turn = {
      now,
      current: await this.#store.current(instant(now - this.#options.refireWithinMs - 3_600_000)),
      gaps: await this.#gaps.load(),
      unread: [],
    };
    const watched = new Set<string>();
    const declared = new Set<string>();
    for (const one of compiled) {
      declared.add(one.objective.id);
      // What has no rule any more cannot end by one: nobody watches it.
      for (const { severity } of one.rules)
        watched.add(one.objective.id).add(identityOf(one, severity).fingerprint);
    }
    // One objective that cannot be judged must not keep the others from being judged; the turn then fails as a whole.
    const failed: unknown[] = [];
    await this.#eachObjective(compiled, signal, async (one, late) => {
      await this.#judge(one, turn, signal, late).catch(error => failed.push(error));
    });
    this.#tellUnread(turn);
    // A source that fails keeps the state of all that it watches, and only objectives can have ended.
    let known = true;
    for (const source of this.#options.sources) {
      if (signal.aborted) break;
      try {
        for (const standing of await source.standings(now)) {
          watched.add(standing.fingerprint);
          await this.#follow(standing, turn);
        }
      } catch (error) {
        known = false;
        failed.push(error);
      }
    }
    if (signal.aborted) return;
    const unclear = new Set(broken.map(one => one.slo));
    for (const { slo, service, problem } of broken)
      await this.#gaps.missing(turn.gaps, slo, now, { rule: slo, service, reason: problem });
    for (const alert of turn.current.values()) {
      if (alert.state === 'resolved' || watched.has(alert.fingerprint)) continue;
      // What is declared and cannot be evaluated has not ended.
      if (alert.objective !== undefined && unclear.has(alert.objective.split('/')[0]!))
        await this.#keep(
          alert,
          this.#step(alert, { observation: { state: 'no_data' } }, identityIn(alert), now),
        );
      else if (alert.objective !== undefined)
        await this.#retire(
          alert,
          declared.has(alert.objective)
            ? `Its objective has no rule for a ${alert.severity} any more.`
            : 'Its objective is no longer declared.',
          now,
        );
      else if (known) await this.#retire(alert, 'Its probe is no longer declared.', now);
    }
    if (known) await this.#gaps.forget(turn.gaps, id => watched.has(id) || unclear.has(id));
    if (failed.length > 0) throw failed[0];
    this.#seconds.observe((performance.now() - started) / 1000);
  }

  /** Each source in its own lane, for so long as its patience lasts. What was not asked by then is first in the next turn. */
  async #eachObjective(
    compiled: readonly Compiled[],
    signal: AbortSignal,
    work: (one: Compiled, late: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const lanes = this.#order.lanes(
      compiled,
      one => one.objective.id,
      one => this.#slos.sourceOf(one.objective),
    );
    await Promise.all(
      lanes.map(async ({ items, patienceMs }) => {
        const done = new AbortController();
        const late = new AbortController();
        this.#kernel.clock.sleep(patienceMs, done.signal).then(
          () => late.abort(),
          () => {},
        );
        const over = AbortSignal.any([signal, late.signal]);
        await bounded(items, this.#options.concurrency, async one => {
          if (!over.aborted) await work(one, over);
        });
        done.abort();
      }),
    );
  }

  /** One objective: what its rules say, for each severity. */
  async #judge(one: Compiled, turn: Turn, signal: AbortSignal, late: AbortSignal): Promise<void> {
    const { objective, rules } = one;
    const { current, gaps, now } = turn;
    if (rules.length === 0) return;
    const identities = (['page', 'ticket'] as const).map(severity => identityOf(one, severity));
    // What has come back before is held against its long window as well.
    const whole = identities.some(({ fingerprint }) => {
      const alert = current.get(fingerprint);
      return alert !== undefined && alert.state === 'firing' && alert.fires > 1;
    });
    const evaluations = await this.#evaluations(one, instant(now), late, whole).catch((error: unknown) => {
      if (!signal.aborted) turn.unread.push({ objective: objective.id, error: messageOf(error) });
      return undefined;
    });
    // The loop has been told to stop: nothing is known of why there is no answer.
    if (signal.aborted) return;
    const blind = evaluations === undefined ? fastestOf(rules) : blindRule(rules, evaluations);
    if (evaluations === undefined) this.#order.failed(objective.id);
    else this.#order.answered(objective.id);
    if (blind === undefined) await this.#gaps.known(gaps, objective.id, now);
    else
      await this.#gaps.missing(gaps, objective.id, now, {
        rule: blind.id,
        service: objective.service,
        reason:
          evaluations === undefined
            ? 'the source of metrics does not answer'
            : `the metrics have nothing for this indicator over ${blind.shortWindow}`,
      });
    for (const identity of identities) {
      const mine = rules.filter(rule => rule.severity === identity.severity);
      if (mine.length > 0)
        await this.#advance(one, identity, mine, evaluations, current.get(identity.fingerprint), now);
    }
  }

  /** Goes one step with what is no objective. */
  async #follow(standing: Standing, { current, gaps, now }: Turn): Promise<void> {
    const { fingerprint, unknown } = standing;
    const previous = current.get(fingerprint);
    if (standing.state !== 'no_data') await this.#gaps.known(gaps, fingerprint, now);
    else if (unknown !== undefined)
      await this.#gaps.missing(gaps, fingerprint, now, { ...standing, reason: unknown });
    const active = previous !== undefined && previous.state !== 'resolved';
    if (!active && standing.state !== 'firing') return;
    await this.#keep(
      previous,
      standingStep(previous, standing, now, () => newId('alt'), this.#options),
    );
  }

  /** Stores what a step has led to, with its event. */
  async #keep(previous: Alert | undefined, { alert, gone, event }: Transition): Promise<void> {
    if (gone !== undefined) return this.#store.remove(gone.id);
    if (alert === undefined || (event === undefined && !worthWriting(previous, alert))) return;
    await this.#kernel.db.transaction(async () => {
      await this.#store.put(alert);
      if (event !== undefined) await this.#kernel.events.emit(`alert.${event}`, alert.fingerprint, { alert });
    });
    if (event !== undefined)
      this.#kernel.log.info(
        { alert: alert.id, fingerprint: alert.fingerprint, rule: alert.rule },
        `an alert ${event === 'fired' ? 'fired' : 'was resolved'}`,
      );
  }

  /** Throws when the source fails, or has not answered in time. */
  async #evaluations(
    { objective }: Compiled,
    at: Instant,
    late: AbortSignal,
    whole: boolean,
  ): Promise<RuleEvaluation[]> {
    // A source that does not listen to the signal is left alone with its answer.
    let stop: () => void = () => {};
    const given = new Promise<never>((_, reject) => {
      stop = () => reject(new Fault('timeout', 'The source of metrics did not answer within the turn.'));
      late.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([this.#slos.evaluate(objective.id, at, { signal: late, whole }), given]);
    } finally {
      late.removeEventListener('abort', stop);
    }
  }

  /** One line, however many objectives a source leaves without an answer; the same again once a minute. */
  #tellUnread({ unread, now }: Turn): void {
    const [first] = unread;
    if (first === undefined) {
      this.#said = undefined;
      return;
    }
    this.#failures.inc(unread.length);
    const text = `${unread.length} ${first.error}`;
    if (this.#said?.text === text && Math.abs(now - this.#said.at) < SAY_AGAIN_MS) return;
    this.#said = { text, at: now };
    this.#kernel.log.warn(
      {
        error: first.error,
        count: unread.length,
        objectives: unread.slice(0, MAX_NAMED).map(one => one.objective),
      },
      'the rules of some objectives could not be evaluated; their alerts stay as they are',
    );
  }

  #step(previous: Alert | undefined, group: Group, identity: AlertIdentity, now: number): Transition {
    return step(previous, group.observation, identity, now, () => newId('alt'), this.#options);
  }

  async #advance(
    one: Compiled,
    identity: AlertIdentity,
    rules: readonly AlertRule[],
    evaluations: readonly RuleEvaluation[] | undefined,
    previous: Alert | undefined,
    now: number,
  ): Promise<void> {
    const active = previous !== undefined && previous.state !== 'resolved';
    // A rule that holds already goes on to hold; one that joins it must be as warm as one that begins.
    const holding = active ? previous.rules : [];
    const judged = evaluations && (await this.#warm(one, evaluations, now, holding));
    const group: Group =
      judged === undefined
        ? { observation: { state: 'no_data' } }
        : observe(rules, judged, one.objective.target);
    if (!active && group.observation.state !== 'firing') return;
    const moved = this.#step(previous, group, identity, now);
    if (moved.alert === undefined || moved.event !== 'fired') return this.#keep(previous, moved);
    // What a sentence needs is asked before the transaction: no network inside it.
    const { clock, log } = this.#kernel;
    const alert = await described({ slos: this.#slos, clock, log }, moved.alert, one.objective, group, now);
    await this.#keep(previous, { ...moved, alert });
  }

  /**
   * The evaluations, where a rule of an objective that is too young for it does not hold yet. The first requests of a
   * cold system are slow, and over the few minutes that there are they are a large share of every window. The fastest
   * rule speaks after the warm-up, each slower one when there is data as old as its short window is long.
   */
  async #warm(
    { objective, rules }: Compiled,
    evaluations: readonly RuleEvaluation[],
    now: number,
    holding: readonly string[],
  ): Promise<RuleEvaluation[]> {
    const { warmUpMs } = this.#options;
    // Of a long window the rule for low traffic has the shortest one, and is not the first to know of trouble.
    const burns = rules.filter(rule => rule.kind === 'burn');
    const fastest = fastestOf(burns.length > 0 ? burns : rules)?.shortWindow;
    return bounded(evaluations, evaluations.length, async evaluation => {
      const rule = rules.find(one => one.id === evaluation.rule);
      if (rule === undefined || evaluation.state !== 'firing' || warmUpMs === 0) return evaluation;
      if (holding.includes(rule.id)) return evaluation;
      const short = duration(rule.shortWindow);
      const age = rule.shortWindow === fastest ? Math.min(warmUpMs, short) : short;
      const warm = await this.#slos
        .hadData(objective.id, rule.longWindow, instant(now - age))
        .catch(() => true);
      return warm ? evaluation : { ...evaluation, state: 'ok' };
    });
  }

  /** An alert that nothing watches any more ends, and says why. */
  async #retire(alert: Alert, resolution: string, now: number): Promise<void> {
    if (alert.state === 'pending') return this.#store.remove(alert.id);
    const ended = resolved(
      {
        ...alert,
        annotations: { ...alert.annotations, resolution },
      },
      instant(now),
    );
    await this.#kernel.db.transaction(async () => {
      await this.#store.put(ended);
      await this.#kernel.events.emit('alert.resolved', ended.fingerprint, { alert: ended });
    });
  }
}

function identityIn({ fingerprint, service, severity }: Alert): AlertIdentity {
  return { fingerprint, service, severity };
}

function identityOf({ objective }: Compiled, severity: 'page' | 'ticket'): AlertIdentity {
  const { service, id } = objective;
  return { fingerprint: `${service}/${id}/${severity}`, service, objective: id, severity };
}
