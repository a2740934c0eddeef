import type { Alert, Alerts } from './alerting/index.ts';
import { epochMs } from './kernel/index.ts';
import type { Slos } from './slo/index.ts';
import type { AlertingView, Probes, RuleView } from './telemetry/index.ts';

/** Alerting as Prometheus's API shows it: the rules of the objectives and of the probes, with the alerts they hold for. */
export function alertingView(
  slos: Slos,
  alerts: Alerts,
  probes: Pick<Probes, 'standings'>,
  everyMs: number,
  now: () => number,
): AlertingView {
  return {
    everyMs,
    rules: async () => {
      const [rules, standings, pending, firing] = await Promise.all([
        slos.alertRules(),
        probes.standings(now()),
        alerts.list({ state: 'pending' }),
        alerts.list({ state: 'firing' }),
      ]);
      const active = [...pending, ...firing];
      const watched = standings.map((standing): RuleView => {
        const { name, service, severity, rule, expr, labels } = standing;
        const mine = active.filter(alert => alert.fingerprint === standing.fingerprint);
        return {
          group: `${service}/probes`,
          name,
          query: expr,
          labels: { rule, service, severity, ...labels },
          annotations: { summary: standing.what },
          evaluatedAtMs: Math.max(0, ...mine.map(alert => epochMs(alert.lastEvaluatedAt))),
          alerts: mine.map(alertOf),
        };
      });
      const objectives = rules.map((rule): RuleView => {
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
      return [...objectives, ...watched];
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
