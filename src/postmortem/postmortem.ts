import { z } from 'zod';
import { Instant } from '../kernel/index.ts';

/** What will keep it from happening again. It is closed by proof, not by saying so. */
export const ActionItem = z.object({
  id: z.string().describe('As INC-7/2'),
  title: z.string(),
  why: z.string(),
  ownerRole: z.string().describe('A role or team, never a person'),
  priority: z.enum(['P0', 'P1', 'P2']),
  due: z.iso.date().describe('UTC date'),
  proof: z.object({
    kind: z.enum(['slo', 'chaos', 'test']),
    how: z.string().describe('What will be seen when it is done'),
  }),
});
export type ActionItem = z.infer<typeof ActionItem>;

/** A closed incident as a document. `edited`: people have changed it since it was drafted. */
export const Postmortem = z.object({
  incident: z.string(),
  title: z.string(),
  at: Instant.describe('When this version was written'),
  draftedAt: Instant,
  version: z.number().int().positive(),
  edited: z.boolean(),
  markdown: z.string(),
  actions: z.array(ActionItem),
  path: z.string().optional().describe('The file that holds it, if a folder is set'),
  problem: z.string().optional().describe('What kept it from being written as a file'),
});
export type Postmortem = z.infer<typeof Postmortem>;
