import { z } from 'zod';
import { dateOf, epochMs, Instant, instant } from '../kernel/index.ts';
import { bounded } from './bounded.ts';
import { BudgetStatus } from './budget-status.ts';
import type { Budgets } from './budgets.ts';
import { type BudgetCauses, CauseKind, shared } from './cause.ts';
import { CorrectionCategory } from './correction.ts';
import type { Compiled } from './declared.ts';
import { budgetOf } from './error-budget.ts';
import { Forecast, forecastOf } from './forecast.ts';
import { type Interval, within, without } from './interval.ts';
import type { Objective } from './objective.ts';
import { windowAt } from './time-window.ts';

const Share = z.number().describe('Of the whole window’s budget: 1 is all of it');

export const LedgerDay = z.object({
  date: z.string().describe('In UTC'),
  consumed: Share.nullable().describe('null: no data'),
  left: Share.nullable().describe('At the end of the day, counted from the beginning of the window'),
});
export type LedgerDay = z.infer<typeof LedgerDay>;

export const LedgerCause = z.object({
  kind: CauseKind,
  id: z.string(),
  title: z.string(),
  service: z.string(),
  from: Instant,
  to: Instant,
  burned: Share.describe('In the whole of its time'),
  charged: Share.describe('To it alone: all charges and the rest add up'),
  minutes: z.number().describe('The charge as minutes of a full outage'),
  causedBy: z.string().optional(),
});
export type LedgerCause = z.infer<typeof LedgerCause>;

/** What an error budget went on. */
export const Ledger = z.object({
  status: BudgetStatus,
  days: z.array(LedgerDay),
  causes: z.array(LedgerCause).describe('The dearest first'),
  unexplained: Share.describe('Burned while nothing is known to have happened'),
  corrections: z.array(
    z.object({
      correction: z.string(),
      category: CorrectionCategory,
      reason: z.string(),
      from: Instant,
      to: Instant,
      saved: Share.describe('What it would have cost'),
    }),
  ),
  forecast: Forecast,
  notes: z.array(z.string()),
});
export type Ledger = z.infer<typeof Ledger>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MOST_DAYS = 92;
const MOST_CAUSES = 100;
const CONCURRENCY = 4;

/** The ledger of an objective's window at an instant. */
export async function ledgerOf(
  budgets: Budgets,
  compiled: Compiled,
  causesOf: BudgetCauses,
  at: Instant,
): Promise<Ledger> {
  const { objective } = compiled;
  const status = await budgets.status(compiled, at);
  const begin = windowAt(objective.window, at);
  const window: Interval = { from: epochMs(begin.from), to: epochMs(at) };
  const { since, share } = await budgets.coverages.of(objective, at);
  const excluded = await budgets.excluded(objective, window);
  const total = (await budgets.windowCount(objective, at))?.total ?? 0;
  // One yardstick for days and causes, so that they add up to what the status says.
  const expected = total / Math.max(Math.min(share, 1), 60_000 / begin.length);
  const costOf = (bad: number) => (expected > 0 ? bad / (budgetOf(objective.target) * expected) : 0);
  const cost = async (pieces: readonly Interval[]): Promise<number | null> => {
    const counts = await bounded(pieces, 2, piece => budgets.piece(objective, piece, at));
    const known = counts.filter(count => count !== undefined);
    if (known.length === 0) return null;
    return costOf(known.reduce((sum, count) => sum + count.bad, 0));
  };
  const covered = {
    from: Math.max(window.from, since === undefined ? window.to : epochMs(since)),
    to: window.to,
  };
  const spans = daysOf(covered).slice(-MOST_DAYS);
  const daily = await bounded(spans, CONCURRENCY, span => cost(without(span, excluded)));
  const causes = await causesOf(objective.service, { from: begin.from, to: at });
  const all = shared(causes.slice(0, MOST_CAUSES), covered, excluded);
  const charges = await bounded(all, CONCURRENCY, async ({ cause, interval, pieces }) => {
    const burned = (await cost(without(interval, excluded))) ?? 0;
    // Alone in its time, it is charged what it burned: the same question is not asked twice.
    const same = pieces.length === 1 && pieces[0]!.from === interval.from && pieces[0]!.to === interval.to;
    const charged = same ? burned : ((await cost(pieces)) ?? 0);
    const { causedBy, ...rest } = cause;
    return {
      ...rest,
      from: instant(interval.from),
      to: instant(interval.to),
      burned,
      charged,
      minutes: charged * status.budgetMinutes,
      ...(causedBy === undefined ? {} : { causedBy }),
    };
  });
  const corrections = await bounded(excluded, CONCURRENCY, async one => ({
    correction: one.correction,
    category: one.category,
    reason: one.reason,
    from: instant(one.from),
    to: instant(one.to),
    saved: (await cost([one])) ?? 0,
  }));
  const charged = charges.reduce((sum, one) => sum + one.charged, 0);
  return {
    status,
    days: withLeft(spans, daily),
    causes: charges.sort((a, b) => b.charged - a.charged || b.burned - a.burned),
    unexplained: Math.max((status.budgetConsumed ?? 0) - charged, 0),
    corrections,
    forecast: await forecast(budgets, objective, status, { spans, daily, window, covered, costOf }, at),
    notes: [
      ...(causes.length > MOST_CAUSES ? [`Of ${causes.length} causes ${MOST_CAUSES} are charged.`] : []),
      ...(daysOf(covered).length > MOST_DAYS ? [`Only the last ${MOST_DAYS} days are listed.`] : []),
    ],
  };
}

