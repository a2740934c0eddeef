import { z } from 'zod';
import { type Duration, milliseconds } from '../../kernel/index.ts';

/**
 * OpenSLO's duration-shorthand: a positive integer and one case-sensitive letter, as `28d`, `1M`, `1Q`.
 * https://github.com/OpenSLO/OpenSLO#duration-shorthand
 */
const DAY = 86_400_000;
const LONGEST = 100 * 365 * DAY;

export const DurationShorthand = z
  .string()
  .regex(/^[1-9]\d{0,7}[mhdwMQY]$/, 'a duration is a number and one of m, h, d, w, M, Q or Y, as 30d or 1M')
  .refine(text => !(shorthandDuration(text) > LONGEST), 'a duration is at most 100 years')
  .describe('A duration, as 5m, 30d, 4w, 1M or 1Q');
export type DurationShorthand = z.infer<typeof DurationShorthand>;

// Months, quarters and years have a fixed length only where a window rolls; calendar windows use the calendar.
const UNITS: Record<string, number> = {
  m: 60_000,
  h: 3_600_000,
  d: DAY,
  w: 7 * DAY,
  M: 30 * DAY,
  Q: 90 * DAY,
  Y: 365 * DAY,
};

/** The length of a rolling window: a month is 30 days, a quarter 90, a year 365. */
export function shorthandDuration(text: string): Duration {
  const { count, unit } = shorthandParts(text);
  return milliseconds(count * UNITS[unit]!);
}

/** `2w` → 2 and `w`. */
export function shorthandParts(text: string): { count: number; unit: string } {
  return { count: Number(text.slice(0, -1)), unit: text.slice(-1) };
}
