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
  secondNeeded: z
    .boolean()
    .optional()
    .describe('When it was made it let nothing through without a second person'),
  confirmedBy: z.string().optional().describe('The second person'),
  confirmedAt: Instant.optional(),
  action: z.string().optional().describe('It was for this one action, as release payments v1.2.3'),
  claimed: z
    .boolean()
    .optional()
    .describe('Somebody’s name is as typed: without tokens nothing proves that two people decided'),
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
const LONGEST_OVERRIDE_MS = 72 * 3_600_000;
const DEFAULT_MS = 2 * 3_600_000;

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

/** Until when it counted; undefined for one that nobody confirmed although that was needed. */
export function countedUntil({ secondNeeded, confirmedBy, endedAt, until }: Override): Instant | undefined {
  if (secondNeeded === true && confirmedBy === undefined) return undefined;
  return endedAt !== undefined && endedAt < until ? endedAt : until;
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

/** Who speaks, and whether a token proves it. */
interface Voice {
  name: string;
  claimed?: boolean | undefined;
}

/**
 * With the second person's word. Throws `conflict` when it is over, `forbidden` when it is confirmed by the one who made
 * it: by the name of the token, and where there are none by the name as typed.
 */
export function confirmed(override: Override, by: Voice, now: Instant): Override {
  const { id } = override;
  if (override.endedAt !== undefined)
    throw new Fault('conflict', `The override ${id} was taken back by ${override.endedBy}.`);
  if (!isActive(override, now))
    throw new Fault('conflict', `The override ${id} is over since ${override.until}.`, {
      hint: `Another one: nines slo override ${override.service} --for ${override.purposes[0]} --reason "why"`,
    });
  if (override.confirmedBy !== undefined) return override;
  if (sameName(override.by, by.name))
    throw new Fault('forbidden', `${override.by} made the override ${id}; a second person confirms it.`, {
      hint: `Another person: nines slo confirm ${id}`,
    });
  return {
    ...override,
    confirmedBy: by.name,
    confirmedAt: now,
    ...(by.claimed === true ? { claimed: true } : {}),
  };
}

function sameName(a: string, b: string): boolean {
  const plain = (name: string) => name.normalize('NFKC').trim().toLowerCase();
  return plain(a) === plain(b);
}

/** Taken back. Throws `conflict` when it is over anyway. */
export function ended(override: Override, by: string, now: Instant): Override {
  if (override.endedAt !== undefined) return override;
  if (!isActive(override, now))
    throw new Fault('conflict', `The override ${override.id} is over since ${override.until}.`);
  return { ...override, endedBy: by, endedAt: now };
}

/** When it ends: so long from now, or then; two hours if neither is said. Throws `invalid` for a bad length. */
export function untilOf(
  now: number,
  asked: { lastMs?: number | undefined; until?: Instant | undefined },
): Instant {
  if (asked.lastMs !== undefined && asked.until !== undefined)
    throw new Fault('invalid', 'An override has either a length or an end.', {
      field: 'until',
      hint: 'Give --last or --until, not both.',
    });
  const field = asked.until === undefined ? 'last' : 'until';
  const lengthMs = asked.until === undefined ? (asked.lastMs ?? DEFAULT_MS) : Date.parse(asked.until) - now;
  if (!(lengthMs > 0))
    throw new Fault('invalid', 'An override that has ended already lets nothing through.', {
      field,
      hint: 'As --last 2h.',
    });
  if (lengthMs > LONGEST_OVERRIDE_MS)
    throw new Fault('invalid', 'An override lasts at most 72 hours.', {
      field,
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
  const { id, service, purposes, by, confirmedBy, claimed, level, reason, action } = override;
  const until = `${override.until.slice(0, 16).replace('T', ' ')} UTC`;
  const says: Record<OverrideState, string> = {
    in_force: `in force until ${until}`,
    waits_for_second: `waits for a second person: nines slo confirm ${id}`,
    over: `over since ${until}`,
    taken_back: `taken back by ${override.endedBy}`,
    one_action: `for one action at ${until}: ${action}`,
  };
  const second = confirmedBy === undefined ? '' : `, confirmed by ${confirmedBy}`;
  const typed =
    confirmedBy !== undefined && claimed === true ? ' (names as typed: no token proves them)' : '';
  return [
    `${id}  ${service}  ${purposes.join(', ').replaceAll('_', ' ')}`,
    ...wrapped(says[state], 2),
    ...wrapped(`by ${by}${second}${typed}, at the level ${level.replaceAll('_', ' ')}: ${reason}`, 2),
  ].join('\n');
}
