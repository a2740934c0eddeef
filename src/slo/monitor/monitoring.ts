import { epochMs, type Instant, instant, milliseconds } from '../../kernel/index.ts';
import type { RangeMetrics } from '../coverage.ts';
import type { Objective } from '../objective.ts';
import type { RuleGroup } from '../prometheus/rules.ts';
import { latencyBound, levelBound } from '../promised-bound.ts';
import type { Metrics } from '../readings.ts';
import type { Signals } from '../signals/signal.ts';
import { slug } from '../slo-draft.ts';
import { dashboardOf } from './dashboard.ts';
import { type GoldenAlert, goldenSignals, monitoringGroups } from './golden-signals.ts';

export interface SuggestedMonitoring {
  alerts: (Pick<GoldenAlert, 'name' | 'signal' | 'severity' | 'summary' | 'reason'> & {
    runbook: string;
    heldMinutes: number | null;
  })[];
  groups: RuleGroup[];
  dashboard: Record<string, unknown>;
  missing: Signals['missing'];
  objectives: string[];
  /** How many metrics the service exports. */
  exported: number;
}

const WEEK_MS = 7 * 86_400_000;
const STEP_MS = 10 * 60_000;

/** Alerts, rules and a dashboard for a service, with how long each condition held in the last week. */
export async function suggestedMonitoring(
  metrics: Metrics & RangeMetrics,
  facts: {
    service: string;
    signals: Signals;
    objectives: readonly Objective[];
    links: Readonly<Record<string, string>>;
  },
  now: Instant,
): Promise<SuggestedMonitoring> {
  const { service, signals, objectives, links } = facts;
  const bounds = await boundsOf(metrics, signals, now);
  const monitoring = goldenSignals({ service, signals, objectives, bounds });
  const base = links.runbook ?? links.runbooks;
  const runbook = ({ signal }: GoldenAlert) =>
    `${base ?? `https://runbooks.example/${slug(service)}`}#${signal}`;
  const alerts: SuggestedMonitoring['alerts'] = [];
  for (const alert of monitoring.alerts) {
    const { name, signal, severity, summary, reason, raw } = alert;
    const heldMinutes = await held(metrics, raw, now);
    alerts.push({ name, signal, severity, summary, reason, runbook: runbook(alert), heldMinutes });
  }
  return {
    alerts,
    groups: monitoringGroups(service, monitoring, runbook),
    dashboard: dashboardOf(
      service,
      signals,
      monitoring,
      objectives.map(({ displayName, sli, target }) => ({
        displayName,
        target,
        ratio: sli.ratioExpr('1h'),
      })),
      bounds,
    ),
    missing: [
      ...signals.missing,
      ...signals.levels
        .filter(one => !bounds.has(one.metric))
        .map(one => ({
          what: `${one.metric} is at times zero, so that no least rate can be asked for`,
          how: 'count what comes in beside what is done, or alert on how old the newest result is.',
        })),
      ...(base === undefined
        ? [
            {
              what: 'no runbook is linked, the links in the rules are examples',
              how: 'set links.runbook on the Service.',
            },
          ]
        : []),
    ],
    objectives: objectives.map(one => one.id),
    exported: signals.metrics.length,
  };
}

/** What the past kept, by metric; without a past of its own a histogram's bound is left to the middle. */
async function boundsOf(
  metrics: Metrics & RangeMetrics,
  { latency, levels }: Signals,
  now: Instant,
): Promise<Map<string, number>> {
  const bounds = new Map<string, number>();
  for (const signal of latency) {
    const { bound, because } = await latencyBound(metrics, signal, now);
    if (because !== undefined) bounds.set(signal.metric, Number(bound));
  }
  for (const signal of levels) {
    const found = await levelBound(metrics, signal, now);
    if (found !== undefined) bounds.set(signal.metric, found.bound);
  }
  return bounds;
}

/** Steps at which a condition held, in minutes; null when the source does not answer. */
async function held(metrics: RangeMetrics, expr: string, now: Instant): Promise<number | null> {
  const to = Math.floor(epochMs(now) / STEP_MS) * STEP_MS;
  try {
    const { series } = await metrics.range(expr, {
      from: instant(to - WEEK_MS),
      to: instant(to),
      step: milliseconds(STEP_MS),
    });
    return (new Set(series.flatMap(one => one.points.map(([at]) => at))).size * STEP_MS) / 60_000;
  } catch {
    // What it would have done is an extra: the proposal is worth having without it, and it says so.
    return null;
  }
}
