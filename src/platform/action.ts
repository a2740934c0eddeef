import { z } from 'zod';

const ServiceName = z.string().min(1).max(63).describe('Service, by its name in the catalog');

/** What can be done to a running service. Each has an inverse that follows from the state before it. */
export const Action = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('release'),
    service: ServiceName,
    to: z.string().min(1).max(128).describe('The release, as v1.2.3'),
  }),
  z.object({ kind: z.literal('restart'), service: ServiceName }),
  z.object({
    kind: z.literal('scale'),
    service: ServiceName,
    replicas: z.int().min(0).max(1000).describe('How many instances'),
  }),
]);
export type Action = z.infer<typeof Action>;
/** What is done, as `release` or `scale`. */
export type ActionKind = Action['kind'];

/** The action in words, to stand in a sentence: `release payments v1.2.3`. */
export function describeAction(action: Action): string {
  if (action.kind === 'release') return `release ${action.service} ${action.to}`;
  if (action.kind === 'restart') return `restart ${action.service}`;
  return `scale ${action.service} to ${action.replicas} ${action.replicas === 1 ? 'replica' : 'replicas'}`;
}

export function sameAction(a: Action, b: Action): boolean {
  return describeAction(a) === describeAction(b) && a.kind === b.kind;
}
