import type { PostmortemFacts } from './facts.ts';

const ROLES = {
  commander: 'the incident commander',
  opsLead: 'the operations lead',
  communicationsLead: 'the communications lead',
  scribe: 'the scribe',
} as const;
/** Actors that are no people, and accounts whose names are ordinary words. */
const NOBODY =
  /^(nines|system|policy|agent|alerting|guard|platform|runbook|root|admin|user|operator|local|console|cli)$/i;
const LEAST_NAME = 3;

/** The people in the facts, each with the role that stands for them in the document. */
export function peopleOf({ incident, timeline, owner }: PostmortemFacts): Record<string, string> {
  const people: Record<string, string> = {};
  const notPeople = new Set([incident.service, ...incident.affectedServices, owner]);
  const add = (name: string | undefined, role: string) => {
    if (name === undefined || name.length < LEAST_NAME || NOBODY.test(name) || notPeople.has(name)) return;
    if (!Object.hasOwn(people, name)) people[name] = role;
  };
  for (const [key, role] of Object.entries(ROLES)) add(incident.roles[key as keyof typeof ROLES], role);
  add(incident.acknowledgedBy, 'the on-call engineer');
  for (const { actor } of timeline) add(actor, 'a responder');
  return people;
}
