import { EscalationPolicy } from './escalation.ts';
import { Route } from './route.ts';
import { Schedule } from './schedule.ts';

export type { EscalationPolicySpec, Target } from './escalation.ts';
export { OnCall, type OnCallShift, type PageRequest } from './oncall.ts';
export type { Page, Paged, PageStep } from './page.ts';
export type { Shift } from './rotation.ts';
export type { RouteSpec } from './route.ts';
export type { Layer, Override, ScheduleSpec } from './schedule.ts';
export { oncallMigrations } from './store.ts';

/** The kinds that this room adds to the catalog. */
export const oncallKinds = [Schedule, EscalationPolicy, Route];
