import {
  type Duration,
  epochMs,
  humanDuration,
  type Instant,
  instant,
  type Kernel,
} from '../kernel/index.ts';
import { type Change, type Incident, reopened, resolved, stillFiring, unchanged } from './incident.ts';
import type { NewEntry } from './timeline.ts';

/** How the indicators of services were over a window. `statement` is a clause with the figures. */
export interface IndicatorReading {
  state: 'good' | 'bad' | 'no_data';
  statement: string;
}
export type Indicators = (
  services: readonly string[],
  window: { from: Instant; to: Instant },
) => Promise<IndicatorReading>;

/** What settling does to an incident. */
export interface Settled {
  get(id: string): Promise<Incident>;
  addEntry(id: string, entry: NewEntry): Promise<unknown>;
  change(id: string, transition: (incident: Incident) => Change): Promise<Incident>;
}

interface Check {
  incident: string;
  /** The mitigation or resolution that it belongs to: after another one it is void. */
  since: Instant;
  n: number;
  /** How many readings in a row were bad. */
  bad?: number;
}

const JOB = 'incident.settle';
/** How long after its end an incident with alerts that still fire is looked after. */
const AFTERCARE_MS = 24 * 3_600_000;
/** One bad reading may be chance in a short window, and reopening calls somebody: it takes two in a row. */
const BAD_READINGS = 2;

/**
 * From mitigated to resolved: Nines resolves an incident once its alerts have ended and stayed so for the settling time,
 * or its indicators were good for as long, although a rule over a long window still remembers. While such rules fire a
 * new firing cannot tell of new trouble, so the indicators are watched on, and bad ones reopen the incident.
 */
export class Settling {
  readonly #kernel: Kernel;
  readonly #incidents: Settled;
  readonly #settleMs: Duration;
  readonly #indicators: Indicators | undefined;

  constructor(kernel: Kernel, incidents: Settled, settleMs: Duration, indicators: Indicators | undefined) {
    this.#kernel = kernel;
    this.#incidents = incidents;
    this.#settleMs = settleMs;
    this.#indicators = indicators;
    kernel.jobs.define<Check>(JOB, check => this.#check(check));
  }

  /** Sets the timers that a transition calls for, in its transaction. Incidents that a person declared end by a person. */
  async follow(before: Incident, after: Incident): Promise<void> {
    const { id, alerts, status, mitigatedAt, resolvedAt, quietSince } = after;
    if (alerts.length === 0) return;
    const begins = status !== before.status;
    if (status === 'mitigated' && mitigatedAt !== undefined) {
      if (begins) await this.#again({ incident: id, since: mitigatedAt, n: 0 });
      if (quietSince !== undefined && before.quietSince === undefined)
        await this.#schedule(`${id}/quiet/${quietSince}`, { incident: id, since: mitigatedAt, n: -1 });
    }
    if (status === 'resolved' && resolvedAt !== undefined && begins && stillFiring(after).length > 0)
      await this.#again({ incident: id, since: resolvedAt, n: 0 });
  }

  async #check(check: Check): Promise<void> {
    const incident = await this.#incidents.get(check.incident);
    if (incident.status === 'mitigated' && incident.mitigatedAt === check.since)
      await this.#settle(incident, check);
    else if (incident.status === 'resolved' && incident.resolvedAt === check.since)
      await this.#lookAfter(incident, check);
  }

  async #settle(incident: Incident, check: Check): Promise<void> {
    if (stillFiring(incident).length === 0) {
      const why = `all alerts have ended and stayed so for ${this.#span()}`;
      if (!(await this.#resolve(incident, why, true))) await this.#again(check);
      return;
    }
    if (this.#indicators === undefined) return this.#again(check);
    const { state, statement } = await this.#read(incident);
    if (state === 'good') {
      const why = `${statement}, for ${this.#span()}; a rule over a longer window still remembers`;
      await this.#resolve(incident, why, false);
    } else if (state === 'bad') await this.#worse(incident, check, statement);
    else {
      await this.#incidents.addEntry(incident.id, {
        kind: 'verification',
        text: `It cannot be told whether it is over: ${statement}. Nines does not resolve it on missing data.`,
        data: { state },
        dedupe: `no-data:${check.since}`,
      });
      await this.#again(check);
    }
  }

  async #lookAfter(incident: Incident, check: Check): Promise<void> {
    if (this.#indicators === undefined || stillFiring(incident).length === 0) return;
    if (this.#kernel.clock.now() > epochMs(check.since) + AFTERCARE_MS) return;
    const { state, statement } = await this.#read(incident);
    if (state === 'bad') await this.#worse(incident, check, statement);
    else await this.#again({ ...check, bad: 0 });
  }

  async #worse(incident: Incident, check: Check, statement: string): Promise<void> {
    const bad = (check.bad ?? 0) + 1;
    if (bad < BAD_READINGS) return this.#again({ ...check, bad });
    await this.#incidents.change(incident.id, current =>
      isSame(current, incident)
        ? reopened(current, `the indicators are bad again: ${statement}`, 'nines', this.#now())
        : unchanged(current),
    );
  }

  /** Void if its status or its alerts changed meanwhile. `anyway`: the indicators speak for rules that still fire. */
  async #resolve(incident: Incident, why: string, quiet: boolean): Promise<boolean> {
    const after = await this.#incidents.change(incident.id, current => {
      const now = this.#now();
      const settled =
        current.quietSince !== undefined && epochMs(current.quietSince) + this.#settleMs <= epochMs(now);
      if (!isSame(current, incident) || (quiet && !settled)) return unchanged(current);
      return resolved(current, { why, by: 'nines', anyway: !quiet }, now);
    });
    return after.status === 'resolved';
  }

  async #read(incident: Incident): Promise<IndicatorReading> {
    const now = this.#kernel.clock.now();
    const window = { from: instant(now - this.#settleMs), to: instant(now) };
    try {
      return await this.#indicators!(incident.affectedServices, window);
    } catch (error) {
      // A source that is away must not end the watch; it counts as what it is, no data.
      this.#kernel.log.warn({ error, incident: incident.id }, 'the indicators could not be read');
      return { state: 'no_data', statement: 'the indicators could not be read' };
    }
  }

  /** The next look of the same chain; a single look at the end of a quiet time has none. */
  async #again(check: Check): Promise<void> {
    if (check.n < 0) return;
    const next = { ...check, n: check.n + 1 };
    await this.#schedule(`${check.incident}/${check.since}/${next.n}`, next);
  }

  async #schedule(key: string, check: Check): Promise<void> {
    const at = instant(this.#kernel.clock.now() + this.#settleMs);
    await this.#kernel.jobs.schedule({ kind: JOB, key, data: check, at });
  }

  #now(): Instant {
    return instant(this.#kernel.clock.now());
  }

  #span(): string {
    return humanDuration(this.#settleMs);
  }
}

function isSame(a: Incident, b: Incident): boolean {
  return a.status === b.status && a.mitigatedAt === b.mitigatedAt && a.resolvedAt === b.resolvedAt;
}
