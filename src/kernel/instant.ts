import { z } from 'zod';

/**
 * A point in time as text: ISO 8601, UTC, milliseconds, as `2026-01-27T03:15:00.000Z`. Always this one form, so that
 * comparing two of them as text compares the times.
 */
export const Instant = z.iso
  .datetime({ precision: 3, error: 'a time is ISO 8601 in UTC, as 2026-01-27T03:15:00.000Z' })
  .describe('A point in time, ISO 8601 in UTC, as 2026-01-27T03:15:00.000Z');
export type Instant = z.infer<typeof Instant>;

/** Epoch milliseconds → instant. */
export function instant(epochMs: number): Instant {
  return new Date(epochMs).toISOString();
}

/** Instant → epoch milliseconds. */
export function epochMs(at: Instant): number {
  return Date.parse(at);
}

/** `03:15` or `03:15:07`: the UTC time of day, for sentences and timelines. */
export function timeOfDay(at: Instant, precision: 'minute' | 'second' = 'minute'): string {
  return at.slice(11, precision === 'minute' ? 16 : 19);
}

/** `2026-01-27`. */
export function dateOf(at: Instant): string {
  return at.slice(0, 10);
}
