import { z } from 'zod';
import { duration } from '../kernel/index.ts';
import type { BudgetStatus } from './budget-status.ts';
import { BudgetLevel, type ErrorBudgetPolicySpec, levelOf, type Purpose } from './error-budget-policy.ts';
import { needsSecond, type Override, OverrideTrace } from './override.ts';
import { sharePercent } from './text.ts';

export const GateAnswer = z.object({
  allowed: z.boolean(),
  level: z
    .enum([...BudgetLevel.options, 'no_data', 'no_slo'])
    .describe('The level of the policy that holds; no_data: nobody knows'),
  reason: z.string(),
  service: z.string().describe('Whose budget decided: the service itself, or one that depends on it'),
  unknown: z
    .array(z.string())
    .optional()
    .describe('Objectives of which nothing is known; the policy says under noData what may be done then'),
  unread: z
    .string()
    .optional()
    .describe('A budget could not be read, which is no answer: why. Only what ends a burn goes on then'),
  needsSecond: z
    .boolean()
    .optional()
    .describe('Of a no: an override counts only once a second person has confirmed it'),
  override: OverrideTrace.optional().describe('Lets it through although the budget says no'),
});
export type GateAnswer = z.infer<typeof GateAnswer>;

/** A budget of the service, with its burn over the windows that the policy asks for. */
export interface GateView {
  status: BudgetStatus;
  burns: ReadonlyMap<string, number | undefined>;
}

/** What goes on although a budget cannot be read, where the policy allows it without data: it ends what burns. */
const ENDS_A_BURN: readonly Purpose[] = ['fix_release', 'automation'];
const MOST_NAMED = 5;
/** A silence that is shorter is not told. */
const QUIET_MS = 30 * 60_000;

/**
 * Whether the policy allows what is asked, first by what is known: the budget at the worst level decides; of two, the
 * scarcer. Then, by the policy's `noData`, for the budgets of which nothing is known; `broken` are declared and cannot be
 * evaluated. Never empty: a service without SLOs has an answer too.
 */
export function gateAnswers(
  service: string,
  purpose: Purpose,
  policy: { name: string; spec: ErrorBudgetPolicySpec },
  views: readonly GateView[],
  broken: readonly { slo: string; problem: string }[] = [],
): GateAnswer[] {
  if (views.length + broken.length === 0)
    return [
      {
        allowed: true,
        level: 'no_slo',
        service,
        reason: `${service} has no SLO, so no budget speaks against it.`,
      },
    ];
  const { spec } = policy;
  const looked = views.map(({ status, burns }) => ({
    status,
    level: levelOf(spec, { remaining: status.budgetRemaining, burnRate: over => burns.get(over) }),
  }));
  const known = looked
    .flatMap(({ status, level }) => (level === undefined ? [] : [{ status, level }]))
    .sort(
      (a, b) =>
        rank(b.level.level) - rank(a.level.level) ||
        (a.status.budgetRemaining ?? 1) - (b.status.budgetRemaining ?? 1),
    );
  const dark = looked.filter(({ level }) => level === undefined).map(({ status }) => status);
  return [
    ...(known[0] === undefined ? [] : [knownAnswer(service, purpose, policy, known[0])]),
    ...(dark.length + broken.length === 0 ? [] : [darkAnswer(service, purpose, policy, dark, broken)]),
  ];
}

function knownAnswer(
  service: string,
  purpose: Purpose,
  { name, spec }: { name: string; spec: ErrorBudgetPolicySpec },
  {
    status,
    level: { level, allows },
  }: { status: BudgetStatus; level: ErrorBudgetPolicySpec['levels'][number] },
): GateAnswer {
  const allowed = allows.includes(purpose);
  const { budgetRemaining: left, objective, window } = status;
  return {
    allowed,
    level,
    service,
    reason: `${standing(objective, left)} (${window}): level ${words(level)} of the policy ${name}, which ${allowed ? 'allows' : 'does not allow'} ${words(purpose)}.${quiet(status)}`,
    ...second(allowed, level, spec),
  };
}

