import { z } from 'zod';
import { Instant } from '../kernel/index.ts';
import type { Action } from './action.ts';

export const InstanceState = z.enum(['starting', 'running', 'stopping', 'failed', 'stopped']);
export type InstanceState = z.infer<typeof InstanceState>;

export const Instance = z.object({
  id: z.string(),
  pid: z.int().optional(),
  release: z.string(),
  /** `failed`: it crashes again and again, and is tried again ever more rarely. */
  state: InstanceState,
  healthy: z.boolean(),
  startedAt: Instant.optional(),
  /** How often it was started again since it was made. */
  restarts: z.int(),
  /** How the last process of it ended, as a sentence. */
  lastExit: z.string().optional(),
  /** When it is tried again, if it waits for that. */
  nextStartAt: Instant.optional(),
});
export type Instance = z.infer<typeof Instance>;

/** What of a service runs now, and what is wanted. */
export const ServiceState = z.object({
  service: z.string(),
  platform: z.string(),
  /** The release that is wanted. */
  release: z.string(),
  /** The release before it, to which a rollback goes. Absent when none is known. */
  previousRelease: z.string().optional(),
  /** How many instances are wanted. */
  replicas: z.int(),
  maxReplicas: z.int(),
  instances: z.array(Instance),
  /** An action that is under way. */
  rollout: z.object({ description: z.string(), phase: z.string() }).optional(),
});
export type ServiceState = z.infer<typeof ServiceState>;

/** Instances that serve: running, healthy and of the release that is wanted. */
export function serving(state: ServiceState): Instance[] {
  return state.instances.filter(
    one => one.state === 'running' && one.healthy && one.release === state.release,
  );
}

/** Whether the state is what the action was to bring about; if not, what is missing, as a sentence. */
export function shortfall(action: Action, state: ServiceState): string | undefined {
  if (action.kind === 'release' && state.release !== action.to)
    return `${state.service} is on ${state.release}, not on ${action.to}.`;
  if (action.kind === 'scale' && state.replicas !== action.replicas)
    return `${state.service} wants ${state.replicas} replicas, not ${action.replicas}.`;
  const ready = serving(state).length;
  if (ready < state.replicas)
    return `${ready} of ${state.replicas} instances of ${state.service} ${state.release} are healthy.`;
  return undefined;
}

/** The action that brings back the state before; none for a restart, which changes nothing lasting. */
export function inverseOf(action: Action, before: ServiceState): Action | undefined {
  const { service } = action;
  if (action.kind === 'release')
    return before.release === action.to ? undefined : { kind: 'release', service, to: before.release };
  if (action.kind === 'scale')
    return before.replicas === action.replicas
      ? undefined
      : { kind: 'scale', service, replicas: before.replicas };
  return undefined;
}
