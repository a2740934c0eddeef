import { z } from 'zod';
import { type Duration, DurationText, duration, milliseconds } from '../../kernel/index.ts';
import { burnRateTable } from '../burn-rate.ts';
import { type AlertWindows, WORKBOOK_WINDOWS } from '../prometheus/rule-spec.ts';

const HOUR_MS = 3_600_000;
const LONGEST_MS = 10 * 365 * 24 * HOUR_MS;

/** An SLO period that rules can be made for. */
export const SloPeriod = DurationText.refine(
  text => duration(text) >= HOUR_MS && duration(text) <= LONGEST_MS,
  'an SLO period is from 1h to 10y, as 28d',
);

const Length = DurationText.refine(text => duration(text) > 0, 'a window is longer than nothing, as 5m');
const Window = z
  .object({
    errorBudgetPercent: z
      .number()
      .positive()
      .lte(100, 'of the error budget, in percent: above 0 and up to 100'),
    shortWindow: Length,
    longWindow: Length,
  })
  .refine(({ shortWindow, longWindow }) => duration(shortWindow) <= duration(longWindow), {
    path: ['shortWindow'],
    error: 'the short window is no longer than the long one, as 5m beside 1h',
  });
const Pair = z.object({ quick: Window, slow: Window });

/** Sloth's catalogue of alert windows for a period: https://sloth.dev/usage/slo-period-windows/. */
export const AlertWindowsV1 = z.object({
  apiVersion: z.literal('sloth.slok.dev/v1'),
  kind: z.literal('AlertWindows'),
  spec: z.object({ sloPeriod: SloPeriod, page: Pair, ticket: Pair }),
});
export type AlertWindowsV1 = z.infer<typeof AlertWindowsV1>;

export function declaredWindows({ spec }: AlertWindowsV1): { period: Duration; windows: AlertWindows } {
  const rows = ({ quick, slow }: z.infer<typeof Pair>) =>
    [quick, slow].map(one => ({
      budgetPercent: one.errorBudgetPercent,
      short: one.shortWindow,
      long: one.longWindow,
    }));
  return {
    period: milliseconds(duration(spec.sloPeriod)),
    windows: { page: rows(spec.page), ticket: rows(spec.ticket) },
  };
}

/** The windows of a period that no catalogue names: for 28 and 30 days the Workbook's, as Sloth has them; else in scale. */
export function windowsFor(period: Duration): AlertWindows {
  const days = period / 86_400_000;
  if (days >= 28 && days <= 31) return WORKBOOK_WINDOWS;
  const { rows } = burnRateTable(period, 0.9999);
  const of = (severity: 'page' | 'ticket') =>
    rows
      .filter(row => row.severity === severity)
      .map(row => ({ budgetPercent: row.budgetShare * 100, short: row.short, long: row.long }));
  return { page: of('page'), ticket: of('ticket') };
}
