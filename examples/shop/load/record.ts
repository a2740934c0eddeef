/** What the load has seen: counts since the start, percentiles of the last ten seconds, the first bad request. */
import type { Kind } from './arrivals.ts';
import type { Outcome } from './driver.ts';

/** A checkout slower than this is bad: the latency objective's threshold. */
export const SLOW_CHECKOUT_MS = 500;
const RECENT_MS = 10_000;
/** Outcomes kept for the percentiles; at the default rate ten seconds are 400. */
const KEPT = 20_000;

export interface KindStats {
  requests: number;
  /** Requests that were bad: server error, no answer, or a checkout over 500 ms. */
  bad: number;
  /** Server errors and requests without an answer. */
  errors: number;
  /** Over the requests that ended in the last ten seconds; null without any. */
  recent: { requests: number; errors: number; p50Ms: number | null; p99Ms: number | null };
}
export interface FirstBad {
  /** ISO instant at which the request was due. */
  at: string;
  secondsAgo: number;
  kind: Kind;
  status: number;
  latencyMs: number;
  error?: string;
}
export interface LoadStats {
  startedAt: string;
  /** Instant of the last mark; `firstBad` is looked for from there on. */
  markedAt: string;
  seconds: number;
  inFlight: number;
  kinds: Record<Kind, KindStats>;
  firstBad: FirstBad | null;
  /** Errors by text since the last mark. */
  errors: Record<string, number>;
}

export function isBad(outcome: Pick<Outcome, 'kind' | 'status' | 'latencyMs'>): boolean {
  return isError(outcome) || (outcome.kind === 'checkout' && outcome.latencyMs > SLOW_CHECKOUT_MS);
}

function isError({ status }: Pick<Outcome, 'status'>): boolean {
  return status === 0 || status >= 500;
}

/** The value below which the share `q` of the sorted values lies (nearest rank); null without values. */
export function percentile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

export class LoadRecord {
  readonly #startedAt: number;
  #markedAt: number;
  #recent: { endedAt: number; outcome: Outcome }[] = [];
  readonly #totals: Record<Kind, { requests: number; bad: number; errors: number }> = {
    browse: { requests: 0, bad: 0, errors: 0 },
    login: { requests: 0, bad: 0, errors: 0 },
    checkout: { requests: 0, bad: 0, errors: 0 },
  };
  #firstBad: Outcome | undefined;
  #errors = new Map<string, number>();

  /** `startedAt`: epoch milliseconds of the load's start. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
    this.#markedAt = startedAt;
  }

  add(outcome: Outcome): void {
    const total = this.#totals[outcome.kind];
    const error = isError(outcome);
    const bad = isBad(outcome);
    total.requests += 1;
    if (error) total.errors += 1;
    if (bad) total.bad += 1;
    this.#recent.push({ endedAt: this.#startedAt + outcome.due + outcome.latencyMs, outcome });
    if (this.#recent.length > KEPT) this.#recent = this.#recent.slice(-KEPT / 2);
    const dueAt = this.#startedAt + outcome.due;
    if (!bad || dueAt < this.#markedAt) return;
    // Requests end in another order than they were due: the earliest due one is the first that a user felt.
    if (!this.#firstBad || outcome.due < this.#firstBad.due) this.#firstBad = outcome;
    if (error) this.#count(outcome.error ?? `status ${outcome.status}`);
  }

  #count(text: string): void {
    const key = this.#errors.has(text) || this.#errors.size < 50 ? text : 'other';
    this.#errors.set(key, (this.#errors.get(key) ?? 0) + 1);
  }

  /** Forgets the first bad request and the errors: what comes next is a new experiment. */
  mark(now: number): void {
    this.#markedAt = now;
    this.#firstBad = undefined;
    this.#errors = new Map();
  }

  stats(now: number, inFlight: number): LoadStats {
    this.#recent = this.#recent.filter(({ endedAt }) => endedAt > now - RECENT_MS);
    const bad = this.#firstBad;
    return {
      startedAt: new Date(this.#startedAt).toISOString(),
      markedAt: new Date(this.#markedAt).toISOString(),
      seconds: round((now - this.#startedAt) / 1_000),
      inFlight,
      kinds: {
        browse: this.#kind('browse'),
        login: this.#kind('login'),
        checkout: this.#kind('checkout'),
      },
      firstBad: bad
        ? {
            at: new Date(this.#startedAt + bad.due).toISOString(),
            secondsAgo: round((now - this.#startedAt - bad.due) / 1_000),
            kind: bad.kind,
            status: bad.status,
            latencyMs: round(bad.latencyMs),
            ...(bad.error === undefined ? {} : { error: bad.error }),
          }
        : null,
      errors: Object.fromEntries(this.#errors),
    };
  }

  #kind(kind: Kind): KindStats {
    const outcomes = this.#recent
      .filter(({ outcome }) => outcome.kind === kind)
      .map(({ outcome }) => outcome);
    const latencies = outcomes.map(outcome => outcome.latencyMs).sort((a, b) => a - b);
    const at = (q: number): number | null => {
      const value = percentile(latencies, q);
      return value === null ? null : round(value);
    };
    return {
      ...this.#totals[kind],
      recent: {
        requests: outcomes.length,
        errors: outcomes.filter(isError).length,
        p50Ms: at(0.5),
        p99Ms: at(0.99),
      },
    };
  }
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** One line for people: what the last ten seconds were like. */
export function summaryLine(stats: LoadStats): string {
  const kinds = (['browse', 'login', 'checkout'] as const).map(kind => {
    const { requests, errors, p50Ms, p99Ms } = stats.kinds[kind].recent;
    const latency = p50Ms === null ? 'no requests' : `p50 ${p50Ms} ms, p99 ${p99Ms} ms`;
    return `${kind} ${requests} (${latency}, errors ${errors})`;
  });
  return `last 10 s: ${kinds.join(' · ')}`;
}
