import { z } from 'zod';
import { defineKind, type Resource } from '../catalog/index.ts';
import { DurationText, duration } from '../kernel/index.ts';
import { twice, unknownServices } from './declared-names.ts';

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
  tell: z
    .array(z.string().max(63))
    .max(20)
    .default([])
    .describe('Teams that are told, once when a budget comes to this level and once when it is better again'),
});

export const ErrorBudgetPolicySpec = z
  .strictObject({
    description: z.string().max(2000).optional(),
    services: z
      .array(z.string().max(63))
      .max(500)
      .default([])
      .describe('The services that it is for; all that no other policy names if empty'),
    levels: z.array(Level).min(1, 'a policy has levels, the first of them healthy').max(5),
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
      if (before !== undefined && order.indexOf(before.level) >= order.indexOf(level.level)) {
        complain(`levels go from best to worst; ${level.level} stands after ${before.level}`);
        return;
      }
      if (index === 0 && level.level !== 'healthy')
        complain('the first level is healthy, which holds when no other does');
      if (index === 0 && (level.budgetBelow !== undefined || level.burnAbove !== undefined))
        complain('healthy has no condition: it holds when no other level does');
      if (index > 0 && level.budgetBelow === undefined && level.burnAbove === undefined)
        complain(`${level.level} needs budgetBelow or burnAbove; otherwise it would always hold`);
      if (level.burnAbove !== undefined && duration(level.burnAbove.over) <= 0)
        complain(`burnAbove of ${level.level} needs a time to look at, as over: 1h`);
      const milder = value.levels.slice(0, index);
      // A better level whose condition holds only where a worse one does would never be seen.
      const below = milder.findLast(one => one.budgetBelow !== undefined);
      if (
        level.budgetBelow !== undefined &&
        below?.budgetBelow !== undefined &&
        level.budgetBelow >= below.budgetBelow
      )
        complain(
          `budgetBelow falls from level to level; ${level.level} has ${level.budgetBelow}, and ${below.level} before it ${below.budgetBelow}`,
        );
      const burns = milder.findLast(one => one.burnAbove?.over === level.burnAbove?.over && one.burnAbove);
      if (level.burnAbove !== undefined && burns?.burnAbove && level.burnAbove.rate <= burns.burnAbove.rate)
        complain(
          `burnAbove over ${level.burnAbove.over} rises from level to level; ${level.level} has ${level.burnAbove.rate}, and ${burns.level} before it ${burns.burnAbove.rate}`,
        );
    });
  });
export type ErrorBudgetPolicySpec = z.infer<typeof ErrorBudgetPolicySpec>;

/** What the error budget controls. */
export const ErrorBudgetPolicy = defineKind({
  apiVersion: 'nines/v1',
  kind: 'ErrorBudgetPolicy',
  summary: 'Levels by the error budget that is left, and what each one allows.',
  spec: ErrorBudgetPolicySpec,
  references: ({ spec }) =>
    spec.levels.flatMap(({ tell }, level) =>
      tell.map((name, index) => ({ kind: 'Team', name, field: `spec.levels.${level}.tell.${index}` })),
    ),
  check: ({ metadata, spec }, lookup, declared = () => []) => {
    const before = policiesBefore(metadata.name, declared('ErrorBudgetPolicy'));
    const forAll = before.find(one => one.services.length === 0);
    return [
      ...twice(spec.services, 'spec.services'),
      ...unknownServices(spec.services, 'spec.services', lookup, declared),
      ...spec.services.flatMap((service, index) => {
        const other = before.find(one => one.services.includes(service));
        return other === undefined
          ? []
          : [{ field: `spec.services.${index}`, message: `${service} has the policy ${other.name} already` }];
      }),
      ...(spec.services.length === 0 && forAll !== undefined
        ? [
            {
              field: 'metadata.name',
              message: `${forAll.name} is the policy of all services that none names already; name the services that this one is for`,
            },
          ]
        : []),
    ];
  },
});

/** The policies that are declared before one, with their services: of two that claim the same, the second is told. */
function policiesBefore(name: string, all: readonly Resource[]): { name: string; services: string[] }[] {
  const here = all.findIndex(one => one.metadata.name === name);
  return all.slice(0, Math.max(here, 0)).flatMap(({ metadata, spec }) => {
    const parsed = z.object({ services: z.array(z.string()) }).safeParse(spec);
    return parsed.success ? [{ name: metadata.name, services: parsed.data.services }] : [];
  });
}

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
