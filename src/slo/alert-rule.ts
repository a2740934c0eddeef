import { z } from 'zod';
import { DurationText, duration } from '../kernel/index.ts';
import { type BurnRateNote, type BurnRateWindow, burnRateTable } from './burn-rate.ts';
import { budgetOf } from './error-budget.ts';
import type { WindowCount } from './indicator.ts';
import { fewestBadEvents } from './low-traffic.ts';
import type { Objective } from './objective.ts';

/** Data that alerting evaluates. */
export const AlertRule = z.object({
  id: z.string().describe('As checkout-availability:page:1h'),
  name: z.string().describe('As CheckoutAvailabilityBurn'),
  kind: z
    .enum(['burn', 'absolute'])
    .describe('burn: two windows over a burn rate; absolute: everything failed, for low traffic'),
  objective: z.string(),
  service: z.string(),
  severity: z.enum(['page', 'ticket']),
  longWindow: DurationText,
  shortWindow: DurationText,
  burnRate: z.number().describe('Times faster than sustainable'),
  threshold: z.number().describe('The error ratio that burn rate stands for'),
  budgetShare: z.number().describe('Share of the budget that is gone when the long window burns so fast'),
  minEvents: z
    .number()
    .int()
    .describe('The fewest bad events in the long window for which it fires: the guard for low traffic'),
  minShortEvents: z.number().int().describe('The fewest in the short window'),
  for: DurationText.describe('How long it must hold before it fires'),
  expr: z.string().describe('PromQL; not empty = holds'),
  summary: z.string(),
  annotations: z.record(z.string(), z.string()),
});
export type AlertRule = z.infer<typeof AlertRule>;

export interface RuleOptions {
  /** The guard for low traffic, the same for all rules; 0 gives the Workbook's bare rules. By rule and window if absent. */
  minBadEvents?: number;
  table?: readonly BurnRateWindow[];
}

/** For tickets: somebody looks when there is time, and one in vain costs little. */
const MIN_BAD_OF_TICKET = 5;
/**
 * After an outage the long window burns for hours, and one failure among a few requests is all that the short one needs
 * to burn as well: that is no outage that came back.
 */
const MIN_BAD_SHORT = 2;
/** Everything in this long failed, with so many events, for so long: where a burn rule would need more events than come. */
const ABSOLUTE = { window: '6h', short: '30m', minEvents: 3, for: '5m', ratio: 0.99 } as const;

/** The rules of an objective, with notes on those that were changed so that they can fire. */
export function alertRules(
  objective: Objective,
  options: RuleOptions = {},
): { rules: AlertRule[]; notes: BurnRateNote[] } {
  const { sli, window, target, silent, policies = [] } = objective;
  if (silent) return { rules: [], notes: [] };
  const { rows, notes } = burnRateTable(window.length, target, {
    ...(sli.atLeast === undefined ? {} : { atLeast: sli.atLeast }),
    ...(options.table === undefined ? {} : { table: options.table }),
  });
  const guarded = sli.counts === 'events' && options.minBadEvents !== 0;
  const rules = rows.map(row => {
    const chance =
      row.severity === 'page' ? fewestBadEvents(row.burnRate, duration(row.long)) : MIN_BAD_OF_TICKET;
    return burnRule(objective, row, guarded ? (options.minBadEvents ?? chance) : 0);
  });
  if (guarded && budgetOf(target) < 1) rules.push(absoluteRule(objective));
  // OpenSLO leaves to the system how a condition becomes an alert: nobody shall believe that it does.
  const [page] = rules.filter(rule => rule.severity === 'page');
  if (policies.length > 0)
    notes.push({
      severity: 'page',
      long: page?.longWindow ?? rules[0]?.longWindow ?? '1h',
      reason: `these rules stand in for ${policies.length === 1 ? 'the alert policy' : 'the alert policies'} ${policies.join(', ')}, whose conditions raise no alerts of their own`,
    });
  return { rules, notes };
}

