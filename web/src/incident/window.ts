import type { Incident } from './incident.ts';

const MINUTE_MS = 60_000;

/** What the charts of an incident show: some minutes before it, until a little after its end. */
export function chartWindow({ onsetAt, resolvedAt, mitigatedAt }: Incident): { from: string; to?: string } {
  const from = new Date(Date.parse(onsetAt) - 4 * MINUTE_MS).toISOString();
  const end = resolvedAt ?? undefined;
  if (end === undefined) return { from };
  const last = Math.max(Date.parse(end), Date.parse(mitigatedAt ?? end));
  return { from, to: new Date(last + 2 * MINUTE_MS).toISOString() };
}
