import { z } from 'zod';
import { Fault, Instant } from '../kernel/index.ts';
import { isWorse, Severity } from '../notify/index.ts';
import { AlertFacts, Impact } from './facts.ts';
import type { NewEntry } from './timeline.ts';

export const IncidentId = z
  .string()
  .regex(/^inc-[1-9]\d{0,8}$/i, 'an incident is INC- and a number, as INC-7')
  .toUpperCase()
  .describe('The incident, as INC-7');

export const Phase = z.enum(['detect', 'assess', 'mitigate', 'communicate', 'resolve']);
export type Phase = z.infer<typeof Phase>;

export const IncidentStatus = z.enum(['open', 'mitigated', 'resolved']);
export type IncidentStatus = z.infer<typeof IncidentStatus>;

/** The roles of the brief; a person may have several. */
export const RoleName = z.enum(['commander', 'opsLead', 'communicationsLead', 'scribe']);
export type RoleName = z.infer<typeof RoleName>;

export const IncidentAlert = AlertFacts.pick({
  id: true,
  fingerprint: true,
  name: true,
  service: true,
  objective: true,
  severity: true,
  onsetAt: true,
}).extend({ firedAt: Instant, resolvedAt: Instant.optional() });
export type IncidentAlert = z.infer<typeof IncidentAlert>;

/** Something is wrong, from the first sign to the end. `open`: it hurts; `mitigated`: it no longer does; `resolved`: it is over. */
export const Incident = z.object({
  id: z.string().describe('As INC-7'),
  title: z.string(),
  service: z.string().describe('Where it showed first'),
  affectedServices: z.array(z.string()),
  severity: Severity,
  severityWhy: z.string(),
  status: IncidentStatus,
  phase: Phase,
  /** Each phase that was entered, with its time. After a reopening, phases come again. */
  phases: z.array(z.object({ phase: Phase, at: Instant })),
  alerts: z.array(IncidentAlert),
  onsetAt: Instant.describe('When it began, as far as the data tell'),
  openedAt: Instant,
  openedBy: z.string(),
  acknowledgedAt: Instant.optional(),
  acknowledgedBy: z.string().optional(),
  mitigatedAt: Instant.optional(),
  mitigatedWhy: z.string().optional(),
  /** Since when it is mitigated and every alert has resolved. */
  quietSince: Instant.optional(),
  resolvedAt: Instant.optional(),
  resolvedBy: z.string().optional(),
  roles: z.object({
    commander: z.string().optional(),
    opsLead: z.string().optional(),
    communicationsLead: z.string().optional(),
    scribe: z.string().optional(),
  }),
  impact: Impact.optional().describe('Absent: not known'),
  nextUpdateAt: Instant.optional(),
  /** How often somebody was called for it. */
  calls: z.int(),
  version: z.int(),
});
export type Incident = z.infer<typeof Incident>;

/** A transition's outcome. The incident itself, unchanged, and no entries: there was nothing to do. */
export interface Change {
  incident: Incident;
  entries: NewEntry[];
}

export function unchanged(incident: Incident): Change {
  return { incident, entries: [] };
}

const ORDER = Phase.options;
const SAID: Record<Phase, string> = {
  detect: 'Detected.',
  assess: 'Assessing: what is broken, for whom, and why.',
  mitigate: 'Mitigating: the fix is being carried out.',
  communicate: 'Mitigated: watching the indicators and telling what is known.',
  resolve: 'Resolved.',
};

/** Further on, if the phase lies ahead; phases may be skipped. Otherwise as it was. */
export function advanced(incident: Incident, phase: Phase, now: Instant, actor = 'nines'): Change {
  if (incident.status === 'resolved' || ORDER.indexOf(phase) <= ORDER.indexOf(incident.phase))
    return unchanged(incident);
  return {
    incident: { ...incident, phase, phases: [...incident.phases, { phase, at: now }] },
    entries: [{ kind: 'phase', text: SAID[phase], actor, data: { phase } }],
  };
}

/** As `advanced`, on request: going back is refused, and the end has its own command. */
export function movedTo(incident: Incident, phase: Phase, by: string, now: Instant): Change {
  if (phase === incident.phase) return unchanged(incident);
  if (phase === 'resolve')
    throw new Fault('conflict', `${incident.id} enters the phase resolve by being resolved.`, {
      hint: `nines incident resolve ${incident.id}`,
    });
  if (incident.status === 'resolved')
    throw new Fault('conflict', `${incident.id} is resolved; its phases are over.`, {
      hint: `nines incident reopen ${incident.id} opens it again.`,
    });
  if (ORDER.indexOf(phase) < ORDER.indexOf(incident.phase))
    throw new Fault('conflict', `${incident.id} is in phase ${incident.phase}, which comes after ${phase}.`, {
      hint: `Phases go forward only. nines incident reopen ${incident.id} begins again with assess.`,
    });
  return advanced(incident, phase, now, by);
}

/** Somebody takes it; who takes it commands until somebody else is named. A second acknowledgement changes nothing. */
export function acknowledged(incident: Incident, by: string, now: Instant): Change {
  if (incident.acknowledgedAt !== undefined) return unchanged(incident);
  refuseResolved(incident, 'acknowledged');
  const commander = incident.roles.commander ?? by;
  const taken: Incident = {
    ...incident,
    acknowledgedAt: now,
    acknowledgedBy: by,
    roles: { ...incident.roles, commander },
  };
  const assess = advanced(taken, 'assess', now, by);
  return {
    incident: assess.incident,
    entries: [
      {
        kind: 'acknowledge',
        text:
          incident.roles.commander === undefined
            ? `Acknowledged by ${by}, who commands.`
            : `Acknowledged by ${by}.`,
        actor: by,
      },
      ...assess.entries,
    ],
  };
}

