import { z } from 'zod';
import { defineKind } from './resource.ts';

/** A way to reach a person. */
export const Contact = z.strictObject({
  channel: z
    .string()
    .min(1)
    .max(63)
    .describe('A notification channel of the configuration, as email or console'),
  address: z
    .string()
    .max(512)
    .default('')
    .describe('What the channel needs: an e-mail address, a URL; empty if nothing'),
});
export type Contact = z.infer<typeof Contact>;

/** Who answers for services, and how each person is reached. */
export const TeamSpec = z.strictObject({
  description: z.string().max(2000).optional(),
  members: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(63).describe('The name by which schedules and the audit know the person'),
        displayName: z.string().max(128).optional(),
        timeZone: z.string().max(64).optional().describe('IANA time zone, as Europe/Berlin'),
        contacts: z.array(Contact).min(1).max(10).describe('How to reach the person, best first'),
      }),
    )
    .min(1)
    .max(200),
});
export type TeamSpec = z.infer<typeof TeamSpec>;

/** The people who own services and are on call. */
export const Team = defineKind({
  apiVersion: 'nines/v1',
  kind: 'Team',
  summary: 'A team: its members and how to reach them.',
  spec: TeamSpec,
  check: ({ spec }) => {
    const seen = new Set<string>();
    return spec.members.flatMap((member, index) => {
      if (!seen.has(member.name)) {
        seen.add(member.name);
        return [];
      }
      return [{ field: `spec.members.${index}.name`, message: `two members have the name ${member.name}` }];
    });
  },
});
