import type { Alert, Alerts } from './alerting/index.ts';
import { epochMs } from './kernel/index.ts';
import type { Slos } from './slo/index.ts';
import type { AlertingView, RuleView } from './telemetry/index.ts';

/** Alerting as Prometheus's API shows it: the rules that stand behind the objectives, with the alerts they hold for. */
export function alertingView(slos: Slos, alerts: Alerts, everyMs: number): AlertingView {
  return {
    everyMs,
    rules: async () => {
      const [rules, pending, firing] = await Promise.all([
        slos.alertRules(),
        alerts.list({ state: 'pending' }),
        alerts.list({ state: 'firing' }),
      ]);
      const active = [...pending, ...firing];
      return rules.map((rule): RuleView => {
        const { id, name, service, objective, severity, expr, annotations } = rule;
        const mine = active.filter(alert => alert.rules.includes(id));
        return {
          group: `${service}/${objective}`,
          name,
          query: expr,
          labels: { rule: id, service, objective, severity },
          annotations,
          evaluatedAtMs: Math.max(0, ...mine.map(alert => epochMs(alert.lastEvaluatedAt))),
          alerts: mine.map(alertOf),
        };
      });
    },
  };
}

function alertOf(alert: Alert) {
  return {
    labels: { alertname: alert.name, ...alert.labels },
    annotations: alert.annotations as Record<string, string>,
    state: alert.state === 'firing' ? ('firing' as const) : ('pending' as const),
    activeAtMs: epochMs(alert.startsAt),
    value: alert.value,
  };
}
