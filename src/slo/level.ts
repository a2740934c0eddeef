import { type Instant, instant } from '../kernel/index.ts';
import { BudgetLevel } from './error-budget-policy.ts';

/** At which level a service stands, as it was told. */
export interface StandingLevel {
  level: BudgetLevel;
  since: Instant;
  /** A better level has been found since then, and has not held for long enough. */
  betterSince?: Instant | undefined;
}

/** A better level counts once it has held for so long: budgets hover about a threshold. */
const BETTER_FOR_MS = 10 * 60_000;

/**
 * What a look at a level makes of what stood before: a worse one counts at once, a better one when it has held. The
 * first look at a service that is well changes nothing.
 */
export function afterLook(
  before: StandingLevel | undefined,
  found: BudgetLevel,
  now: number,
): { standing: StandingLevel; from?: BudgetLevel } {
  const at = instant(now);
  if (before === undefined) {
    const standing = { level: found, since: at };
    return found === 'healthy' ? { standing } : { standing, from: 'healthy' };
  }
  const { betterSince, ...same } = before;
  const by = rank(found) - rank(before.level);
  if (by === 0) return { standing: same };
  if (by > 0) return { standing: { level: found, since: at }, from: before.level };
  if (betterSince === undefined) return { standing: { ...same, betterSince: at } };
  if (now - Date.parse(betterSince) < BETTER_FOR_MS) return { standing: before };
  return { standing: { level: found, since: at }, from: before.level };
}

export function isWorse(a: BudgetLevel, b: BudgetLevel): boolean {
  return rank(a) > rank(b);
}

function rank(level: BudgetLevel): number {
  return BudgetLevel.options.indexOf(level);
}
