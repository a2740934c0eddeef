import { duration } from '../kernel/index.ts';
import { type AlertRule, burnRate, keeps, type RuleEvaluation } from '../slo/index.ts';
import type { Observation } from './alert.ts';

/** What the rules of one fingerprint found together. */
export interface Group {
  observation: Observation;
  /** The rule that decides, when one holds, and its figures. */
  rule?: AlertRule;
  evaluation?: RuleEvaluation;
}

/** Joins the rules of one objective and severity: the fastest that holds decides; without data none does. */
export function observe(
  rules: readonly AlertRule[],
  evaluations: readonly RuleEvaluation[],
  target: number,
): Group {
  const pairs = rules.flatMap(rule => {
    const evaluation = evaluations.find(one => one.rule === rule.id);
    return evaluation === undefined ? [] : [{ rule, evaluation }];
  });
  const firing = pairs
    .filter(({ evaluation }) => evaluation.state === 'firing')
    // A burn rule comes before the one for low traffic, which waits longer.
    .sort((a, b) => duration(a.rule.for) - duration(b.rule.for) || b.rule.burnRate - a.rule.burnRate);
  const first = firing[0];
  if (first !== undefined) {
    const { longRatio, shortRatio } = first.evaluation;
    return {
      rule: first.rule,
      evaluation: first.evaluation,
      observation: {
        state: 'firing',
        forMs: duration(first.rule.for),
        facts: {
          rule: first.rule.id,
          rules: firing.map(({ rule }) => rule.id),
          name: first.rule.name,
          value: burnRate(longRatio ?? shortRatio ?? 0, target),
          errorRatio: shortRatio ?? longRatio,
        },
      },
    };
  }
  const held = pairs.some(({ rule, evaluation }) => keeps(rule, evaluation));
  if (held) return { observation: { state: 'held' } };
  // The slower ones burn for hours on what is over.
  const fastest = fastestOf(rules.filter(rule => rule.kind === 'burn'));
  const burns = pairs.some(
    ({ rule, evaluation }) =>
      rule === fastest && evaluation.longRatio !== undefined && evaluation.longRatio > rule.threshold,
  );
  // A rule whose short window has nothing cannot prove a recovery; the older data of the slower rules does not either.
  const unknown = pairs.length === 0 || pairs.some(({ evaluation }) => evaluation.state === 'no_data');
  return { observation: { state: unknown ? 'no_data' : burns ? 'ebbing' : 'ok' } };
}

/**
 * The rule that is the first to know of trouble, where it knows nothing: its short window is empty. The slower ones go
 * on over what is old, and would make nobody wonder for hours.
 */
export function blindRule(
  rules: readonly AlertRule[],
  evaluations: readonly RuleEvaluation[],
): AlertRule | undefined {
  const first = fastestOf(rules);
  if (first === undefined) return undefined;
  const found = evaluations.find(one => one.rule === first.id);
  return found === undefined || found.state === 'no_data' ? first : undefined;
}

/** The rule with the shortest short window. */
export function fastestOf(rules: readonly AlertRule[]): AlertRule | undefined {
  return [...rules].sort((a, b) => duration(a.shortWindow) - duration(b.shortWindow))[0];
}
