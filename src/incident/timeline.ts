import { z } from 'zod';
import { Instant } from '../kernel/index.ts';

export const EntryKind = z.enum([
  'alert',
  'page',
  'acknowledge',
  'phase',
  'role',
  'note',
  'update',
  'verdict',
  'proposal',
  'approval',
  'action',
  'verification',
  'resolve',
  'postmortem',
  'change',
]);
export type EntryKind = z.infer<typeof EntryKind>;

/** One line of an incident's timeline. Entries are only ever added; `seq` and `at` never go backwards. */
export const TimelineEntry = z.object({
  incident: z.string(),
  seq: z.int().min(1).describe('From 1, without gaps'),
  at: Instant.describe('When it was recorded'),
  kind: EntryKind,
  actor: z.string().describe('Who or what did it; nines for Nines itself'),
  text: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** What is to be recorded. The same `dedupe` in one incident is recorded once. */
export interface NewEntry {
  kind: EntryKind;
  text: string;
  /** `nines` if absent. */
  actor?: string;
  data?: Record<string, unknown>;
  dedupe?: string;
}

/** The newest entry of a kind. */
export function newest(timeline: readonly TimelineEntry[], ...kinds: EntryKind[]): TimelineEntry | undefined {
  return timeline.findLast(entry => kinds.includes(entry.kind));
}
