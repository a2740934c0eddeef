import type { OutputOf } from '../api.ts';

export type Slo = OutputOf<'slo.list'>['slos'][number];
export type SloView = OutputOf<'slo.show'>;
export type Rule = SloView['rules'][number];

/** How often budgets are asked again, in ms: they move slowly, and no event tells. */
export const BUDGET_MS = 10_000;

/** The burn rate over about an hour: what a glance needs. Undefined: nothing is known. */
export function burnNow({ burnRates }: Slo): { window: string; burnRate: number } | undefined {
  const known = burnRates.flatMap(({ window, burnRate }) =>
    burnRate === null ? [] : [{ window, burnRate }],
  );
  return known.find(({ window }) => window === '1h') ?? known[0];
}

export function sloAddress(id: string): string {
  return `/slos/${encodeURIComponent(id)}`;
}

const UNITS: Record<string, [one: string, many: string, short: string]> = {
  s: ['second', 'seconds', 's'],
  m: ['minute', 'minutes', 'min'],
  h: ['hour', 'hours', 'h'],
  d: ['day', 'days', 'd'],
  w: ['week', 'weeks', 'w'],
  M: ['a calendar month', 'calendar months', 'months'],
  Q: ['a quarter', 'quarters', 'quarters'],
  Y: ['a year', 'years', 'years'],
};

/** `30d` as `30 days`, `1M` as `a calendar month`, `1h24m` as `1 h 24 min`. */
export function windowWords(window: string): string {
  const parts = [...window.matchAll(/(\d+)([smhdwMQY])/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== window) return window;
  const [first] = parts;
  if (parts.length === 1) {
    const [, size, unit] = first!;
    const [one, many] = UNITS[unit!]!;
    if (size !== '1') return `${size} ${many}`;
    return one.startsWith('a ') ? one : `1 ${one}`;
  }
  return parts.map(([, size, unit]) => `${size} ${UNITS[unit!]![2]}`).join(' ');
}