function burnRule(objective: Objective, row: BurnRateWindow, minBad: number): AlertRule {
  const { id, sli, target, service } = objective;
  const threshold = Number((row.burnRate * budgetOf(target)).toPrecision(12));
  const minShort = minBad > 0 ? MIN_BAD_SHORT : 0;
  const conditions = [
    `${sli.ratioExpr(row.long)} > ${threshold}`,
    `${sli.ratioExpr(row.short)} > ${threshold}`,
    ...(minBad > 0 ? [`${sli.badExpr(row.long)} >= ${minBad}`] : []),
    ...(minShort > 0 ? [`${sli.badExpr(row.short)} >= ${minShort}`] : []),
  ];
  const guard = minBad > 0 ? `, with at least ${minBad} bad in ${row.long}` : '';
  return {
    id: `${id}:${row.severity}:${row.long}`,
    name: `${pascal(id)}Burn`,
    kind: 'burn',
    objective: id,
    service,
    severity: row.severity,
    longWindow: row.long,
    shortWindow: row.short,
    burnRate: row.burnRate,
    threshold,
    budgetShare: row.budgetShare,
    minEvents: minBad,
    minShortEvents: minShort,
    for: '0s',
    expr: conditions.map(condition => `(${condition})`).join(' and '),
    summary: `The budget of ${objective.displayName} burns more than ${figure(row.burnRate)}× too fast over ${row.long} and ${row.short}${guard}.`,
    annotations: {},
  };
}

function absoluteRule(objective: Objective): AlertRule {
  const { id, sli, service, target } = objective;
  return {
    id: `${id}:page:absolute`,
    name: `${pascal(id)}Failing`,
    kind: 'absolute',
    objective: id,
    service,
    severity: 'page',
    longWindow: ABSOLUTE.window,
    shortWindow: ABSOLUTE.short,
    burnRate: Number((ABSOLUTE.ratio / budgetOf(target)).toPrecision(6)),
    threshold: ABSOLUTE.ratio,
    budgetShare: 0,
    minEvents: ABSOLUTE.minEvents,
    minShortEvents: 0,
    for: ABSOLUTE.for,
    expr: `(${sli.ratioExpr(ABSOLUTE.window)} > ${ABSOLUTE.ratio}) and (${sli.badExpr(ABSOLUTE.window)} >= ${ABSOLUTE.minEvents})`,
    summary: `All of ${objective.displayName} failed over ${ABSOLUTE.window}, with at least ${ABSOLUTE.minEvents} events.`,
    annotations: {},
  };
}

export interface RuleEvaluation {
  rule: string;
  state: 'firing' | 'ok' | 'no_data';
  /** Error ratios; undefined where nothing happened or nothing is known. */
  longRatio?: number;
  shortRatio?: number;
  longEvents?: number;
  badEvents?: number;
  shortBadEvents?: number;
}

export function ratioOf(count: WindowCount | undefined): number | undefined {
  return count !== undefined && count.total > 0 ? count.bad / count.total : undefined;
}

/**
 * Whether a rule holds, the same as its expression. `undefined` is a window of which the source has nothing, which is
 * no_data; a window in which nothing happened has a total of 0.
 */
export function evaluateRule(
  rule: AlertRule,
  long: WindowCount | undefined,
  short: WindowCount | undefined,
): RuleEvaluation {
  const longRatio = ratioOf(long);
  const shortRatio = ratioOf(short);
  const figures = {
    rule: rule.id,
    ...(longRatio === undefined ? {} : { longRatio }),
    ...(shortRatio === undefined ? {} : { shortRatio }),
    ...(long === undefined ? {} : { longEvents: long.total, badEvents: long.bad }),
    ...(short === undefined ? {} : { shortBadEvents: short.bad }),
  };
  if (long === undefined || short === undefined) return { ...figures, state: 'no_data' };
  const over = (ratio: number | undefined) => ratio !== undefined && ratio > rule.threshold;
  const holds =
    over(longRatio) &&
    (rule.kind === 'absolute' || over(shortRatio)) &&
    long.bad >= rule.minEvents &&
    short.bad >= rule.minShortEvents;
  return { ...figures, state: holds ? 'firing' : 'ok' };
}

/**
 * Whether a rule that does not hold keeps an alert that is there: the long window burns on, and the short one has too
 * few events to prove a recovery, or bad ones that are too few to begin with.
 */
export function keeps(rule: AlertRule, evaluation: RuleEvaluation): boolean {
  const { state, longRatio, shortRatio, badEvents = 0, shortBadEvents = 0 } = evaluation;
  const tooFew = badEvents < rule.minEvents || shortBadEvents < rule.minShortEvents;
  return (
    state === 'ok' &&
    longRatio !== undefined &&
    longRatio > rule.threshold &&
    (shortRatio === undefined || (shortRatio > rule.threshold && tooFew))
  );
}

function pascal(id: string): string {
  return id
    .split(/[^a-zA-Z0-9]+/)
    .filter(part => part !== '')
    .map(part => part[0]!.toUpperCase() + part.slice(1))
    .join('');
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}
