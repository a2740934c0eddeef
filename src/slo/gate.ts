import { z } from 'zod';
import type { BudgetStatus } from './budget-status.ts';
import { BudgetLevel, type ErrorBudgetPolicySpec, levelOf, type Purpose } from './error-budget-policy.ts';
import { type Override, OverrideTrace } from './override.ts';

export const GateAnswer = z.object({
  allowed: z.boolean(),
  level: z
    .enum([...BudgetLevel.options, 'no_data', 'no_slo'])
    .describe('The level of the policy that holds; no_data: nobody knows'),
  reason: z.string(),
  service: z.string().describe('Whose budget decided: the service itself, or one that depends on it'),
  needsSecond: z
    .boolean()
    .optional()
    .describe('Of a no: an override counts only once a second person has confirmed it'),
  override: OverrideTrace.optional().describe('Lets it through although the budget says no'),
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
      service,
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
      service,
      reason: `There is no data on the budget of ${service}; the policy ${name} ${allowed ? 'allows' : 'does not allow'} ${words(purpose)} then.`,
    };
  }
  const { level, allows } = worst.level!;
  const allowed = allows.includes(purpose);
  const { budgetRemaining: left, objective, window } = worst.status;
  return {
    allowed,
    level,
    service,
    reason: `${left === undefined ? 'An unknown part' : percent(left)} of the budget of ${objective} is left (${window}): level ${words(level)} of the policy ${name}, which ${allowed ? 'allows' : 'does not allow'} ${words(purpose)}.`,
  };
}

/**
 * The answer of a service and of all that depend on it. A no of any one denies; of several the worst level speaks. A yes
 * tells the worst level too.
 */
export function joinedAnswer(answers: readonly GateAnswer[]): GateAnswer {
  const no = answers.filter(answer => !answer.allowed);
  const [worst] = [...(no.length > 0 ? no : answers)].sort((a, b) => badness(b.level) - badness(a.level));
  return worst!;
}

/** The answer where an override lets it through. */
export function overridden(answer: GateAnswer, override: Override): GateAnswer {
  const { id, by, reason, until, confirmedBy } = override;
  const second = confirmedBy === undefined ? '' : `, confirmed by ${confirmedBy}`;
  return {
    ...answer,
    allowed: true,
    reason: `${answer.reason} Overridden by ${by}${second} until ${until.slice(0, 16).replace('T', ' ')} UTC (${id}): ${reason}`,
    override: { id, by, reason, until, ...(confirmedBy === undefined ? {} : { confirmedBy }) },
  };
}

function badness(level: GateAnswer['level']): number {
  if (level === 'no_slo') return -2;
  return level === 'no_data' ? -1 : rank(level);
}

function rank(level: BudgetLevel): number {
  return BudgetLevel.options.indexOf(level);
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
