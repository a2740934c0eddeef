import { humanDuration, type Instant, timeOfDay } from '../kernel/index.ts';
import { type AlertRule, burnRate, type Objective, sharePercent, times } from '../slo/index.ts';

const WHAT: Record<Objective['sli']['kind'], string> = {
  availability: 'of requests fail',
  latency: 'of requests are too slow',
  other: 'is bad',
};

export interface AlertFigures {
  /** Over the newest moment: what a person would see now. */
  latestRatio?: number | undefined;
  shortRatio?: number | undefined;
  longRatio?: number | undefined;
  onsetAt?: Instant | undefined;
  budgetRemaining?: number | undefined;
}

/** What a page says: the figure, what it means for the budget, and since when. */
export function alertText(
  objective: Objective,
  rule: AlertRule,
  { latestRatio, shortRatio, longRatio, onsetAt, budgetRemaining }: AlertFigures,
): { summary: string; description: string } {
  const over = shortRatio ?? longRatio ?? rule.threshold;
  const ratio = Math.max(latestRatio ?? 0, over);
  const burn = burnRate(ratio, objective.target);
  const since = onsetAt === undefined ? '' : ` since ${timeOfDay(onsetAt, 'second')} UTC`;
  const summary = `${objective.displayName}: ${sharePercent(ratio)} ${WHAT[objective.sli.kind]} (target ${sharePercent(objective.target)})${since}; the error budget burns ${times(burn)} too fast.`;
  const lines = [
    `${sharePercent(over)} bad over ${rule.shortWindow}${longRatio === undefined ? '' : `, ${sharePercent(longRatio)} over ${rule.longWindow}`}; the rule ${rule.id} fires above ${sharePercent(rule.threshold)}.`,
  ];
  if (budgetRemaining === undefined) lines.push('How much of the budget is left is not known.');
  else if (budgetRemaining <= 0)
    lines.push(`The budget of ${objective.window.text} is spent (${sharePercent(budgetRemaining)} left).`);
  else
    lines.push(
      `${sharePercent(budgetRemaining)} of the ${objective.window.text} budget is left; at this rate it is gone in ${humanDuration((budgetRemaining * objective.window.length) / burn)}.`,
    );
  if (onsetAt === undefined) lines.push('When it began cannot be told from the data.');
  return { summary, description: lines.join(' ') };
}
