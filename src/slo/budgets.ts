import {
  type Duration,
  type DurationText,
  duration,
  epochMs,
  formatDuration,
  type Instant,
  instant,
  type Log,
  messageOf,
} from '../kernel/index.ts';
import { ratioOf } from './alert-rule.ts';
import { bounded } from './bounded.ts';
import type { BudgetStatus } from './budget-status.ts';
import type { RangeMetrics } from './coverage.ts';
import { Coverages } from './coverages.ts';
import type { Compiled } from './declared.ts';
import { allowedOutage, burnRate, errorBudget } from './error-budget.ts';
import { budgetOf, countOf, type Objective } from './objective.ts';
import { type Metrics, Readings } from './readings.ts';
import { windowAt } from './time-window.ts';

const LOW_BUDGET = 0.25;

/** The budgets of objectives as the metrics give them. */
export class Budgets {
  readonly readings: Readings;
  readonly coverages: Coverages;
  readonly #metrics: Metrics & RangeMetrics;
  readonly #log: Log;

  constructor(metrics: Metrics & RangeMetrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
    this.readings = new Readings(metrics);
    this.coverages = new Coverages(metrics);
  }

  /** What an interval cost of the budget of the window that ends with it. */
  async consumed(
    objective: Objective,
    window: { from: Instant; to: Instant },
  ): Promise<{ bad: number; total: number; budgetShare: number }> {
    const length = Math.max(epochMs(window.to) - epochMs(window.from), 1000);
    const part = formatDuration(Math.round(length / 1000) * 1000);
    const count = await this.readings.count(objective.sli, part, window.to);
    if (count === undefined || count.total <= 0) return { bad: 0, total: 0, budgetShare: 0 };
    const whole = windowAt(objective.window, window.to);
    const inWindow = await this.windowCount(objective, window.to);
    const { share } = await this.coverages.of(objective, window.to);
    const expected =
      inWindow !== undefined && inWindow.total > 0 && share > 0
        ? inWindow.total / share
        : (count.total * whole.length) / length;
    return {
      ...count,
      budgetShare: count.bad / (budgetOf(objective.target) * Math.max(expected, count.total)),
    };
  }

  /** Of one objective; a source that fails is no data, with the reason. */
  async status({ objective, rules }: Compiled, at: Instant): Promise<BudgetStatus> {
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
        this.windowCount(objective, at),
        this.coverages.of(objective, at),
        bounded(windows, 3, async over => ({
          window: over,
          burnRate: (await this.burn(objective, over, at)) ?? null,
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
      this.#log.warn({ error, objective: objective.id }, 'an objective could not be read');
      return {
        ...base,
        state: 'no_data',
        reason: `the metrics could not be read: ${messageOf(error)}`,
        burnRates: [],
        coverage: 0,
      };
    }
  }

  /** Undefined when nothing happened, or nothing is known. */
  async burn(objective: Objective, over: DurationText, at: Instant): Promise<number | undefined> {
    const ratio = ratioOf(await this.readings.count(objective.sli, over, at));
    return ratio === undefined ? undefined : burnRate(ratio, objective.target);
  }

  /** Bad and total over the budget's window up to `at`. */
  async windowCount(objective: Objective, at: Instant) {
    const { from } = windowAt(objective.window, at);
    // A calendar window grows: whole minutes keep its queries shared for a minute.
    const elapsed = Math.max(Math.floor((epochMs(at) - epochMs(from)) / 60_000), 1) * 60_000;
    return this.readings.count(objective.sli, formatDuration(elapsed), at);
  }

  /** Bad and total of the window that ends at each step. */
  async countsOver(
    objective: Objective,
    range: { from: Instant; to: Instant; step: Duration },
  ): Promise<{ at: Instant; bad: number; total: number }[]> {
    if (objective.window.calendar !== undefined) {
      const count = Math.floor((epochMs(range.to) - epochMs(range.from)) / range.step) + 1;
      const instants = Array.from({ length: count }, (_, i) => instant(epochMs(range.from) + i * range.step));
      const counts = await bounded(instants, 2, async at => ({
        at,
        count: await this.windowCount(objective, at),
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
}
