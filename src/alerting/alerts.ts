import {
  duration,
  epochMs,
  Fault,
  formatDuration,
  type Instant,
  instant,
  type Kernel,
  messageOf,
  milliseconds,
  newId,
} from '../kernel/index.ts';
import {
  type AlertRule,
  bounded,
  budgetOf,
  type Compiled,
  type RuleEvaluation,
  type Slos,
} from '../slo/index.ts';
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
import { type Group, observe } from './observation.ts';
import { onsetOf } from './onset.ts';
import { type AlertSource, type Standing, standingStep } from './standing.ts';
import { alertStore, type DataGap } from './store.ts';
import { alertText } from './wording.ts';

export interface AlertsOptions extends Partial<AlertOptions> {
  /** From one turn to the next. */
  everyMs?: number;
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
const ONSET_REACH_MS = 30 * 60_000;
const ONSET_STEPS = 360;
const MAX_LIST = 1000;

/** What the data of an alert's rule looked like when it began. */
interface Onset {
  ms?: number;
  /** Error ratio over the newest probe window. */
  latest?: number;
}

/** Evaluates the rules of the SLOs and keeps their alerts. */
export class Alerts {
  readonly #kernel: Kernel;
  readonly #slos: Slos;
  readonly #options: Required<AlertsOptions>;
  readonly #store: ReturnType<typeof alertStore>;
  readonly #seconds;
  readonly #failures;

  constructor(kernel: Kernel, slos: Slos, options: AlertsOptions = {}) {
    this.#kernel = kernel;
    this.#slos = slos;
    this.#store = alertStore(kernel.db);
    this.#options = {
      ...alertDefaults,
      everyMs: EVERY_MS,
      noDataAfterMs: NO_DATA_AFTER_MS,
      warmUpMs: WARM_UP_MS,
      concurrency: CONCURRENCY,
      sources: [],
      ...options,
    };
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
  async evaluate(now: number, signal?: AbortSignal): Promise<void> {
    const started = performance.now();
    const compiled = await this.#slos.compiled();
    const current = await this.#store.current(instant(now - this.#options.refireWithinMs - 3_600_000));
    const gaps = await this.#store.gaps();
    const seen = new Set<string>();
    const evaluate = async (one: Compiled) => {
      const evaluations = await this.#evaluations(one, instant(now));
      await this.#noteData(one, evaluations, gaps, now);
      for (const severity of ['page', 'ticket'] as const) {
        const identity = identityOf(one, severity);
        const rules = one.rules.filter(rule => rule.severity === severity);
        if (rules.length > 0)
          await this.#advance(one, identity, rules, evaluations, current.get(identity.fingerprint), now);
      }
    };
    // One objective that cannot be judged must not keep the others from being judged; the turn then fails as a whole.
    const failed: unknown[] = [];
    await bounded(compiled, this.#options.concurrency, async one => {
      if (signal?.aborted) return;
      for (const severity of ['page', 'ticket'] as const) seen.add(identityOf(one, severity).fingerprint);
      await evaluate(one).catch(error => failed.push(error));
    });
    // A source that fails keeps the state of all that it watches, and only objectives can have ended.
    let known = true;
    for (const source of this.#options.sources) {
      if (signal?.aborted) break;
      try {
        for (const standing of await source.standings(now)) {
          seen.add(standing.fingerprint);
          await this.#follow(standing, current.get(standing.fingerprint), gaps, now);
        }
      } catch (error) {
        known = false;
        failed.push(error);
      }
    }
    if (signal?.aborted) return;
    for (const alert of current.values())
      if (alert.state !== 'resolved' && !seen.has(alert.fingerprint))
        if (known || alert.objective !== undefined) await this.#retire(alert, now);
    if (failed.length > 0) throw failed[0];
    this.#seconds.observe((performance.now() - started) / 1000);
  }

