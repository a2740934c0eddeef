import type { InputOf, OutputOf } from '../api.ts';
import { type Range, rangeParams } from '../explore/range.ts';

export type Found = OutputOf<'traces.search'>['traces'][number];

/** What is looked for, as the address holds it. */
export interface TraceSearch {
  service: string;
  operation: string;
  /** In ms; undefined: of any length. */
  longerThanMs: number | undefined;
  errors: boolean;
  order: 'newest' | 'slowest';
}

export const MOST_TRACES = 100;

export function searchOf(params: URLSearchParams): TraceSearch {
  return {
    service: params.get('service') ?? '',
    operation: params.get('operation') ?? '',
    longerThanMs: durationMs(params.get('longer') ?? ''),
    errors: params.get('errors') === 'true',
    order: params.get('order') === 'slowest' ? 'slowest' : 'newest',
  };
}

export function searchParams(search: TraceSearch, range: Range): Record<string, string> {
  const { service, operation, longerThanMs, errors, order } = search;
  return {
    ...rangeParams(range),
    ...(service === '' ? {} : { service }),
    ...(operation === '' ? {} : { operation }),
    ...(longerThanMs === undefined ? {} : { longer: `${longerThanMs}ms` }),
    ...(errors ? { errors: 'true' } : {}),
    ...(order === 'newest' ? {} : { order }),
  };
}

export function searchInput(search: TraceSearch, range: Range): InputOf<'traces.search'> {
  const { service, operation, longerThanMs, errors, order } = search;
  return {
    ...rangeParams(range),
    ...(service === '' ? {} : { service }),
    ...(operation === '' ? {} : { operation }),
    ...(longerThanMs === undefined ? {} : { minDurationMs: longerThanMs }),
    errorsOnly: errors,
    order,
    limit: MOST_TRACES,
  };
}

/** `250`, `250ms`, `1.5s`, `2m` in ms; undefined where it says nothing. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|)$/.exec(text.trim()) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * (unit === 's' ? 1000 : unit === 'm' ? 60_000 : 1);
}
