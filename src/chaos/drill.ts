import { z } from 'zod';
import { defineKind } from '../catalog/index.ts';
import { DurationText, duration, epochMs, Instant } from '../kernel/index.ts';

export const DrillSpec = z.strictObject({
  title: z.string().min(1).max(128),
  description: z.string().max(2000).default(''),
  release: z
    .strictObject({
      service: z.string().min(1).max(63).describe('The Service to break'),
      version: z.string().min(1).max(128).describe('The release that breaks it'),
    })
    .describe('What is shipped, as any release is'),
  detectWithin: DurationText.default('90s').describe('From the first bad request to the alert'),
  fixWithin: DurationText.default('3m').describe('From the alert to the fix carried out'),
  endWithin: DurationText.default('10m').describe(
    'From the start to the postmortem; then the drill has failed',
  ),
});
export type DrillSpec = z.infer<typeof DrillSpec>;

/** A rehearsal of the whole way from a fault to the postmortem, on a system that may be broken on purpose. */
export const Drill = defineKind({
  apiVersion: 'nines/v1',
  kind: 'Drill',
  summary:
    'A rehearsal: a bad release is shipped, and every stage up to the postmortem must be reached in time.',
  spec: DrillSpec,
  references: ({ spec }) => [{ kind: 'Service', name: spec.release.service, field: 'spec.release.service' }],
});

/** The stages of a drill, in the order in which they are shown. A stage has its time once it is reached. */
export const stageNames = [
  'shipped',
  'first_bad_request',
  'detected',
  'incident_opened',
  'paged',
  'cause_found',
  'fix_proposed',
  'fixed',
  'verified',
  'told',
  'resolved',
  'postmortem',
] as const;
export const StageName = z.enum(stageNames);
export type StageName = z.infer<typeof StageName>;

export const DrillRun = z.object({
  id: z.string(),
  drill: z.string(),
  title: z.string(),
  service: z.string(),
  version: z.string(),
  startedAt: Instant,
  state: z.enum(['running', 'passed', 'failed']),
  incident: z.string().optional(),
  /** Why it failed, one sentence each. */
  failures: z.array(z.string()),
  stages: z.array(
    z.object({
      stage: StageName,
      at: Instant.optional(),
      seconds: z
        .number()
        .optional()
        .describe('Seconds since the first bad request; negative for what came before it'),
      what: z.string(),
    }),
  ),
});
export type DrillRun = z.infer<typeof DrillRun>;

/** What is known of a drill under way: the time of each stage that was reached, with a sentence. */
export type DrillFacts = Partial<Record<StageName, { at: Instant; what: string }>> & {};

export interface DrillRecord {
  id: string;
  drill: string;
  startedAt: Instant;
  spec: DrillSpec;
}

/** Judges a drill from what is stored. Pure: the same facts give the same answer, also after a restart. */
export function judge(
  record: DrillRecord,
  facts: DrillFacts,
  incident: string | undefined,
  now: Instant,
): DrillRun {
  const zero = facts.first_bad_request?.at ?? facts.detected?.at;
  const stages = stageNames.map(stage => {
    const fact = facts[stage];
    if (fact === undefined) return { stage, what: '' };
    return {
      stage,
      at: fact.at,
      ...(zero === undefined ? {} : { seconds: round((epochMs(fact.at) - epochMs(zero)) / 1000) }),
      what: fact.what,
    };
  });
  const failures = [
    ...late('detected', zero, facts.detected?.at, record.spec.detectWithin, 'the first bad request'),
    ...late('fixed', facts.detected?.at, facts.fixed?.at, record.spec.fixWithin, 'the alert'),
  ];
  const missing = stageNames.filter(stage => facts[stage] === undefined);
  const over = epochMs(now) - epochMs(record.startedAt) > duration(record.spec.endWithin);
  if (missing.length > 0 && over)
    failures.push(
      `not reached within ${record.spec.endWithin}: ${missing.map(stage => stage.replaceAll('_', ' ')).join(', ')}`,
    );
  const done = missing.length === 0 || over;
  return {
    id: record.id,
    drill: record.drill,
    title: record.spec.title,
    service: record.spec.release.service,
    version: record.spec.release.version,
    startedAt: record.startedAt,
    state: !done ? 'running' : failures.length === 0 ? 'passed' : 'failed',
    ...(incident === undefined ? {} : { incident }),
    failures,
    stages,
  };
}

function late(
  stage: StageName,
  from: Instant | undefined,
  to: Instant | undefined,
  within: string,
  since: string,
): string[] {
  if (from === undefined || to === undefined) return [];
  const took = epochMs(to) - epochMs(from);
  return took > duration(within)
    ? [`${stage} ${round(took / 1000)} s after ${since}; the limit is ${within}`]
    : [];
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
