import { epochMs, instant, type Kernel } from '../kernel/index.ts';
import type { alertStore, DataGap } from './store.ts';

/** The gaps that are stored, by what nothing is known of. */
export type Gaps = ReadonlyMap<string, DataGap>;

/** Since when nothing is known of objectives and of what sources watch, and who was told. */
export class DataGaps {
  readonly #kernel: Kernel;
  readonly #store: ReturnType<typeof alertStore>;
  readonly #afterMs: number;
  /** Of what was told: since when there is data again. */
  readonly #back = new Map<string, number>();

  constructor(kernel: Kernel, store: ReturnType<typeof alertStore>, afterMs: number) {
    this.#kernel = kernel;
    this.#store = store;
    this.#afterMs = afterMs;
  }

  load(): Promise<Gaps> {
    return this.#store.gaps();
  }

  /**
   * Something is known. What was told ends only after data have come for as long as it takes to tell: what comes
   * seldom is told once, and not each time that it stops.
   */
  async known(gaps: Gaps, id: string, now: number): Promise<void> {
    const gap = gaps.get(id);
    if (gap === undefined) return;
    const since = this.#back.get(id) ?? now;
    if (gap.told && now - since < this.#afterMs) {
      this.#back.set(id, Math.min(since, now));
      return;
    }
    this.#back.delete(id);
    await this.#store.removeGap(id);
  }

  /** Keeps since when nothing is known, and says so once it has lasted. */
  async missing(
    gaps: Gaps,
    id: string,
    now: number,
    { rule, service, reason }: { rule: string; service: string; reason: string },
  ): Promise<void> {
    this.#back.delete(id);
    const gap = gaps.get(id);
    // A clock that was put back makes a beginning that has not come yet.
    if (gap === undefined || epochMs(gap.since) > now)
      return this.#store.putGap({ objective: id, since: instant(now), told: gap?.told ?? false });
    if (gap.told || now - epochMs(gap.since) < this.#afterMs) return;
    await this.#kernel.db.transaction(async () => {
      await this.#store.putGap({ ...gap, told: true });
      await this.#kernel.events.emit('alert.no_data', id, {
        rule,
        objective: id,
        service,
        since: gap.since,
        reason,
      });
    });
  }

  /** What is no longer watched has no gap either: declared again, it begins anew. */
  async forget(gaps: Gaps, watched: (id: string) => boolean): Promise<void> {
    for (const id of gaps.keys()) if (!watched(id)) await this.#store.removeGap(id);
  }
}