  /** Goes one step with what is no objective. */
  async #follow(
    standing: Standing,
    previous: Alert | undefined,
    gaps: Awaited<ReturnType<ReturnType<typeof alertStore>['gaps']>>,
    now: number,
  ): Promise<void> {
    const { fingerprint, unknown } = standing;
    if (standing.state !== 'no_data') {
      if (gaps.has(fingerprint)) await this.#store.removeGap(fingerprint);
    } else if (unknown !== undefined)
      await this.#noteGap(fingerprint, gaps.get(fingerprint), now, { ...standing, reason: unknown });
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

  /** Undefined when the source failed. */
  async #evaluations({ objective }: Compiled, at: Instant): Promise<RuleEvaluation[] | undefined> {
    try {
      return await this.#slos.evaluate(objective.id, at);
    } catch (error) {
      this.#failures.inc();
      this.#kernel.log.warn(
        { error: messageOf(error), objective: objective.id },
        'the rules of an objective could not be evaluated; its alerts stay as they are',
      );
      return undefined;
    }
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
    const { alert, gone, event } = step(
      previous,
      group.observation,
      identity,
      now,
      () => newId('alt'),
      this.#options,
    );
    // What a sentence needs is asked before the transaction: no network inside it.
    const described =
      alert !== undefined && event === 'fired' ? await this.#described(alert, one, group, now) : alert;
    await this.#keep(previous, {
      ...(described === undefined ? {} : { alert: described }),
      ...(gone === undefined ? {} : { gone }),
      ...(event === undefined ? {} : { event }),
    });
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
    const fastest = Math.min(...rules.map(rule => duration(rule.shortWindow)));
    return bounded(evaluations, evaluations.length, async evaluation => {
      const rule = rules.find(one => one.id === evaluation.rule);
      if (rule === undefined || evaluation.state !== 'firing' || warmUpMs === 0) return evaluation;
      if (holding.includes(rule.id)) return evaluation;
      const short = duration(rule.shortWindow);
      const age = short === fastest ? Math.min(warmUpMs, short) : short;
      const warm = await this.#slos
        .hadData(objective.id, rule.longWindow, instant(now - age))
        .catch(() => true);
      return warm ? evaluation : { ...evaluation, state: 'ok' };
    });
  }

  /** The alert with its onset and its sentences. Where the source does not answer they say less, and it fires all the same. */
  async #described(alert: Alert, { objective }: Compiled, group: Group, now: number): Promise<Alert> {
    const { rule, evaluation } = group;
    if (rule === undefined) return alert;
    const onset = await this.#onset(objective.id, objective.target, rule, now).catch((error): Onset => {
      this.#kernel.log.warn(
        { error: messageOf(error), alert: alert.id },
        'the onset of an alert could not be found',
      );
      return {};
    });
    const status = await this.#slos.status(objective.id, instant(now));
    const onsetAt = onset.ms === undefined ? undefined : instant(onset.ms);
    return {
      ...alert,
      ...(onsetAt === undefined ? {} : { onsetAt }),
      ...(status.budgetRemaining === undefined ? {} : { budgetRemaining: status.budgetRemaining }),
      annotations: alertText(objective, rule, {
        latestRatio: onset.latest,
        shortRatio: evaluation?.shortRatio,
        longRatio: evaluation?.longRatio,
        onsetAt,
        budgetRemaining: status.budgetRemaining,
      }),
    };
  }

  /** Looks back over half an hour, or as far as the rule's long window, by a window a fifth as long as the short one. */
  async #onset(id: string, target: number, rule: AlertRule, now: number): Promise<Onset> {
    const reach = Math.max(ONSET_REACH_MS, duration(rule.longWindow));
    const stepMs = Math.max(Math.ceil(reach / ONSET_STEPS / 1000) * 1000, 1000);
    const bounds = {
      from: instant(now - Math.floor(reach / stepMs) * stepMs),
      to: instant(now),
      step: milliseconds(stepMs),
    };
    const probe = Math.max(Math.round(duration(rule.shortWindow) / 5 / 60_000) * 60_000, 60_000);
    // A source that is scraped once a minute has nothing to say about a minute.
    for (const window of [formatDuration(probe), rule.shortWindow]) {
      const points = await this.#slos.ratios(id, window, bounds);
      const ms = onsetOf(points, { threshold: rule.threshold, budget: budgetOf(target), stepMs });
      const latest = points.at(-1)?.[1];
      if (ms !== undefined) return { ms, ...(latest === undefined ? {} : { latest }) };
    }
    return {};
  }

  /** Says once that nothing is known of an objective, when that has lasted. */
  async #noteData(
    { objective, rules }: Compiled,
    evaluations: readonly RuleEvaluation[] | undefined,
    gaps: Awaited<ReturnType<ReturnType<typeof alertStore>['gaps']>>,
    now: number,
  ): Promise<void> {
    if (rules.length === 0) return;
    const missing = evaluations === undefined || evaluations.every(one => one.state === 'no_data');
    const gap = gaps.get(objective.id);
    if (!missing) {
      if (gap !== undefined) await this.#store.removeGap(objective.id);
      return;
    }
    await this.#noteGap(objective.id, gap, now, {
      rule: rules[0]!.id,
      service: objective.service,
      reason:
        evaluations === undefined
          ? 'the source of metrics does not answer'
          : 'the metrics have nothing for this indicator',
    });
  }

  /** Keeps since when nothing is known of something, and says so once it has lasted. */
  async #noteGap(
    objective: string,
    gap: DataGap | undefined,
    now: number,
    { rule, service, reason }: { rule: string; service: string; reason: string },
  ): Promise<void> {
    if (gap === undefined) return this.#store.putGap({ objective, since: instant(now), told: false });
    if (gap.told || now - epochMs(gap.since) < this.#options.noDataAfterMs) return;
    await this.#kernel.db.transaction(async () => {
      await this.#store.putGap({ ...gap, told: true });
      await this.#kernel.events.emit('alert.no_data', objective, {
        rule,
        objective,
        service,
        since: gap.since,
        reason,
      });
    });
  }

  /** An alert whose objective is no longer declared ends, and says so. */
  async #retire(alert: Alert, now: number): Promise<void> {
    if (alert.state === 'pending') return this.#store.remove(alert.id);
    const ended = resolved(
      {
        ...alert,
        annotations: {
          ...alert.annotations,
          resolution: `Its ${alert.objective === undefined ? 'probe' : 'objective'} is no longer declared.`,
        },
      },
      instant(now),
    );
    await this.#kernel.db.transaction(async () => {
      await this.#store.put(ended);
      await this.#kernel.events.emit('alert.resolved', ended.fingerprint, { alert: ended });
    });
  }
}

function identityOf({ objective }: Compiled, severity: 'page' | 'ticket'): AlertIdentity {
  const { service, id } = objective;
  return { fingerprint: `${service}/${id}/${severity}`, service, objective: id, severity };
}
