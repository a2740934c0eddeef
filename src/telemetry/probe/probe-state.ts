import { z } from 'zod';
import { duration, epochMs, Instant } from '../../kernel/index.ts';
import { Attempt } from './attempt.ts';
import type { ProbeSpec } from './probe.ts';

const Count = z.int().nonnegative();

/** What is known of a probe from its attempts; it is stored with each one. */
export const ProbeState = z.object({
  kind: z.literal('attempts'),
  instance: z.string().describe('What was looked at: another one begins anew'),
  failing: z.boolean().describe('A failure that is confirmed, and has not ended'),
  failures: Count.describe('In a row'),
  successes: Count.describe('In a row'),
  attempts: Count.describe('All that told something'),
  failed: Count.describe('Of them'),
  inconclusive: Count,
  failingSince: Instant.optional().describe('The first failure of those in a row'),
  inconclusiveSince: Instant.optional(),
  lastSuccessAt: Instant.optional(),
  certificateEndsAt: Instant.optional(),
  recent: z.array(Attempt).describe('The newest first'),
});
export type ProbeState = z.infer<typeof ProbeState>;

/** How a probe stands. `suspect`: it failed, and that is not confirmed yet. */
export const ProbeStatus = z.enum(['unknown', 'up', 'suspect', 'failing', 'inconclusive']);
export type ProbeStatus = z.infer<typeof ProbeStatus>;

const RECENT = 20;
/** One good answer of something that flaps is no recovery. */
const RECOVERED_AFTER = 2;

export function newProbeState(instance: string): ProbeState {
  return {
    kind: 'attempts',
    instance,
    failing: false,
    failures: 0,
    successes: 0,
    attempts: 0,
    failed: 0,
    inconclusive: 0,
    recent: [],
  };
}

/** The state after an attempt. An inconclusive one changes neither what is thought of the target nor its counts. Pure. */
export function attempted(state: ProbeState, attempt: Attempt, spec: Pick<ProbeSpec, 'confirm'>): ProbeState {
  const { inconclusiveSince, failingSince, ...rest } = state;
  const next: ProbeState = { ...rest, recent: [attempt, ...state.recent].slice(0, RECENT) };
  if (attempt.certificate !== undefined) next.certificateEndsAt = attempt.certificate.endsAt;
  switch (attempt.outcome) {
    case 'inconclusive':
      return {
        ...next,
        ...(failingSince === undefined ? {} : { failingSince }),
        inconclusive: state.inconclusive + 1,
        inconclusiveSince: inconclusiveSince ?? attempt.at,
      };
    case 'failure': {
      const failures = state.failures + 1;
      return {
        ...next,
        attempts: state.attempts + 1,
        failed: state.failed + 1,
        failures,
        successes: 0,
        failing: state.failing || failures >= spec.confirm.attempts,
        failingSince: failingSince ?? attempt.at,
      };
    }
    case 'success': {
      const successes = state.successes + 1;
      const over = !state.failing || successes >= RECOVERED_AFTER;
      return {
        ...next,
        attempts: state.attempts + 1,
        failures: 0,
        successes,
        failing: !over,
        ...(over || failingSince === undefined ? {} : { failingSince }),
        lastSuccessAt: attempt.at,
      };
    }
  }
}

export function statusOf({ failing, failures, inconclusiveSince, recent }: ProbeState): ProbeStatus {
  if (recent.length === 0) return 'unknown';
  if (inconclusiveSince !== undefined) return 'inconclusive';
  if (failing) return 'failing';
  return failures > 0 ? 'suspect' : 'up';
}

/**
 * When the next attempt is due, in epoch ms: on the probe's own place within its interval, so that probes are spread over
 * it; soon again while a failure or its end is not confirmed; at once when there was none.
 */
export function nextAttemptAt(name: string, spec: ProbeSpec, state: ProbeState, now: number): number {
  const [last] = state.recent;
  if (last === undefined) return now;
  const every = duration(spec.every);
  const lastAt = epochMs(last.at);
  const unsure = (state.failures > 0 && !state.failing) || (state.failing && state.successes > 0);
  if (unsure) return lastAt + Math.min(duration(spec.confirm.every), every);
  const offset = hash(name) % every;
  // Half an interval at least after the one before, which may have been made out of turn.
  const earliest = lastAt + every / 2;
  return Math.ceil((earliest - offset) / every) * every + offset;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
