import type { SeenServices } from '../catalog/index.ts';
import { epochMs } from '../kernel/index.ts';
import type { MetricsSource, Window } from './metrics.ts';
import { quoted } from './promql/literal.ts';
import type { Store } from './store.ts';
import { within } from './trace-sql.ts';

const tables = ['otel_traces', 'otel_logs'] as const;
/** Labels by which metrics name their service: OpenTelemetry's own, Prometheus's, and that of probes and many exporters. */
const labels = ['service_name', 'job', 'service'] as const;
const mostNames = 5_000;

/**
 * Which services there are by their traces, logs and metrics. Where the source of metrics is away a name counts as seen:
 * nobody may say then that it is not known.
 */
export function seenServices(store: Store, metrics: Pick<MetricsSource, 'labelValues'>): SeenServices {
  const bounds = ({ from, to }: Window) => ({ from: epochMs(from), to: epochMs(to) });
  return {
    has: async (name, window) => {
      for (const table of tables) {
        const rows = await store.query(
          `SELECT 1 AS one FROM ${table} WHERE ServiceName = {name:String} AND ${within} LIMIT 1`,
          { ...bounds(window), name },
        );
        if (rows.length > 0) return true;
      }
      const named = quoted(name);
      const selectors = labels.map(label => `{${label}=${named}}`);
      // A job of a namespace is `namespace/name` (OpenTelemetry's mapping to Prometheus).
      const jobs = `{job=~${quoted(`.+/${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)}}`;
      return metrics.labelValues('__name__', [...selectors, jobs], window).then(
        found => found.length > 0,
        () => true,
      );
    },
    names: async window => {
      const names = new Set<string>();
      for (const table of tables) {
        const rows = await store.query<{ service: string }>(
          `SELECT DISTINCT ServiceName AS service FROM ${table} WHERE ${within} AND ServiceName != '' LIMIT ${mostNames}`,
          bounds(window),
        );
        for (const { service } of rows) names.add(service);
      }
      for (const label of labels)
        for (const name of await metrics.labelValues(label, [], window).catch(() => [])) names.add(name);
      return [...names];
    },
  };
}
