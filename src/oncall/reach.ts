import type { Resource, TeamSpec } from '../catalog/index.ts';
import type { Instant } from '../kernel/index.ts';
import type { Recipient } from '../notify/index.ts';
import type { Target } from './escalation.ts';
import type { Paged } from './page.ts';
import { shiftsAt } from './rotation.ts';
import type { ScheduleSpec } from './schedule.ts';

export interface Rota {
  schedules: readonly Pick<Resource<ScheduleSpec>, 'metadata' | 'spec'>[];
  teams: readonly Pick<Resource<TeamSpec>, 'metadata' | 'spec'>[];
}

export interface Reached {
  people: Paged[];
  recipients: Recipient[];
  missed: string[];
}

/** Whom the targets mean at an instant, each person once, and why a target means nobody. Pure. */
export function reach(targets: readonly Target[], rota: Rota, now: Instant): Reached {
  const reached: Reached = { people: [], recipients: [], missed: [] };
  for (const target of targets) {
    if (target.schedule !== undefined) reachSchedule(reached, target, rota, now);
    else if (target.team !== undefined) reachTeam(reached, target.team, target.person, rota);
    else reached.missed.push('a target names neither a schedule nor a team');
  }
  return reached;
}

function reachSchedule(reached: Reached, target: Target, rota: Rota, now: Instant): void {
  const schedule = rota.schedules.find(one => one.metadata.name === target.schedule);
  if (schedule === undefined) {
    reached.missed.push(`there is no Schedule '${target.schedule}'`);
    return;
  }
  const shifts = shiftsAt(schedule.spec, now).filter(
    shift => target.layer === undefined || shift.layer === target.layer,
  );
  if (shifts.length === 0)
    reached.missed.push(`Schedule '${target.schedule}' has no layer '${target.layer}'`);
  for (const { person, layer } of shifts)
    add(reached, schedule.spec.team, person, rota, { schedule: schedule.metadata.name, layer });
}

function reachTeam(reached: Reached, name: string, person: string | undefined, rota: Rota): void {
  const team = rota.teams.find(one => one.metadata.name === name);
  if (team === undefined) {
    reached.missed.push(`there is no Team '${name}'`);
    return;
  }
  for (const member of person === undefined ? team.spec.members.map(one => one.name) : [person])
    add(reached, name, member, rota, {});
}

function add(
  reached: Reached,
  team: string,
  person: string,
  rota: Rota,
  as: { schedule?: string; layer?: string },
): void {
  if (reached.people.some(one => one.team === team && one.person === person)) return;
  const member = rota.teams
    .find(one => one.metadata.name === team)
    ?.spec.members.find(one => one.name === person);
  if (member === undefined) {
    reached.missed.push(`'${person}' is no longer a member of Team '${team}'`);
    return;
  }
  reached.people.push({ person, team, ...as, channels: member.contacts.map(contact => contact.channel) });
  reached.recipients.push(...member.contacts.map(contact => ({ person, ...contact })));
}
