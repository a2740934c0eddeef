import { z } from 'zod';
import type { BudgetStatus } from './budget-status.ts';
import { BudgetLevel, type ErrorBudgetPolicySpec, levelOf, type Purpose } from './error-budget-policy.ts';

export const GateAnswer = z.object({
  allowed: z.boolean(),
  level: z
    .enum([...BudgetLevel.options, 'no_data', 'no_slo'])
    .describe('The level of the policy that holds; no_data: nobody knows'),
  reason: z.string(),
});
export type GateAnswer = z.infer<typeof GateAnswer>;

/** A budget of the service, with its burn over the windows that the policy asks for. */
export interface GateView {
  status: BudgetStatus;
  burns: ReadonlyMap<string, number | undefined>;
}

/** Whether the policy allows what is asked. The budget at the worst level decides; of two, the scarcer. */
export function gateAnswer(
  service: string,
  purpose: Purpose,
  policy: { name: string; spec: ErrorBudgetPolicySpec },
  views: readonly GateView[],
): GateAnswer {
  if (views.length === 0)
    return {
      allowed: true,
      level: 'no_slo',
      reason: `${service} has no SLO, so no budget speaks against it.`,
    };
  const { name, spec } = policy;
  const known = views
    .map(({ status, burns }) => ({
      status,
      level: levelOf(spec, { remaining: status.budgetRemaining, burnRate: over => burns.get(over) }),
    }))
    .filter(view => view.level !== undefined)
    .sort(
      (a, b) =>
        rank(b.level!.level) - rank(a.level!.level) ||
        (a.status.budgetRemaining ?? 1) - (b.status.budgetRemaining ?? 1),
    );
  const worst = known[0];
  if (worst === undefined) {
    const allowed = spec.noData.includes(purpose);
    return {
      allowed,
      level: 'no_data',
      reason: `There is no data on the budget of ${service}; the policy ${name} ${allowed ? 'allows' : 'does not allow'} ${words(purpose)} then.`,
    };
  }
  const { level, allows } = worst.level!;
  const allowed = allows.includes(purpose);
  const { budgetRemaining: left, objective, window } = worst.status;
  return {
    allowed,
    level,
    reason: `${left === undefined ? 'An unknown part' : percent(left)} of the budget of ${objective} is left (${window}): level ${words(level)} of the policy ${name}, which ${allowed ? 'allows' : 'does not allow'} ${words(purpose)}.`,
  };
}

function rank(level: BudgetLevel): number {
  return BudgetLevel.options.indexOf(level);
}

function words(name: string): string {
  return name.replace('_', ' ');
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
