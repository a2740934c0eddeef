import { type Catalog, type Resource, Service, withDependencies } from '../catalog/index.ts';
import {
  type Duration,
  type DurationText,
  epochMs,
  Fault,
  formatDuration,
  type Instant,
  instant,
  type Kernel,
  milliseconds,
} from '../kernel/index.ts';
import {
  type AlertRule,
  evaluateRule,
  type RuleEvaluation,
  type RuleOptions,
  ratioOf,
} from './alert-rule.ts';
import { type Backtested, backtested } from './backtest.ts';
import { bounded } from './bounded.ts';
import type { BudgetStatus, BurnDownPoint, SliReading } from './budget-status.ts';
import { Budgets } from './budgets.ts';
import type { BudgetCauses } from './cause.ts';
import { BudgetCorrection, type BudgetCorrectionSpec, excludedOf } from './correction.ts';
import type { RangeMetrics } from './coverage.ts';
import { type BrokenSlo, type Compiled, DeclaredSlos } from './declared.ts';
import { sloDocument } from './document.ts';
import { errorBudget } from './error-budget.ts';
import { ErrorBudgetPolicy, type Purpose, policyFor } from './error-budget-policy.ts';
import type { GateAnswer } from './gate.ts';
import { Gates } from './gates.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { Levels } from './levels.ts';
import { liveProof } from './live-proof.ts';
import type { SeriesListing } from './missing-series.ts';
import { type SuggestedMonitoring, suggestedMonitoring } from './monitor/monitoring.ts';
import type { Objective } from './objective.ts';
import { OpenSloService } from './openslo/service.ts';
import type { Proof } from './proof.ts';
import type { Metrics } from './readings.ts';
import { type ExportListing, exportsOf } from './signals/exported.ts';
import type { Signals } from './signals/signal.ts';
import { interesting, signalsOf } from './signals/signals.ts';
import { suggestions } from './suggestion.ts';
import { windowAt } from './time-window.ts';

const CONCURRENCY = 6;
const MAX_POINTS = 500;
/** So many overrides are told beside a ledger. */
const MOST_OVERRIDES = 20;
const CORRECTIONS_GOOD_FOR_MS = 5_000;

/** What this room needs of telemetry. */
export interface SloTelemetry {
  readonly metrics: Metrics & RangeMetrics & SeriesListing & ExportListing;
}

/** Service level objectives: their budgets, burn and rules, read from the metrics. */
export class Slos {
  readonly #kernel: Kernel;
  readonly #catalog: Pick<Catalog, 'list'>;
  readonly #declared: DeclaredSlos;
  readonly #metrics: Metrics & RangeMetrics & SeriesListing & ExportListing;
  readonly #budgets: Budgets;
  readonly gates: Gates;
  readonly levels: Levels;
  readonly #causes: BudgetCauses;
  readonly #sources = new WeakMap<Objective, string>();
  #corrected: { asked: number; all: Promise<Resource<BudgetCorrectionSpec>[]> } | undefined;

