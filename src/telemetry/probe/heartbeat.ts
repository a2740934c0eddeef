import { z } from 'zod';
import { duration, epochMs, humanDuration, Instant, instant, timeOfDay } from '../../kernel/index.ts';
import type { Heartbeat } from './heartbeat-spec.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

export const Signal = z.enum(['start', 'success', 'failure']);
export type Signal = z.infer<typeof Signal>;

const Beat = z.object({
  at: Instant,
  signal: Signal,
  durationMs: z.number().optional(),
  message: z.string().optional(),
});
type Beat = z.infer<typeof Beat>;

/** What is known of a job from its signals. */
export const HeartbeatState = z.object({
  kind: z.literal('heartbeat'),
  declaredAt: Instant.describe('Nothing is missed before it was asked for'),
  runningSince: Instant.optional().describe('A start without an end'),
  lastSuccessAt: Instant.optional(),
  lastFailureAt: Instant.optional(),
  lastDurationMs: z.number().optional(),
  missedTo: Instant.optional().describe('The last due time that was counted as missed'),
  attempts: z.int().nonnegative().describe('Runs that ended, and runs that were missed'),
  failed: z.int().nonnegative().describe('Of them'),
  recent: z.array(Beat).describe('The newest first'),
});
export type HeartbeatState = z.infer<typeof HeartbeatState>;

export const HeartbeatStatus = z.enum(['waiting', 'ok', 'running', 'missed', 'failed', 'too_long']);
export type HeartbeatStatus = z.infer<typeof HeartbeatStatus>;

export interface HeartbeatVerdict {
  status: HeartbeatStatus;
  /** Since when it is wrong. */
  since?: Instant;
  /** When it was due the last time, and when it is the next. */
  dueAt?: Instant;
  nextDueAt?: Instant;
  /** A clause: what is wrong, or how it stands. */
  why: string;
}

const RECENT = 20;
/** Clocks of other machines: a job on a schedule may succeed this much before its time by ours. */
const EARLY_MS = 60_000;

export function newHeartbeat(now: number): HeartbeatState {
  return { kind: 'heartbeat', declaredAt: instant(now), attempts: 0, failed: 0, recent: [] };
}

/** The state after a signal. A duration that is not told is taken from its start. Pure. */
export function beaten(
  state: HeartbeatState,
  signal: Signal,
  now: number,
  said: { durationMs?: number | undefined; message?: string | undefined } = {},
): HeartbeatState {
  const at = instant(now);
  const { runningSince, ...rest } = state;
  const durationMs =
    signal === 'start'
      ? undefined
      : (said.durationMs ?? (runningSince === undefined ? undefined : now - epochMs(runningSince)));
  const beat: Beat = {
    at,
    signal,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(said.message === undefined ? {} : { message: said.message }),
  };
  const next: HeartbeatState = { ...rest, recent: [beat, ...state.recent].slice(0, RECENT) };
  if (signal === 'start') return { ...next, runningSince: at };
  if (durationMs !== undefined) next.lastDurationMs = durationMs;
  next.attempts += 1;
  if (signal === 'success') return { ...next, lastSuccessAt: at };
  return { ...next, failed: next.failed + 1, lastFailureAt: at };
}

/** How a job stands. Pure but for the parsing of its schedule. */
export function heartbeatVerdict(spec: Heartbeat, state: HeartbeatState, now: number): HeartbeatVerdict {
  const { lastSuccessAt, lastFailureAt, runningSince } = state;
  const times = dueTimes(spec, state, now);
  const { dueAt, missed } = times;
  const nextDueAt = times.nextDueAt?.();
  const due = {
    ...(dueAt === undefined ? {} : { dueAt: instant(dueAt) }),
    ...(nextDueAt === undefined ? {} : { nextDueAt: instant(nextDueAt) }),
  };
  const last =
    lastSuccessAt === undefined
      ? 'it has never told of a success'
      : `its last success was at ${stamp(lastSuccessAt)}`;
  if (lastFailureAt !== undefined && (lastSuccessAt === undefined || lastFailureAt > lastSuccessAt)) {
    const message = state.recent.find(beat => beat.signal === 'failure')?.message;
    return {
      ...due,
      status: 'failed',
      since: lastFailureAt,
      why: `it told of a failure at ${stamp(lastFailureAt)}${message === undefined ? '' : ` (${message})`}; ${last}`,
    };
  }
  if (runningSince !== undefined && spec.maxDuration !== undefined) {
    const over = epochMs(runningSince) + duration(spec.maxDuration);
    if (now > over)
      return {
        ...due,
        status: 'too_long',
        since: instant(over),
        why: `it began at ${stamp(runningSince)} and has not ended within ${spec.maxDuration}; ${last}`,
      };
  }
  if (missed !== undefined)
    return {
      ...due,
      status: 'missed',
      since: instant(missed + duration(spec.grace)),
      why: `it was due at ${stamp(instant(missed))} with ${spec.grace} of grace; ${last}`,
    };
  if (runningSince !== undefined)
    return { ...due, status: 'running', why: `it has run for ${humanDuration(now - epochMs(runningSince))}` };
  if (lastSuccessAt === undefined) return { ...due, status: 'waiting', why: 'nothing was heard of it yet' };
  return { ...due, status: 'ok', why: last };
}

/** The state with every due time counted that has passed without a success. Pure but for the parsing of its schedule. */
export function misses(spec: Heartbeat, state: HeartbeatState, now: number): HeartbeatState {
  const { missed } = dueTimes(spec, state, now);
  if (missed === undefined) return state;
  // While it is missing each further due time counts: a job that is away for a week has missed seven nights.
  const late = now - duration(spec.grace);
  const every = spec.every === undefined ? undefined : duration(spec.every);
  const latest = every === undefined ? missed : missed + Math.floor((late - missed) / every) * every;
  if (state.missedTo !== undefined && epochMs(state.missedTo) >= latest) return state;
  return {
    ...state,
    missedTo: instant(latest),
    attempts: state.attempts + 1,
    failed: state.failed + 1,
  };
}

interface DueTimes {
  dueAt?: number | undefined;
  /** Asked for rarely, and no small thing to find in a schedule. */
  nextDueAt?: () => number | undefined;
  /** The due time whose grace is over without a success. */
  missed?: number | undefined;
}

function dueTimes(spec: Heartbeat, state: HeartbeatState, now: number): DueTimes {
  const success = state.lastSuccessAt === undefined ? undefined : epochMs(state.lastSuccessAt);
  const declared = epochMs(state.declaredAt);
  const grace = duration(spec.grace);
  if (spec.every !== undefined) {
    const due = (success ?? declared) + duration(spec.every);
    return { nextDueAt: () => due, ...(now > due + grace ? { missed: due } : {}) };
  }
  const times = schedule(spec);
  // The grace is over only after its last moment.
  const ended = times?.last(now - grace - 1);
  const dueAt = times?.last(now);
  const met =
    ended === undefined || ended < declared || (success !== undefined && success >= ended - EARLY_MS);
  return { dueAt, nextDueAt: () => times?.next(now), ...(met ? {} : { missed: ended }) };
}

const parsed = new Map<string, Schedule>();

function schedule({ schedule: text }: Heartbeat): Schedule | undefined {
  if (text === undefined) return undefined;
  const key = JSON.stringify(text);
  let times = parsed.get(key);
  if (times === undefined) {
    times = scheduleOf(text);
    if (parsed.size >= 1000) parsed.clear();
    parsed.set(key, times);
  }
  return times;
}

function stamp(at: Instant): string {
  return `${at.slice(0, 10)} ${timeOfDay(at)} UTC`;
}