/** Users no longer feel it. */
export function mitigated(incident: Incident, why: string, by: string, now: Instant): Change {
  if (incident.status !== 'open') return unchanged(incident);
  const better: Incident = { ...incident, status: 'mitigated', mitigatedAt: now, mitigatedWhy: why };
  const { incident: next, entries } = advanced(better, 'communicate', now, by);
  return {
    incident: quieted(next, now),
    entries: [
      ...entries,
      { kind: 'note', text: `Mitigated: ${why}.`, actor: by, data: { status: 'mitigated' } },
    ],
  };
}

/** It is over. Refused while alerts fire, unless `anyway`: their next firing would come only after they have ended. */
export function resolved(
  incident: Incident,
  { why, by, anyway = false }: { why: string; by: string; anyway?: boolean },
  now: Instant,
): Change {
  if (incident.status === 'resolved') return unchanged(incident);
  const firing = stillFiring(incident);
  if (firing.length > 0 && !anyway)
    throw new Fault(
      'conflict',
      `${incident.id} has ${firing.length === 1 ? 'an alert that still fires' : `${firing.length} alerts that still fire`}: ${firing.map(alert => alert.name).join(', ')}.`,
      { hint: `Wait until they end, or: nines incident resolve ${incident.id} --anyway` },
    );
  const { nextUpdateAt: _, ...rest } = incident;
  const still = firing.length === 0 ? '' : ` Still firing: ${firing.map(alert => alert.name).join(', ')}.`;
  return {
    incident: {
      ...rest,
      status: 'resolved',
      mitigatedAt: incident.mitigatedAt ?? now,
      resolvedAt: now,
      resolvedBy: by,
      phase: 'resolve',
      phases: [...incident.phases, { phase: 'resolve', at: now }],
    },
    entries: [
      {
        kind: 'resolve',
        text: `Resolved: ${why}.${still}`,
        actor: by,
        data: { status: 'resolved', firing: firing.map(alert => alert.name) },
      },
    ],
  };
}

/** It is back, or was never gone: open again, in assess. Somebody has to take it again. */
export function reopened(incident: Incident, why: string, by: string, now: Instant): Change {
  if (incident.status === 'open') return unchanged(incident);
  const {
    mitigatedAt: _m,
    mitigatedWhy: _w,
    quietSince: _q,
    resolvedAt: _r,
    resolvedBy: _rb,
    acknowledgedAt: _a,
    acknowledgedBy: _ab,
    ...rest
  } = incident;
  return {
    incident: {
      ...rest,
      status: 'open',
      phase: 'assess',
      phases: [...incident.phases, { phase: 'assess', at: now }],
    },
    entries: [
      { kind: 'phase', text: `Reopened: ${why}.`, actor: by, data: { phase: 'assess', status: 'open' } },
    ],
  };
}

export function assigned(incident: Incident, role: RoleName, person: string, by: string): Change {
  if (incident.roles[role] === person) return unchanged(incident);
  const was = incident.roles[role];
  return {
    incident: { ...incident, roles: { ...incident.roles, [role]: person } },
    entries: [
      {
        kind: 'role',
        text: `${ROLE_NAMES[role]} is ${person}${was === undefined ? '' : `, before ${was}`}.`,
        actor: by,
        data: { role, person },
      },
    ],
  };
}

export const ROLE_NAMES: Record<RoleName, string> = {
  commander: 'Incident commander',
  opsLead: 'Operations lead',
  communicationsLead: 'Communications lead',
  scribe: 'Scribe',
};

export function withSeverity(incident: Incident, severity: Severity, why: string, by: string): Change {
  if (incident.severity === severity) return unchanged(incident);
  return {
    incident: { ...incident, severity, severityWhy: why },
    entries: [
      {
        kind: 'note',
        text: `Severity ${severity}, before ${incident.severity}: ${why}.`,
        actor: by,
        data: { severity, was: incident.severity },
      },
    ],
  };
}

/** As `withSeverity`, upwards only: what an alert says never makes an incident look better than it was. */
export function raised(incident: Incident, severity: Severity, why: string): Change {
  return isWorse(severity, incident.severity)
    ? withSeverity(incident, severity, why, 'nines')
    : unchanged(incident);
}

export function withImpact(incident: Incident, impact: Impact): Change {
  return { incident: { ...incident, impact }, entries: [] };
}

/** An update was told, and the next one is promised. */
export function updated(
  incident: Incident,
  {
    text,
    nextUpdateAt,
    by,
    automatic,
  }: { text: string; nextUpdateAt?: Instant; by: string; automatic: boolean },
): Change {
  const { nextUpdateAt: _, ...rest } = incident;
  return {
    incident: nextUpdateAt === undefined ? rest : { ...rest, nextUpdateAt },
    entries: [
      {
        kind: 'update',
        text,
        actor: by,
        data: { automatic, status: incident.status, ...(nextUpdateAt === undefined ? {} : { nextUpdateAt }) },
      },
    ],
  };
}

export function stillFiring(incident: Incident): IncidentAlert[] {
  return incident.alerts.filter(alert => alert.resolvedAt === undefined);
}

/** Marks since when there is nothing left that hurts or fires: what the settling time counts from. */
export function quieted(incident: Incident, now: Instant): Incident {
  const quiet =
    incident.status === 'mitigated' && incident.alerts.length > 0 && stillFiring(incident).length === 0;
  return quiet && incident.quietSince === undefined ? { ...incident, quietSince: now } : incident;
}

function refuseResolved(incident: Incident, what: string): void {
  if (incident.status === 'resolved')
    throw new Fault('conflict', `${incident.id} is resolved and can no longer be ${what}.`, {
      hint: `nines incident reopen ${incident.id} opens it again.`,
    });
}
