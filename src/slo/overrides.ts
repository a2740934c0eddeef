import { Fault, type Instant, instant, type Kernel, newId, type Principal } from '../kernel/index.ts';
import type { Purpose } from './error-budget-policy.ts';
import { confirmed, ended, type Override, untilOf } from './override.ts';
import { overrideStore } from './override-store.ts';

export interface OverrideRequest {
  service: string;
  purposes: readonly Purpose[];
  reason: string;
  /** How long, or until when; two hours if neither is said. */
  lastMs?: number | undefined;
  until?: Instant | undefined;
  /** The level that holds now, and whether it needs a second person. */
  level: string;
  secondNeeded?: boolean | undefined;
}

/** The overrides of the gate, kept with who and why. Every change is an event. */
export class Overrides {
  readonly #kernel: Kernel;
  readonly #store: ReturnType<typeof overrideStore>;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#store = overrideStore(kernel.db);
  }

  /** Throws `forbidden` when no person asks. */
  async make(request: OverrideRequest, principal: Principal): Promise<Override> {
    demandPerson(principal);
    const now = this.#kernel.clock.now();
    const { lastMs, until, purposes, secondNeeded, ...rest } = request;
    return this.#put('slo.overridden', {
      ...rest,
      id: newId('ovr'),
      purposes: [...new Set(purposes)],
      by: principal.name,
      ...(secondNeeded === true ? { secondNeeded } : {}),
      ...(principal.claimed === true ? { claimed: true } : {}),
      at: instant(now),
      until: untilOf(now, { lastMs, until }),
    });
  }

  /** Keeps that one action went through on one person's word. Told twice, it is kept once. */
  async noteAction(facts: {
    id: string;
    service: string;
    purpose: Purpose;
    by: string;
    reason: string;
    at: Instant;
    level: string;
    action: string;
  }): Promise<void> {
    const { purpose, ...rest } = facts;
    const id = `ovr_${facts.id.replace(/^[a-z]+_/, '')}`;
    if ((await this.#store.byId(id)) !== undefined) return;
    // It is over at once: nothing but that action goes through by it.
    await this.#put('slo.overridden', { ...rest, id, purposes: [purpose], until: facts.at });
  }

  async confirm(id: string, principal: Principal): Promise<Override> {
    demandPerson(principal);
    return this.#change(id, 'slo.override_confirmed', (override, now) => confirmed(override, principal, now));
  }

  async end(id: string, principal: Principal): Promise<Override> {
    return this.#change(id, 'slo.override_ended', (override, now) => ended(override, principal.name, now));
  }

  /** Throws `not_found`. */
  async get(id: string): Promise<Override> {
    return (await this.#store.byId(id)) ?? notThere(id);
  }

  /** Those in force some time in the window, the newest first, at most 200. */
  between(window: { from: Instant; to: Instant }, services?: readonly string[]): Promise<Override[]> {
    return this.#store.between(window.from, window.to, services);
  }

  /** Of two changes at once the second sees what the first made: what was taken back is not confirmed. */
  async #change(
    id: string,
    event: string,
    change: (override: Override, now: Instant) => Override,
  ): Promise<Override> {
    return this.#kernel.db.transaction(async () => {
      const override = (await this.#store.locked(id)) ?? notThere(id);
      const changed = change(override, instant(this.#kernel.clock.now()));
      // Said again, it is no news.
      return changed === override ? override : this.#put(event, changed);
    });
  }

  async #put(event: string, override: Override): Promise<Override> {
    await this.#kernel.db.transaction(async () => {
      await this.#store.put(override);
      await this.#kernel.events.emit(event, override.service, { override });
    });
    return override;
  }
}

function notThere(id: string): never {
  throw new Fault('not_found', `There is no override '${id.slice(0, 80)}'.`, {
    hint: 'nines slo overrides shows them.',
  });
}

function demandPerson({ kind }: Principal): void {
  if (kind !== 'person')
    throw new Fault('forbidden', 'Only a person may override the gate of the error budget.', {
      hint: 'Let a person run it, with a reason.',
    });
}