/** That a budget is known from what was long ago: of late nothing was counted, which is not the same as nothing bad. */
function quiet({ objective, burnRates }: BudgetStatus): string {
  const sorted = [...burnRates].sort((a, b) => duration(a.window) - duration(b.window));
  const heard = sorted.findIndex(one => one.burnRate !== null);
  const silent = heard === -1 ? sorted.at(-1) : sorted[heard - 1];
  return silent === undefined || duration(silent.window) < QUIET_MS
    ? ''
    : ` Nothing was counted of ${objective} in the last ${silent.window}.`;
}

function darkAnswer(
  service: string,
  purpose: Purpose,
  { name, spec }: { name: string; spec: ErrorBudgetPolicySpec },
  dark: readonly BudgetStatus[],
  broken: readonly { slo: string; problem: string }[],
): GateAnswer {
  const failed = dark.find(one => one.unread === true);
  const unread =
    broken[0]?.problem ?? (failed && `${failed.objective}: ${failed.reason ?? 'no reason given'}`);
  const byPolicy = spec.noData.includes(purpose);
  const allowed = byPolicy && (unread === undefined || ENDS_A_BURN.includes(purpose));
  const unknown = [...dark.map(one => one.objective), ...broken.map(one => one.slo)];
  return {
    allowed,
    level: 'no_data',
    service,
    reason:
      unread === undefined
        ? `There is no data on the budget of ${named(unknown)}; the policy ${name} ${allowed ? 'allows' : 'does not allow'} ${words(purpose)} then.`
        : `A budget of ${service} could not be read (${unread.replace(/\.$/, '')}); ${allowed ? `the policy ${name} allows ${words(purpose)} then.` : `${words(purpose)} waits until it can.`}`,
    unknown,
    ...(unread === undefined ? {} : { unread }),
    ...second(allowed, 'no_data', spec),
  };
}

function second(allowed: boolean, level: string, { twoPeopleFrom }: ErrorBudgetPolicySpec) {
  return !allowed && needsSecond(level, twoPeopleFrom) ? { needsSecond: true } : {};
}

/**
 * The answer of several budgets: those of a service, and those of all that depend on it. A no of any one denies; of
 * several the worst level speaks, and a second person is needed where any of them needs one. A yes tells the worst level
 * too, and of what nothing is known.
 */
export function joinedAnswer(answers: readonly GateAnswer[]): GateAnswer {
  const no = answers.filter(answer => !answer.allowed);
  const speaking = no.length > 0 ? no : answers;
  const worst = [...speaking].sort((a, b) => badness(b.level) - badness(a.level))[0]!;
  const unknown = [...new Set(answers.flatMap(answer => answer.unknown ?? []))];
  const unread = worst.unread ?? speaking.find(answer => answer.unread !== undefined)?.unread;
  const silent = unknown.filter(one => !(worst.unknown ?? []).includes(one));
  return {
    ...worst,
    reason: silent.length === 0 ? worst.reason : `${worst.reason} Nothing is known of ${named(silent)}.`,
    ...(unknown.length === 0 ? {} : { unknown }),
    ...(unread === undefined ? {} : { unread }),
    ...(no.some(answer => answer.needsSecond === true) ? { needsSecond: true } : {}),
  };
}

/** The answer where an override lets it through. */
export function overridden(answer: GateAnswer, override: Override): GateAnswer {
  const { id, by, reason, until, confirmedBy } = override;
  const { needsSecond: _, ...rest } = answer;
  const also = confirmedBy === undefined ? '' : `, confirmed by ${confirmedBy}`;
  return {
    ...rest,
    allowed: true,
    reason: `${answer.reason} Overridden by ${by}${also} until ${until.slice(0, 16).replace('T', ' ')} UTC (${id}): ${reason}`,
    override: { id, by, reason, until, ...(confirmedBy === undefined ? {} : { confirmedBy }) },
  };
}

function badness(level: GateAnswer['level']): number {
  if (level === 'no_slo') return -2;
  return level === 'no_data' ? -1 : rank(level);
}

function rank(level: BudgetLevel): number {
  return BudgetLevel.options.indexOf(level);
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown;
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}

function standing(objective: string, left: number | undefined): string {
  if (left === undefined) return `An unknown part of the budget of ${objective} is left`;
  if (left < 0) return `All of the budget of ${objective} is spent, and ${sharePercent(-left)} of it beyond`;
  return `${sharePercent(left)} of the budget of ${objective} is left`;
}
