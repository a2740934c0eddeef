import { z } from 'zod';
import { defineKind } from '../../catalog/index.ts';
import { withoutBlanks } from './blank.ts';
import { APIVERSION, Description, Operator } from './description.ts';
import { DurationShorthand } from './duration-shorthand.ts';
import { OpenSloMetadata } from './metadata.ts';

export const AlertConditionSpec = z.strictObject({
  description: Description,
  severity: z.string().min(1).max(253).describe('As page or ticket'),
  condition: z.strictObject({
    kind: z.literal('burnrate').default('burnrate'),
    op: Operator.describe('How the burn rate is compared with the threshold, as gt'),
    threshold: z.number(),
    lookbackWindow: DurationShorthand,
    // The specification writes the default as `0m`.
    alertAfter: z.union([z.literal('0m'), DurationShorthand]).default('0m'),
  }),
});
export type AlertConditionSpec = z.infer<typeof AlertConditionSpec>;

/** When an alert is raised. */
export const AlertCondition = defineKind({
  apiVersion: APIVERSION,
  kind: 'AlertCondition',
  metadata: OpenSloMetadata,
  prepare: withoutBlanks,
  summary: 'A burn rate over a window at which an alert is raised.',
  spec: AlertConditionSpec,
});
