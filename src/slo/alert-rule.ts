import { z } from 'zod';
import { DurationText } from '../kernel/index.ts';
import { type BurnRateNote, type BurnRateWindow, burnRateTable } from './burn-rate.ts';
import { budgetOf } from './error-budget.ts';
import type { WindowCount } from './indicator.ts';
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
  for: DurationText.describe('How long it must hold before it fires'),
  expr: z.string().describe('PromQL; not empty = holds'),
  summary: z.string(),
  annotations: z.record(z.string(), z.string()),
});
export type AlertRule = z.infer<typeof AlertRule>;

export interface RuleOptions {
  /** The low-traffic guard. 0 gives the Workbook's bare rules. */
  minBadEvents?: number;
  table?: readonly BurnRateWindow[];
}

/**
 * With few requests one failure is a large ratio (SRE Workbook, chapter 5, "Low-Traffic Services"). Five bad events in
 * the long window: at a failure rate that uses up exactly the budget, five in the window of a rule that needs no more
 * come up by chance less than once in 40 months, and a real outage of a service with 10 requests an hour still pages.
 */
const MIN_BAD_EVENTS = 5;
/** Everything in this long failed, with so many events, for so long: where a burn rule would need more events than come. */
const ABSOLUTE = { window: '6h', short: '30m', minEvents: 3, for: '5m', ratio: 0.99 } as const;

/** The rules of an objective, with notes on those that were changed so that they can fire. */
export function alertRules(
  objective: Objective,
  options: RuleOptions = {},
): { rules: AlertRule[]; notes: BurnRateNote[] } {
  const { sli, window, target, silent } = objective;
  if (silent) return { rules: [], notes: [] };
  const { rows, notes } = burnRateTable(window.length, target, {
    ...(sli.atLeast === undefined ? {} : { atLeast: sli.atLeast }),
    ...(options.table === undefined ? {} : { table: options.table }),
  });
  const minBad = sli.counts === 'events' ? (options.minBadEvents ?? MIN_BAD_EVENTS) : 0;
  const rules = rows.map(row => burnRule(objective, row, minBad));
  if (minBad > 0 && budgetOf(target) < 1) rules.push(absoluteRule(objective));
  return { rules, notes };
}

function burnRule(objective: Objective, row: BurnRateWindow, minBad: number): AlertRule {
  const { id, sli, target, service } = objective;
  const threshold = Number((row.burnRate * budgetOf(target)).toPrecision(12));
  const conditions = [
    `${sli.ratioExpr(row.long)} > ${threshold}`,
    `${sli.ratioExpr(row.short)} > ${threshold}`,
    ...(minBad > 0 ? [`${sli.badExpr(row.long)} >= ${minBad}`] : []),
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
  };
  if (long === undefined || short === undefined) return { ...figures, state: 'no_data' };
  const over = (ratio: number | undefined) => ratio !== undefined && ratio > rule.threshold;
  const holds =
    over(longRatio) && (rule.kind === 'absolute' || over(shortRatio)) && long.bad >= rule.minEvents;
  return { ...figures, state: holds ? 'firing' : 'ok' };
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
