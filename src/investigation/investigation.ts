import { z } from 'zod';
import { Instant } from '../kernel/index.ts';

/**
 * How far the stored evidence carries. `confirmed`: change, mechanism and symptom chain are all evidenced and no rival
 * is near. `likely`: one cause leads clearly, but a link is missing. `inconclusive`: what is missing is in `unknown`.
 */
export const Verdict = z.enum(['confirmed', 'likely', 'inconclusive']);
export type Verdict = z.infer<typeof Verdict>;

export const CauseKind = z.enum(['release', 'query', 'saturation', 'dependency', 'traffic', 'unknown']);
export type CauseKind = z.infer<typeof CauseKind>;

const Window = z.object({ from: Instant, to: Instant });

/** One observation that can be repeated: a sentence with its figures, the query that gave them, and where to look. */
export const Evidence = z.object({
  id: z.string(),
  kind: z.enum(['metric', 'trace', 'log', 'change', 'slo']),
  statement: z.string().describe('One sentence with its figures'),
  query: z.string().describe('What was asked: PromQL, a statement, or a selection of spans, logs or changes'),
  before: z.number().optional().describe('The figure in the baseline window'),
  after: z.number().optional().describe('The figure in the incident window'),
  unit: z.string().optional(),
  link: z.string().describe('Path on this server'),
  traceIds: z.array(z.string()).optional(),
});
export type Evidence = z.infer<typeof Evidence>;

/** A share of a cause's score: `points` of `outOf`, and why. */
export const ScorePart = z.object({
  part: z.enum(['location', 'timing', 'version', 'mechanism', 'size']),
  points: z.number(),
  outOf: z.number(),
  why: z.string(),
});
export type ScorePart = z.infer<typeof ScorePart>;

export const CausingChange = z.object({
  id: z.string(),
  service: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
  at: Instant,
});
export type CausingChange = z.infer<typeof CausingChange>;

/** The database statement in a cause's mechanism. */
export const CausingStatement = z.object({
  text: z.string().describe('Normalised, as its spans carry it, cut at 2,000 characters'),
  what: z.enum(['new', 'slower', 'more_often']),
  calls: z.number().int(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  p99MsBefore: z.number().optional(),
  share: z.number().describe("Its share of the service's time in the database"),
});
export type CausingStatement = z.infer<typeof CausingStatement>;

/** A resource of the cause's service that ran full. */
export const SaturatedResource = z.object({
  resource: z.string(),
  noun: z.string(),
  used: z.number(),
  limit: z.number().optional(),
});
export type SaturatedResource = z.infer<typeof SaturatedResource>;

export const Cause = z.object({
  rank: z.number().int().positive(),
  key: z.string().describe('The same for the same cause in every run'),
  service: z.string(),
  title: z.string(),
  kind: CauseKind,
  change: CausingChange.optional(),
  statement: CausingStatement.optional(),
  saturated: z.array(SaturatedResource),
  /** From the change to the symptom, a sentence a link. */
  mechanism: z.array(z.string()),
  /** 0 to 1: the sum of the parts' points over 100. */
  score: z.number().min(0).max(1),
  scoring: z.array(ScorePart),
  evidence: z.array(Evidence),
});
export type Cause = z.infer<typeof Cause>;

export const Remedy = z.object({
  kind: z.enum(['rollback', 'scale', 'restart']),
  service: z.string(),
  to: z.string().optional().describe('The version to go back to, or the number of replicas'),
  reason: z.string(),
});
export type Remedy = z.infer<typeof Remedy>;

/** Why it is broken, as far as stored evidence says: the newest run for an incident. */
export const Investigation = z.object({
  id: z.string(),
  incident: z.string(),
  at: Instant,
  run: z.number().int().positive(),
  window: z.object({ baseline: Window, incident: Window }),
  verdict: Verdict,
  summary: z.string(),
  causes: z.array(Cause),
  ruledOut: z.array(z.object({ title: z.string(), why: z.string() })),
  unknown: z.array(z.string()),
  remedy: Remedy.optional(),
});
export type Investigation = z.infer<typeof Investigation>;

/** What the evidence alone says, before it is filed under an incident. */
export type Conclusion = Pick<
  Investigation,
  'verdict' | 'summary' | 'causes' | 'ruledOut' | 'unknown' | 'remedy'
>;

/** What must differ for a verdict to be news: the verdict, its first cause and the remedy. */
export function signature(conclusion: Conclusion): string {
  const { verdict, causes, remedy } = conclusion;
  const first = verdict === 'inconclusive' ? '' : (causes[0]?.key ?? '');
  return [verdict, first, remedy?.kind ?? '', remedy?.service ?? '', remedy?.to ?? ''].join('|');
}
