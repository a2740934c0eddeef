export { type Audit, type AuditEntry, auditPruning } from './audit.ts';
export { type CallRequest, createCall } from './call.ts';
export { type Clock, systemClock } from './clock.ts';
export type { Database, DatabaseDump } from './database.ts';
export { openPglite, restorePglite } from './database-pglite.ts';
export { openPostgres } from './database-postgres.ts';
export {
  type Duration,
  DurationText,
  duration,
  formatDuration,
  humanDuration,
  milliseconds,
} from './duration.ts';
export { type Event, Events, eventPruning } from './event.ts';
export {
  asFault,
  Fault,
  type FaultBody,
  type FaultCode,
  type FaultDetail,
  faultCodes,
  faultFromBody,
  formatProblem,
  messageOf,
  type Place,
  type Problem,
} from './fault.ts';
export {
  type Folder,
  openFolderOrFindServer,
  openInServer,
  runningServer,
  type ServerRecord,
} from './folder.ts';
export { given } from './given.ts';
export { newId, uuidOf } from './id.ts';
export { dateOf, epochMs, Instant, instant, timeOfDay } from './instant.ts';
export type { JobRequest, Jobs } from './jobs.ts';
export { createKernel, type Kernel } from './kernel.ts';
export { createLog, type Log, type LogLevel } from './log.ts';
export type { LoopOptions, Loops } from './loop.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export type { Migration } from './migration.ts';
export {
  type AnyOperation,
  type CallContext,
  type Caller,
  type Effect,
  type InputShape,
  type Operation,
  operationsOf,
  type Surface,
} from './operation.ts';
export { Principal, Role, systemPrincipal } from './principal.ts';
export { nearest, problemsOf, problemsText } from './problem.ts';
export { type Pruning, prune, tidy } from './pruning.ts';
export { redactText } from './redaction.ts';
export { seeded } from './seeded.ts';
export { isTimeZone } from './time-zone.ts';
export { startTracing } from './tracing.ts';
export { offsetOfField, oneLine, problemsOfIssue, readYaml } from './yaml.ts';
