import { type Catalog, withDependencies } from './catalog/index.ts';
import type { Incident, Incidents } from './incident/index.ts';
import { Fault } from './kernel/index.ts';
import type { Gate, GuardRequest } from './platform/index.ts';
import type { Purpose, Slos } from './slo/index.ts';

/** How the gate is called in the record of an action. */
export const BUDGET_GATE = 'error budget';

interface Rooms {
  slos: Pick<Slos, 'gate'>;
  incidents: Pick<Incidents, 'get' | 'list'>;
  catalog: Pick<Catalog, 'list'>;
}

/** What the budget is asked for, nothing where it has no say; and why an incident that was named gives no leave. */
interface Asked {
  purpose?: Purpose;
  why?: string | undefined;
}

/**
 * The error budget as a gate of every action, with the budgets of those that call the service. Each action is asked for
 * as what it is: a release, the fix of an incident, chaos, automation, maintenance. The way back is always open. An
 * incident that is named counts while it is open and concerns the service; naming any other is no way past a budget.
 */
export function budgetGate(rooms: Rooms): Gate {
  return {
    name: BUDGET_GATE,
    check: async (request, now) => {
      const { service } = request.action;
      const { purpose, why } = await askedFor(request, rooms);
      if (purpose === undefined)
        return { allowed: true, reason: `The budget does not speak on ${whatFor(request)}.` };
      const { allowed, reason, level, needsSecond } = await rooms.slos.gate(service, purpose, now);
      const hint = `At this level two people decide: nines slo override ${service} --for ${purpose} --reason "why", and another person confirms it.`;
      return {
        allowed,
        reason: why === undefined ? reason : `${why} ${reason}`,
        asked: purpose,
        level,
        ...(!allowed && needsSecond ? { twoPeople: { hint } } : {}),
      };
    },
  };
}

async function askedFor(request: GuardRequest, rooms: Rooms): Promise<Asked> {
  const { purpose, principal, rehearsal, action } = request;
  switch (purpose) {
    case 'release': {
      if (rehearsal) return { purpose: 'chaos' };
      const { counts, why } = await namedIncident(request, rooms, 'release');
      return counts ? { purpose: 'fix_release' } : { purpose: 'release', why };
    }
    case 'remediation':
      // What a person has approved is that person's decision.
      return principal.kind === 'person' ? {} : { purpose: 'automation' };
    case 'operate': {
      const { counts, why } = await namedIncident(request, rooms, 'maintenance');
      if (counts) return {};
      const open = await rooms.incidents.list({ active: true });
      return open.some(one => one.affectedServices.includes(action.service))
        ? {}
        : { purpose: 'maintenance', why };
    }
    case 'rollback':
    case 'undo':
      return {};
  }
}

/** Whether the incident that a request names counts for its service; if not, the sentence that says why. */
async function namedIncident(
  { incident: id, action: { service } }: GuardRequest,
  { incidents, catalog }: Rooms,
  instead: Purpose,
): Promise<{ counts: boolean; why?: string }> {
  if (id === undefined) return { counts: false };
  const incident = await found(incidents, id);
  if (incident === undefined)
    return { counts: false, why: `There is no incident ${id.slice(0, 40)}, so this is asked as ${instead}.` };
  if (incident.status === 'resolved')
    return { counts: false, why: `${incident.id} is resolved, so this is asked as ${instead}.` };
  // What broke it lies in what it concerns or below that; what it breaks lies above.
  const felt = [...new Set([incident.service, ...incident.affectedServices])];
  const [below, mine] = [await withDependencies(catalog, felt), await withDependencies(catalog, [service])];
  const counts = below.has(service) || felt.some(one => mine.has(one));
  return counts
    ? { counts }
    : {
        counts,
        why: `${incident.id} is on ${felt.slice(0, 5).join(', ')}, which neither calls ${service} nor is called by it, so this is asked as ${instead}.`,
      };
}

async function found(incidents: Pick<Incidents, 'get'>, id: string): Promise<Incident | undefined> {
  try {
    return await incidents.get(id.toUpperCase());
  } catch (error) {
    if (error instanceof Fault && error.code === 'not_found') return undefined;
    throw error;
  }
}

function whatFor({ purpose }: GuardRequest): string {
  return purpose === 'operate' ? 'what is done in an incident' : `a ${purpose}`;
}
