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
import type { Excluded } from './correction.ts';
import type { RangeMetrics } from './coverage.ts';
import { Coverages } from './coverages.ts';
import type { Compiled } from './declared.ts';
import { allowedOutage, budgetOf, burnRate, errorBudget } from './error-budget.ts';
import { countOf, type WindowCount } from './indicator.ts';
import { type Interval, within } from './interval.ts';
import type { Objective } from './objective.ts';
import { type Metrics, Readings } from './readings.ts';
import { windowAt } from './time-window.ts';

const LOW_BUDGET = 0.25;
/** Over which the burn of an objective without rules is told. */
const SILENT_WINDOWS: readonly DurationText[] = ['5m', '1h'];
const MAX_PIECES = 20_000;
/** A piece of time that ended so long ago is counted once: late exports have come. */
const SETTLED_MS = 300_000;

/** The time of a window that corrections take out. */
export type ExcludedTime = (objective: Objective, window: Interval) => Promise<Excluded[]>;

/** The budgets of objectives as the metrics give them. */
export class Budgets {
  readonly readings: Readings;
  readonly coverages: Coverages;
  readonly #metrics: Metrics & RangeMetrics;
  readonly #log: Log;
  readonly #excluded: ExcludedTime;
  readonly #pieces = new Map<string, Promise<WindowCount | undefined>>();

  constructor(metrics: Metrics & RangeMetrics, log: Log, excluded: ExcludedTime = async () => []) {
    this.#excluded = excluded;
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
    if (objective.sli.counted.of === 'ratio')
      return { ...count, budgetShare: (count.bad * length) / (budgetOf(objective.target) * whole.length) };
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
    const looked = objective.silent
      ? SILENT_WINDOWS.filter(over => duration(over) <= objective.window.length)
      : [];
    const windows = [
      ...new Set([...looked, ...rules.flatMap(rule => [rule.shortWindow, rule.longWindow])]),
    ].sort((a, b) => duration(a) - duration(b));
    try {
      const [latest] = windows;
      const [count, newest, coverage, burnRates] = await Promise.all([
        this.windowCount(objective, at),
        latest === undefined ? undefined : this.readings.count(objective.sli, latest, at),
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
        // The window knows for weeks what was; that nothing new is known must not look like health.
        ...(latest === undefined || newest !== undefined
          ? {}
          : { reason: `nothing has come for over ${latest}; what stands here is from before` }),
        sli: budget.sli,
        errorRatio: budget.errorRatio,
        budgetRemaining: budget.remaining,
        budgetConsumed: budget.consumed,
        burnRates,
        ...(objective.sli.counts === 'ratio'
          ? {}
          : { events: { good: count.total - count.bad, total: count.total } }),
        coverage: share,
      };
    } catch (error) {
      // A source that fails is no data, and says so; the list of the others goes on.
      this.#log.warn({ error, objective: objective.id }, 'an objective could not be read');
      return {
        ...base,
        state: 'no_data',
        reason: `the metrics could not be read: ${messageOf(error)}`,
        unread: true,
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

  /** Bad and total over the budget's window up to `at`, without what corrections take out. */
  async windowCount(objective: Objective, at: Instant): Promise<WindowCount | undefined> {
    const { from } = windowAt(objective.window, at);
    // A calendar window grows: whole minutes keep its queries shared for a minute.
    const elapsed = Math.max(Math.floor((epochMs(at) - epochMs(from)) / 60_000), 1) * 60_000;
    const whole = await this.readings.count(objective.sli, formatDuration(elapsed), at);
    if (whole === undefined) return undefined;
    if (objective.sli.counted.of === 'ratio') return this.#ofTime(objective, whole, at);
    const out = await this.#outOf(objective, { from: epochMs(from), to: epochMs(at) }, at);
    const total = Math.max(whole.total - out.total, 0);
    return { total, bad: Math.min(Math.max(whole.bad - out.bad, 0), total) };
  }

  /** The time of a window that does not count. */
  excluded(objective: Objective, window: Interval): Promise<Excluded[]> {
    return this.#excluded(objective, window);
  }

  /** Bad and total of a past stretch of time; undefined when there is no data. */
  async piece(objective: Objective, { from, to }: Interval, now: Instant): Promise<WindowCount | undefined> {
    const length = Math.max(Math.round((to - from) / 1000), 1) * 1000;
    const count = async () => {
      const counted = await this.readings.count(objective.sli, formatDuration(length), instant(to));
      if (counted === undefined || objective.sli.counted.of !== 'ratio') return counted;
      // A ratio says nothing of how much happened: it weighs as much as its part of the window.
      const share = length / windowAt(objective.window, instant(to)).length;
      return { bad: counted.bad * share, total: counted.total * share };
    };
    if (to > epochMs(now) - SETTLED_MS) return count();
    const key = `${objective.id}|${objective.sli.totalExpr('1m')}|${objective.sli.counted.expr('1m')}|${from}|${to}`;
    const known = this.#pieces.get(key);
    if (known !== undefined) return known;
    if (this.#pieces.size >= MAX_PIECES) this.#pieces.delete(this.#pieces.keys().next().value!);
    const value = count();
    this.#pieces.set(key, value);
    value.catch(() => this.#pieces.delete(key));
    return value;
  }

  /** A ratio over a window counts for the part of the window that has data, without the time that does not count. */
  async #ofTime(objective: Objective, { bad, total }: WindowCount, at: Instant): Promise<WindowCount> {
    const { from, length } = windowAt(objective.window, at);
    const { share } = await this.coverages.of(objective, at);
    const out = await this.#outOf(objective, { from: epochMs(from), to: epochMs(at) }, at);
    const covered = Math.max(share, 60_000 / length);
    const left = Math.max(total * covered - out.total, 0);
    return { total: left, bad: Math.min(Math.max(bad * covered - out.bad, 0), left) };
  }

  async #outOf(objective: Objective, window: Interval, now: Instant): Promise<WindowCount> {
    const pieces = await this.#excluded(objective, window);
    const counts = await bounded(pieces, 2, piece => this.piece(objective, piece, now));
    return counts.reduce<WindowCount>(
      (sum, count) => ({ bad: sum.bad + (count?.bad ?? 0), total: sum.total + (count?.total ?? 0) }),
      { bad: 0, total: 0 },
    );
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
    const totals = [...(await points(sli.totalExpr(window)))];
    const out = await this.#excludedCounts(objective, range);
    return totals.flatMap(([at, total]) => {
      const part = parts.get(at);
      if (part === undefined) return [];
      const whole = countOf(sli, part, total);
      const left = out(at);
      const rest = Math.max(whole.total - left.total, 0);
      return [{ at: instant(at), total: rest, bad: Math.min(Math.max(whole.bad - left.bad, 0), rest) }];
    });
  }

  /** What corrections take out of the window that ends at an instant; a piece that is cut counts by its length. */
  async #excludedCounts(objective: Objective, range: { from: Instant; to: Instant }) {
    const { length } = objective.window;
    const all = await this.#excluded(objective, {
      from: epochMs(range.from) - length,
      to: epochMs(range.to),
    });
    const counted = await bounded(all, 2, async piece => ({
      piece,
      count: await this.piece(objective, piece, range.to),
    }));
    return (at: number): WindowCount => {
      const sum = { bad: 0, total: 0 };
      for (const { piece, count } of counted) {
        const part = within(piece, { from: at - length, to: at });
        if (part === undefined || count === undefined) continue;
        const share = (part.to - part.from) / (piece.to - piece.from);
        sum.bad += count.bad * share;
        sum.total += count.total * share;
      }
      return sum;
    };
  }
}
