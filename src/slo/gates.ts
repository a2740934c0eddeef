import { type Catalog, withDependents } from '../catalog/index.ts';
import { type Instant, instant, type Kernel, messageOf, type Principal } from '../kernel/index.ts';
import { bounded } from './bounded.ts';
import type { Budgets } from './budgets.ts';
import type { BrokenSlo, Compiled } from './declared.ts';
import {
  ErrorBudgetPolicy,
  type ErrorBudgetPolicySpec,
  type Purpose,
  policyFor,
} from './error-budget-policy.ts';
import { type GateAnswer, type GateView, gateAnswers, joinedAnswer, overridden } from './gate.ts';
import { isActive, type Override, type OverrideState, overrideFor, stateOf } from './override.ts';
import { type OverrideRequest, Overrides } from './overrides.ts';

const CONCURRENCY = 6;

/** What the error budgets allow: the one gate that everybody asks. */
export class Gates {
  readonly overrides: Overrides;
  readonly #kernel: Kernel;
  readonly #catalog: Pick<Catalog, 'list'>;
  readonly #budgets: Budgets;
  readonly #declared: () => Promise<{ all: Compiled[]; broken: BrokenSlo[] }>;

  constructor(
    kernel: Kernel,
    catalog: Pick<Catalog, 'list'>,
    budgets: Budgets,
    declared: () => Promise<{ all: Compiled[]; broken: BrokenSlo[] }>,
  ) {
    this.#kernel = kernel;
    this.#catalog = catalog;
    this.#budgets = budgets;
    this.#declared = declared;
    this.overrides = new Overrides(kernel);
  }

  /**
   * Whether the budgets of a service, and of all that depend on it, allow what is asked, each by its own policy. A no of
   * any one decides; an override that is in force lets it through, and is named.
   */
  async ask(service: string, purpose: Purpose, at: Instant): Promise<GateAnswer> {
    const answer = await this.#budgetsAnswer(service, purpose, at);
    if (answer.allowed) return answer;
    const found = overrideFor(await this.overrides.between({ from: at, to: at }, [service]), {
      service,
      purpose,
      secondNeeded: answer.needsSecond === true,
      now: at,
    });
    return found === undefined ? answer : overridden(answer, found);
  }

  /** Lets through what the gate denies. From the policy's level on it counts once a second person confirmed it. */
  async override(
    request: Omit<OverrideRequest, 'level' | 'secondNeeded'>,
    principal: Principal,
  ): Promise<{ override: Override; waitsForSecond: boolean }> {
    const { service, purposes } = request;
    const at = instant(this.#kernel.clock.now());
    const worst = await this.#worst(service, purposes, at);
    const { level, needsSecond: secondNeeded = false } = worst;
    const override = await this.overrides.make({ ...request, level, secondNeeded }, principal);
    return { override, waitsForSecond: secondNeeded };
  }

  /** How an override stands at an instant. */
  async stateOf(override: Override, at: Instant): Promise<OverrideState> {
    if (!isActive(override, at) || override.confirmedBy !== undefined) return stateOf(override, at, false);
    const worst = await this.#worst(override.service, override.purposes, at);
    return stateOf(override, at, worst.needsSecond === true);
  }

  /** Overrides with how each stands at an instant. */
  withStates(overrides: readonly Override[], at: Instant): Promise<(Override & { state: OverrideState })[]> {
    return bounded(overrides, 4, async one => ({ ...one, state: await this.stateOf(one, at) }));
  }

  /**
   * At which level a service's own budgets stand, whatever depends on it; undefined when nobody knows. `unread`: another
   * budget of it could not be read, so that it stands at this level or at a worse one.
   */
  async own(service: string, at: Instant): Promise<GateAnswer | undefined> {
    const answers = await this.#answers(service, 'release', at);
    const known = answers.find(({ level }) => level !== 'no_data' && level !== 'no_slo');
    const unread = answers.find(answer => answer.unread !== undefined)?.unread;
    return known === undefined || unread === undefined ? known : { ...known, unread };
  }

  /** The services whose budgets speak on a service: itself, and all that depend on it. */
  speaking(service: string): Promise<string[]> {
    return withDependents(this.#catalog, service);
  }

  async #worst(service: string, purposes: readonly Purpose[], at: Instant): Promise<GateAnswer> {
    return joinedAnswer(await bounded(purposes, 2, purpose => this.#budgetsAnswer(service, purpose, at)));
  }

  async #budgetsAnswer(service: string, purpose: Purpose, at: Instant): Promise<GateAnswer> {
    const services = await withDependents(this.#catalog, service);
    const answers = await bounded(services, 4, name => this.#answers(name, purpose, at));
    return joinedAnswer(answers.flat());
  }

  async #answers(service: string, purpose: Purpose, at: Instant): Promise<GateAnswer[]> {
    const { all, broken } = await this.#declared();
    const mine = all.filter(({ objective }) => objective.service === service);
    const policy = policyFor(service, await this.#catalog.list(ErrorBudgetPolicy));
    const views = await bounded(mine, CONCURRENCY, one => this.#views(one, policy.spec, at));
    return gateAnswers(
      service,
      purpose,
      policy,
      views.flat(),
      broken.filter(one => one.service === service),
    );
  }

  /** A budget as the policy looks at it; where its burn cannot be read, what is left and that something is not known. */
  async #views(one: Compiled, { levels }: ErrorBudgetPolicySpec, at: Instant): Promise<GateView[]> {
    const status = await this.#budgets.status(one, at);
    const burns = new Map<string, number | undefined>();
    try {
      for (const { burnAbove } of status.state === 'no_data' ? [] : levels)
        if (burnAbove !== undefined)
          burns.set(burnAbove.over, await this.#budgets.burn(one.objective, burnAbove.over, at));
      return [{ status, burns }];
    } catch (error) {
      const { budgetRemaining: _known, ...rest } = status;
      const reason = `its burn could not be read: ${messageOf(error)}`;
      return [
        { status, burns },
        { status: { ...rest, state: 'no_data', reason, unread: true }, burns: new Map() },
      ];
    }
  }
}
