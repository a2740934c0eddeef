import { Service, Team } from './catalog/index.ts';
import { Drill } from './chaos/index.ts';
import { oncallKinds } from './oncall/index.ts';
import { runbookKinds } from './runbook/index.ts';
import { sloKinds } from './slo/index.ts';
import { LogMetric, Probe } from './telemetry/index.ts';

/** Every kind of resource that can be declared. */
export const kinds = [Service, Team, ...sloKinds, ...oncallKinds, ...runbookKinds, Drill, Probe, LogMetric];
