import type { Catalog } from '../catalog/index.ts';
import { instant, type Kernel, messageOf } from '../kernel/index.ts';
import { bounded } from './bounded.ts';
import type { Compiled } from './declared.ts';
import { BudgetLevel, ErrorBudgetPolicy, policyFor } from './error-budget-policy.ts';
import type { Gates } from './gates.ts';
import { afterLook, isWorse, type StandingLevel } from './level.ts';

const EVERY_MS = 60_000;
/** Reading a budget asks long windows: of many services each has its turn. */
const MOST_A_TURN = 200;

/** The event `slo.level_changed`; its subject is the service. */
export interface LevelChanged {
  service: string;
  from: BudgetLevel;
  to: BudgetLevel;
  worse: boolean;
  /** Teams that the policy wants told: of the worse of the two levels. */
  tell: string[];
  reason: string;
}

/** Watches at which level of its policy each service stands, so that whom it concerns is told when that changes. */
export class Levels {
  readonly #kernel: Kernel;
  readonly #catalog: Pick<Catalog, 'list'>;
  readonly #gates: Gates;
  readonly #compiled: () => Promise<Compiled[]>;
  readonly #looked = new Map<string, number>();

  constructor(
    kernel: Kernel,
    catalog: Pick<Catalog, 'list'>,
    gates: Gates,
    compiled: () => Promise<Compiled[]>,
  ) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#gates = gates;
    this.#compiled = compiled;
  }

  start(): void {
    this.#kernel.loops.start({ name: 'slo.levels', everyMs: EVERY_MS, run: now => this.look(now) });
  }

  /** One turn: the services that were looked at longest ago. A budget that cannot be read keeps its level. */
  async look(now: number): Promise<void> {
    const services = [...new Set((await this.#compiled()).map(({ objective }) => objective.service))];
    for (const known of this.#looked.keys()) if (!services.includes(known)) this.#looked.delete(known);
    const due = services
      .sort((a, b) => (this.#looked.get(a) ?? 0) - (this.#looked.get(b) ?? 0))
      .slice(0, MOST_A_TURN);
    await bounded(due, 2, async service => {
      this.#looked.set(service, now);
      await this.#lookAt(service, now).catch(error =>
        this.#kernel.log.warn(
          { error: messageOf(error), service },
          'the level of an error budget could not be looked at; it stays as it was',
        ),
      );
    });
  }

  async #lookAt(service: string, now: number): Promise<void> {
    const own = await this.#gates.own(service, instant(now));
    const found = BudgetLevel.safeParse(own?.level);
    // No data says nothing of the budget.
    if (own === undefined || !found.success) return;
    const { reason } = own;
    const before = await this.#stored(service);
    // What is not read may be what was worse: only a worse level is known then.
    if (own.unread !== undefined && before !== undefined && isWorse(before.level, found.data)) return;
    const { standing, from } = afterLook(before, found.data, now);
    if (before !== undefined && from === undefined && before.betterSince === standing.betterSince) return;
    const { spec } = policyFor(service, await this.#catalog.list(ErrorBudgetPolicy));
    await this.#kernel.db.transaction(async () => {
      await this.#kernel.db.query(
        `insert into slo_level (service, doc) values ($1, $2::jsonb)
         on conflict (service) do update set doc = excluded.doc`,
        [service, JSON.stringify(standing)],
      );
      if (from === undefined) return;
      const to = standing.level;
      const worse = isWorse(to, from);
      const told = spec.levels.find(one => one.level === (worse ? to : from))?.tell ?? [];
      const changed: LevelChanged = { service, from, to, worse, tell: told, reason };
      await this.#kernel.events.emit('slo.level_changed', service, changed);
    });
  }

  async #stored(service: string): Promise<StandingLevel | undefined> {
    const [row] = await this.#kernel.db.query<{ doc: StandingLevel }>(
      'select doc from slo_level where service = $1',
      [service],
    );
    return row?.doc;
  }
}
