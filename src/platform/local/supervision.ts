import { epochMs, type Instant, instant } from '../../kernel/index.ts';
import type { Desired, InstanceRow } from './store.ts';

/** What was seen of an instance's process just now. */
export interface Observed {
  alive: boolean;
  healthy: boolean;
  /** How the process ended, if that is known. */
  exit?: string;
}

export interface Patience {
  /** How long a process may take to become healthy. */
  startMs: number;
  /** Since when somebody watches: time before does not count against a process. */
  watchedSince: Instant;
  /** After running this long its earlier crashes are forgotten. */
  stableMs: number;
}

export type Step =
  | { do: 'start'; id: string }
  | { do: 'crash'; id: string; exit: string }
  /** It lives but never became healthy: it is killed, which counts as a crash. */
  | { do: 'kill'; id: string; exit: string }
  | { do: 'mark'; id: string; healthy: boolean }
  | { do: 'calm'; id: string }
  | { do: 'add' }
  | { do: 'remove'; id: string };

/** A crash counts as a loop from this many in a row: the instance is then shown as failed. */
export const LOOP_CRASHES = 3;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;

/** The wait before the next start after this many crashes in a row: 1 s, doubled each time, at most a minute. */
export function backoffMs(crashes: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(Math.max(crashes - 1, 0), 16), MAX_BACKOFF_MS);
}

/** What to do now so that what runs becomes what is wanted. What an action under way has in hand is left to it. */
export function supervise(
  desired: Desired,
  rows: readonly InstanceRow[],
  observed: ReadonlyMap<string, Observed>,
  patience: Patience,
  now: Instant,
): Step[] {
  const { rollout } = desired;
  const inHand = new Set([
    ...(rollout?.added ?? []),
    ...(rollout?.phase === 'stopping' ? rollout.removed : []),
  ]);
  const steps: Step[] = [];
  const kept: InstanceRow[] = [];
  const release = desired.releases.at(-1);
  for (const row of rows) {
    if (inHand.has(row.id)) continue;
    if (rollout === undefined && (row.release !== release || row.state === 'stopping'))
      steps.push({ do: 'remove', id: row.id });
    else kept.push(row);
  }
  if (rollout === undefined) {
    for (const row of kept.splice(desired.replicas)) steps.push({ do: 'remove', id: row.id });
    for (let count = kept.length; count < desired.replicas; count++) steps.push({ do: 'add' });
  }
  for (const row of kept) {
    const step = forInstance(row, observed.get(row.id), patience, now);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

function forInstance(
  row: InstanceRow,
  seen: Observed | undefined,
  patience: Patience,
  now: Instant,
): Step | undefined {
  const { id } = row;
  if (row.pid === undefined)
    return row.nextStartAt === undefined || row.nextStartAt <= now ? { do: 'start', id } : undefined;
  if (seen === undefined) return undefined;
  if (!seen.alive) return { do: 'crash', id, exit: seen.exit ?? 'ended while nobody watched' };
  const age = epochMs(now) - epochMs(row.startedAt ?? now);
  if (row.state !== 'running') {
    if (seen.healthy) return { do: 'mark', id, healthy: true };
    if (Math.min(age, epochMs(now) - epochMs(patience.watchedSince)) <= patience.startMs) return undefined;
    return {
      do: 'kill',
      id,
      exit: `was not healthy ${Math.round(patience.startMs / 1000)} s after its start`,
    };
  }
  if (seen.healthy !== row.healthy) return { do: 'mark', id, healthy: seen.healthy };
  if (row.crashes > 0 && seen.healthy && age >= patience.stableMs) return { do: 'calm', id };
  return undefined;
}

/** The instance after its process ended unasked: it waits, longer each time, and is shown as failed once it loops. */
export function afterCrash(row: InstanceRow, exit: string, now: Instant): InstanceRow {
  const crashes = row.crashes + 1;
  const { pid: _pid, identity: _identity, ...rest } = row;
  return {
    ...rest,
    state: crashes >= LOOP_CRASHES ? 'failed' : 'starting',
    healthy: false,
    crashes,
    lastExit: exit,
    nextStartAt: instant(epochMs(now) + backoffMs(crashes)),
  };
}
