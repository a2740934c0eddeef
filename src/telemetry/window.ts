import { DurationText, duration, epochMs, Fault, Instant, instant } from '../kernel/index.ts';
import type { Window } from './metrics.ts';

/** The window of an operation: from and to, or the time until now. */
export const windowInput = {
  from: Instant.optional().describe('Begin of the window'),
  to: Instant.optional().describe('End of the window; now if absent'),
  last: DurationText.default('15m').describe('Length of the window, where from is not given'),
};

export function windowOf(
  { from, to, last }: { from?: Instant | undefined; to?: Instant | undefined; last: string },
  now: Instant,
): Window {
  const end = to ?? now;
  const window = { from: from ?? instant(epochMs(end) - duration(last)), to: end };
  if (epochMs(window.from) >= epochMs(end))
    throw new Fault('invalid', 'The window ends before it begins.', {
      field: 'from',
      hint: 'Give a from before to, as 2026-01-27T03:00:00.000Z.',
    });
  return window;
}

export function windowMs({ from, to }: Window): number {
  return epochMs(to) - epochMs(from);
}
