import type { Instant } from '../kernel/index.ts';
import type { Action } from './action.ts';
import type { ServiceState } from './service-state.ts';

/** How an action is carried out once it has passed the guard. */
export interface PerformOptions {
  /** The same key performs the same action once, also after a crash in the middle of it. */
  key: string;
  /** Aborted when the action's time is up: the platform takes back what it began and answers `failed`. */
  signal: AbortSignal;
  onProgress?: (progress: Progress) => Promise<void>;
}

/** A stage of an action, for those who watch. */
export interface Progress {
  stage: 'starting' | 'healthy' | 'switched' | 'stopping' | 'taking_back';
  message: string;
}

/** All or nothing: `failed` means that what ran before runs still, unless `restored` is false. */
export type ActionOutcome =
  | { status: 'done'; summary: string }
  | { status: 'failed'; summary: string; restored: boolean };

/** A line of output of one instance. */
export interface LogLine {
  instance: string;
  text: string;
}

/** Something that runs services and can be acted on. One adapter a folder. */
export interface Platform {
  readonly name: string;
  /** Throws `not_found` if the platform does not run the service. */
  state(service: string): Promise<ServiceState>;
  services(): Promise<string[]>;
  /** Why the action cannot be asked of the service, before anything is done: an unknown release, too many replicas. */
  refuses(action: Action): Promise<string | undefined>;
  /**
   * Brings the action about, or takes it back. Throws only if this process itself cannot go on (it is stopping, its
   * store is away): the caller tries again later with the same key.
   */
  perform(action: Action, options: PerformOptions): Promise<ActionOutcome>;
  inverse(action: Action, before: ServiceState): Action | undefined;
  /** Brings up declared services that it does not run yet, and stops those that are declared no more. */
  sync(declared: readonly string[]): Promise<void>;
  logs(service: string, options: { lines: number; instance?: string }): Promise<LogLine[]>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The event `instance.crashed`; its subject is the service. */
export interface InstanceCrashed {
  service: string;
  instance: string;
  release: string;
  exit: string;
  crashes: number;
  nextStartAt: Instant;
  /** It has crashed so often in a row that it counts as failed. */
  looping: boolean;
  lastLines: string[];
}
