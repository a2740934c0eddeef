/** The window that an explore page shows: up to now, or between two instants (ISO). */
export type Range = { last: string } | { from: string; to: string };

export const PRESETS: readonly { last: string; words: string }[] = [
  { last: '15m', words: 'Last 15 minutes' },
  { last: '1h', words: 'Last hour' },
  { last: '6h', words: 'Last 6 hours' },
  { last: '1d', words: 'Last day' },
  { last: '7d', words: 'Last 7 days' },
  { last: '30d', words: 'Last 30 days' },
];

const UNIT_MS: Record<string, number> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** Shorter windows show nothing more. */
const LEAST_MS = 5_000;

/** From an address; what cannot be read there is `usual`. */
export function rangeOf(params: URLSearchParams, usual = '1h'): Range {
  const from = instantOf(params.get('from'));
  const to = instantOf(params.get('to'));
  if (from !== undefined && to !== undefined && from < to) return { from, to };
  const last = params.get('last');
  return { last: last !== null && spanMs(last) !== undefined ? last : usual };
}

/** What stands in the address. */
export function rangeParams(range: Range): Record<string, string> {
  return { ...range };
}

export function lengthOf(range: Range): number {
  return 'last' in range ? spanMs(range.last)! : Date.parse(range.to) - Date.parse(range.from);
}

export function boundsOf(range: Range, now: number): { from: number; to: number } {
  return 'last' in range
    ? { from: now - lengthOf(range), to: now }
    : { from: Date.parse(range.from), to: Date.parse(range.to) };
}

/** Between two instants, not shorter than can be shown. */
export function between(from: number, to: number): Range {
  const length = Math.max(to - from, LEAST_MS);
  return { from: new Date(to - length).toISOString(), to: new Date(to).toISOString() };
}

/** Twice as long about the same middle; nothing is shown of what is to come. */
export function zoomedOut(range: Range, now: number): Range {
  const { from, to } = boundsOf(range, now);
  const half = (to - from) / 2;
  const end = Math.min(to + half, Math.max(now, to));
  return between(end - 4 * half, end);
}

/** Half its length earlier (-1) or later (1). */
export function shifted(range: Range, now: number, direction: -1 | 1): Range {
  const { from, to } = boundsOf(range, now);
  const end = Math.min(to + (direction * (to - from)) / 2, Math.max(now, to));
  return between(end - (to - from), end);
}

/** How often what runs up to now is asked again, in ms; undefined: it is over and does not change. */
export function refreshMs(range: Range): number | undefined {
  if (!('last' in range)) return undefined;
  return Math.min(Math.max(lengthOf(range) / 360, 5_000), 60_000);
}

/** The step for about so many points, in whole seconds. */
export function stepFor(range: Range, points: number): string {
  return `${Math.max(1, Math.ceil(lengthOf(range) / points / 1000))}s`;
}

function spanMs(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,4})([smhdw])$/.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * UNIT_MS[unit]!;
}

function instantOf(text: string | null): string | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
