import { BUDGET_GATE } from './budget-gate.ts';
import type { ActionRecord } from './platform/index.ts';
import type { On, Reacting } from './reacting.ts';
import { type LevelChanged, type Override, Purpose } from './slo/index.ts';

/** A budget's level and the overrides of its gate reach those who must know, and the incidents that feel the service. */
export function reactToBudgets(on: On, { incidents, oncall, slos }: Reacting): void {
  // An override of the budget's gate belongs on the timeline of every open incident that feels the service.
  const overriding = (
    type: string,
    say: (override: Override) => string,
    who: (override: Override) => string,
  ) =>
    on<{ override: Override }>(type, `record-${type}`, async ({ override }, { id }) => {
      const felt = await slos.gates.speaking(override.service);
      for (const incident of await incidents.list({ active: true }))
        if (incident.affectedServices.some(one => felt.includes(one)))
          await incidents.addEntry(incident.id, {
            kind: 'note',
            actor: who(override),
            text: say(override),
            data: { override: override.id },
            dedupe: id,
          });
    });
  const lets = ({ service, purposes }: Override) =>
    `the error budget gate for ${purposes.join(', ').replaceAll('_', ' ')} of ${service}`;
  overriding(
    'slo.overridden',
    one =>
      one.action === undefined
        ? `Overridden: ${lets(one)}, until ${one.until.slice(0, 16).replace('T', ' ')} UTC, at the level ${one.level.replaceAll('_', ' ')}. ${one.reason}`
        : `Overridden for one action (${one.action}): ${lets(one)}, at the level ${one.level.replaceAll('_', ' ')}. ${one.reason}`,
    one => one.by,
  );
  overriding(
    'slo.override_confirmed',
    one => `Confirmed as the second person: the override of ${lets(one)} (${one.id}).`,
    one => one.confirmedBy ?? 'nines',
  );
  overriding(
    'slo.override_ended',
    one => `Taken back: the override of ${lets(one)} (${one.id}).`,
    one => one.endedBy ?? 'nines',
  );
  // Whom the policy names is told when a budget has come to another level.
  on<LevelChanged>('slo.level_changed', 'tell-level', async (changed, { id }) => {
    if (changed.tell.length > 0) await oncall.inform(changed.tell, levelNotice(changed, id));
  });
  // One person's word for one action is an override too, and is kept with the others.
  on<{ action: ActionRecord }>('action.started', 'keep-override', async ({ action }) => {
    const no = action.gates.find(gate => gate.gate === BUDGET_GATE && !gate.allowed);
    if (action.override === undefined || no === undefined) return;
    await slos.gates.overrides.noteAction({
      id: action.id,
      service: action.service,
      purpose: Purpose.catch('release').parse(no.asked),
      by: action.principal.name,
      reason: action.override,
      at: action.requestedAt,
      level: no.level ?? 'no_data',
      action: action.description,
    });
  });
}

/** That a budget has come to another level, and what follows from it. */
function levelNotice({ service, from, to, worse, reason }: LevelChanged, id: string) {
  const [now, before] = [to, from].map(level => level.replaceAll('_', ' '));
  return {
    id: `level/${id}`,
    subject: `${service}: the error budget is at the level ${now}`,
    text: `${reason} Before it was ${before}. ${worse ? `What may go on: nines slo gate ${service} --for release --ask. What it went on: nines slo list --service ${service}.` : 'It is better again.'}`,
  };
}
