import type { Incident } from './incident/index.ts';
import type { Postmortem } from './postmortem/index.ts';
import type { On, Reacting } from './reacting.ts';

/** An incident is looked into when it opens or comes back; when it ends, its fix is withdrawn and its postmortem drafted. */
export function reactToIncidents(
  on: On,
  { incidents, investigations, postmortems, runbooks }: Reacting,
): void {
  on<{ incident: Incident }>('incident.opened', 'investigate', ({ incident }) =>
    investigations.begin(incident.id),
  );
  // It is back: what is so now may differ from what was found then.
  on<{ incident: Incident }>('incident.reopened', 'investigate-again', ({ incident }) =>
    investigations.investigate(incident.id),
  );
  // What waits for a yes must not be started against a system that is well again.
  on<{ incident: Incident }>('incident.resolved', 'withdraw-fix', ({ incident }) =>
    runbooks.withdraw(incident.id, 'the incident is resolved'),
  );
  on<{ incident: Incident }>('incident.resolved', 'draft-postmortem', ({ incident }) =>
    postmortems.draft(incident.id),
  );
  on<{ postmortem: Postmortem }>('postmortem.drafted', 'record-postmortem', ({ postmortem }, { id }) =>
    incidents.addEntry(postmortem.incident, {
      kind: 'postmortem',
      text: `Postmortem drafted, with ${postmortem.actions.length} action items: nines postmortem show ${postmortem.incident}`,
      dedupe: id,
    }),
  );
}
