import { milliseconds } from '../kernel/index.ts';
import { budgetOf } from './error-budget.ts';
import type { ObjectiveSli } from './indicator.ts';
import type { WindowQuery } from './window-query.ts';

/** One objective of a composite SLO. */
export interface Part {
  sli: ObjectiveSli;
  target: number;
  /** OpenSLO's `compositeWeight`, 1 if it is absent. */
  weight: number;
}

/**
 * Several objectives as one. OpenSLO v1 gives each part a weight and leaves open what it does; the proposal
 * (https://github.com/OpenSLO/OpenSLO/pull/182) has it as how fast a part burns the budget of the whole. So:
 *
 *     burn of the whole = Σ weight × burn of the part ÷ Σ weight
 *
 * Its target is the weighted mean of the targets, and its error ratio the burn times that budget, at most 1: with equal
 * targets, the weighted mean of the error ratios. A part in which nothing happens burns nothing; a part without data
 * makes the whole no data. A window's events are those of all parts, of which that ratio is bad.
 */
export function compositeOf(parts: readonly Part[]): { sli: ObjectiveSli; target: number } {
  const weights = parts.reduce((sum, part) => sum + part.weight, 0);
  const budget = exact(parts.reduce((sum, part) => sum + part.weight * budgetOf(part.target), 0) / weights);
  const share = (part: Part) => exact((part.weight / weights) * (budget / budgetOf(part.target)));
  const ratioExpr: WindowQuery = window =>
    `clamp_max(${parts.map(part => `${share(part)} * ${quietIsGood(part.sli, window)}`).join(' + ')}, 1)`;
  // A ratio that was made elsewhere has no events of its own to add.
  const counting = parts.filter(({ sli }) => sli.counts !== 'ratio');
  const totalExpr: WindowQuery = window =>
    counting.length === 0
      ? `${ratioExpr(window)} * 0 + 1`
      : `(${counting.map(({ sli }) => sli.totalExpr(window)).join(' + ')})`;
  const kinds = new Set(parts.map(({ sli }) => sli.kind));
  const counts = new Set(parts.map(({ sli }) => sli.counts));
  const slices = parts.flatMap(({ sli }) => (sli.atLeast === undefined ? [] : [sli.atLeast]));
  return {
    target: exact(1 - budget),
    sli: {
      kind: kinds.size === 1 ? parts[0]!.sli.kind : 'other',
      counts: counting.length === 0 ? 'ratio' : counts.size === 1 ? parts[0]!.sli.counts : 'samples',
      ratioExpr,
      totalExpr,
      badExpr: window => `(${ratioExpr(window)} * ${totalExpr(window)})`,
      counted: { of: counting.length === 0 ? 'ratio' : 'share', expr: ratioExpr },
      queries: parts.flatMap(({ sli }) => sli.queries),
      mayBeAbsent: parts.flatMap(({ sli }) => sli.mayBeAbsent ?? []),
      ...(slices.length === 0 ? {} : { atLeast: milliseconds(Math.max(...slices)) }),
    },
  };
}

/** A part's error ratio, zero where nothing happened, and nothing where nothing is known. */
function quietIsGood(sli: ObjectiveSli, window: string): string {
  return `((${sli.ratioExpr(window)}) >= 0 or (${sli.badExpr(window)}) * 0)`;
}

/** Without the noise of binary fractions. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}
