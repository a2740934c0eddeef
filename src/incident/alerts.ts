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
  const fired = kept(alert, now);
  const before = incident.alerts.find(one => one.id === alert.id);
  if (before !== undefined && before.firedAt >= fired.firedAt) return unchanged(incident);
  const { quietSince: _, ...rest } = incident;
  const joined: Incident = {
    ...rest,
    alerts: [...incident.alerts.filter(one => one !== before), fired],
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
 * nothing. An alert that had ended and fires again does, and what began after the mitigation.
 */
function isNewTrouble(incident: Incident, alert: AlertFacts, now: Instant): boolean {
  if (incident.mitigatedAt === undefined) return false;
  const { fingerprint } = alert;
  if (incident.alerts.some(one => one.fingerprint === fingerprint && one.resolvedAt !== undefined))
    return true;
  if (alert.onsetAt !== undefined) return alert.onsetAt > incident.mitigatedAt;
  return alert.severity === 'page' && (alert.firedAt ?? now) > incident.mitigatedAt;
}

/** An alert has ended. When all have, users no longer feel it. The end of a firing before the newest is old news. Pure. */
export function alertEnded(
  incident: Incident,
  alert: { id: string; firedAt?: Instant | undefined },
  at: Instant,
  now: Instant,
): Change {
  const known = incident.alerts.find(one => one.id === alert.id);
  if (known === undefined || known.resolvedAt !== undefined) return unchanged(incident);
  if (alert.firedAt !== undefined && alert.firedAt < known.firedAt) return unchanged(incident);
  const alerts = incident.alerts.map(one => (one === known ? { ...one, resolvedAt: at } : one));
  const ended: Incident = { ...incident, alerts };
  const left = stillFiring(ended).length;
  const entry: NewEntry = {
    kind: 'alert',
    text: `Alert ${known.name} ended at ${timeOfDay(at, 'second')} UTC${left === 0 ? '; none fires any more' : `; ${left} of ${alerts.length} still ${left === 1 ? 'fires' : 'fire'}`}.`,
    data: { alert: known.id, state: 'resolved' },
    dedupe: `alert-ended:${known.id}@${known.firedAt}`,
  };
  if (incident.status !== 'open' || left > 0) return { incident: quieted(ended, now), entries: [entry] };
  const better = mitigated(ended, 'all alerts have ended', 'nines', now);
  return { incident: better.incident, entries: [entry, ...better.entries] };
}

export function alertEntry(alert: AlertFacts, now: Instant, because?: string): NewEntry {
  const { id, fingerprint, name, service, severity, burnRate, errorRatio, onsetAt, annotations } = alert;
  const firedAt = alert.firedAt ?? now;
  const said = annotations?.summary ?? annotations?.description ?? '';
  const onset = onsetAt === undefined ? '' : ` The data go bad at ${timeOfDay(onsetAt, 'second')} UTC.`;
  const here = because === undefined ? '' : ` and belongs here: ${because}`;
  return {
    kind: 'alert',
    text: `Alert ${name} on ${service} fired at ${timeOfDay(firedAt, 'second')} UTC${here}.${said === '' ? onset : ` ${said}`}`,
    data: {
      alert: id,
      fingerprint,
      state: 'firing',
      severity,
      ...(burnRate === undefined ? {} : { burnRate }),
      ...(errorRatio === undefined ? {} : { errorRatio }),
    },
    dedupe: `alert:${firingKey(alert)}`,
  };
}

/** One firing of one alert: an alert that comes back has its id again, and another time. */
export function firingKey({ id, firedAt }: Pick<AlertFacts, 'id' | 'firedAt'>): string {
  return firedAt === undefined ? id : `${id}@${firedAt}`;
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
