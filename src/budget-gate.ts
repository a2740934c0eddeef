import type { Incident, Incidents } from './incident/index.ts';
import { Fault } from './kernel/index.ts';
import type { Gate, GuardRequest } from './platform/index.ts';
import type { Purpose, Slos } from './slo/index.ts';

/** How the gate is called in the record of an action. */
export const BUDGET_GATE = 'error budget';

/**
 * The error budget as a gate of every action, with the budgets of those that call the service. Each action is asked for
 * as what it is: a release, the fix of an incident, chaos, automation, maintenance. The way back is always open.
 */
export function budgetGate(slos: Pick<Slos, 'gate'>, incidents: Pick<Incidents, 'get' | 'list'>): Gate {
  return {
    name: BUDGET_GATE,
    check: async (request, now) => {
      const { service } = request.action;
      const purpose = await purposeOf(request, incidents);
      if (purpose === undefined)
        return { allowed: true, reason: `The budget does not speak on ${whatFor(request)}.` };
      const { allowed, reason, level, needsSecond } = await slos.gate(service, purpose, now);
      const hint = `At this level two people decide: nines slo override ${service} --for ${purpose} --reason "why", and another person confirms it.`;
      return {
        allowed,
        reason,
        asked: purpose,
        level,
        ...(!allowed && needsSecond ? { twoPeople: { hint } } : {}),
      };
    },
  };
}

/** What the budget is asked for; undefined where it has no say: on ways back, and on what a person does in an incident. */
async function purposeOf(
  { purpose, principal, incident, rehearsal, action }: GuardRequest,
  incidents: Pick<Incidents, 'get' | 'list'>,
): Promise<Purpose | undefined> {
  switch (purpose) {
    case 'release':
      if (rehearsal) return 'chaos';
      return (await found(incidents, incident)) === undefined ? 'release' : 'fix_release';
    case 'remediation':
      // What a person has approved is that person's decision.
      return principal.kind === 'person' ? undefined : 'automation';
    case 'operate': {
      const named = await found(incidents, incident);
      // What is over gives no leave: naming an old incident would be a way past every budget.
      if (named !== undefined && named.status !== 'resolved') return undefined;
      const open = await incidents.list({ active: true });
      return open.some(one => one.affectedServices.includes(action.service)) ? undefined : 'maintenance';
    }
    case 'rollback':
    case 'undo':
      return undefined;
  }
}

async function found(
  incidents: Pick<Incidents, 'get'>,
  id: string | undefined,
): Promise<Incident | undefined> {
  if (id === undefined) return undefined;
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
