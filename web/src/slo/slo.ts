import type { OutputOf } from '../api.ts';

export type Slo = OutputOf<'slo.list'>['slos'][number];
export type SloView = OutputOf<'slo.show'>;
export type Rule = SloView['rules'][number];

/** How often budgets are asked again, in ms: they move slowly, and no event tells. */
export const BUDGET_MS = 10_000;

/** The burn rate over about an hour: what a glance needs. Undefined: nothing is known. */
export function burnNow({ burnRates }: Slo): { window: string; burnRate: number } | undefined {
  const known = burnRates.flatMap(({ window, burnRate }) =>
    burnRate === null ? [] : [{ window, burnRate }],
  );
  return known.find(({ window }) => window === '1h') ?? known[0];
}
