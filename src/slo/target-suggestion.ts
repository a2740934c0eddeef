import { type Duration, humanDuration } from '../kernel/index.ts';
import { allowedOutage, budgetOf } from './error-budget.ts';
import { sharePercent } from './text.ts';

export interface TargetSuggestion {
  target: number;
  reason: string;
}

/** Targets that people use, the tightest first. */
const LADDER = [0.9999, 0.9995, 0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8] as const;
/** A budget of fewer bad events is spent by chance. */
const LEAST_BAD_EVENTS = 10;
/** Of the budget, what the past may have used: a target that was only just kept is missed soon. */
const MOST_USED = 0.5;

/**
 * The tightest target that the past kept with half of the budget to spare, and that traffic is enough for.
 * `worstDay` is the share of bad in the worst day. Undefined when even the loosest was missed, or nothing is known.
 */
export function suggestedTarget(past: {
  bad: number;
  total: number;
  days: number;
  window: Duration;
}): TargetSuggestion | undefined {
  const { bad, total, days, window } = past;
  if (!(total > 0) || !(days > 0)) return undefined;
  const ratio = bad / total;
  const inWindow = (total / days) * (window / 86_400_000);
  const kept = LADDER.find(target => ratio / budgetOf(target) <= MOST_USED);
  const fit = LADDER.find(
    target => ratio / budgetOf(target) <= MOST_USED && inWindow * budgetOf(target) >= LEAST_BAD_EVENTS,
  );
  if (fit === undefined) return undefined;
  const outage = humanDuration(allowedOutage(fit, window));
  const used = sharePercent(ratio / budgetOf(fit));
  const because =
    kept !== fit
      ? ` ${sharePercent(kept!)} was kept too, and at this traffic its budget would be fewer than ${LEAST_BAD_EVENTS} bad events.`
      : fit === LADDER[0]
        ? ''
        : ` The next tighter, ${sharePercent(LADDER[LADDER.indexOf(fit) - 1]!)}, would have lost more than half of its budget.`;
  return {
    target: fit,
    reason: `${sharePercent(1 - ratio)} was good; ${sharePercent(fit)} allows ${outage} of full outage and would have lost ${used} of it.${because}`,
  };
}
