import { type Instant, timeOfDay } from '../kernel/index.ts';
import type { AlertFacts } from './facts.ts';
import {
  type Change,
  type Incident,
  type IncidentAlert,
  mitigated,
  quieted,
  raised,
  reopened,
  stillFiring,
  unchanged,
} from './incident.ts';
import type { Judged } from './severity.ts';
import type { NewEntry } from './timeline.ts';

/** An alert belongs to the incident. The severity may rise, the onset move back, and a mitigated incident reopen. Pure. */
export function alertJoined(
  incident: Incident,
  alert: AlertFacts,
  { severity, why }: Judged,
  because: string,
  now: Instant,
): Change {
  if (incident.alerts.some(one => one.id === alert.id)) return unchanged(incident);
  const { quietSince: _, ...rest } = incident;
  const joined: Incident = {
    ...rest,
    alerts: [...incident.alerts, kept(alert, now)],
    affectedServices: incident.affectedServices.includes(alert.service)
      ? incident.affectedServices
      : [...incident.affectedServices, alert.service],
    onsetAt: earlier(incident.onsetAt, alert.onsetAt),
  };
  const back = isNewTrouble(incident, alert, now)
    ? reopened(joined, `the alert ${alert.name} fired again`, 'nines', now)
    : unchanged(joined);
  const raise = raised(back.incident, severity, why);
  return {
    incident: raise.incident,
    entries: [alertEntry(alert, now, because), ...back.entries, ...raise.entries],
  };
}

/**
 * A rule over a long window may fire for the first time after the trouble has ended, on what it was: that reopens
 * nothing. What began after the mitigation does.
 */
function isNewTrouble(incident: Incident, alert: AlertFacts, now: Instant): boolean {
  if (incident.mitigatedAt === undefined) return false;
  if (alert.onsetAt !== undefined) return alert.onsetAt > incident.mitigatedAt;
  return alert.severity === 'page' && (alert.firedAt ?? now) > incident.mitigatedAt;
}

/** An alert has ended. When all have, users no longer feel it. Pure. */
export function alertEnded(incident: Incident, alert: { id: string }, at: Instant, now: Instant): Change {
  const known = incident.alerts.find(one => one.id === alert.id);
  if (known === undefined || known.resolvedAt !== undefined) return unchanged(incident);
  const alerts = incident.alerts.map(one => (one === known ? { ...one, resolvedAt: at } : one));
  const ended: Incident = { ...incident, alerts };
  const left = stillFiring(ended).length;
  const entry: NewEntry = {
    kind: 'alert',
    text: `Alert ${known.name} ended at ${timeOfDay(at, 'second')} UTC${left === 0 ? '; none fires any more' : `; ${left} of ${alerts.length} still ${left === 1 ? 'fires' : 'fire'}`}.`,
    data: { alert: known.id, state: 'resolved' },
    dedupe: `alert-resolved:${known.id}`,
  };
  if (incident.status !== 'open' || left > 0) return { incident: quieted(ended, now), entries: [entry] };
  const better = mitigated(ended, 'all alerts have ended', 'nines', now);
  return { incident: better.incident, entries: [entry, ...better.entries] };
}

export function alertEntry(alert: AlertFacts, now: Instant, because?: string): NewEntry {
  const onset =
    alert.onsetAt === undefined ? '' : ` The data go bad at ${timeOfDay(alert.onsetAt, 'second')} UTC.`;
  const said = alert.annotations?.summary ?? alert.annotations?.description;
  return {
    kind: 'alert',
    text: `Alert ${alert.name} on ${alert.service} fired at ${timeOfDay(alert.firedAt ?? now, 'second')} UTC${because === undefined ? '' : ` and belongs here: ${because}`}.${said === undefined ? '' : ` ${said}`}${onset}`,
    data: {
      alert: alert.id,
      fingerprint: alert.fingerprint,
      state: 'firing',
      severity: alert.severity,
      ...(alert.burnRate === undefined ? {} : { burnRate: alert.burnRate }),
      ...(alert.errorRatio === undefined ? {} : { errorRatio: alert.errorRatio }),
    },
    dedupe: `alert:${alert.id}`,
  };
}

export function kept(alert: AlertFacts, now: Instant): IncidentAlert {
  const { id, fingerprint, name, service, objective, severity, firedAt, onsetAt } = alert;
  return {
    id,
    fingerprint,
    name,
    service,
    severity,
    firedAt: firedAt ?? now,
    ...(objective === undefined ? {} : { objective }),
    ...(onsetAt === undefined ? {} : { onsetAt }),
  };
}

function earlier(a: Instant, b: Instant | undefined): Instant {
  return b !== undefined && b < a ? b : a;
}
