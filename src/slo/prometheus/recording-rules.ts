import { goNumber, promDuration, type RuleSpec, recordedWindows, ruleId } from './rule-spec.ts';
import type { PrometheusRule } from './rules.ts';

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

/** What every recorded series carries. A label of the specification takes the place of one of these, as in Sloth. */
export function recordedLabels(spec: RuleSpec, window?: string): Record<string, string> {
  return { ...idLabels(spec), ...(window === undefined ? {} : { sloth_window: window }), ...spec.labels };
}

/**
 * The error ratio over each window, and over the period as the mean of the shortest one's records: reading the raw
 * counters over a month at every evaluation would cost too much. With `exactPeriod` they are read all the same.
 */
export function sliRules(spec: RuleSpec, { exactPeriod = false } = {}): PrometheusRule[] {
  const period = promDuration(spec.period);
  const windows = recordedWindows(spec.windows);
  const exact = exactPeriod || windows[0] === period;
  // A window as long as the period is recorded once.
  return [...new Set([...windows, period])].map(window => ({
    record: `slo:sli_error:ratio_rate${window}`,
    expr: window === period && !exact ? periodMean(spec) : spec.ratio(window),
    labels: recordedLabels(spec, window),
  }));
}

/** The period's ratio by the records of the shortest window. */
export function periodMean(spec: RuleSpec): string {
  const records = `${selector(`slo:sli_error:ratio_rate${recordedWindows(spec.windows)[0]}`, spec)}[${promDuration(spec.period)}]`;
  return `sum_over_time(${records})\n/ ignoring (sloth_window)\ncount_over_time(${records})\n`;
}

/** What the SLO is, as series: objective, budget, period, burn, what is left. */
export function metadataRules(spec: RuleSpec): PrometheusRule[] {
  const [shortest] = recordedWindows(spec.windows);
  const labels = recordedLabels(spec);
  const objective = goNumber(spec.objective / 100);
  const budget = selector('slo:error_budget:ratio', spec);
  const burn = (window: string) =>
    `${selector(`slo:sli_error:ratio_rate${window}`, spec)}\n/ on(sloth_id, sloth_slo, sloth_service) group_left\n${budget}\n`;
  const rule = (record: string, expr: string, more: Record<string, string> = {}): PrometheusRule => ({
    record,
    expr,
    labels: { ...labels, ...more },
  });
  return [
    rule('slo:objective:ratio', `vector(${objective})`),
    rule('slo:error_budget:ratio', `vector(1-${objective})`),
    rule('slo:time_period:days', `vector(${goNumber(spec.period / DAY_MS)})`),
    rule('slo:current_burn_rate:ratio', burn(shortest!)),
    rule('slo:period_burn_rate:ratio', burn(promDuration(spec.period))),
    rule('slo:period_error_budget_remaining:ratio', `1 - ${selector('slo:period_burn_rate:ratio', spec)}`),
    rule('sloth_slo_info', 'vector(1)', {
      sloth_mode: spec.mode,
      sloth_objective: String(spec.objective),
      sloth_spec: spec.spec,
      sloth_version: spec.version ?? 'nines',
    }),
  ];
}
