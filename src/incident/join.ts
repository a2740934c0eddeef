import { epochMs, type Instant } from '../kernel/index.ts';
import type { AlertFacts } from './facts.ts';
import type { Incident } from './incident.ts';

/** True if one of the two services calls the other. */
export type Adjacent = (a: string, b: string) => boolean;

/**
 * The unresolved incident that an alert belongs to: one that has the same alert already, else one of the same service,
 * else one of a service next to it in the dependency graph that began within the window. Of several the worst, then the
 * oldest. A second incident for the same trouble would call somebody a second time. Pure.
 */
export function joins(
  incidents: readonly Incident[],
  alert: Pick<AlertFacts, 'fingerprint' | 'service'>,
  adjacent: Adjacent,
  now: Instant,
  windowMs: number,
): { incident: Incident; because: string } | undefined {
  const candidates = incidents
    .filter(incident => incident.status !== 'resolved')
    .flatMap(incident => {
      const bond = bondOf(incident, alert, adjacent, now, windowMs);
      return bond === undefined ? [] : [{ incident, ...bond }];
    });
  candidates.sort(
    (a, b) =>
      a.rank - b.rank ||
      compare(a.incident.severity, b.incident.severity) ||
      compare(a.incident.openedAt, b.incident.openedAt),
  );
  const [best] = candidates;
  return best === undefined ? undefined : { incident: best.incident, because: best.because };
}

function bondOf(
  incident: Incident,
  { fingerprint, service }: Pick<AlertFacts, 'fingerprint' | 'service'>,
  adjacent: Adjacent,
  now: Instant,
  windowMs: number,
): { rank: number; because: string } | undefined {
  if (incident.alerts.some(alert => alert.fingerprint === fingerprint))
    return { rank: 0, because: 'the same alert fired here before' };
  if (incident.affectedServices.includes(service))
    return { rank: 1, because: `${service} is affected already` };
  const neighbour = incident.affectedServices.find(other => adjacent(other, service));
  if (neighbour === undefined || epochMs(now) - epochMs(incident.openedAt) > windowMs) return undefined;
  return { rank: 2, because: `${service} and ${neighbour} depend on each other` };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
