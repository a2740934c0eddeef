import { z } from 'zod';
import { Instant } from '../kernel/index.ts';

/** One measured thing, with where it came from. */
export const Figure = z.object({
  name: z.string().max(200),
  value: z.string().max(100).describe('With its unit, as 12.4 %'),
  objective: z.string().max(100).optional().describe('What it should be, as 0.1 %'),
  source: z.string().max(2000).optional().describe('The query or page that shows it'),
});
export type Figure = z.infer<typeof Figure>;

/** What users feel, as far as it is known. */
export const Impact = z.object({
  statement: z.string().min(1).max(1000).describe('A sentence with figures'),
  figures: z.array(Figure).max(20).default([]),
  asOf: Instant,
});
export type Impact = z.infer<typeof Impact>;

/**
 * What an incident needs to know of an alert. An `Alert` of the alerting room has these fields, but this room knows only
 * its own picture of one. Fields that are not named here are left out.
 */
export const AlertFacts = z.object({
  id: z.string().min(1).max(200).describe('With firedAt one firing, which is handled once'),
  fingerprint: z.string().min(1).max(200).describe('The same for every firing of one rule over one thing'),
  name: z.string().min(1).max(200),
  service: z.string().min(1).max(63),
  objective: z.string().max(200).optional(),
  severity: z.enum(['page', 'ticket']),
  firedAt: Instant.optional().describe('Now if absent'),
  onsetAt: Instant.optional().describe('When the indicator first went bad, from the data'),
  /** How many times faster than sustainable the budget is spent. */
  burnRate: z.number().nonnegative().optional(),
  /** Share of bad events, 0 to 1, and the share that the objective allows. */
  errorRatio: z.number().min(0).max(1).optional(),
  allowedRatio: z.number().min(0).max(1).optional(),
  /** What counts as bad, for the sentence, as `requests fail` or `requests take longer than 300 ms`. */
  badMeans: z.string().max(200).optional(),
  annotations: z.object({ summary: z.string().optional(), description: z.string().optional() }).optional(),
  /** The query that shows it. */
  source: z.string().max(8000).optional(),
});
export type AlertFacts = z.infer<typeof AlertFacts>;

/** What a person declares. */
export const Declaration = z.object({
  service: z.string().min(1).max(63),
  title: z.string().min(1).max(200),
  severity: z.enum(['SEV1', 'SEV2', 'SEV3', 'SEV4']).optional(),
  text: z.string().max(4000).optional(),
  onsetAt: Instant.optional(),
});
export type Declaration = z.infer<typeof Declaration>;
