import { epochMs, type Instant } from '../kernel/index.ts';
import { type Coverage, coverageOf, type RangeMetrics } from './coverage.ts';
import type { Objective } from './objective.ts';
import { windowAt } from './time-window.ts';

const AT_LEAST_MS = 2_000;
const AT_MOST_MS = 600_000;

/** How much of each objective's window has data, looked at seldom where it changes little. */
export class Coverages {
  readonly #metrics: RangeMetrics;
  readonly #known = new Map<
    string,
    { about: string; asked: number; until: number; value: Promise<Coverage> }
  >();

  constructor(metrics: RangeMetrics) {
    this.#metrics = metrics;
  }

  /** As a share of the whole window, also of a calendar window that has only begun. */
  of(objective: Objective, at: Instant): Promise<Coverage> {
    const now = epochMs(at);
    const cached = this.#known.get(objective.id);
    // Declared anew over another window or by another query, it covers something else.
    const about = `${JSON.stringify(objective.window)} ${objective.sli.totalExpr('1m')}`;
    if (cached?.about === about && now >= cached.asked && now < cached.until) return cached.value;
    const { from, length } = windowAt(objective.window, at);
    const entry = {
      about,
      asked: now,
      until: now + AT_LEAST_MS,
      value: coverageOf(this.#metrics, objective.sli.totalExpr, from, at).then(({ share, since }) => {
        const covered = share * (now - epochMs(from));
        // A twentieth of what is covered changes little: a fresh system is looked at often, an old one seldom.
        entry.until = now + Math.min(Math.max(covered / 20, AT_LEAST_MS), AT_MOST_MS);
        return { share: covered / length, ...(since === undefined ? {} : { since }) };
      }),
    };
    this.#known.set(objective.id, entry);
    entry.value.catch(() => {
      if (this.#known.get(objective.id) === entry) this.#known.delete(objective.id);
    });
    return entry.value;
  }
}
