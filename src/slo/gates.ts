import { type Catalog, withDependents } from '../catalog/index.ts';
import { type Instant, instant, type Kernel, type Principal } from '../kernel/index.ts';
import { bounded } from './bounded.ts';
import type { Budgets } from './budgets.ts';
import type { Compiled } from './declared.ts';
import { ErrorBudgetPolicy, type Purpose, policyFor } from './error-budget-policy.ts';
import { type GateAnswer, gateAnswer, joinedAnswer, overridden } from './gate.ts';
import {
  isActive,
  needsSecond,
  type Override,
  type OverrideState,
  overrideFor,
  stateOf,
} from './override.ts';
import { Overrides } from './overrides.ts';

const CONCURRENCY = 6;

/** What the error budgets allow: the one gate that everybody asks. */
export class Gates {
  readonly overrides: Overrides;
  readonly #kernel: Kernel;
  readonly #catalog: Pick<Catalog, 'list'>;
  readonly #budgets: Budgets;
  readonly #compiled: () => Promise<Compiled[]>;

  constructor(
    kernel: Kernel,
    catalog: Pick<Catalog, 'list'>,
    budgets: Budgets,
    compiled: () => Promise<Compiled[]>,
  ) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#budgets = budgets;
    this.#compiled = compiled;
    this.overrides = new Overrides(kernel);
  }

  /**
   * Whether the budgets of a service, and of all that depend on it, allow what is asked, each by its own policy. The
   * scarcest budget decides; an override that is in force lets it through, and is named.
   */
  async ask(service: string, purpose: Purpose, at: Instant): Promise<GateAnswer> {
    const answer = await this.#budgetsAnswer(service, purpose, at);
    if (answer.allowed) return answer;
    const { twoPeopleFrom } = policyFor(answer.service, await this.#catalog.list(ErrorBudgetPolicy)).spec;
    const { level } = answer;
    const found = overrideFor(await this.overrides.between({ from: at, to: at }, [service]), {
      service,
      purpose,
      level,
      twoPeopleFrom,
      now: at,
    });
    return found === undefined
      ? { ...answer, ...(needsSecond(level, twoPeopleFrom) ? { needsSecond: true } : {}) }
      : overridden(answer, found);
  }

  /** Lets through what the gate denies. From the policy's level on it counts once a second person confirmed it. */
  async override(
    request: { service: string; purposes: readonly Purpose[]; reason: string; lastMs: number },
    principal: Principal,
  ): Promise<{ override: Override; waitsForSecond: boolean }> {
    const { service, purposes } = request;
    const at = instant(this.#kernel.clock.now());
    const answers = await Promise.all(purposes.map(purpose => this.#budgetsAnswer(service, purpose, at)));
    const worst = joinedAnswer(answers);
    const override = await this.overrides.make({ ...request, level: worst.level }, principal);
    const { twoPeopleFrom } = policyFor(worst.service, await this.#catalog.list(ErrorBudgetPolicy)).spec;
    return { override, waitsForSecond: !worst.allowed && needsSecond(worst.level, twoPeopleFrom) };
  }

  /** How an override stands at an instant. */
  async stateOf(override: Override, at: Instant): Promise<OverrideState> {
    if (!isActive(override, at) || override.confirmedBy !== undefined) return stateOf(override, at, false);
    const answers = await Promise.all(
      override.purposes.map(purpose => this.#budgetsAnswer(override.service, purpose, at)),
    );
    const worst = joinedAnswer(answers);
    const { twoPeopleFrom } = policyFor(worst.service, await this.#catalog.list(ErrorBudgetPolicy)).spec;
    return stateOf(override, at, !worst.allowed && needsSecond(worst.level, twoPeopleFrom));
  }

  /** What a service's own budgets say, whatever depends on it. */
  own(service: string, at: Instant): Promise<GateAnswer> {
    return this.#answer(service, 'release', at);
  }

  /** The services whose budgets speak on a service: itself, and all that depend on it. */
  speaking(service: string): Promise<string[]> {
    return withDependents(this.#catalog, service);
  }

  async #budgetsAnswer(service: string, purpose: Purpose, at: Instant): Promise<GateAnswer> {
    const services = await withDependents(this.#catalog, service);
    return joinedAnswer(await bounded(services, 4, name => this.#answer(name, purpose, at)));
  }

  async #answer(service: string, purpose: Purpose, at: Instant): Promise<GateAnswer> {
    const mine = (await this.#compiled()).filter(({ objective }) => objective.service === service);
    const policy = policyFor(service, await this.#catalog.list(ErrorBudgetPolicy));
    const views = await bounded(mine, CONCURRENCY, async one => {
      const status = await this.#budgets.status(one, at);
      const burns = new Map<string, number | undefined>();
      for (const { burnAbove } of status.state === 'no_data' ? [] : policy.spec.levels)
        if (burnAbove !== undefined)
          burns.set(burnAbove.over, await this.#budgets.burn(one.objective, burnAbove.over, at));
      return { status, burns };
    });
    return gateAnswer(service, purpose, policy, views);
  }
}
