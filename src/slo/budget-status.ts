import { z } from 'zod';
import { DurationText, Instant } from '../kernel/index.ts';

export const BudgetState = z.enum(['ok', 'at_risk', 'exhausted', 'no_data']);
export type BudgetState = z.infer<typeof BudgetState>;

/** An objective and its budget at an instant. */
export const BudgetStatus = z.object({
  objective: z.string(),
  slo: z.string(),
  displayName: z.string(),
  service: z.string(),
  at: Instant,
  target: z.number(),
  window: z.string().describe('As 30d, or 1M of the calendar'),
  windowFrom: Instant,
  state: BudgetState.describe('no_data: nothing is known, which is not fine'),
  reason: z.string().optional().describe('Why nothing is known, or nothing new'),
  unread: z.boolean().optional().describe('The source failed: what is known elsewhere is not known here'),
  sli: z.number().optional().describe('Good ÷ total over the window'),
  errorRatio: z.number().optional(),
  budgetRemaining: z.number().optional().describe('1 = untouched, negative = overspent'),
  budgetConsumed: z.number().optional(),
  budgetMinutes: z.number().describe('The whole budget as minutes of a full outage'),
  burnRates: z.array(
    z.object({
      window: DurationText,
      burnRate: z.number().nullable().describe('null: no events in the window, or no data'),
    }),
  ),
  events: z.object({ good: z.number(), total: z.number() }).optional(),
  coverage: z.number().describe('Share of the window with data'),
});
export type BudgetStatus = z.infer<typeof BudgetStatus>;

/** An objective over a short while, for verification. */
export const SliReading = z.object({
  objective: z.string(),
  errorRatio: z.number().nullable(),
  events: z.number(),
  target: z.number(),
  healthy: z.boolean().nullable().describe('null: nothing happened, or nothing is known'),
});
export type SliReading = z.infer<typeof SliReading>;

export const BurnDownPoint = z.object({
  at: Instant,
  budgetRemaining: z.number(),
  errorRatio: z.number(),
});
export type BurnDownPoint = z.infer<typeof BurnDownPoint>;
