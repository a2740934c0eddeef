import { alertRules } from '../alert-rule.ts';
import type { Objective } from '../objective.ts';
import type { RuleSpec } from '../prometheus/rule-spec.ts';

/**
 * An OpenSLO v1 objective for rule generation: the expressions, windows, thresholds and low-traffic guard by which it
 * is evaluated here.
 */
export function objectiveRuleSpec(objective: Objective): RuleSpec {
  const { sli, silent: _recorded, ...rest } = objective;
  // One that raises no alerts is recorded over the windows that it would have.
  const { rules, notes } = alertRules({ ...rest, sli });
  const windows = (severity: 'page' | 'ticket') =>
    rules
      .filter(rule => rule.kind === 'burn' && rule.severity === severity)
      .map(rule => ({
        budgetPercent: rule.budgetShare * 100,
        short: rule.shortWindow,
        long: rule.longWindow,
        ...(rule.minEvents > 0 ? { minBadEvents: rule.minEvents, minShortEvents: rule.minShortEvents } : {}),
      }));
  return {
    service: objective.service,
    name: objective.id.replace('/', '-'),
    objective: Number((objective.target * 100).toPrecision(12)),
    period: objective.window.length,
    labels: {},
    ratio: sli.ratioExpr,
    total: sli.totalExpr,
    errors: sli.badExpr,
    alertName: rules.find(rule => rule.kind === 'burn')?.name ?? '',
    ...(objective.silent
      ? {}
      : {
          page: { labels: { severity: 'page' }, annotations: {} },
          ticket: { labels: { severity: 'ticket' }, annotations: {} },
        }),
    mode: 'nines',
    spec: 'openslo/v1',
    windows: { page: windows('page'), ticket: windows('ticket') },
    notes: objective.silent ? [] : notes.map(({ severity, reason }) => `${severity}: ${reason}.`),
    more: rules
      .filter(rule => rule.kind === 'absolute')
      .map(rule => ({
        alert: rule.name,
        severity: rule.severity,
        expr: rule.expr,
        for: rule.for,
        summary: rule.summary,
      })),
  };
}