/** The days (in UTC) of a stretch, the first and the last cut. */
function daysOf(stretch: Interval): Interval[] {
  const days: Interval[] = [];
  for (let day = Math.floor(stretch.from / DAY_MS) * DAY_MS; day < stretch.to; day += DAY_MS) {
    const part = within({ from: day, to: day + DAY_MS }, stretch);
    if (part !== undefined) days.push(part);
  }
  return days;
}

function withLeft(spans: readonly Interval[], daily: readonly (number | null)[]): LedgerDay[] {
  let left = 1;
  return spans.map((span, index) => {
    const consumed = daily[index] ?? null;
    left -= consumed ?? 0;
    return { date: dateOf(instant(span.from)), consumed, left: consumed === null ? null : left };
  });
}

async function forecast(
  budgets: Budgets,
  objective: Objective,
  status: BudgetStatus,
  known: {
    spans: readonly Interval[];
    daily: readonly (number | null)[];
    window: Interval;
    covered: Interval;
    costOf(bad: number): number;
  },
  at: Instant,
): Promise<Forecast> {
  const { daily, covered, costOf } = known;
  const now = epochMs(at);
  const lengths = [HOUR_MS, 6 * HOUR_MS, now - covered.from].filter(
    (length, index, all) => length > 0 && length <= now - covered.from && all.indexOf(length) === index,
  );
  const recent = await bounded(lengths, 1, async length => {
    const count = await budgets.piece(objective, { from: now - length, to: now }, at);
    return {
      over: length === now - covered.from ? 'all there is' : `${length / HOUR_MS} h`,
      perHour: (costOf(count?.bad ?? 0) * HOUR_MS) / length,
    };
  });
  const { length, calendar } = objective.window;
  const whole = windowAt(objective.window, at);
  // Days before the data began burned nothing that drops out.
  const missing = Math.max(Math.round((covered.from - known.window.from) / DAY_MS), 0);
  return forecastOf({
    daily: [...Array.from({ length: missing }, () => null), ...daily],
    remaining: status.budgetRemaining ?? 1,
    now,
    ...(calendar === undefined ? {} : { resetsAt: epochMs(whole.from) + whole.length }),
    window: length,
    recent: status.state === 'no_data' ? [] : recent,
  });
}
