import { epochMs, type Instant, instant, milliseconds } from '../../kernel/index.ts';
import type { RangeMetrics } from '../coverage.ts';
import type { Objective } from '../objective.ts';
import type { RuleGroup } from '../prometheus/rules.ts';
import type { Signals } from '../signal.ts';
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
}

const WEEK_MS = 7 * 86_400_000;
const STEP_MS = 10 * 60_000;

/** Alerts, rules and a dashboard for a service, with how long each condition held in the last week. */
export async function suggestedMonitoring(
  metrics: RangeMetrics,
  facts: {
    service: string;
    signals: Signals;
    objectives: readonly Objective[];
    links: Readonly<Record<string, string>>;
  },
  now: Instant,
): Promise<SuggestedMonitoring> {
  const { service, signals, objectives, links } = facts;
  const monitoring = goldenSignals({ service, signals, objectives });
  const base = links.runbook ?? links.runbooks;
  const runbook = ({ signal }: GoldenAlert) => `${base ?? `https://runbooks.example/${service}`}#${signal}`;
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
      objectives.map(({ displayName, sli, target }) => ({ displayName, target, ratio: sli.ratioExpr('1h') })),
    ),
    missing: [
      ...signals.missing,
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
  };
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
