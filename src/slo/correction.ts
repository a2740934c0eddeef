import { z } from 'zod';
import { defineKind } from '../catalog/index.ts';
import { DurationText, duration, Fault } from '../kernel/index.ts';
import type { Interval } from './interval.ts';
import type { Objective } from './objective.ts';
import { occurrences, recurrenceOf } from './recurrence.ts';

export const CorrectionCategory = z.enum(['maintenance', 'deployment', 'outside_hours', 'other']);
export type CorrectionCategory = z.infer<typeof CorrectionCategory>;

const Names = z.array(z.string().min(1).max(128)).max(500).default([]);

export const BudgetCorrectionSpec = z
  .strictObject({
    services: Names.describe('All objectives of these services'),
    slos: Names.describe('These SLOs'),
    category: CorrectionCategory,
    reason: z.string().trim().min(1).max(1000).describe('Why this time does not count'),
    from: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/, 'a local time is written as 2026-02-01T02:00')
      .describe('When it begins, or begins for the first time, in the time zone'),
    timeZone: z.string().min(1).max(64).default('UTC'),
    lasts: DurationText,
    rrule: z.string().max(500).optional().describe('When it comes again, as FREQ=WEEKLY;BYDAY=SU (RFC 5545)'),
  })
  .check(({ value, issues }) => {
    const complain = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message });
    if (value.services.length + value.slos.length === 0)
      complain('services', 'a correction names services or slos');
    try {
      if (value.rrule !== undefined) recurrenceOf(value.rrule);
      occurrences({ at: value.from, timeZone: value.timeZone, lengthMs: 1 }, undefined, { from: 0, to: 1 });
    } catch (error) {
      if (error instanceof Fault) complain('rrule', error.message);
      else if (error instanceof RangeError) complain('from', `${error.message}`);
      else throw error;
    }
  });
export type BudgetCorrectionSpec = z.infer<typeof BudgetCorrectionSpec>;

/** Time that does not count against a budget. Alerts go by what users feel and are not touched by it. */
export const BudgetCorrection = defineKind({
  apiVersion: 'nines/v1',
  kind: 'BudgetCorrection',
  summary: 'Time that does not count against error budgets: planned maintenance, hours without users.',
  spec: BudgetCorrectionSpec,
});

export interface Excluded extends Interval {
  correction: string;
  category: CorrectionCategory;
  reason: string;
}

/** No window has more excluded intervals than these; the newest are kept. */
const MOST = 200;

/** The intervals of a window that do not count for an objective, oldest first, cut so that none overlap. */
export function excludedOf(
  corrections: readonly { metadata: { name: string }; spec: BudgetCorrectionSpec }[],
  objective: Pick<Objective, 'service' | 'slo'>,
  window: Interval,
): Excluded[] {
  const all = corrections
    .filter(({ spec }) => spec.services.includes(objective.service) || spec.slos.includes(objective.slo))
    .flatMap(({ metadata, spec }) =>
      occurrences(
        { at: spec.from, timeZone: spec.timeZone, lengthMs: duration(spec.lasts) },
        spec.rrule === undefined ? undefined : recurrenceOf(spec.rrule),
        window,
      ).map(one => ({
        from: Math.max(one.from, window.from),
        to: Math.min(one.to, window.to),
        correction: metadata.name,
        category: spec.category,
        reason: spec.reason,
      })),
    )
    .sort((a, b) => a.from - b.from);
  let end = Number.NEGATIVE_INFINITY;
  return all
    .map(one => {
      const cut = { ...one, from: Math.max(one.from, end) };
      end = Math.max(end, one.to);
      return cut;
    })
    .filter(({ from, to }) => to > from)
    .slice(-MOST);
}
