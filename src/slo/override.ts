import { z } from 'zod';
import { Fault, Instant, instant } from '../kernel/index.ts';
import { BudgetLevel, Purpose } from './error-budget-policy.ts';
import { wrapped } from './text.ts';

/** Somebody's decision to go on although the budget says no: named, reasoned, for a time. */
export const Override = z.object({
  id: z.string().describe('As ovr_7f3k…'),
  service: z.string().describe('What is done to this service may go on, whichever budget speaks against it'),
  purposes: z.array(Purpose).min(1),
  by: z.string(),
  reason: z.string(),
  at: Instant,
  until: Instant,
  level: z.string().describe('The level that held when it was made'),
  confirmedBy: z.string().optional().describe('The second person'),
  confirmedAt: Instant.optional(),
  action: z.string().optional().describe('It was for this one action, as release payments v1.2.3'),
  endedBy: z.string().optional(),
  endedAt: Instant.optional().describe('When it was taken back'),
});
export type Override = z.infer<typeof Override>;

/** What the gate says of one that counted. */
export const OverrideTrace = Override.pick({
  id: true,
  by: true,
  reason: true,
  until: true,
  confirmedBy: true,
});
export type OverrideTrace = z.infer<typeof OverrideTrace>;

export const OverrideState = z.enum(['in_force', 'waits_for_second', 'over', 'taken_back', 'one_action']);
export type OverrideState = z.infer<typeof OverrideState>;

/** No override lasts longer. */
export const LONGEST_OVERRIDE_MS = 72 * 3_600_000;

/** Whether it is neither over nor taken back. */
export function isActive(override: Override, now: Instant): boolean {
  return override.at <= now && now < override.until && override.endedAt === undefined;
}

/**
 * Whether a level asks for a second person. A level that nobody knows does not: absence of data is no proof that
 * the budget is gone.
 */
export function needsSecond(level: string, twoPeopleFrom: BudgetLevel): boolean {
  const order: readonly string[] = BudgetLevel.options;
  return order.indexOf(level) >= order.indexOf(twoPeopleFrom);
}

/** The override that lets this through now; one that waits for its second person does not. */
export function overrideFor(
  overrides: readonly Override[],
  asked: { service: string; purpose: Purpose; secondNeeded: boolean; now: Instant },
): Override | undefined {
  return overrides.find(
    one =>
      one.service === asked.service &&
      one.purposes.includes(asked.purpose) &&
      isActive(one, asked.now) &&
      (one.confirmedBy !== undefined || !asked.secondNeeded),
  );
}

/** With the second person's word. Throws `conflict` when it is over, or confirmed by the one who made it. */
export function confirmed(override: Override, by: string, now: Instant): Override {
  if (!isActive(override, now)) throw new Fault('conflict', `The override ${override.id} is over.`);
  if (override.confirmedBy !== undefined) return override;
  if (override.by === by)
    throw new Fault('forbidden', `${by} made the override ${override.id}; a second person confirms it.`, {
      hint: `Another person: nines slo confirm ${override.id}`,
    });
  return { ...override, confirmedBy: by, confirmedAt: now };
}

export function ended(override: Override, by: string, now: Instant): Override {
  if (override.endedAt !== undefined) return override;
  return { ...override, endedBy: by, endedAt: now };
}

/** When it ends. Throws `invalid` for one that is too long. */
export function untilOf(now: number, lengthMs: number): Instant {
  if (!(lengthMs > 0) || lengthMs > LONGEST_OVERRIDE_MS)
    throw new Fault('invalid', 'An override lasts at most 72 hours.', {
      field: 'last',
      hint: 'As --last 2h. If it must be longer, change the policy.',
    });
  return instant(now + lengthMs);
}

/** How it stands; whether a second person is needed is known where it matters: while it could be in force. */
export function stateOf(override: Override, now: Instant, secondNeeded: boolean): OverrideState {
  if (override.action !== undefined) return 'one_action';
  if (override.endedAt !== undefined) return 'taken_back';
  if (!isActive(override, now)) return 'over';
  return secondNeeded && override.confirmedBy === undefined ? 'waits_for_second' : 'in_force';
}

/** What it is, in a few lines of 80 columns. */
export function overrideText(override: Override, state: OverrideState): string {
  const { id, service, purposes, by, confirmedBy, level, reason, action } = override;
  const until = `${override.until.slice(0, 16).replace('T', ' ')} UTC`;
  const says: Record<OverrideState, string> = {
    in_force: `in force until ${until}`,
    waits_for_second: `waits for a second person: nines slo confirm ${id}`,
    over: `over since ${until}`,
    taken_back: `taken back by ${override.endedBy}`,
    one_action: `for one action at ${until}: ${action}`,
  };
  const second = confirmedBy === undefined ? '' : `, confirmed by ${confirmedBy}`;
  return [
    `${id}  ${service}  ${purposes.join(', ').replaceAll('_', ' ')}`,
    ...wrapped(says[state], 2),
    ...wrapped(`by ${by}${second}, at the level ${level.replaceAll('_', ' ')}: ${reason}`, 2),
  ].join('\n');
}
