import { z } from 'zod';
import { dateOf, epochMs, Instant, instant } from '../kernel/index.ts';
import { addingUp } from './adding-up.ts';
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
import { Override, OverrideState } from './override.ts';
import { sharePercent } from './text.ts';
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
  earlier: Share.optional().describe('Consumed in the window before the days that are listed'),
  days: z.array(LedgerDay).describe('They and what is earlier add up to what is consumed'),
  causes: z
    .array(LedgerCause)
    .describe('The dearest first; they and the unexplained add up to what is consumed'),
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
  overrides: z
    .array(Override.extend({ state: OverrideState }))
    .describe('Of the gate, for its service and all that it calls, in this window'),
});
export type Ledger = z.infer<typeof Ledger>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MOST_DAYS = 92;
const MOST_CAUSES = 100;
/** By so much days may miss the whole before it is told. */
const MUCH = 0.05;
const CONCURRENCY = 4;

/** The ledger of an objective's window at an instant. */
export async function ledgerOf(
  budgets: Budgets,
  compiled: Compiled,
  causesOf: BudgetCauses,
  at: Instant,
): Promise<Omit<Ledger, 'overrides'>> {
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
  const all = daysOf(covered);
  const spans = all.slice(-MOST_DAYS);
  const before = all.length > spans.length ? [{ from: covered.from, to: spans[0]!.from }] : [];
  const measured = await bounded([...before, ...spans], CONCURRENCY, span => cost(without(span, excluded)));
  const consumed = status.budgetConsumed ?? 0;
  const { parts, factor, sum: sumOfDays } = addingUp(measured, consumed);
  const earlier = before.length === 0 ? undefined : (parts[0] ?? 0);
  const daily = parts.slice(before.length);
  const causes = await causesOf(objective.service, { from: begin.from, to: at });
  const times = shared(causes.slice(0, MOST_CAUSES), covered, excluded);
  const measuredCharges = await bounded(times, CONCURRENCY, async ({ cause, interval, pieces }) => {
    const burned = ((await cost(without(interval, excluded))) ?? 0) * factor;
    // Alone in its time, it is charged what it burned: the same question is not asked twice.
    const same = pieces.length === 1 && pieces[0]!.from === interval.from && pieces[0]!.to === interval.to;
    const charged = same ? burned : ((await cost(pieces)) ?? 0) * factor;
    const { causedBy, ...rest } = cause;
    return {
      ...rest,
      from: instant(interval.from),
      to: instant(interval.to),
      burned,
      charged,
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
  // What the causes were charged is at most what is consumed; the rest is nobody's.
  const sum = measuredCharges.reduce((total, one) => total + one.charged, 0);
  const scale = sum > consumed && sum > 0 ? consumed / sum : 1;
  const charges = measuredCharges.map(one => ({
    ...one,
    charged: one.charged * scale,
    minutes: one.charged * scale * status.budgetMinutes,
  }));
  const charged = charges.reduce((total, one) => total + one.charged, 0);
  return {
    status,
    ...(earlier === undefined ? {} : { earlier }),
    days: withLeft(spans, daily, 1 - (earlier ?? 0)),
    causes: charges.sort((a, b) => b.charged - a.charged || b.burned - a.burned),
    unexplained: Math.max(consumed - charged, 0),
    corrections,
    forecast: await forecast(
      budgets,
      objective,
      status,
      { spans, daily, earlier, window, covered, costOf },
      at,
    ),
    notes: [
      ...(causes.length > MOST_CAUSES ? [`Of ${causes.length} causes ${MOST_CAUSES} are charged.`] : []),
      ...(Math.abs(factor - 1) > MUCH
        ? [
            `Measured one by one the days come to ${sharePercent(sumOfDays)}; they are scaled to what the whole window gives.`,
          ]
        : []),
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

function withLeft(
  spans: readonly Interval[],
  daily: readonly (number | null)[],
  atFirst: number,
): LedgerDay[] {
  let left = atFirst;
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
    earlier: number | undefined;
    window: Interval;
    covered: Interval;
    costOf(bad: number): number;
  },
  at: Instant,
): Promise<Forecast> {
  const { spans, daily, covered, costOf } = known;
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
  // Days before the data began burned nothing that drops out; of those that are not listed each burned as much.
  const missing = Math.max(Math.round((covered.from - known.window.from) / DAY_MS), 0);
  const unlisted = spans[0] === undefined ? 0 : Math.round((spans[0].from - covered.from) / DAY_MS);
  return forecastOf({
    daily: [
      ...Array.from({ length: missing }, () => null),
      ...Array.from({ length: unlisted }, () => (known.earlier ?? 0) / unlisted),
      ...daily,
    ],
    remaining: status.budgetRemaining ?? 1,
    now,
    ...(calendar === undefined ? {} : { resetsAt: epochMs(whole.from) + whole.length }),
    window: length,
    covered: now - covered.from,
    firstIsCut: unlisted === 0 && spans[0] !== undefined && spans[0].to - spans[0].from < DAY_MS,
    recent: status.state === 'no_data' ? [] : recent,
  });
}
