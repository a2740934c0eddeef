import { z } from 'zod';
import { Instant } from '../kernel/index.ts';
import { Severity } from '../notify/index.ts';
import { Target } from './escalation.ts';

/** Somebody who was told, and as whom. */
export const Paged = z.object({
  person: z.string(),
  team: z.string(),
  schedule: z.string().optional(),
  layer: z.string().optional(),
  channels: z.array(z.string()),
});
export type Paged = z.infer<typeof Paged>;

/** One step of the escalation as it happened: who was told, and which targets had nobody. */
export const PageStep = z.object({
  n: z.int().describe('From 0, over all rounds'),
  at: Instant,
  people: z.array(Paged),
  missed: z.array(z.string()).describe('Why a target of the step reached nobody'),
});
export type PageStep = z.infer<typeof PageStep>;

/**
 * A call for somebody to take an incident. `active` until acknowledged; `stopped` when the incident ended first;
 * `exhausted` when all steps were gone through and nobody acknowledged, which is told as loudly as we can.
 */
export const Page = z.object({
  id: z.string(),
  key: z.string().describe('One page a key: the incident, or the incident and its n-th call, as INC-7/2'),
  incident: z.string(),
  service: z.string(),
  severity: Severity,
  title: z.string(),
  text: z.string(),
  url: z.string().optional(),
  respond: z.string().describe('The command that acknowledges it'),
  policy: z.string().optional(),
  state: z.enum(['active', 'acknowledged', 'stopped', 'exhausted']),
  /** The policy as it was when the page began: what is changed meanwhile holds for the next page. */
  plan: z.object({
    steps: z.array(z.object({ notify: z.array(Target), waitMs: z.int() })),
    rounds: z.int(),
  }),
  steps: z.array(PageStep),
  nextAt: Instant.optional().describe('When the next step is due unless somebody acknowledges'),
  createdAt: Instant,
  acknowledgedAt: Instant.optional(),
  acknowledgedBy: z.string().optional(),
  endedAt: Instant.optional(),
  reason: z.string().optional().describe('Why nobody could be reached'),
});
export type Page = z.infer<typeof Page>;

/** How many steps there are over all rounds. */
export function stepCount({ plan }: Pick<Page, 'plan'>): number {
  return plan.steps.length * plan.rounds;
}

/** The targets and the wait of the n-th step over all rounds, from 0; undefined past the last. */
export function plannedStep(
  { plan }: Pick<Page, 'plan'>,
  n: number,
): Page['plan']['steps'][number] | undefined {
  return n < plan.steps.length * plan.rounds ? plan.steps[n % plan.steps.length] : undefined;
}

/** The page after its next step was carried out; a step that reached nobody is followed at once. */
export function stepped(page: Page, step: PageStep, nextAt: Instant): Page {
  return { ...page, steps: [...page.steps, step], nextAt };
}

/** Somebody takes it. A second acknowledgement changes nothing; a late one (exhausted) still counts. */
export function acknowledged(page: Page, by: string, now: Instant): Page {
  if (page.state !== 'active' && page.state !== 'exhausted') return page;
  const { nextAt: _, ...rest } = page;
  return { ...rest, state: 'acknowledged', acknowledgedAt: now, acknowledgedBy: by };
}

/** What it was about has ended. */
export function stopped(page: Page, now: Instant): Page {
  if (page.state !== 'active') return page;
  const { nextAt: _, ...rest } = page;
  return { ...rest, state: 'stopped', endedAt: now };
}

/** All steps were gone through, or there was none to go through. */
export function exhausted(page: Page, reason: string, now: Instant): Page {
  if (page.state !== 'active') return page;
  const { nextAt: _, ...rest } = page;
  return { ...rest, state: 'exhausted', endedAt: now, reason };
}

/** The ids of its messages so far. */
export function messageIds(page: Page): string[] {
  return page.steps.map(step => messageId(page, step.n));
}

/** One message a step: the same step carried out again is the same message, and reaches nobody twice. */
export function messageId(page: Pick<Page, 'id'>, n: number): string {
  return `${page.id}/${n}`;
}