  constructor(
    kernel: Kernel,
    catalog: Pick<Catalog, 'list'>,
    telemetry: SloTelemetry,
    options: RuleOptions & { causes?: BudgetCauses } = {},
  ) {
    this.#causes = options.causes ?? (async () => []);
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#metrics = telemetry.metrics;
    this.#declared = new DeclaredSlos(kernel, catalog, options);
    this.#budgets = new Budgets(telemetry.metrics, kernel.log, async (objective, window) =>
      excludedOf(await this.#corrections(), objective, window),
    );
    this.gates = new Gates(kernel, catalog, this.#budgets, () => this.#declared.load());
    this.levels = new Levels(kernel, catalog, this.gates, () => this.compiled());
  }

  async objectives(): Promise<Objective[]> {
    return (await this.#declared.load()).all.map(({ objective }) => objective);
  }

  /** SLOs that are declared and cannot be evaluated. */
  async broken(): Promise<BrokenSlo[]> {
    return (await this.#declared.load()).broken;
  }

  async compiled(): Promise<Compiled[]> {
    return (await this.#declared.load()).all;
  }

  /** The multi-window multi-burn-rate rules as data, for alerting. */
  async alertRules(): Promise<AlertRule[]> {
    return (await this.#declared.load()).all.flatMap(({ rules }) => rules);
  }

  /** By id; an SLO's name finds its first objective. Throws `not_found` with the names that there are. */
  find(id: string): Promise<Compiled> {
    return this.#declared.find(id);
  }

  async statuses(at: Instant = this.#now()): Promise<BudgetStatus[]> {
    return bounded(await this.compiled(), CONCURRENCY, one => this.#budgets.status(one, at));
  }

  async status(id: string, at: Instant = this.#now()): Promise<BudgetStatus> {
    return this.#budgets.status(await this.find(id), at);
  }

  /**
   * Whether each rule of an objective holds. The short window is read first: where it is quiet the long one, which
   * costs more, is read only if `whole`. Throws when the source fails.
   */
  async evaluate(
    id: string,
    at: Instant,
    { signal, whole = false }: { signal?: AbortSignal; whole?: boolean } = {},
  ): Promise<RuleEvaluation[]> {
    const { objective, rules } = await this.find(id);
    const { readings } = this.#budgets;
    return bounded(rules, rules.length, async rule => {
      const short = await readings.count(objective.sli, rule.shortWindow, at, signal);
      const shortRatio = ratioOf(short);
      if (!whole && rule.kind === 'burn' && shortRatio !== undefined && shortRatio <= rule.threshold)
        return { rule: rule.id, state: 'ok', shortRatio };
      return evaluateRule(rule, await readings.count(objective.sli, rule.longWindow, at, signal), short);
    });
  }

  /** Which source of metrics answers for an objective: what one of them does not answer says nothing of the others. */
  sourceOf(objective: Objective): string {
    let name = this.#sources.get(objective);
    if (name === undefined) {
      name = this.#metrics.sourceOf?.(objective.sli.totalExpr('5m')) ?? '';
      this.#sources.set(objective, name);
    }
    return name;
  }

  /** Whether the source had anything for an objective over a window that ended at `at`. */
  async hadData(id: string, window: DurationText, at: Instant): Promise<boolean> {
    const { objective } = await this.find(id);
    return (await this.#budgets.readings.count(objective.sli, window, at)) !== undefined;
  }

  /** Error ratio of an objective over a window, second by second or coarser: [epoch ms, ratio]. */
  async ratios(
    id: string,
    window: DurationText,
    { from, to, step }: { from: Instant; to: Instant; step: Duration },
  ): Promise<(readonly [number, number])[]> {
    const { objective } = await this.find(id);
    const { series } = await this.#metrics.range(objective.sli.ratioExpr(window), { from, to, step });
    return series.flatMap(one => [...one.points]).filter(([, ratio]) => !Number.isNaN(ratio));
  }

  /** Each objective of a service over a short while. Healthy: no longer burning at a rate that pages. */
  async reading(service: string, window: Duration, at: Instant): Promise<SliReading[]> {
    const mine = (await this.compiled()).filter(
      ({ objective }) => objective.service === service && !objective.silent,
    );
    return bounded(mine, CONCURRENCY, async ({ objective, rules }) => {
      const over = formatDuration(Math.max(window, objective.sli.atLeast ?? 0));
      const count = await this.#budgets.readings.count(objective.sli, over, at);
      const ratio = ratioOf(count);
      const pages = rules.filter(rule => rule.severity === 'page' && rule.kind === 'burn');
      const limit = Math.min(...pages.map(rule => rule.threshold), 1);
      // A single bad event among many is no sign, however tight the target.
      const single = count !== undefined && count.bad < 1.5 && count.total >= 20;
      return {
        objective: objective.id,
        errorRatio: ratio ?? null,
        events: count?.total ?? 0,
        target: objective.target,
        healthy: ratio === undefined ? null : ratio <= limit || single,
      };
    });
  }

  /** The budget over a stretch of time. At most 500 points; a step that gives more is `invalid`. */
  async burnDown(
    id: string,
    { from, to, step }: { from: Instant; to: Instant; step: Duration },
  ): Promise<BurnDownPoint[]> {
    const { objective } = await this.find(id);
    if (!(step > 0) || (epochMs(to) - epochMs(from)) / step > MAX_POINTS)
      throw new Fault('invalid', `A burn-down has at most ${MAX_POINTS} points.`, {
        field: 'step',
        hint: 'Take a longer step.',
      });
    const { since } = await this.#budgets.coverages.of(objective, to);
    if (since === undefined) return [];
    const points = await this.#budgets.countsOver(objective, { from, to, step });
    return points.flatMap(({ at, bad, total }) => {
      const window = windowAt(objective.window, at);
      const covered = epochMs(at) - Math.max(epochMs(since), epochMs(window.from));
      const budget = errorBudget({ bad, total, coverage: covered / window.length }, objective.target);
      return budget === undefined
        ? []
        : [{ at, budgetRemaining: budget.remaining, errorRatio: budget.errorRatio }];
    });
  }

  /** A burn-down's stretch: from where the window or the data begins to `to`, in so many steps. */
  async stretch(
    id: string,
    to: Instant,
    steps: number,
  ): Promise<{ from: Instant; to: Instant; step: Duration }> {
    const { objective } = await this.find(id);
    const { since } = await this.#budgets.coverages.of(objective, to);
    const begin = windowAt(objective.window, to).from;
    const from = since !== undefined && since > begin ? since : begin;
    const step = Math.max(Math.ceil((epochMs(to) - epochMs(from)) / steps / 1000) * 1000, 1000);
    return { from: instant(epochMs(from) + step), to, step: milliseconds(step) };
  }

  /** What an interval cost of the budget of the window that ends with it. */
  async consumed(
    id: string,
    window: { from: Instant; to: Instant },
  ): Promise<{ bad: number; total: number; budgetShare: number }> {
    return this.#budgets.consumed((await this.find(id)).objective, window);
  }

  /** Replays the past, as the SLO is declared and with what is to be changed.. */
  async backtest(
    id: string,
    changes: { target?: number; window?: string },
    stretch: { from: Instant; to: Instant },
  ): Promise<Backtested> {
    return backtested(this.#metrics, await this.find(id), changes, stretch);
  }

  /** The services that anything declares: a service of either kind, or an objective's. */
  async services(): Promise<string[]> {
    const declared = [...(await this.#catalog.list(Service)), ...(await this.#catalog.list(OpenSloService))];
    const names = declared.map(one => one.metadata.name);
    return [...new Set([...names, ...(await this.objectives()).map(one => one.service)])].sort();
  }

  /** Throws `not_found` for a service that nothing declares, with those that are. */
  async demandService(service: string): Promise<void> {
    const known = await this.services();
    if (known.includes(service)) return;
    throw new Fault('not_found', `There is no service '${service.slice(0, 63)}'.`, {
      hint:
        known.length === 0
          ? 'None is declared: nines apply FOLDER.'
          : `Declared: ${known.join(', ').slice(0, 300)}.`,
    });
  }

  /** What a service exports, as objectives and alerts can be made of it. */
  async signals(service: string, at: Instant = this.#now()): Promise<Signals> {
    const declared = (await this.#catalog.list(Service)).find(one => one.metadata.name === service);
    const names = [...new Set([declared?.spec.telemetryName || service, service])];
    return signalsOf(await exportsOf(this.#metrics, names, interesting, at));
  }

  /** SLOs for a service, from what it exports. */
  async suggest(service: string, at: Instant = this.#now()) {
    const signals = await this.signals(service, at);
    const declared = (await this.objectives()).filter(one => one.service === service).map(one => one.id);
    return {
      metrics: signals.metrics,
      missing: signals.missing,
      declared,
      suggestions: await suggestions(this.#metrics, service, signals, at),
    };
  }

  /** Alerts, recording rules and a dashboard for a service, from what it exports. */
  async monitoring(service: string, at: Instant = this.#now()): Promise<SuggestedMonitoring> {
    const declared = (await this.#catalog.list(Service)).find(one => one.metadata.name === service);
    const objectives = (await this.objectives()).filter(one => one.service === service);
    const facts = {
      service,
      signals: await this.signals(service, at),
      objectives,
      links: declared?.spec.links ?? {},
    };
    return suggestedMonitoring(this.#metrics, facts, at);
  }

  /** What the budget went on, by day and by cause, and when it will be gone. */
  async ledger(id: string, at: Instant = this.#now()): Promise<Ledger> {
    const compiled = await this.find(id);
    const { service, window } = compiled.objective;
    const [ledger, overrides] = await Promise.all([
      ledgerOf(this.#budgets, compiled, this.#causes, at),
      // This budget speaks on all that its service calls.
      withDependencies(this.#catalog, [service]).then(all =>
        this.gates.overrides.between({ from: windowAt(window, at).from, to: at }, [...all]),
      ),
    ]);
    return { ...ledger, overrides: await this.gates.withStates(overrides.slice(0, MOST_OVERRIDES), at) };
  }

  /** Whether the budgets of a service, and of all that depend on it, allow what is asked. Overrides count. */
  gate(service: string, purpose: Purpose, at: Instant = this.#now()): Promise<GateAnswer> {
    return this.gates.ask(service, purpose, at);
  }

  /** The SLO document of a service, in Markdown. Throws `not_found` when it has no SLO. */
  async document(service: string, at: Instant = this.#now()): Promise<string> {
    const objectives = (await this.compiled()).filter(({ objective }) => objective.service === service);
    if (objectives.length === 0)
      throw new Fault('not_found', `${service} has no SLO.`, {
        hint: 'nines slo list shows which services have.',
      });
    const declared = (await this.#catalog.list(Service)).find(one => one.metadata.name === service);
    const { readings, coverages } = this.#budgets;
    const live = { metrics: this.#metrics, readings, coverages };
    return sloDocument({
      service,
      owner: declared?.spec.owner,
      description: declared?.spec.description,
      date: at.slice(0, 10),
      objectives: await bounded(objectives, CONCURRENCY, async one => ({
        ...one,
        proof: await liveProof(live, one, at),
      })),
      annotations: declared?.metadata.annotations,
      policy: policyFor(service, await this.#catalog.list(ErrorBudgetPolicy)),
    });
  }

  /** Whether an objective is able to page: times to page by simulation of its rules, and what its queries find. */
  async prove(id: string, at: Instant = this.#now()): Promise<Proof> {
    const { readings, coverages } = this.#budgets;
    return liveProof({ metrics: this.#metrics, readings, coverages }, await this.find(id), at);
  }

  /** The declared corrections, read at most every few seconds: every budget asks. */
  async #corrections() {
    const now = this.#kernel.clock.now();
    // A clock that was put back must not make them good for as long as that.
    if (this.#corrected !== undefined && Math.abs(now - this.#corrected.asked) < CORRECTIONS_GOOD_FOR_MS)
      return this.#corrected.all;
    const entry = { asked: now, all: this.#catalog.list(BudgetCorrection) };
    this.#corrected = entry;
    entry.all.catch(() => {
      if (this.#corrected === entry) this.#corrected = undefined;
    });
    return entry.all;
  }

  #now(): Instant {
    return instant(this.#kernel.clock.now());
  }
}
