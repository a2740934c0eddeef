import { idLabels, selector } from './recording-rules.ts';
import { type AlertWindow, budgetRatio, burnFactor, goNumber, type RuleSpec, ruleId } from './rule-spec.ts';
import type { PrometheusRule } from './rules.ts';

/** The multiwindow, multi-burn-rate alerts of the SRE Workbook over the recorded ratios. */
export function alertingRules(spec: RuleSpec): PrometheusRule[] {
  return (['page', 'ticket'] as const).flatMap(severity => {
    const meta = spec[severity];
    const rows = spec.windows[severity];
    if (meta === undefined || rows.length === 0) return [];
    const rule: PrometheusRule = {
      alert: spec.alertName,
      expr: rows.map(row => `(\n${pair(spec, row)})\n`).join('or\n'),
      labels: { sloth_severity: severity, ...meta.labels },
      annotations: {
        summary:
          '{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is over expected.',
        title: `(${severity}) {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast.`,
        ...meta.annotations,
      },
    };
    const more = (spec.more ?? []).filter(one => one.severity === severity);
    return [
      rule,
      ...more.map(one => ({
        alert: one.alert,
        expr: one.expr,
        for: one.for,
        labels: { ...idLabels(spec), ...rule.labels },
        annotations: { ...rule.annotations, summary: one.summary },
      })),
    ];
  });
}

function pair(spec: RuleSpec, row: AlertWindow): string {
  const threshold = `(${goNumber(burnFactor(row, spec.period))} * ${goNumber(budgetRatio(spec.objective))})`;
  const over = (window: string) =>
    `    max(${selector(`slo:sli_error:ratio_rate${window}`, spec)} > ${threshold}) without (sloth_window)\n`;
  const atLeast = (window: string, events: number | undefined) =>
    events ? `    and on()\n    (${spec.errors!(window)} >= ${events})\n` : '';
  const guard = `${atLeast(row.long, row.minBadEvents)}${atLeast(row.short, row.minShortEvents)}`;
  return `${over(row.short)}    and\n${over(row.long)}${guard}`;
}

/** Alerts that can never fire, in words: the rules are what was asked for, and a person must know. */
export function unreachable(spec: RuleSpec): string[] {
  return (['page', 'ticket'] as const).flatMap(severity =>
    spec[severity] === undefined
      ? []
      : spec.windows[severity].flatMap(row => {
          const needed = burnFactor(row, spec.period) * budgetRatio(spec.objective);
          return needed < 1
            ? []
            : [
                `${ruleId(spec)}: the ${severity} over ${row.long} can never fire: it needs ${Number((needed * 100).toPrecision(3))} % errors.`,
              ];
        }),
  );
}
