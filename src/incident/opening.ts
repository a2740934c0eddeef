import type { Instant } from '../kernel/index.ts';
import { alertEntry, kept } from './alerts.ts';
import type { AlertFacts, Declaration } from './facts.ts';
import { impactOf, titleOf } from './impact.ts';
import type { Change, Incident } from './incident.ts';
import { declaredSeverity, type Judged, severityOf, type Tier } from './severity.ts';

/** What is known of the service where it shows; a service that is not declared has no tier. */
export interface ServiceFacts {
  name: string;
  displayName: string;
  tier?: Tier | undefined;
}

/** A new incident from an alert. Pure. */
export function openedByAlert(id: string, alert: AlertFacts, service: ServiceFacts, now: Instant): Change {
  const judged = severityOf({ tier: service.tier, severity: alert.severity, burnRate: alert.burnRate });
  const impact = impactOf(alert, service.displayName, now);
  const incident: Incident = {
    ...begun(id, service, judged, now),
    title: titleOf(alert, service.displayName),
    alerts: [kept(alert, now)],
    onsetAt: alert.onsetAt ?? alert.firedAt ?? now,
    openedBy: 'nines',
    ...(impact === undefined ? {} : { impact }),
  };
  return { incident, entries: [alertEntry(alert, now), openingEntry(incident)] };
}

/** A new incident that somebody declares. Pure. */
export function openedByPerson(
  id: string,
  { title, severity, text, onsetAt }: Declaration,
  service: ServiceFacts,
  by: string,
  now: Instant,
): Change {
  const judged: Judged =
    severity === undefined ? declaredSeverity(service.tier) : { severity, why: `declared by ${by}` };
  const incident: Incident = {
    ...begun(id, service, judged, now),
    title,
    onsetAt: onsetAt ?? now,
    openedBy: by,
  };
  const note = text === undefined ? [] : [{ kind: 'note' as const, text, actor: by }];
  return { incident, entries: [openingEntry(incident), ...note] };
}

function begun(id: string, service: ServiceFacts, { severity, why }: Judged, now: Instant): Incident {
  return {
    id,
    title: id,
    service: service.name,
    affectedServices: [service.name],
    severity,
    severityWhy: why,
    status: 'open',
    phase: 'detect',
    phases: [{ phase: 'detect', at: now }],
    alerts: [],
    onsetAt: now,
    openedAt: now,
    openedBy: 'nines',
    roles: {},
    calls: 0,
    version: 1,
  };
}

function openingEntry(incident: Incident) {
  return {
    kind: 'phase' as const,
    text: `Opened as ${incident.severity}: ${incident.severityWhy}.`,
    actor: incident.openedBy,
    data: { phase: 'detect', status: 'open', severity: incident.severity },
  };
}
