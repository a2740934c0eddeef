export { Action, type ActionKind, describeAction } from './action.ts';
export { actionInput } from './action-input.ts';
export {
  ActionRecord,
  demandDone,
  type Gate,
  type GateAnswer,
  type GuardRequest,
  isFinished,
} from './action-record.ts';
export { actionPruning } from './action-store.ts';
export { Guard, type GuardOptions } from './guard.ts';
export { platformMigrations } from './migrations.ts';
export type {
  ActionOutcome,
  InstanceCrashed,
  LogLine,
  PerformOptions,
  Platform,
  Progress,
} from './platform.ts';
export { localPlatform, Platforms } from './platforms.ts';
export { wrap } from './render.ts';
export { ServiceState, serving } from './service-state.ts';
