import { z } from 'zod';

/** What whoever asks for an action says beside the action itself: fields of an operation's input. */
export const actionInput = {
  incident: z.string().max(64).optional().describe('The incident that it is for, as INC-7'),
  override: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('Why to act although a gate says no; recorded, and only for a person'),
  key: z.string().min(1).max(200).optional().describe('Asking again with the same key does not act again'),
};
