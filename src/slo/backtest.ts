import type { z } from 'zod';
import { formatDuration, type Instant } from '../kernel/index.ts';
import { alertRules } from './alert-rule.ts';
import type { RangeMetrics } from './coverage.ts';
import type { Compiled } from './declared.ts';
import { historyOf } from './history.ts';
import type { Objective } from './objective.ts';
import { DurationShorthand } from './openslo/duration-shorthand.ts';
import { type Replay, type Resolution, replayOf, resolutionOf } from './replay.ts';
import { suggestedTarget, type TargetSuggestion } from './target-suggestion.ts';
import { budgetWindow } from './time-window.ts';

export interface Backtested {
  objective: string;
  data: z.infer<typeof Resolution>;
  declared: Replay;
  changed?: Replay;
  suggested?: TargetSuggestion;
}

/** The past of an objective through its rules, and through those of a changed one. */
export async function backtested(
  metrics: RangeMetrics,
  { objective, rules }: Pick<Compiled, 'objective' | 'rules'>,
  changes: { target?: number; window?: string },
  stretch: { from: Instant; to: Instant },
): Promise<Backtested> {
  const history = await historyOf(metrics, objective, stretch);
  const known = history.steps.filter(step => step !== undefined);
  const suggested = suggestedTarget({
    bad: known.reduce((sum, step) => sum + step.bad, 0),
    total: known.reduce((sum, step) => sum + step.total, 0),
    days: (known.length * history.stepMs) / 86_400_000,
    window: objective.window.length,
  });
  const other = changedObjective(objective, changes);
  return {
    objective: objective.id,
    data: resolutionOf(history, formatDuration(history.stepMs)),
    declared: replayOf(history, objective, rules),
    ...(other === undefined ? {} : { changed: replayOf(history, other, alertRules(other).rules) }),
    ...(suggested === undefined ? {} : { suggested }),
  };
}

function changedObjective(
  objective: Objective,
  { target, window }: { target?: number; window?: string },
): Objective | undefined {
  if (target === undefined && window === undefined) return undefined;
  return {
    ...objective,
    target: target ?? objective.target,
    window:
      window === undefined
        ? objective.window
        : budgetWindow({ duration: DurationShorthand.parse(window), isRolling: true }),
  };
}
