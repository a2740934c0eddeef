import type { Rule } from './slo.ts';

/** How a rule stands, from the burn over its two windows; null: no data. */
export function standingOf(
  { kind, burnRate, severity }: Pick<Rule, 'kind' | 'burnRate' | 'severity'>,
  long: number | null,
  short: number | null,
): { words: string; color?: 'red' | 'orange' } {
  // That everything fails is judged over the long window alone: where traffic is low the short one has nothing.
  if (long === null && (short === null || kind === 'absolute')) return { words: 'no data' };
  const over = (burn: number | null) => burn !== null && burn > burnRate;
  if (over(long) && (kind === 'absolute' || over(short)))
    return {
      words: severity === 'page' ? 'over: pages' : 'over: a ticket',
      color: severity === 'page' ? 'red' : 'orange',
    };
  if (kind === 'absolute') return { words: 'not everything fails' };
  if (over(short)) return { words: 'over in the short window only' };
  // What is over in the long window alone was bad and is not any more, as far as is known.
  if (over(long)) return { words: short === null ? 'over before, no data now' : 'over before, not now' };
  return { words: 'below' };
}
