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
/** What a short past can show at most: outages come by the week, not by the hour. */
const SHORT_PAST: readonly [days: number, most: number][] = [
  [1, 0.999],
  [7, 0.9995],
];

/** What happened, and over how many days' worth of data. */
export interface Past {
  bad: number;
  total: number;
  days: number;
  window: Duration;
}

/**
 * The tightest target that the past kept with half of the budget to spare, that traffic is enough for, and that so
 * many events and days are able to show. Undefined when even the loosest does not fit, or nothing is known.
 */
export function suggestedTarget(past: Past): TargetSuggestion | undefined {
  const { bad, total, days, window } = past;
  if (!(total > 0) || !(days > 0)) return undefined;
  const ratio = bad / total;
  const fit = LADDER.find(target => against(target, past) === undefined);
  if (fit === undefined) return undefined;
  const outage = humanDuration(allowedOutage(fit, window));
  const tighter = LADDER[LADDER.indexOf(fit) - 1];
  const because =
    tighter === undefined ? '' : ` The next tighter, ${sharePercent(tighter)}: ${against(tighter, past)}.`;
  return {
    target: fit,
    reason: `${sharePercent(1 - ratio)} was good; ${sharePercent(fit)} allows ${outage} of full outage and would have lost ${sharePercent(ratio / budgetOf(fit))} of it.${because}`,
  };
}

/** Why no target can be suggested, for a person. */
export function whyNoTarget(past: Past): string {
  const { bad, total, days } = past;
  if (!(days > 0)) return 'There is no data to judge by: this is only a place to begin.';
  if (!(total > 0))
    return `There is data of ${humanDuration(days * 86_400_000)}, and in it nothing happened: without events no target can be judged, this is only a place to begin.`;
  if (bad / total > MOST_USED * budgetOf(LADDER.at(-1)!))
    return `${sharePercent(bad / total)} was bad: no usual target was kept with half of its budget to spare. Look at the errors first, this is only a place to begin.`;
  return `Only ${Math.round(total).toLocaleString('en')} events are known: too few for a share to mean much. Count over a longer window or probe it; this is only a place to begin.`;
}

/** What speaks against a target; undefined: nothing. */
function against(target: number, { bad, total, days, window }: Past): string | undefined {
  const budget = budgetOf(target);
  if (bad / total / budget > MOST_USED) return 'it would have lost more than half of its budget';
  if ((total / days) * (window / 86_400_000) * budget < LEAST_BAD_EVENTS)
    return `at this traffic its budget would be fewer than ${LEAST_BAD_EVENTS} bad events`;
  const [least, most] = SHORT_PAST.find(([least]) => days < least) ?? [];
  if (least !== undefined && target > most!)
    return `${humanDuration(days * 86_400_000)} of data cannot show that it would hold, ask again once there is more`;
  if (mostBad(bad) / total > budget)
    return `${Math.round(total).toLocaleString('en')} events are too few to show that it was kept`;
  return undefined;
}

/**
 * So many bad events may stand behind those that were seen, with 95 % confidence: the upper limit of Poisson's
 * distribution in the approximation of Wilson and Hilferty; 3 where none was seen.
 */
function mostBad(seen: number): number {
  const n = seen + 1;
  return n * (1 - 1 / (9 * n) + 1.645 / (3 * Math.sqrt(n))) ** 3;
}
