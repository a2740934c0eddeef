import { z } from 'zod';
import { defineKind, type TeamSpec } from '../catalog/index.ts';
import { DurationText, duration, type Problem } from '../kernel/index.ts';
import { DEFAULT_ROUTE } from './route.ts';
import type { ScheduleSpec } from './schedule.ts';

/** Whom a step tells: who has a schedule's layer at that instant (all layers if none is named), or one member of a team. */
export const Target = z.strictObject({
  schedule: z.string().min(1).max(63).optional(),
  layer: z.string().min(1).max(63).optional().describe('A layer of the schedule; all of them if absent'),
  team: z.string().min(1).max(63).optional(),
  person: z.string().min(1).max(63).optional().describe('A member of the team; all of them if absent'),
});
export type Target = z.infer<typeof Target>;

export const EscalationPolicySpec = z.strictObject({
  description: z.string().max(2000).optional(),
  steps: z
    .array(
      z.strictObject({
        notify: z.array(Target).min(1).max(20),
        wait: DurationText.default('5m').describe(
          'How long somebody has to acknowledge before the next step',
        ),
      }),
    )
    .min(1)
    .max(20),
  repeat: z.int().min(0).max(10).default(1).describe('How often all steps are gone through again'),
});
export type EscalationPolicySpec = z.infer<typeof EscalationPolicySpec>;

/** Who is paged first, and who next when nobody acknowledges. */
export const EscalationPolicy = defineKind({
  apiVersion: 'nines/v1',
  kind: 'EscalationPolicy',
  summary: 'Who is paged, and who next when nobody acknowledges.',
  spec: EscalationPolicySpec,
  references: ({ spec }) =>
    targets(spec).flatMap(({ target, field }) => [
      ...(target.schedule === undefined
        ? []
        : [{ kind: 'Schedule', name: target.schedule, field: `${field}.schedule` }]),
      ...(target.team === undefined ? [] : [{ kind: 'Team', name: target.team, field: `${field}.team` }]),
    ]),
  check: ({ spec, metadata }, lookup) => {
    const problems: Problem[] = [];
    if (lookup('Route', DEFAULT_ROUTE) === undefined)
      problems.push({
        field: 'metadata.name',
        message: `no Route is named '${DEFAULT_ROUTE}', so some incidents would page nobody`,
        hint: `declare a Route '${DEFAULT_ROUTE}' without match, with policy: ${metadata.name}`,
      });
    spec.steps.forEach(({ wait }, index) => {
      if (duration(wait) < 10_000)
        problems.push({
          field: `spec.steps.${index}.wait`,
          message: 'at least 10s are needed to acknowledge',
        });
    });
    for (const { target, field } of targets(spec)) {
      if ((target.schedule === undefined) === (target.team === undefined)) {
        problems.push({ field, message: 'name either a schedule or a team' });
        continue;
      }
      if (target.layer !== undefined) {
        const schedule = lookup('Schedule', target.schedule ?? '')?.spec as ScheduleSpec | undefined;
        const names = schedule?.layers.map(layer => layer.name);
        if (target.schedule === undefined)
          problems.push({ field: `${field}.layer`, message: 'a layer belongs to a schedule' });
        else if (names !== undefined && !names.includes(target.layer))
          problems.push({
            field: `${field}.layer`,
            message: `Schedule '${target.schedule}' has no layer '${target.layer}'; it has ${names.join(', ')}`,
          });
      }
      if (target.person !== undefined) {
        const team = lookup('Team', target.team ?? '')?.spec as TeamSpec | undefined;
        const names = team?.members.map(member => member.name);
        if (target.team === undefined)
          problems.push({ field: `${field}.person`, message: 'a person is named together with the team' });
        else if (names !== undefined && !names.includes(target.person))
          problems.push({
            field: `${field}.person`,
            message: `'${target.person}' is no member of Team '${target.team}', which has ${names.slice(0, 8).join(', ')}`,
          });
      }
    }
    return problems;
  },
});

function targets({ steps }: EscalationPolicySpec): { target: Target; field: string }[] {
  return steps.flatMap((step, index) =>
    step.notify.map((target, at) => ({ target, field: `spec.steps.${index}.notify.${at}` })),
  );
}
