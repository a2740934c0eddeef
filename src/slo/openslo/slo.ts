import { z } from 'zod';
import { defineKind, type Lookup, type Reference } from '../../catalog/index.ts';
import { isTimeZone, type Problem } from '../../kernel/index.ts';
import { AlertPolicySpec, alertPolicyReferences } from './alert-policy.ts';
import { withoutBlanks } from './blank.ts';
import { APIVERSION, Description, Name, Operator } from './description.ts';
import { DurationShorthand } from './duration-shorthand.ts';
import { OpenSloMetadata } from './metadata.ts';
import { InlineSli, type SliSpec } from './sli.ts';

const TimeZone = z
  .string()
  .max(64)
  .refine(name => isTimeZone(name) && !/^[+-]/.test(name), {
    error: 'a time zone is a name of the IANA database, as Europe/Berlin',
  });

export const Calendar = z.strictObject({
  startTime: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/, 'a start time is written as 2026-01-01 00:00:00')
    .refine(isTime, 'there is no such time'),
  timeZone: TimeZone,
});

const TimeWindow = z
  .strictObject({
    duration: DurationShorthand,
    isRolling: z.boolean().optional().describe('False if absent and a calendar is given'),
    calendar: Calendar.optional(),
  })
  .check(checkRolling);
export type TimeWindow = z.infer<typeof TimeWindow>;

const SloObjective = z
  .strictObject({
    displayName: z.string().max(1050).optional(),
    op: Operator.optional().describe('How a good value of a thresholdMetric compares with value'),
    value: z.number().optional(),
    target: z.number().gte(0).lt(1).optional().describe('As 0.999'),
    targetPercent: z.number().gte(0).lt(100).optional().describe('As 99.9'),
    timeSliceTarget: z.number().gt(0).lte(1).optional(),
    timeSliceWindow: z
      .union(
        [z.number().positive().max(525_600), DurationShorthand],
        'a slice is a number of minutes, or a duration as 1m or 5m',
      )
      .optional()
      .describe('Minutes, or a duration'),
    indicator: InlineSli.optional(),
    indicatorRef: Name.optional(),
    compositeWeight: z.number().positive().optional(),
  })
  .refine(
    objective => (objective.target === undefined) !== (objective.targetPercent === undefined),
    'exactly one of target and targetPercent must be given',
  );
export type SloObjective = z.infer<typeof SloObjective>;

export const BudgetingMethod = z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']);
export type BudgetingMethod = z.infer<typeof BudgetingMethod>;

const PolicyOfSlo = z.union(
  [
    z.strictObject({ alertPolicyRef: Name }),
    z.strictObject({ kind: z.literal('AlertPolicy'), metadata: OpenSloMetadata, spec: AlertPolicySpec }),
  ],
  'either alertPolicyRef, or an AlertPolicy with kind, metadata and spec',
);

export const SloSpec = z
  .strictObject({
    description: Description,
    service: z.string().min(1).max(253),
    indicator: InlineSli.optional(),
    indicatorRef: Name.optional(),
    budgetingMethod: BudgetingMethod,
    timeWindow: z.array(TimeWindow).length(1, 'exactly one time window is given').optional(),
    objectives: z.array(SloObjective).min(1).max(100),
    alertPolicies: z.array(PolicyOfSlo).max(100).optional(),
  })
  .check(({ value, issues }) => {
    const complain = (path: (string | number)[], message: string) =>
      issues.push({ code: 'custom', input: value, path, message });
    checkIndicators(value, complain);
    value.objectives.forEach((objective, index) => {
      if (value.budgetingMethod === 'Timeslices' && objective.timeSliceTarget === undefined)
        complain(
          ['objectives', index, 'timeSliceTarget'],
          'timeSliceTarget is required when the budget is in Timeslices',
        );
      if (value.budgetingMethod !== 'Occurrences' && objective.timeSliceWindow === undefined)
        complain(
          ['objectives', index, 'timeSliceWindow'],
          `timeSliceWindow is required when the budget is in ${value.budgetingMethod}`,
        );
    });
    checkThreshold(value, complain);
  });
export type SloSpec = z.infer<typeof SloSpec>;

interface Indicated {
  indicator?: InlineSli | undefined;
  indicatorRef?: string | undefined;
}

function has({ indicator, indicatorRef }: Indicated): boolean {
  return indicator !== undefined || indicatorRef !== undefined;
}

type Complain = (path: (string | number)[], message: string) => void;

