import { epochMs, Fault, type Instant, instant, type Kernel } from '../kernel/index.ts';
import { conclude } from './conclude.ts';
import { gather } from './gather.ts';
import { type Conclusion, type Investigation, signature } from './investigation.ts';
import type { IncidentFacts, Sources } from './sources.ts';
import { investigationStore } from './store.ts';

export interface InvestigationPace {
  /** Between runs while the incident is young, in milliseconds. */
  quickEveryMs: number;
  /** How long an incident counts as young. */
  quickForMs: number;
  slowEveryMs: number;
  /** Runs an incident, at most. */
  maxRuns: number;
}

const PACE: InvestigationPace = {
  quickEveryMs: 10_000,
  quickForMs: 3 * 60_000,
  slowEveryMs: 60_000,
  maxRuns: 40,
};
/** "Inconclusive" is told only once data has had this many runs to arrive. */
const TELL_INCONCLUSIVE_AFTER = 3;
const JOB = 'investigation.run';

interface RunJob {
  incident: string;
  attempt: number;
}

/**
 * Why each incident is broken, kept and looked at again as data arrives: quickly while it is young, then slowly, until
 * the verdict is confirmed, the incident is no longer open, or the runs are used up. A change of verdict is an
 * `investigation.concluded` event, once.
 */
export class Investigations {
  readonly #kernel: Kernel;
  readonly #sources: Sources;
  readonly #pace: InvestigationPace;
  readonly #store: ReturnType<typeof investigationStore>;

  constructor(kernel: Kernel, sources: Sources, pace: Partial<InvestigationPace> = {}) {
    this.#kernel = kernel;
    this.#sources = sources;
    this.#pace = { ...PACE, ...pace };
    this.#store = investigationStore(kernel.db);
    kernel.jobs.define<RunJob>(JOB, data => this.#turn(data));
  }

  /** Starts looking into an incident; again for the same incident changes nothing. In the transaction under way. */
  async begin(incident: string): Promise<void> {
    await this.#kernel.jobs.schedule({ kind: JOB, key: `${incident}/1`, data: { incident, attempt: 1 } });
  }

  /** Looks now, whatever the pace, and keeps what it finds. Throws `not_found` for an unknown incident. */
  async investigate(incident: string): Promise<Investigation> {
    const facts = await this.#sources.incidents.get(incident);
    return this.#run(facts, true);
  }

  /** The newest investigation of an incident. Throws `not_found` if none has run. */
  async get(incident: string): Promise<Investigation> {
    const stored = await this.#store.get(incident);
    if (stored !== undefined) return stored.investigation;
    throw new Fault('not_found', `Incident ${incident.slice(0, 40)} has not been investigated yet.`, {
      hint: `nines investigation run ${incident.slice(0, 40)} looks into it now.`,
    });
  }

  async find(incident: string): Promise<Investigation | undefined> {
    return (await this.#store.get(incident))?.investigation;
  }

  /** Newest first. */
  async list(limit = 50): Promise<Investigation[]> {
    return this.#store.list(Math.min(Math.max(limit, 1), 200));
  }

  async #turn({ incident, attempt }: RunJob): Promise<void> {
    const facts = await this.#sources.incidents.get(incident);
    const known = await this.#store.get(incident);
    // An incident that ended while this was waiting is still looked into once, for its postmortem.
    if (known !== undefined && (facts.status !== 'open' || known.investigation.verdict === 'confirmed'))
      return;
    const found = await this.#run(facts, false);
    const next = attempt + 1;
    if (found.verdict === 'confirmed' || next > this.#pace.maxRuns) return;
    const now = this.#kernel.clock.now();
    const isYoung = now - epochMs(facts.openedAt) < this.#pace.quickForMs;
    const wait = isYoung ? this.#pace.quickEveryMs : this.#pace.slowEveryMs;
    await this.#kernel.jobs.schedule({
      kind: JOB,
      key: `${incident}/${next}`,
      data: { incident, attempt: next },
      at: instant(now + wait),
    });
  }

  async #run(facts: IncidentFacts, asked: boolean): Promise<Investigation> {
    const { clock } = this.#kernel;
    const observation = await gather(this.#sources, facts, instant(clock.now()));
    const conclusion = conclude(observation);
    return this.#keep(facts.id, instant(clock.now()), { window: observation.window, ...conclusion }, asked);
  }

  async #keep(
    incident: string,
    at: Instant,
    found: Conclusion & Pick<Investigation, 'window'>,
    asked: boolean,
  ): Promise<Investigation> {
    const { db, events } = this.#kernel;
    return db.transaction(async () => {
      const known = await this.#store.lock(incident);
      const runs = (known?.runs ?? 0) + 1;
      // Data that has been deleted since, or a source that is away, takes nothing back that was once evidenced.
      const keepsOld =
        known !== undefined &&
        known.investigation.causes.length > 0 &&
        (found.causes.length === 0 || (!asked && known.investigation.verdict === 'confirmed'));
      const investigation: Investigation = keepsOld
        ? known.investigation
        : { id: `inv-${incident}`, incident, at, run: runs, ...found };
      const told = known?.told ?? '';
      const news = signature(investigation);
      const ripe =
        investigation.verdict !== 'inconclusive' || asked || told !== '' || runs >= TELL_INCONCLUSIVE_AFTER;
      const tell = ripe && news !== told;
      await this.#store.put({ runs, told: tell ? news : told, investigation });
      if (tell) await events.emit('investigation.concluded', incident, { investigation });
      return investigation;
    });
  }
}
