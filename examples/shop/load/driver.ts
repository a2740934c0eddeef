/**
 * Sends arrivals at their instants. An open model: a request goes out when it is due, however slow earlier ones are, and
 * its latency counts from the instant it was due. So a stalled system, or a late timer, cannot hide the
 * waiting that its users would have had (no coordinated omission).
 */
import type { Arrival, Kind } from './arrivals.ts';

export interface Outcome {
  kind: Kind;
  /** Milliseconds since the start of the load at which the request was due. */
  due: number;
  latencyMs: number;
  /** HTTP status, or 0 when there was no answer (timeout, connection failure, too many in flight). */
  status: number;
  error?: string;
}

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back once at or after `now() + ms`; answers how to call it off. */
  after(ms: number, wake: () => void): () => void;
}

export interface Driving {
  clock: Clock;
  arrivals: Iterator<Arrival, unknown>;
  send(arrival: Arrival): Promise<{ status: number; error?: string }>;
  record(outcome: Outcome): void;
  /** Requests in flight beyond which a due one is counted as failed instead of sent. */
  maxInFlight: number;
  /** When to stop, in milliseconds since the start; undefined: never by itself. */
  durationMs?: number;
}

export interface Drive {
  /** Settles when the duration is over, or `stop` was called, and what was in flight has ended. */
  done: Promise<void>;
  stop(): void;
  inFlight(): number;
}

/** Starts sending. Arrivals that are due at the same wake-up all go out at once. */
export function drive(options: Driving): Drive {
  const { clock, arrivals, send, record, maxInFlight } = options;
  const started = clock.now();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let inFlight = 0;
  let stopped = false;
  let cancel = (): void => {};
  let upcoming = arrivals.next();

  const settle = (): void => {
    if (stopped && inFlight === 0) resolve();
  };
  const stop = (): void => {
    stopped = true;
    cancel();
    settle();
  };
  const dispatch = async (arrival: Arrival): Promise<void> => {
    const finish = (status: number, error?: string): void =>
      record({
        kind: arrival.kind,
        due: arrival.at,
        latencyMs: clock.now() - started - arrival.at,
        status,
        ...(error === undefined ? {} : { error }),
      });
    if (inFlight >= maxInFlight) return finish(0, 'too many requests in flight');
    inFlight += 1;
    try {
      const { status, error } = await send(arrival);
      finish(status, error);
    } catch (error) {
      finish(0, error instanceof Error ? error.message : String(error));
    } finally {
      inFlight -= 1;
      settle();
    }
  };
  const wake = (): void => {
    const elapsed = clock.now() - started;
    while (!upcoming.done && !stopped) {
      const arrival = upcoming.value as Arrival;
      if (options.durationMs !== undefined && arrival.at >= options.durationMs) break;
      if (arrival.at > elapsed) {
        cancel = clock.after(arrival.at - elapsed, wake);
        return;
      }
      void dispatch(arrival);
      upcoming = arrivals.next();
    }
    stop();
  };
  wake();
  return { done, stop, inFlight: () => inFlight };
}
