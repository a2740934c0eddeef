export { Action, type ActionKind, describeAction } from './action.ts';
export {
  ActionRecord,
  Bound,
  demandDone,
  type Gate,
  type GateAnswer,
  type GuardRequest,
  isFinished,
  Purpose,
} from './action-record.ts';
export { Guard, type GuardOptions } from './guard.ts';
export { LocalPlatform } from './local/index.ts';
export { platformMigrations } from './migrations.ts';
export { platformOperations } from './operations.ts';
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
export { Instance, InstanceState, ServiceState, serving } from './service-state.ts';
