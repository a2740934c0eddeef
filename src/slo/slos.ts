import { type Catalog, Service } from '../catalog/index.ts';
import {
  type Duration,
  type DurationText,
  duration,
  epochMs,
  Fault,
  formatDuration,
  type Instant,
  instant,
  type Kernel,
  messageOf,
  milliseconds,
} from '../kernel/index.ts';
import {
  type AlertRule,
  evaluateRule,
  type RuleEvaluation,
  type RuleOptions,
  ratioOf,
} from './alert-rule.ts';
import { bounded } from './bounded.ts';
import type { BudgetStatus, BurnDownPoint, SliReading } from './budget-status.ts';
import type { RangeMetrics } from './coverage.ts';
import { Coverages } from './coverages.ts';
import { type BrokenSlo, type Compiled, DeclaredSlos } from './declared.ts';
import { sloDocument } from './document.ts';
import { allowedOutage, burnRate, errorBudget } from './error-budget.ts';
import { ErrorBudgetPolicy, type Purpose, policyFor } from './error-budget-policy.ts';
import { type GateAnswer, gateAnswer } from './gate.ts';
import { missingSeries, type SeriesListing } from './missing-series.ts';
import { budgetOf, countOf, type Objective } from './objective.ts';
import { blindSpots, type Proof, proofRows } from './proof.ts';
import { type Metrics, Readings } from './readings.ts';
import { windowAt } from './time-window.ts';

const CONCURRENCY = 6;
const MAX_POINTS = 500;
const LOW_BUDGET = 0.25;

/** What this room needs of telemetry. */
export interface SloTelemetry {
  readonly metrics: Metrics & RangeMetrics & SeriesListing;
}

/** Service level objectives: their budgets, burn and rules, read from the metrics. */
export class Slos {
  readonly #kernel: Kernel;
  readonly #catalog: Pick<Catalog, 'list'>;
  readonly #declared: DeclaredSlos;
  readonly #metrics: Metrics & RangeMetrics & SeriesListing;
  readonly #readings: Readings;
  readonly #coverages: Coverages;
  constructor(
    kernel: Kernel,
    catalog: Pick<Catalog, 'list'>,
    telemetry: SloTelemetry,
    options: RuleOptions = {},
  ) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#metrics = telemetry.metrics;
    this.#readings = new Readings(telemetry.metrics);
    this.#coverages = new Coverages(telemetry.metrics);
    this.#declared = new DeclaredSlos(kernel, catalog, options);
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
    return bounded(await this.compiled(), CONCURRENCY, one => this.#status(one, at));
  }

  async status(id: string, at: Instant = this.#now()): Promise<BudgetStatus> {
    return this.#status(await this.find(id), at);
  }

