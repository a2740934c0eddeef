import { EscalationPolicy } from './escalation.ts';
import { Route } from './route.ts';
import { Schedule } from './schedule.ts';

export { EscalationPolicy, EscalationPolicySpec, Target } from './escalation.ts';
export { OnCall, type OnCallShift, type PageRequest } from './oncall.ts';
export { oncallOperations } from './operations.ts';
export { Page, Paged, PageStep } from './page.ts';
export { type Shift, shiftAt, shiftsAt, shiftsBetween } from './rotation.ts';
export { DEFAULT_ROUTE, Route, RouteSpec, routeFor } from './route.ts';
export { Layer, Override, Schedule, ScheduleSpec } from './schedule.ts';
export { oncallMigrations } from './store.ts';

/** The kinds that this room adds to the catalog. */
export const oncallKinds = [Schedule, EscalationPolicy, Route];
