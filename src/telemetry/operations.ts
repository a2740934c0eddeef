import { exemplarOperations } from './operations-exemplars.ts';
import { logOperations } from './operations-logs.ts';
import { metricOperations } from './operations-metrics.ts';
import { storageOperations } from './operations-storage.ts';
import { traceOperations } from './operations-traces.ts';

export { probeOperations } from './probe/operations.ts';

export const telemetryOperations = [
  ...metricOperations,
  ...traceOperations,
  ...exemplarOperations,
  ...logOperations,
  ...storageOperations,
];
