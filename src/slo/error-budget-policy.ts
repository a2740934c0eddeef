import { z } from 'zod';
import { defineKind } from '../catalog/index.ts';
import { DurationText } from '../kernel/index.ts';

/** From best to worst. What each one allows is the policy's. */
export const BudgetLevel = z.enum(['healthy', 'caution', 'slow_down', 'freeze', 'stop']);
export type BudgetLevel = z.infer<typeof BudgetLevel>;

/** What is asked of the budget before it is done. */
export const Purpose = z.enum(['release', 'fix_release', 'chaos', 'automation', 'maintenance']);
export type Purpose = z.infer<typeof Purpose>;

const Level = z.strictObject({
  level: BudgetLevel,
  budgetBelow: z
    .number()
    .max(1)
    .optional()
    .describe('Holds while less than this share of the budget is left: 0.25 is a quarter, 0 is none'),
  burnAbove: z
    .strictObject({ rate: z.number().positive(), over: DurationText })
    .optional()
    .describe('Holds also while the budget burns faster than this'),
  allows: z.array(Purpose).describe('What may be done'),
  tell: z.array(z.string().max(63)).max(20).default([]).describe('Teams that are told'),
});

export const ErrorBudgetPolicySpec = z
  .strictObject({
    description: z.string().max(2000).optional(),
    services: z
      .array(z.string().max(63))
      .max(500)
      .default([])
      .describe('The services that it is for; all that no other policy names if empty'),
    levels: z.array(Level).min(1).max(5),
    noData: z
      .array(Purpose)
      .default(['release', 'fix_release', 'automation'])
      .describe('What may be done while nobody knows what is left'),
    twoPeopleFrom: BudgetLevel.default('freeze').describe(
      'From this level on an override of the gate needs a second person',
    ),
  })
  .check(({ value, issues }) => {
    const order = BudgetLevel.options;
    value.levels.forEach((level, index) => {
      const complain = (message: string) =>
        issues.push({ code: 'custom', input: value, path: ['levels', index], message });
      const before = value.levels[index - 1];
      if (before !== undefined && order.indexOf(before.level) >= order.indexOf(level.level))
        complain(`levels go from best to worst; ${level.level} stands after ${before.level}`);
      if (index === 0 && level.level !== 'healthy')
        complain('the first level is healthy, which holds when no other does');
      if (index === 0 && (level.budgetBelow !== undefined || level.burnAbove !== undefined))
        complain('healthy has no condition: it holds when no other level does');
      if (index > 0 && level.budgetBelow === undefined && level.burnAbove === undefined)
        complain(`${level.level} needs budgetBelow or burnAbove; otherwise it would always hold`);
    });
  });
export type ErrorBudgetPolicySpec = z.infer<typeof ErrorBudgetPolicySpec>;

/** What the error budget controls. */
export const ErrorBudgetPolicy = defineKind({
  apiVersion: 'nines/v1',
  kind: 'ErrorBudgetPolicy',
  summary: 'Levels by the error budget that is left, and what each one allows.',
  spec: ErrorBudgetPolicySpec,
});

/**
 * What holds for a service that no policy names. After the example policy of the SRE Workbook, appendix B
 * (https://sre.google/workbook/error-budget-policy/): once the budget is spent only fixes are released. Remediation by
 * automation goes on then: it is what ends the burn. It stops when twice the budget is gone, where people should look.
 */
export const defaultPolicy: ErrorBudgetPolicySpec = {
  description: 'The built-in policy.',
  services: [],
  noData: ['release', 'fix_release', 'automation'],
  twoPeopleFrom: 'freeze',
  levels: [
    {
      level: 'healthy',
      allows: ['release', 'fix_release', 'chaos', 'automation', 'maintenance'],
      tell: [],
    },
    {
      level: 'caution',
      budgetBelow: 0.5,
      allows: ['release', 'fix_release', 'automation', 'maintenance'],
      tell: [],
    },
    { level: 'slow_down', budgetBelow: 0.25, allows: ['release', 'fix_release', 'automation'], tell: [] },
    { level: 'freeze', budgetBelow: 0, allows: ['fix_release', 'automation'], tell: [] },
    { level: 'stop', budgetBelow: -1, allows: ['fix_release'], tell: [] },
  ],
};

/** A budget as the policy looks at it. */
export interface BudgetView {
  /** What is left, 1 = all; undefined when there is no data. */
  remaining?: number | undefined;
  burnRate(over: DurationText): number | undefined;
}

/** The worst level whose condition holds; undefined when there is no data to tell. */
export function levelOf(
  policy: ErrorBudgetPolicySpec,
  budget: BudgetView,
): ErrorBudgetPolicySpec['levels'][number] | undefined {
  let known = budget.remaining !== undefined;
  const holding = policy.levels.filter((level, index) => {
    if (index === 0) return true;
    if (
      level.budgetBelow !== undefined &&
      budget.remaining !== undefined &&
      budget.remaining < level.budgetBelow
    )
      return true;
    if (level.burnAbove === undefined) return false;
    const burn = budget.burnRate(level.burnAbove.over);
    known ||= burn !== undefined;
    return burn !== undefined && burn > level.burnAbove.rate;
  });
  return known ? holding.at(-1) : undefined;
}

/** The policy of a service: one that names it, else one that names none, else the built-in. */
export function policyFor(
  service: string,
  policies: readonly { metadata: { name: string }; spec: ErrorBudgetPolicySpec }[],
): { name: string; spec: ErrorBudgetPolicySpec } {
  const found =
    policies.find(policy => policy.spec.services.includes(service)) ??
    policies.find(policy => policy.spec.services.length === 0);
  return found === undefined
    ? { name: 'built-in', spec: defaultPolicy }
    : { name: found.metadata.name, spec: found.spec };
}
