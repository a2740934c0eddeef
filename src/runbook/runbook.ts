import { z } from 'zod';
import { defineKind } from '../catalog/index.ts';
import { DurationText, duration } from '../kernel/index.ts';

/** What may be wrong with a service, as an investigation names it. */
export const CauseKind = z.enum(['release', 'query', 'saturation', 'dependency', 'traffic', 'unknown']);
export type CauseKind = z.infer<typeof CauseKind>;

export const Verdict = z.enum(['confirmed', 'likely', 'inconclusive']);
export type Verdict = z.infer<typeof Verdict>;

export const Start = z.enum(['automatic', 'one_click', 'two_people']);
export type Start = z.infer<typeof Start>;

export const StepAction = z.enum(['rollback', 'restart', 'scale']);
export type StepAction = z.infer<typeof StepAction>;

export const VerifySpec = z.strictObject({
  window: DurationText.default('1m').describe('The objectives are read over this long, and must be met'),
  within: DurationText.default('4m').describe(
    'If they are not met this long after the action, it did not help',
  ),
  healthyFor: DurationText.optional().describe('They must then stay met for this long'),
});
export type VerifySpec = z.infer<typeof VerifySpec>;

export const StepSpec = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][-a-z0-9]{0,62}$/, 'a step is named by lower-case letters, digits and hyphens'),
  action: StepAction.describe('What to do with the service that the verdict names'),
  with: z
    .strictObject({
      to: z.string().min(1).max(128).optional().describe('rollback: the release; the one before if absent'),
      replicas: z.int().min(1).max(64).optional().describe('scale: how many instances'),
      by: z.int().min(1).max(64).optional().describe('scale: how many more instances'),
    })
    .default({}),
  bound: z
    .strictObject({
      maxReplicas: z.int().min(1).max(64).optional().describe('scale: never more than this'),
      timeout: DurationText.default('2m').describe('After this the action is taken back; at most 4m'),
    })
    .default({ timeout: '2m' }),
  verify: VerifySpec.optional().describe('How it is known that it helped; absent: not checked'),
  undo: z.boolean().default(true).describe('Whether it is undone if it does not help'),
});
export type StepSpec = z.infer<typeof StepSpec>;

export const RunbookSpec = z.strictObject({
  title: z.string().min(1).max(200),
  description: z.string().max(5000).optional(),
  when: z
    .strictObject({
      causes: z.array(CauseKind).min(1).optional().describe('Only for these causes; absent: any'),
      services: z
        .array(z.string().min(1).max(63))
        .min(1)
        .max(200)
        .optional()
        .describe('Only for these services'),
      minimumVerdict: z
        .enum(['likely', 'confirmed'])
        .default('likely')
        .describe('How sure the verdict must be'),
    })
    .default({ minimumVerdict: 'likely' }),
  start: Start.default('one_click').describe('Who may start it; automatic needs a confirmed verdict'),
  steps: z.array(StepSpec).min(1).max(20),
});
export type RunbookSpec = z.infer<typeof RunbookSpec>;

const MAX_TIMEOUT_MS = 240_000;

/** Guarded steps against a kind of failure: when they fit, who may start them, how it is known that they helped. */
export const Runbook = defineKind({
  apiVersion: 'nines/v1',
  kind: 'Runbook',
  summary:
    'Steps against a kind of failure: when they fit, who may start them, how they are verified and undone.',
  spec: RunbookSpec,
  references: ({ spec }) =>
    (spec.when.services ?? []).map((name, index) => ({
      kind: 'Service',
      name,
      field: `spec.when.services.${index}`,
    })),
  check: ({ spec }) => {
    const problems = [];
    const names = new Set<string>();
    for (const [index, step] of spec.steps.entries()) {
      const field = `spec.steps.${index}`;
      if (names.has(step.name))
        problems.push({ field: `${field}.name`, message: `two steps are named '${step.name}'` });
      names.add(step.name);
      if (duration(step.bound.timeout) > MAX_TIMEOUT_MS)
        problems.push({ field: `${field}.bound.timeout`, message: 'a step may take 4m at most' });
      if (step.action !== 'rollback' && step.with.to !== undefined)
        problems.push({ field: `${field}.with.to`, message: `a ${step.action} has no release` });
      if (step.action !== 'scale' && (step.with.replicas !== undefined || step.with.by !== undefined))
        problems.push({ field: `${field}.with`, message: `a ${step.action} has no replicas` });
      if (step.with.replicas !== undefined && step.with.by !== undefined)
        problems.push({ field: `${field}.with`, message: 'give replicas or by, not both' });
      if (step.verify !== undefined && shortestVerification(step.verify) > duration(step.verify.within))
        problems.push({
          field: `${field}.verify.within`,
          message: `it can never be verified: window and healthyFor together are longer than within (${step.verify.within})`,
        });
    }
    return problems;
  },
});

/** The soonest that a verification can succeed, in milliseconds after the action. */
export function shortestVerification(verify: VerifySpec): number {
  return duration(verify.window) + (verify.healthyFor === undefined ? 0 : duration(verify.healthyFor));
}