/** The indicator stands on the SLO, or on every objective of a composite SLO, never on both. */
function checkIndicators(spec: Indicated & { objectives: Indicated[] }, complain: Complain): void {
  const both = (one: Indicated) => one.indicator !== undefined && one.indicatorRef !== undefined;
  if (both(spec)) complain([], 'only one of indicator and indicatorRef may be given');
  const composite = spec.objectives.some(has);
  if (composite && has(spec))
    complain([], 'indicator or indicatorRef stands either on spec or on the objectives, not on both');
  if (!composite && !has(spec))
    complain([], 'indicator or indicatorRef must be given, on spec or on every objective');
  if (!composite) return;
  spec.objectives.forEach((objective, index) => {
    if (both(objective))
      complain(['objectives', index], 'only one of indicator and indicatorRef may be given');
    if (!has(objective))
      complain(
        ['objectives', index],
        'indicator or indicatorRef must be given on every objective of a composite SLO',
      );
  });
}

/** A thresholdMetric needs what its values are compared with. `sliOf` gives an indicator as far as it is known. */
function checkThreshold(
  spec: Indicated & { objectives: SloObjective[] },
  complain: Complain,
  sliOf: (one: Indicated) => SliSpec | undefined = one => one.indicator?.spec,
): void {
  const whole = sliOf(spec)?.thresholdMetric !== undefined;
  if (whole && spec.objectives.length > 1)
    complain(['objectives'], 'a thresholdMetric goes with one objective only');
  spec.objectives.forEach((objective, index) => {
    if (!whole && sliOf(objective)?.thresholdMetric === undefined) return;
    if (objective.op === undefined)
      complain(['objectives', index, 'op'], 'op is required with a thresholdMetric: lt, lte, gt or gte');
    if (objective.value === undefined)
      complain(
        ['objectives', index, 'value'],
        'value is required with a thresholdMetric: good is what compares with it by op',
      );
  });
}

/** What an SLO lacks for the indicators that it mentions, which are known only among the other resources. */
export function problemsWithIndicators(spec: SloSpec, lookup: Lookup): Problem[] {
  const problems: Problem[] = [];
  const complain: Complain = (path, message) =>
    problems.push({ field: ['spec', ...path].join('.'), message });
  checkThreshold(spec, complain, ({ indicatorRef }) =>
    indicatorRef === undefined ? undefined : (lookup('SLI', indicatorRef)?.spec as SliSpec | undefined),
  );
  return problems;
}

/** A window rolls, or it has a calendar; what is left out follows from the other. */
export function checkRolling({
  value,
  issues,
}: z.core.ParsePayload<{ isRolling?: boolean | undefined; calendar?: unknown }>): void {
  const rolling = value.isRolling ?? value.calendar === undefined;
  if (rolling === (value.calendar === undefined)) return;
  issues.push({
    code: 'custom',
    input: value,
    path: ['isRolling'],
    message: rolling
      ? 'a rolling window has no calendar; with a calendar, isRolling is false'
      : 'a window that does not roll needs calendar with startTime and timeZone',
  });
}

function isTime(text: string): boolean {
  try {
    return Temporal.PlainDateTime.from(text.replace(' ', 'T'), { overflow: 'reject' }) !== undefined;
  } catch {
    return false;
  }
}

/** What is promised of a service. */
export const Slo = defineKind({
  apiVersion: APIVERSION,
  kind: 'SLO',
  metadata: OpenSloMetadata,
  prepare: withoutBlanks,
  summary: 'A service level objective: an indicator, a target and a time window.',
  spec: SloSpec,
  check: ({ spec }, lookup) => problemsWithIndicators(spec, lookup),
  references: ({ spec }) => {
    const indicator = (one: Indicated, at: string): Reference[] =>
      one.indicatorRef === undefined
        ? []
        : [{ kind: 'SLI', name: one.indicatorRef, field: `${at}.indicatorRef` }];
    return [
      ...indicator(spec, 'spec'),
      ...spec.objectives.flatMap((objective, index) => indicator(objective, `spec.objectives.${index}`)),
      ...(spec.alertPolicies ?? []).flatMap((policy, index) =>
        'alertPolicyRef' in policy
          ? [
              {
                kind: 'AlertPolicy',
                name: policy.alertPolicyRef,
                field: `spec.alertPolicies.${index}.alertPolicyRef`,
              },
            ]
          : alertPolicyReferences(policy.spec, `spec.alertPolicies.${index}.spec`),
      ),
    ];
  },
});
