import type { Evidence } from './investigation.ts';
import type { Observation, Window } from './observation.ts';

/** Evidence before it is numbered. */
export type Clue = Omit<Evidence, 'id'>;

/** A selection of spans, written as PromQL writes a selection of series. */
export function spanQuery(
  observation: Observation,
  fields: Readonly<Record<string, string | undefined>>,
): string {
  const parts = Object.entries(fields)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => [name, name === 'service' ? (observation.telemetryName[value] ?? value) : value])
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `spans{${parts.join(', ')}}`;
}

export function operationsLink(observation: Observation, service: string, window: Window): string {
  const named = observation.telemetryName[service] ?? service;
  return `/api/v1/traces/operations?${parameters({ service: named, from: window.from, to: window.to, limit: '200' })}`;
}

export function metricLink(query: string, window: Window): string {
  return `/api/v1/metrics/range?${parameters({ query, from: window.from, to: window.to })}`;
}

export function logLink(observation: Observation, service: string, window: Window): string {
  const named = observation.telemetryName[service] ?? service;
  return `/api/v1/logs/patterns?${parameters({ service: named, from: window.from, to: window.to, level: 'warn' })}`;
}

export function changeLink(service: string): string {
  return `/api/v1/changes?${parameters({ service })}`;
}

export function objectiveLink(objective: string): string {
  return `/api/v1/slos/${encodeURIComponent(objective)}`;
}

/** The two windows as one, for a link that shows before and after. */
export function bothWindows({ window }: Observation): Window {
  return { from: window.baseline.from, to: window.incident.to };
}

export function traces(...ids: (string | undefined)[]): { traceIds: string[] } | Record<never, never> {
  const known = ids.filter(id => id !== undefined && id !== '') as string[];
  return known.length === 0 ? {} : { traceIds: known };
}

function parameters(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString();
}
