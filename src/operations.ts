import { alertOperations } from './alerting/operations.ts';
import { catalogOperations } from './catalog/operations.ts';
import { chaosOperations } from './chaos/operations.ts';
import { deployOperations } from './deploy/operations.ts';
import { incidentOperations } from './incident/operations.ts';
import { investigationOperations } from './investigation/operations.ts';
import { kernelOperations } from './kernel/operations.ts';
import { notifyOperations } from './notify/operations.ts';
import { oncallOperations } from './oncall/operations.ts';
import { platformOperations } from './platform/operations.ts';
import { postmortemOperations } from './postmortem/operations.ts';
import { runbookOperations } from './runbook/operations.ts';
import { sloOperations } from './slo/operations.ts';
import { probeOperations, telemetryOperations } from './telemetry/operations.ts';

/** Everything that Nines can be asked: each declared in its room, served by every surface. An explicit list. */
export const operations = [
  ...catalogOperations,
  ...telemetryOperations,
  ...probeOperations,
  ...sloOperations,
  ...alertOperations,
  ...incidentOperations,
  ...investigationOperations,
  ...runbookOperations,
  ...deployOperations,
  ...platformOperations,
  ...postmortemOperations,
  ...oncallOperations,
  ...notifyOperations,
  ...chaosOperations,
  ...kernelOperations,
];
