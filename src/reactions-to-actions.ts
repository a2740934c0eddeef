import type { Change } from './deploy/index.ts';
import type { Incident } from './incident/index.ts';
import { Fault } from './kernel/index.ts';
import type { ActionRecord } from './platform/index.ts';
import type { On, Reacting } from './reacting.ts';

/** What a declaration may say at most. */
const MAX_TEXT = 4_000;
/** What is done to a service goes on the timelines of its incidents; what was left half changed calls a person. */
export function reactToActions(on: On, { incidents, oncall }: Reacting): void {
  /** Whoever acts names the incident as they like; one that is not there must not hold up what follows. */
  const known = async (id: string | undefined): Promise<Incident | undefined> => {
    if (id === undefined) return undefined;
    return incidents.get(id.toUpperCase()).catch(error => {
      if (error instanceof Fault && error.code === 'not_found') return undefined;
      throw error;
    });
  };
  const acted = (type: string) =>
    on<{ action: ActionRecord }>(type, `record-${type}`, async ({ action }, { id }) => {
      const incident = await known(action.incident);
      if (incident === undefined) return;
      await incidents.addEntry(incident.id, {
        kind: 'action',
        actor: action.principal.name,
        text: `${action.status === 'done' ? 'Done' : 'Failed'}: ${action.description}. ${action.summary ?? ''}`,
        data: { action: action.id, status: action.status, kind: action.action.kind, service: action.service },
        dedupe: id,
      });
    });
  acted('action.done');
  acted('action.failed');
  on<{ action: ActionRecord }>('action.undo_failed', 'page-undo-failed', async ({ action }) => {
    const { service } = action;
    const title = `${service} was left half changed`;
    const text = `${action.description} failed and could not be taken back: ${action.summary ?? 'the reason is not known'}. Nines does nothing more by itself.`;
    const incident = await known(action.incident);
    // A page that belongs to no incident could be taken by nobody: it becomes one, which calls by itself.
    if (incident === undefined || incident.status === 'resolved') {
      await incidents.declare({ service, title, severity: 'SEV1', text: text.slice(0, MAX_TEXT) }, 'nines');
      return;
    }
    await oncall.page({
      key: `${action.id}/undo`,
      incident: incident.id,
      service,
      severity: 'SEV1',
      title,
      text: `${text}\nSee: nines action show ${action.id}`,
      respond: `nines incident acknowledge ${incident.id}`,
    });
  });
  // A change made while an incident is open belongs on its timeline, whoever made it; what the fix does is there already.
  on<{ change: Change }>('change.recorded', 'record-change', async ({ change }, { id }) => {
    if (change.incident !== undefined) return;
    for (const incident of await incidents.list({ active: true }))
      if (incident.affectedServices.includes(change.service))
        await incidents.addEntry(incident.id, {
          kind: 'change',
          actor: change.by,
          text: `${change.service}: ${change.kind} ${change.from === undefined ? '' : `${change.from} → `}${change.to ?? ''}.`,
          data: { change: change.id },
          dedupe: id,
        });
  });
}
