import type { Resource } from '../catalog/index.ts';
import { Fault } from '../kernel/index.ts';
import { compositeOf } from './composite.ts';
import { compiledSli, type ObjectiveSli, remembering } from './indicator.ts';
import type { SliSpec } from './openslo/sli.ts';
import type { BudgetingMethod, SloObjective, SloSpec } from './openslo/slo.ts';
import { type BudgetWindow, budgetWindow } from './time-window.ts';

/** One promise, ready to be evaluated. */
export interface Objective {
  /** The SLO's name, with `/2` and so on where it has several objectives. */
  id: string;
  slo: string;
  displayName: string;
  description?: string;
  /** Why the target is what it is, from the annotation of that name. */
  rationale?: string;
  service: string;
  /** Share of good, as 0.999. */
  target: number;
  window: BudgetWindow;
  budgeting: BudgetingMethod;
  sli: ObjectiveSli;
  /** It raises no alerts, by its own word (`alertPolicies: []`): it decides at the gate, and another one pages. */
  silent?: boolean;
  /** The alert policies that it names or holds. Their conditions raise no alerts; the rules of the budget do. */
  policies?: string[];
  /** Of the whole of a composite SLO: what it is made of. */
  parts?: { id: string; target: number; weight: number }[];
  /** Of a part of a composite SLO: how fast it burns the budget of the whole. */
  weight?: number;
}

/** The annotation of an SLO that says why its target is what it is, for the SLO document. */
export const RATIONALE = 'rationale';

/** Finds an SLI by name. */
export type SliLookup = (name: string) => SliSpec | undefined;

/**
 * The objectives of an SLO; of a composite one (each objective has its own indicator) the whole by the SLO's name first,
 * then its parts, which raise no alerts of their own. Throws `invalid`, with the SLO's name, when one cannot be evaluated.
 */
export function objectivesOf(slo: Resource<SloSpec>, sliByName: SliLookup): Objective[] {
  const { spec, metadata } = slo;
  const single = spec.objectives.length === 1;
  const composite = !single && spec.objectives.some(one => (one.indicator ?? one.indicatorRef) !== undefined);
  const policies = (spec.alertPolicies ?? []).map(policy =>
    'alertPolicyRef' in policy ? policy.alertPolicyRef : policy.metadata.name,
  );
  const rationale = metadata.annotations?.[RATIONALE];
  const common = {
    slo: metadata.name,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    ...(rationale === undefined ? {} : { rationale }),
    service: spec.service,
    window: budgetWindow(spec.timeWindow?.[0]),
    budgeting: spec.budgetingMethod,
    ...(policies.length === 0 ? {} : { policies }),
  };
  const silent = spec.alertPolicies?.length === 0;
  const name = metadata.displayName ?? metadata.name;
  const parts = spec.objectives.map((objective, index): Objective => {
    const at = `spec.objectives.${index}`;
    const sli = named(slo, at, () => {
      const indicator = indicatorOf(spec, objective, at, sliByName);
      return remembering(compiledSli(indicator, objective, spec.budgetingMethod));
    });
    return {
      ...common,
      id: single ? metadata.name : `${metadata.name}/${index + 1}`,
      displayName: single ? name : (objective.displayName ?? name),
      target: targetOf(objective),
      sli,
      ...(silent || composite ? { silent: true } : {}),
      ...(composite ? { weight: objective.compositeWeight ?? 1 } : {}),
    };
  });
  if (!composite) return parts;
  const { sli, target } = compositeOf(parts.map(part => ({ ...part, weight: part.weight ?? 1 })));
  return [
    {
      ...common,
      id: metadata.name,
      displayName: name,
      target,
      sli: remembering(sli),
      parts: parts.map(part => ({ id: part.id, target: part.target, weight: part.weight ?? 1 })),
      ...(silent ? { silent: true } : {}),
    },
    ...parts,
  ];
}

/** What fails says which SLO it is, and where. */
function named<T>(slo: Resource<SloSpec>, field: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(error.code, `SLO ${slo.metadata.name}: ${error.message}`, {
      ...error.detail,
      field: error.detail.field ?? field,
      ...(slo.source === undefined ? {} : { place: slo.source }),
    });
  }
}

/** `target`, or `targetPercent` ÷ 100 without the noise of binary fractions. */
export function targetOf({ target, targetPercent }: SloObjective): number {
  if (target !== undefined) return target;
  return Number(((targetPercent ?? 0) / 100).toPrecision(12));
}

function indicatorOf(spec: SloSpec, objective: SloObjective, at: string, sliByName: SliLookup): SliSpec {
  const inline = objective.indicator ?? spec.indicator;
  if (inline !== undefined) return inline.spec;
  const name = objective.indicatorRef ?? spec.indicatorRef ?? '';
  const found = sliByName(name);
  if (found !== undefined) return found;
  throw new Fault('invalid', `there is no SLI '${name}'.`, {
    field: `${objective.indicatorRef === undefined ? 'spec' : at}.indicatorRef`,
  });
}
