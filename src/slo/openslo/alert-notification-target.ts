import { z } from 'zod';
import { defineKind } from '../../catalog/index.ts';
import { withoutBlanks } from './blank.ts';
import { APIVERSION, Description } from './description.ts';
import { OpenSloMetadata } from './metadata.ts';

export const AlertNotificationTargetSpec = z.strictObject({
  description: Description,
  target: z.string().min(1).max(253).describe('As email, slack or webhook'),
});
export type AlertNotificationTargetSpec = z.infer<typeof AlertNotificationTargetSpec>;

/** Where an alert goes. */
export const AlertNotificationTarget = defineKind({
  apiVersion: APIVERSION,
  kind: 'AlertNotificationTarget',
  metadata: OpenSloMetadata,
  prepare: withoutBlanks,
  summary: 'A target of alert notifications, by its kind.',
  spec: AlertNotificationTargetSpec,
});
