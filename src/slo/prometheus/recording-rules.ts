import { promDuration, type RuleSpec, recordedWindows, ruleId } from './rule-spec.ts';
import type { PrometheusRule, RuleGroup } from './rules.ts';

const DAY_MS = 86_400_000;

/** The labels by which rules of one SLO find each other. The names are Sloth's, so that its dashboards work. */
export function idLabels(spec: RuleSpec): Record<string, string> {
  return { sloth_id: ruleId(spec), sloth_service: spec.service, sloth_slo: spec.name };
}

/** The series of one recorded metric of this SLO. */
export function selector(metric: string, spec: RuleSpec): string {
  const labels = Object.entries(idLabels(spec)).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${metric}{${labels.join(', ')}}`;
}

/**
 * The error ratio over each window, and over the period as the mean of the shortest one's records: reading the raw
 * counters over a month at every evaluation would cost too much.
 */
export function sliRules(spec: RuleSpec, extra: Record<string, string>): RuleGroup {
  const windows = recordedWindows(spec.windows);
  const period = promDuration(spec.period);
  const shortest = selector(`slo:sli_error:ratio_rate${windows[0]}`, spec);
  const labels = (window: string) => ({ ...spec.labels, ...idLabels(spec), ...extra, sloth_window: window });
  return {
    name: `sloth-slo-sli-recordings-${ruleId(spec)}`,
    rules: [
      ...windows.map(window => ({
        record: `slo:sli_error:ratio_rate${window}`,
        expr: spec.denominatorCorrected ? correctedRatio(spec, window) : spec.ratio(window),
        labels: labels(window),
      })),
      {
        record: `slo:sli_error:ratio_rate${period}`,
        expr: spec.exactPeriod
          ? spec.ratio(period)
          : `sum_over_time(${shortest}[${period}])\n/ ignoring (sloth_window)\ncount_over_time(${shortest}[${period}])\n`,
        labels: labels(period),
      },
    ],
  };
}

function correctedRatio(spec: RuleSpec, window: string): string {
  return `(\n${selector(`slo:numerator_correction:ratio${window}`, spec)}\n* on()\n${spec.errors!(window)}\n)\n/\n(${spec.total!(window)})\n`;
}

/** What the SLO is, as series: objective, budget, period, burn, what is left. */
export function metadataRules(spec: RuleSpec, extra: Record<string, string>, version: string): RuleGroup {
  const windows = recordedWindows(spec.windows);
  const period = promDuration(spec.period);
  const labels = { ...spec.labels, ...idLabels(spec), ...extra };
  const objective = spec.objective / 100;
  const budget = selector('slo:error_budget:ratio', spec);
  const burn = (window: string) =>
    `${selector(`slo:sli_error:ratio_rate${window}`, spec)}\n/ on(sloth_id, sloth_slo, sloth_service) group_left\n${budget}\n`;
  const rule = (record: string, expr: string, more: Record<string, string> = {}): PrometheusRule => ({
    record,
    expr,
    labels: { ...labels, ...more },
  });
  return {
    name: `sloth-slo-meta-recordings-${ruleId(spec)}`,
    rules: [
      rule('slo:objective:ratio', `vector(${objective})`),
      rule('slo:error_budget:ratio', `vector(1-${objective})`),
      rule('slo:time_period:days', `vector(${spec.period / DAY_MS})`),
      rule('slo:current_burn_rate:ratio', burn(windows[0]!)),
      rule('slo:period_burn_rate:ratio', burn(period)),
      rule('slo:period_error_budget_remaining:ratio', `1 - ${selector('slo:period_burn_rate:ratio', spec)}`),
      rule('sloth_slo_info', 'vector(1)', {
        sloth_mode: spec.mode,
        sloth_objective: String(spec.objective),
        sloth_spec: spec.spec,
        sloth_version: version,
      }),
      ...(spec.denominatorCorrected
        ? windows.map(window =>
            rule(
              `slo:numerator_correction:ratio${window}`,
              `(${spec.total!(window)})/(${spec.total!(period)})`,
            ),
          )
        : []),
    ],
  };
}
