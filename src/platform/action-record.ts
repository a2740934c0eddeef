import { z } from 'zod';
import { Fault, Instant, Principal } from '../kernel/index.ts';
import { Action } from './action.ts';
import { ServiceState } from './service-state.ts';

/** How much an action may touch. It never touches another service than its own. */
export const Bound = z.object({
  maxReplicas: z.int().min(0).optional().describe('The most instances that the action may leave'),
  timeoutSeconds: z.int().min(1).max(240).default(180).describe('After this it is taken back'),
});
export type Bound = z.output<typeof Bound>;

/** What an action is for: gates ask it. An exhausted error budget stops a release, never a rollback. */
export const Purpose = z.enum(['release', 'rollback', 'remediation', 'undo', 'operate']);
export type Purpose = z.infer<typeof Purpose>;

/** What the guard is asked to let through, by whom and why. */
export interface GuardRequest {
  /** The same key is performed once, however often it is asked. */
  key: string;
  action: Action;
  purpose: Purpose;
  principal: Principal;
  reason: string;
  incident?: string;
  bound?: z.input<typeof Bound>;
  /** Why the gates may be passed although one says no. Only a person may give one. */
  override?: string;
  /** Part of a drill, on a system that may be broken on purpose: one person's override is enough. */
  rehearsal?: boolean;
}

/** Something that may say no to an action, handed in by the composition: an error budget, a change freeze. */
export interface Gate {
  /** As `error budget`: it stands in the refusal and in the record. */
  name: string;
  check(
    request: GuardRequest,
    now: Instant,
  ): Promise<{
    allowed: boolean;
    reason: string;
    asked?: string | undefined;
    level?: string | undefined;
    twoPeople?: { hint: string } | undefined;
  }>;
}

const GateAnswer = z.object({
  gate: z.string(),
  allowed: z.boolean(),
  reason: z.string(),
  asked: z.string().optional().describe('What the gate was asked for, as fix_release'),
  level: z.string().optional().describe('How bad it is, in the gate’s own words, as freeze'),
  twoPeople: z
    .object({ hint: z.string().describe('How two people let it through') })
    .optional()
    .describe('The word of one person does not let it through'),
});
export type GateAnswer = z.infer<typeof GateAnswer>;

/** `refused`: nothing was done. `failed`: it was begun, and taken back unless `restored` is false. */
export const ActionStatus = z.enum(['accepted', 'running', 'done', 'failed', 'refused']);

/** The durable record of an action: who, why, within what bound, what was before and after. It is its audit. */
export const ActionRecord = z.object({
  id: z.string(),
  key: z.string(),
  service: z.string(),
  action: Action,
  description: z.string(),
  purpose: Purpose,
  principal: Principal,
  reason: z.string(),
  incident: z.string().optional(),
  bound: Bound,
  gates: z.array(GateAnswer),
  override: z.string().optional(),
  status: ActionStatus,
  /** What came of it, as a sentence. */
  summary: z.string().optional(),
  /** Whether what ran before a failed action runs still. */
  restored: z.boolean().optional(),
  before: ServiceState.optional(),
  after: ServiceState.optional(),
  /** What would undo it, from the state before. */
  inverse: Action.optional(),
  /** The action that this one undoes. */
  undoes: z.string().optional(),
  attempts: z.int(),
  requestedAt: Instant,
  startedAt: Instant.optional(),
  finishedAt: Instant.optional(),
});
export type ActionRecord = z.infer<typeof ActionRecord>;

/** Whether nothing more comes of it. */
export function isFinished(record: Pick<ActionRecord, 'status'>): boolean {
  return record.status === 'done' || record.status === 'failed' || record.status === 'refused';
}

/** What of the request is outside its bound, as a sentence. */
export function outsideBound(action: Action, bound: Bound, state: ServiceState): string | undefined {
  if (action.kind !== 'scale') return undefined;
  const most = Math.min(bound.maxReplicas ?? state.maxReplicas, state.maxReplicas);
  if (action.replicas > most)
    return `${action.replicas} replicas of ${action.service} are more than the bound of ${most}.`;
  return undefined;
}

/** Whether one more action fits into the action budget of a service, from how many it had in the last hour. */
export function actionBudget(service: string, lastHour: number, perHour: number): GateAnswer {
  const allowed = lastHour < perHour;
  return {
    gate: 'action budget',
    allowed,
    reason: `${service} had ${lastHour} ${lastHour === 1 ? 'action' : 'actions'} in the last hour; the budget is ${perHour}.`,
  };
}

/** The record, if it is done; throws `conflict` with what went wrong if it failed, so that no caller takes it for done. */
export function demandDone(record: ActionRecord): ActionRecord {
  if (record.status !== 'failed' && record.status !== 'refused') return record;
  throw new Fault('conflict', `It failed to ${record.description}. ${record.summary ?? ''}`.trim(), {
    hint: `nines action show ${record.id} has the details.`,
  });
}
