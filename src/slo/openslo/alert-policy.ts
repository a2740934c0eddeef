import { z } from 'zod';
import { defineKind, type Reference } from '../../catalog/index.ts';
import { AlertConditionSpec } from './alert-condition.ts';
import { AlertNotificationTargetSpec } from './alert-notification-target.ts';
import { withoutBlanks } from './blank.ts';
import { APIVERSION, Description, Name } from './description.ts';
import { OpenSloMetadata } from './metadata.ts';

const Condition = z.union(
  [
    z.strictObject({ conditionRef: Name }),
    z.strictObject({
      kind: z.literal('AlertCondition'),
      metadata: OpenSloMetadata,
      spec: AlertConditionSpec,
    }),
  ],
  'either conditionRef, or an AlertCondition with kind, metadata and spec',
);

const Target = z.union(
  [
    z.strictObject({ targetRef: Name }),
    z.strictObject({
      kind: z.literal('AlertNotificationTarget'),
      metadata: OpenSloMetadata,
      spec: AlertNotificationTargetSpec,
    }),
  ],
  'either targetRef, or an AlertNotificationTarget with kind, metadata and spec',
);

export const AlertPolicySpec = z.strictObject({
  description: Description,
  alertWhenNoData: z.boolean().optional(),
  alertWhenResolved: z.boolean().optional(),
  alertWhenBreaching: z.boolean().optional(),
  conditions: z
    .array(Condition)
    .length(1, 'exactly one condition is given; OpenSLO keeps the list for the future'),
  notificationTargets: z.array(Target).min(1, 'at least one notification target is needed'),
});
export type AlertPolicySpec = z.infer<typeof AlertPolicySpec>;

/** The mentions of an alert policy's spec that stands at `at`, as `spec` or `spec.alertPolicies.0.spec`. */
export function alertPolicyReferences(spec: AlertPolicySpec, at: string): Reference[] {
  return [
    ...spec.conditions.flatMap((condition, index) =>
      'conditionRef' in condition
        ? [
            {
              kind: 'AlertCondition',
              name: condition.conditionRef,
              field: `${at}.conditions.${index}.conditionRef`,
            },
          ]
        : [],
    ),
    ...spec.notificationTargets.flatMap((target, index) =>
      'targetRef' in target
        ? [
            {
              kind: 'AlertNotificationTarget',
              name: target.targetRef,
              field: `${at}.notificationTargets.${index}.targetRef`,
            },
          ]
        : [],
    ),
  ];
}

/** What is done when a condition holds. */
export const AlertPolicy = defineKind({
  apiVersion: APIVERSION,
  kind: 'AlertPolicy',
  metadata: OpenSloMetadata,
  prepare: withoutBlanks,
  summary: 'A condition and the targets that are told.',
  spec: AlertPolicySpec,
  references: ({ spec }) => alertPolicyReferences(spec, 'spec'),
});