  /**
   * Whether each rule of an objective holds. The short window is read first: where it is quiet the long one, which
   * costs more, need not be. Throws when the source fails.
   */
  async evaluate(id: string, at: Instant): Promise<RuleEvaluation[]> {
    const { objective, rules } = await this.find(id);
    return bounded(rules, rules.length, async rule => {
      const short = await this.#readings.count(objective.sli, rule.shortWindow, at);
      const shortRatio = ratioOf(short);
      if (rule.kind === 'burn' && shortRatio !== undefined && shortRatio <= rule.threshold)
        return { rule: rule.id, state: 'ok', shortRatio };
      return evaluateRule(rule, await this.#readings.count(objective.sli, rule.longWindow, at), short);
    });
  }

  /** Whether the source had anything for an objective over a window that ended at `at`. */
  async hadData(id: string, window: DurationText, at: Instant): Promise<boolean> {
    const { objective } = await this.find(id);
    return (await this.#readings.count(objective.sli, window, at)) !== undefined;
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
    const mine = (await this.compiled()).filter(({ objective }) => objective.service === service);
    return bounded(mine, CONCURRENCY, async ({ objective, rules }) => {
      const over = formatDuration(Math.max(window, objective.sli.atLeast ?? 0));
      const count = await this.#readings.count(objective.sli, over, at);
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

  /** What an interval cost of the budget of the window that ends with it. */
  async consumed(
    id: string,
    window: { from: Instant; to: Instant },
  ): Promise<{ bad: number; total: number; budgetShare: number }> {
    const { objective } = await this.find(id);
    const length = Math.max(epochMs(window.to) - epochMs(window.from), 1000);
    const part = formatDuration(Math.round(length / 1000) * 1000);
    const count = await this.#readings.count(objective.sli, part, window.to);
    if (count === undefined || count.total <= 0) return { bad: 0, total: 0, budgetShare: 0 };
    const whole = windowAt(objective.window, window.to);
    const inWindow = await this.#windowCount(objective, window.to);
    const { share } = await this.#coverages.of(objective, window.to);
    const expected =
      inWindow !== undefined && inWindow.total > 0 && share > 0
        ? inWindow.total / share
        : (count.total * whole.length) / length;
    return {
      ...count,
      budgetShare: count.bad / (budgetOf(objective.target) * Math.max(expected, count.total)),
    };
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
    const { since } = await this.#coverages.of(objective, to);
    if (since === undefined) return [];
    const points = await this.#countsOver(objective, { from, to, step });
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
    const { since } = await this.#coverages.of(objective, to);
    const begin = windowAt(objective.window, to).from;
    const from = since !== undefined && since > begin ? since : begin;
    const step = Math.max(Math.ceil((epochMs(to) - epochMs(from)) / steps / 1000) * 1000, 1000);
    return { from: instant(epochMs(from) + step), to, step: milliseconds(step) };
  }

  /** Whether the budgets of a service allow what is asked, by its policy. The scarcest budget decides. */
  async gate(service: string, purpose: Purpose, at: Instant = this.#now()): Promise<GateAnswer> {
    const mine = (await this.compiled()).filter(({ objective }) => objective.service === service);
    const policy = policyFor(service, await this.#catalog.list(ErrorBudgetPolicy));
    const views = await bounded(mine, CONCURRENCY, async one => {
      const status = await this.#status(one, at);
      const burns = new Map<string, number | undefined>();
      for (const { burnAbove } of status.state === 'no_data' ? [] : policy.spec.levels)
        if (burnAbove !== undefined)
          burns.set(burnAbove.over, await this.#burn(one.objective, burnAbove.over, at));
      return { status, burns };
    });
    return gateAnswer(service, purpose, policy, views);
  }

  /** The SLO document of a service, in Markdown. Throws `not_found` when it has no SLO. */
  async document(service: string, at: Instant = this.#now()): Promise<string> {
    const objectives = (await this.compiled()).filter(({ objective }) => objective.service === service);
    if (objectives.length === 0)
      throw new Fault('not_found', `${service} has no SLO.`, {
        hint: 'nines slo list shows which services have.',
      });
    const declared = (await this.#catalog.list(Service)).find(one => one.metadata.name === service);
    return sloDocument({
      service,
      owner: declared?.spec.owner,
      description: declared?.spec.description,
      date: at.slice(0, 10),
      objectives,
      policy: policyFor(service, await this.#catalog.list(ErrorBudgetPolicy)),
    });
  }

  /** Whether an objective is able to page: times to page by simulation of its rules, and what its queries find. */
  async prove(id: string, at: Instant = this.#now()): Promise<Proof> {
    const one = await this.find(id);
    const { sli } = one.objective;
    const hour = await this.#readings.count(sli, '1h', at);
    const since = (await this.#coverages.of(one.objective, at)).since;
    // A fresh system has less than an hour: its rate is that of the time that there is.
    const seconds = since === undefined ? 3600 : Math.min((epochMs(at) - epochMs(since)) / 1000, 3600);
    const rate =
      sli.counts === 'events' && hour !== undefined && hour.total > 0 ? hour.total / seconds : undefined;
    const problems: string[] = [];
    for (const [index, query] of sli.queries.entries())
      problems.push(
        ...(await missingSeries(this.#metrics, query, index === 0 && sli.kind === 'availability')),
      );
    if (hour === undefined && problems.length === 0)
      problems.push('Its queries find series, and give nothing over the last hour.');
    const rows = proofRows(one, rate);
    if (rows[0]!.page === null) problems.push('Even a whole outage would page nobody.');
    return {
      objective: one.objective.id,
      able: problems.length === 0,
      eventsPerSecond: rate ?? null,
      rows,
      problems,
      notes: [...one.notes.map(note => `${note.severity}: ${note.reason}`), ...blindSpots(one, rate)],
    };
  }

  async #status({ objective, rules }: Compiled, at: Instant): Promise<BudgetStatus> {
    const window = windowAt(objective.window, at);
    const base = {
      objective: objective.id,
      slo: objective.slo,
      displayName: objective.displayName,
      service: objective.service,
      at,
      target: objective.target,
      window: objective.window.text,
      windowFrom: window.from,
      budgetMinutes: allowedOutage(objective.target, window.length) / 60_000,
    };
    const windows = [...new Set(rules.flatMap(rule => [rule.shortWindow, rule.longWindow]))].sort(
      (a, b) => duration(a) - duration(b),
    );
    try {
      const [count, coverage, burnRates] = await Promise.all([
        this.#windowCount(objective, at),
        this.#coverages.of(objective, at),
        bounded(windows, 3, async over => ({
          window: over,
          burnRate: (await this.#burn(objective, over, at)) ?? null,
        })),
      ]);
      // The count is there a moment before the coverage's steps are.
      const share = coverage.share > 0 ? coverage.share : count === undefined ? 0 : 60_000 / window.length;
      const budget =
        count === undefined ? undefined : errorBudget({ ...count, coverage: share }, objective.target);
      if (count === undefined || budget === undefined)
        return {
          ...base,
          state: 'no_data',
          reason:
            count === undefined
              ? 'the metrics have nothing for this indicator'
              : 'nothing was counted in the window',
          burnRates,
          coverage: coverage.share,
        };
      const burning = rules.some(
        rule =>
          rule.severity === 'page' &&
          [rule.longWindow, rule.shortWindow].every(
            over => (burnRates.find(one => one.window === over)?.burnRate ?? 0) > rule.burnRate,
          ),
      );
      return {
        ...base,
        state:
          budget.remaining <= 0 ? 'exhausted' : budget.remaining < LOW_BUDGET || burning ? 'at_risk' : 'ok',
        sli: budget.sli,
        errorRatio: budget.errorRatio,
        budgetRemaining: budget.remaining,
        budgetConsumed: budget.consumed,
        burnRates,
        events: { good: count.total - count.bad, total: count.total },
        coverage: share,
      };
    } catch (error) {
      // A source that fails is no data, and says so; the list of the others goes on.
      this.#kernel.log.warn({ error, objective: objective.id }, 'an objective could not be read');
      return {
        ...base,
        state: 'no_data',
        reason: `the metrics could not be read: ${messageOf(error)}`,
        burnRates: [],
        coverage: 0,
      };
    }
  }

  async #burn(objective: Objective, over: DurationText, at: Instant): Promise<number | undefined> {
    const ratio = ratioOf(await this.#readings.count(objective.sli, over, at));
    return ratio === undefined ? undefined : burnRate(ratio, objective.target);
  }

  /** Bad and total over the budget's window up to `at`. */
  async #windowCount(objective: Objective, at: Instant) {
    const { from } = windowAt(objective.window, at);
    // A calendar window grows: whole minutes keep its queries shared for a minute.
    const elapsed = Math.max(Math.floor((epochMs(at) - epochMs(from)) / 60_000), 1) * 60_000;
    return this.#readings.count(objective.sli, formatDuration(elapsed), at);
  }

  async #countsOver(
    objective: Objective,
    range: { from: Instant; to: Instant; step: Duration },
  ): Promise<{ at: Instant; bad: number; total: number }[]> {
    if (objective.window.calendar !== undefined) {
      const count = Math.floor((epochMs(range.to) - epochMs(range.from)) / range.step) + 1;
      const instants = Array.from({ length: count }, (_, i) => instant(epochMs(range.from) + i * range.step));
      const counts = await bounded(instants, 2, async at => ({
        at,
        count: await this.#windowCount(objective, at),
      }));
      return counts.flatMap(({ at, count }) => (count === undefined ? [] : [{ at, ...count }]));
    }
    const window = formatDuration(objective.window.length);
    const points = async (query: string) =>
      new Map((await this.#metrics.range(query, range)).series.flatMap(one => [...one.points]));
    const { sli } = objective;
    const parts = await points(sli.counted.expr(window));
    if (sli.counted.of === 'ratio')
      return [...parts].map(([at, ratio]) => ({ at: instant(at), ...countOf(sli, ratio, 1) }));
    return [...(await points(sli.totalExpr(window)))].flatMap(([at, total]) => {
      const part = parts.get(at);
      return part === undefined ? [] : [{ at: instant(at), ...countOf(sli, part, total) }];
    });
  }

  #now(): Instant {
    return instant(this.#kernel.clock.now());
  }
}
