import type { ExportedMetric, Exports } from './exported.ts';
import { isLatency, latencySignals, quantileLevels } from './latency.ts';
import { isLevel, levelSignals } from './levels.ts';
import { missingOf } from './missing.ts';
import { isRequestCounter, requestSignals } from './requests.ts';
import { isSaturation, isUptime, saturationSignals, uptimeSignal } from './saturation.ts';
import type { Signals } from './signal.ts';

/** Whether a metric is worth a close look. */
export function interesting(name: string, all: ReadonlySet<string>): 'no' | 'yes' | 'maybe native' {
  if (isUptime(name) || isSaturation(name) || isLevel(name)) return 'yes';
  if (isRequestCounter(name)) return 'yes';
  return isLatency(name, all);
}

/** What a service's metrics offer for objectives and alerts. */
export function signalsOf({ names, metrics }: Exports): Signals {
  const all: readonly ExportedMetric[] = metrics;
  const requests = requestSignals(all);
  const latency = latencySignals(all, requests);
  const uptime = uptimeSignal(all);
  const levels = [
    ...levelSignals(
      all,
      requests.some(one => one.family !== 'logs'),
    ),
    ...(latency.length > 0 ? [] : quantileLevels(all)),
  ];
  const found = {
    requests,
    latency,
    ...(uptime === undefined ? {} : { uptime }),
    levels,
    saturation: saturationSignals(all),
  };
  return { ...found, metrics: names, missing: missingOf(found, names) };
}
