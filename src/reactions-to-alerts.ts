import type { Alert } from './alerting/index.ts';
import type { On, Reacting } from './reacting.ts';
import type { Slos } from './slo/index.ts';

const BAD_MEANS = {
  availability: 'requests fail',
  latency: 'requests are too slow',
  other: 'events are bad',
};
const RATIO_WINDOW = '5m';

/** An alert opens an incident, and its end is noted there; a rule that sees nothing any more is told to people. */
export function reactToAlerts(on: On, { incidents, notifications, slos }: Reacting): void {
  on<{ alert: Alert }>('alert.fired', 'open-incident', async ({ alert }) =>
    incidents.open(await alertFacts(alert, slos)),
  );
  on<{ alert: Alert }>('alert.resolved', 'alert-ended', ({ alert }) => incidents.alertResolved(alert));
  on<{ rule: string; service: string; since: string; reason: string }>(
    'alert.no_data',
    'tell-no-data',
    async ({ rule, service, since, reason }, { id }) =>
      notifications.broadcast({
        id: `no-data/${id}`,
        kind: 'notice',
        subject: `${service}: no data`,
        text: `Since ${since} nothing is known of ${service} by the rule ${rule} (${reason}): it can neither fire nor end. ${rule.startsWith('probe:') ? 'nines probe list shows what probes tell.' : 'nines slo prove shows which series are missing.'}`,
      }),
  );
}

/** What an incident needs to know of an alert: the figures, and what counts as bad in words. */
async function alertFacts(alert: Alert, slos: Slos) {
  const {
    id,
    fingerprint,
    name,
    service,
    objective,
    severity,
    firedAt,
    onsetAt,
    annotations,
    errorRatio,
    value,
  } = alert;
  // An SLO that was taken away since is no reason not to open an incident.
  const declared = objective === undefined ? undefined : await slos.find(objective).catch(() => undefined);
  return {
    id,
    fingerprint,
    name,
    service,
    severity,
    ...(objective === undefined ? {} : { objective }),
    ...(firedAt === undefined ? {} : { firedAt }),
    ...(onsetAt === undefined ? {} : { onsetAt }),
    // Of what is no objective the value is no burn rate.
    ...(value >= 0 && objective !== undefined ? { burnRate: value } : {}),
    ...(errorRatio === undefined ? {} : { errorRatio: Math.min(Math.max(errorRatio, 0), 1) }),
    ...(declared === undefined
      ? annotations.what === undefined
        ? {}
        : { badMeans: annotations.what }
      : {
          allowedRatio: 1 - declared.objective.target,
          badMeans: `${BAD_MEANS[declared.objective.sli.kind]} (${declared.objective.slo})`,
          source: declared.objective.sli.ratioExpr(RATIO_WINDOW),
        }),
    annotations,
  };
}
