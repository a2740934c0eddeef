import type { Catalog, Resource } from '../catalog/index.ts';
import { Fault, type Kernel, messageOf } from '../kernel/index.ts';
import { type AlertRule, alertRules, type RuleOptions } from './alert-rule.ts';
import type { BurnRateNote } from './burn-rate.ts';
import { type Objective, objectivesOf } from './objective.ts';
import { Sli, type SliSpec } from './openslo/sli.ts';
import { Slo, type SloSpec } from './openslo/slo.ts';

/** Another replica may have applied: what was read is good for so long. */
const GOOD_FOR_MS = 10_000;

/** An objective with its rules. */
export interface Compiled {
  objective: Objective;
  rules: AlertRule[];
  notes: BurnRateNote[];
}

/** An SLO that is declared and cannot be evaluated: never silently left out. */
export interface BrokenSlo {
  slo: string;
  service: string;
  problem: string;
}

interface Loaded {
  all: Compiled[];
  byId: ReadonlyMap<string, Compiled>;
  broken: BrokenSlo[];
}

/** The SLOs of the catalog, compiled once after each change. */
export class DeclaredSlos {
  readonly #kernel: Kernel;
  readonly #catalog: Pick<Catalog, 'list'>;
  readonly #options: RuleOptions;
  #made = new Map<string, { content: string; made: Compiled[] }>();
  #loaded: { asked: number; value: Promise<Loaded> } | undefined;

  constructor(kernel: Kernel, catalog: Pick<Catalog, 'list'>, options: RuleOptions) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#options = options;
    kernel.events.on('catalog.applied', 'slo.catalog-applied', async () => {
      this.#loaded = undefined;
    });
  }

  load(): Promise<Loaded> {
    const now = this.#kernel.clock.now();
    // A clock that was put back must not make it good for as long as that.
    if (this.#loaded !== undefined && Math.abs(now - this.#loaded.asked) < GOOD_FOR_MS)
      return this.#loaded.value;
    const entry = { asked: now, value: this.#compile() };
    this.#loaded = entry;
    entry.value.catch(() => {
      if (this.#loaded === entry) this.#loaded = undefined;
    });
    return entry.value;
  }

  /** By id; an SLO's name finds its first objective. Throws `not_found` with the names that there are. */
  async find(id: string): Promise<Compiled> {
    const { all, broken, byId } = await this.load();
    const found = byId.get(id) ?? all.find(({ objective }) => objective.slo === id);
    if (found !== undefined) return found;
    const problem = broken.find(({ slo }) => slo === id)?.problem;
    if (problem !== undefined) throw new Fault('conflict', problem);
    const names = all.map(({ objective }) => objective.id);
    throw new Fault('not_found', `There is no SLO '${id.slice(0, 80)}'.`, {
      hint:
        names.length === 0
          ? 'No SLO is applied yet: nines apply FOLDER.'
          : `There are: ${names.slice(0, 12).join(', ')}.`,
    });
  }

  async #compile(): Promise<Loaded> {
    const slis = new Map((await this.#catalog.list(Sli)).map(sli => [sli.metadata.name, sli.spec]));
    const all: Compiled[] = [];
    const broken: BrokenSlo[] = [];
    const before = this.#made;
    this.#made = new Map();
    for (const slo of await this.#catalog.list(Slo)) {
      try {
        const content = contentOf(slo, slis);
        const same = before.get(slo.metadata.name);
        // Most are what they were: the texts of their queries are kept.
        const made =
          same?.content === content
            ? same.made
            : objectivesOf(slo, name => slis.get(name)).map(objective => ({
                objective,
                ...alertRules(objective, this.#options),
              }));
        this.#made.set(slo.metadata.name, { content, made });
        all.push(...made);
      } catch (error) {
        // Also a defect of ours in one of them must not take the others with it.
        if (!(error instanceof Fault))
          this.#kernel.log.error({ error, slo: slo.metadata.name }, 'an SLO could not be compiled');
        const problem =
          error instanceof Fault ? error.message : `SLO ${slo.metadata.name}: ${messageOf(error)}`;
        broken.push({ slo: slo.metadata.name, service: slo.spec.service, problem });
      }
    }
    return { all, broken, byId: new Map(all.map(one => [one.objective.id, one])) };
  }
}

/** All that an SLO is compiled from. */
function contentOf(slo: Resource<SloSpec>, slis: ReadonlyMap<string, SliSpec>): string {
  const { metadata, spec } = slo;
  const names = [spec.indicatorRef, ...spec.objectives.map(one => one.indicatorRef)];
  const used = names.flatMap(name => (name === undefined ? [] : [slis.get(name)]));
  return JSON.stringify([metadata, spec, used]);
}
