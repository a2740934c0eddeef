import { type Catalog, withDependencies } from './catalog/index.ts';
import type { Change, Deploys } from './deploy/index.ts';
import type { Incident, Incidents } from './incident/index.ts';
import type { Investigations } from './investigation/index.ts';
import { epochMs, instant, type Kernel } from './kernel/index.ts';
import type { BudgetCause, BudgetCauses } from './slo/index.ts';

interface Rooms {
  catalog: Catalog;
  incidents: Incidents;
  deploys: Deploys;
  investigations: Investigations;
}

/** A change is charged for what burns until so long after it, unless an incident implicates it for longer. */
const WATCHED_MS = 30 * 60_000;
const MOST = 500;

/** What happened to a service, and to all that it calls: incidents and changes, as the error budget charges them. */
export function budgetCauses(kernel: Kernel, rooms: () => Rooms): BudgetCauses {
  return async (service, window) => {
    const { catalog, incidents, deploys, investigations } = rooms();
    const now = instant(kernel.clock.now());
    const below = await withDependencies(catalog, [service]);
    const mine = (await incidents.list({ limit: MOST })).filter(
      incident =>
        [incident.service, ...incident.affectedServices].some(one => below.has(one)) &&
        incident.onsetAt < window.to &&
        endOf(incident, now) > window.from,
    );
    const blame = new Map<string, Incident>();
    const causedBy = new Map<string, string>();
    for (const incident of mine) {
      const found = await investigations.find(incident.id);
      if (found === undefined || found.verdict === 'inconclusive') continue;
      const change = found.causes[0]?.change?.id;
      if (change === undefined) continue;
      blame.set(change, incident);
      causedBy.set(incident.id, change);
    }
    const from = instant(epochMs(window.from) - WATCHED_MS);
    const changes = (await deploys.changes({ from, to: window.to }, undefined, MOST)).filter(change =>
      below.has(change.service),
    );
    return [
      ...mine.map(
        (incident): BudgetCause => ({
          kind: 'incident',
          id: incident.id,
          title: `${incident.id} ${incident.title}`,
          service: incident.service,
          from: incident.onsetAt,
          to: endOf(incident, now),
          causedBy: causedBy.get(incident.id),
        }),
      ),
      ...changes.map(
        (change): BudgetCause => ({
          kind: isMaintenance(change) ? 'maintenance' : 'deploy',
          id: change.id,
          title: [change.service, change.kind === 'maintenance' ? '' : change.kind, change.to ?? '']
            .filter(Boolean)
            .join(' '),
          service: change.service,
          from: change.at,
          to: changeEnd(change, changes, blame.get(change.id), now),
        }),
      ),
    ];
  };
}

/** Planned work: what was recorded as such, and what somebody restarted or scaled when no incident asked for it. */
function isMaintenance({ kind, incident }: Change): boolean {
  return kind === 'maintenance' || (incident === undefined && (kind === 'restart' || kind === 'scale'));
}

function endOf(incident: Incident, now: string): string {
  return incident.mitigatedAt ?? incident.resolvedAt ?? now;
}

/** Until the service is changed again or it was watched long enough; one that an incident came from, until that is over. */
function changeEnd(
  change: Change,
  all: readonly Change[],
  blamed: Incident | undefined,
  now: string,
): string {
  if (blamed !== undefined) return endOf(blamed, now);
  // Planned work says itself when it ended, and is under way until then.
  if (change.kind === 'maintenance') return change.finishedAt ?? now;
  const next = all
    .filter(one => one.service === change.service && one.at > change.at)
    .map(one => one.at)
    .sort()[0];
  const watched = instant(epochMs(change.finishedAt ?? change.at) + WATCHED_MS);
  return [watched, ...(next === undefined ? [] : [next]), now].sort()[0]!;
}
