import { z } from 'zod';
import { Fault } from './fault.ts';

/** A length of time in milliseconds, branded so that a bare number is not taken for one. */
export type Duration = number & { readonly __unit: 'ms' };

// The units of Prometheus: https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations (a year has 365 days).
const UNITS = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
} as const;
type Unit = keyof typeof UNITS;

const PATTERN = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;

/** Duration as text in Prometheus's form: `30s`, `5m`, `1h30m`, `30d`. */
export const DurationText = z
  .string()
  .min(2)
  .max(32)
  .regex(PATTERN, 'a duration is numbers with units from large to small, as 30s, 5m, 1h30m or 30d')
  .describe('A duration, as 30s, 5m, 1h30m or 30d');
export type DurationText = z.infer<typeof DurationText>;

/** Parses `1h30m`. Throws `invalid` with the form that would be right. */
export function duration(text: string): Duration {
  if (text.length < 2 || !PATTERN.test(text))
    throw new Fault('invalid', `'${text.slice(0, 40)}' is not a duration.`, {
      hint: 'Write it as 30s, 5m, 1h30m or 30d.',
    });
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g))
    ms += Number(count) * UNITS[unit as Unit];
  return ms as Duration;
}

/** A duration of so many milliseconds, where a number is all there is. */
export function milliseconds(ms: number): Duration {
  return ms as Duration;
}

/** Exact, in Prometheus's form: 5400000 → `1h30m`. */
export function formatDuration(ms: number): DurationText {
  if (ms <= 0) return '0s';
  let rest = Math.round(ms);
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / UNITS[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * UNITS[unit];
  }
  return text;
}

/** For people, at most two units, rounded: `43 min`, `1 h 5 min`, `12 s`, `850 ms`, `29 d 23 h`. */
export function humanDuration(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(ms)} ms`;
  if (size < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (size < 60_000) return `${Math.round(ms / 1000)} s`;
  const steps: [number, string, number, string][] = [
    [UNITS.d, 'd', UNITS.h, 'h'],
    [UNITS.h, 'h', UNITS.m, 'min'],
    [UNITS.m, 'min', UNITS.s, 's'],
  ];
  for (const [unit, name, smaller, smallerName] of steps) {
    // Rounded to the smaller unit first, so that 59.9 s never prints as "0 min 60 s".
    const whole = Math.round(size / smaller) * smaller;
    if (whole < unit) continue;
    const rest = Math.round((whole % unit) / smaller);
    const text = `${Math.floor(whole / unit)} ${name}${rest === 0 ? '' : ` ${rest} ${smallerName}`}`;
    return ms < 0 ? `-${text}` : text;
  }
  return `${Math.round(ms / 1000)} s`;
}
