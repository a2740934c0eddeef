import { z } from 'zod';
import { defineKind } from '../catalog/index.ts';
import { DurationText, duration, Fault, isTimeZone } from '../kernel/index.ts';
import { unknownServices } from './declared-names.ts';
import type { Interval } from './interval.ts';
import type { Objective } from './objective.ts';
import { everComes, occurrences, recurrenceOf } from './recurrence.ts';

export const CorrectionCategory = z.enum(['maintenance', 'deployment', 'outside_hours', 'other']);
export type CorrectionCategory = z.infer<typeof CorrectionCategory>;

const Names = z.array(z.string().min(1).max(128)).max(500).default([]);

export const BudgetCorrectionSpec = z
  .strictObject({
    services: Names.describe('All objectives of these services'),
    slos: Names.describe('These SLOs'),
    category: CorrectionCategory,
    reason: z
      .string()
      .trim()
      .min(1, 'say why this time does not count')
      .max(1000)
      .describe('Why this time does not count'),
    from: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/, 'a local time is written as 2026-02-01T02:00')
      .describe('When it begins, or begins for the first time, in the time zone'),
    timeZone: z.string().min(1).max(64).default('UTC'),
    lasts: DurationText.describe('How long, by any clock: 1h is an hour on the day of summer time too'),
    rrule: z.string().max(500).optional().describe('When it comes again, as FREQ=WEEKLY;BYDAY=SU (RFC 5545)'),
  })
  .check(({ value, issues }) => {
    const complain = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message });
    if (value.services.length + value.slos.length === 0)
      complain('services', 'a correction names services or slos');
    if (duration(value.lasts) <= 0) complain('lasts', 'a correction lasts some time, as 1h');
    if (!isTimeZone(value.timeZone)) {
      complain('timeZone', `'${value.timeZone}' is not a time zone; as Europe/Berlin`);
      return;
    }
    const first = { at: value.from, timeZone: value.timeZone, lengthMs: 1 };
    try {
      occurrences(first, undefined, { from: 0, to: 1 });
    } catch {
      complain('from', `'${value.from}' is no day or no time of day`);
      return;
    }
    if (value.rrule === undefined) return;
    try {
      if (!everComes(first, recurrenceOf(value.rrule))) complain('rrule', `it never comes: ${value.rrule}`);
    } catch (error) {
      if (error instanceof Fault) complain('rrule', `${error.message} ${error.detail.hint ?? ''}`.trim());
      else complain('rrule', `it has a date that there is not: ${value.rrule}`);
    }
  });
export type BudgetCorrectionSpec = z.infer<typeof BudgetCorrectionSpec>;

/** Time that does not count against a budget. Alerts go by what users feel and are not touched by it. */
export const BudgetCorrection = defineKind({
  apiVersion: 'nines/v1',
  kind: 'BudgetCorrection',
  summary: 'Time that does not count against error budgets: planned maintenance, hours without users.',
  spec: BudgetCorrectionSpec,
  references: ({ spec }) =>
    spec.slos.map((name, index) => ({ kind: 'SLO', name, field: `spec.slos.${index}` })),
  check: ({ spec }, lookup, declared = () => []) =>
    unknownServices(spec.services, 'spec.services', lookup, declared),
});

export interface Excluded extends Interval {
  correction: string;
  category: CorrectionCategory;
  reason: string;
}

/** No window has more excluded intervals than these, one a night for a year; the newest are kept. */
const MOST = 400;

/** The intervals of a window that do not count for an objective, oldest first, cut so that none overlap. */
export function excludedOf(
  corrections: readonly { metadata: { name: string }; spec: BudgetCorrectionSpec }[],
  objective: Pick<Objective, 'service' | 'slo'>,
  window: Interval,
): Excluded[] {
  const all = corrections
    .filter(({ spec }) => spec.services.includes(objective.service) || spec.slos.includes(objective.slo))
    .flatMap(({ metadata, spec }) =>
      timesOf(spec, window).map(one => ({
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

const HOUR_MS = 3_600_000;
const MOST_KEPT = 1_000;
const kept = new Map<string, Interval[]>();

/** When a correction falls into a window. Every budget asks in every turn: a rule is followed once an hour. */
function timesOf({ from, timeZone, lasts, rrule }: BudgetCorrectionSpec, window: Interval): Interval[] {
  const [begin, end] = [
    Math.floor(window.from / HOUR_MS) * HOUR_MS,
    Math.ceil(window.to / HOUR_MS) * HOUR_MS,
  ];
  const key = JSON.stringify([from, timeZone, lasts, rrule, begin, end]);
  let times = kept.get(key);
  if (times === undefined) {
    times = occurrences(
      { at: from, timeZone, lengthMs: duration(lasts) },
      rrule === undefined ? undefined : recurrenceOf(rrule),
      { from: begin, to: end },
    );
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!);
    kept.set(key, times);
  }
  return times.filter(one => one.to > window.from && one.from < window.to);
}
