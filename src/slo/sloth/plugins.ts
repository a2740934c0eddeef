import { z } from 'zod';
import { duration, Fault } from '../../kernel/index.ts';
import { alertsStep, metadataStep, sliStep } from '../prometheus/generate.ts';
import { recordedLabels } from '../prometheus/recording-rules.ts';
import { goNumber, promDuration, type RuleStep, recordedWindows, ruleId } from '../prometheus/rule-spec.ts';
import { correctedStep } from './denominator-corrected.ts';

/** A plugin of a chain, as a specification names it. */
export interface ChainedPlugin {
  id: string;
  config?: unknown;
  priority: number;
}

const METRICSQL = 'sloth.dev/contrib/validate_victoria_metrics/v1';
export const ALERT_FOR = 'sloth.dev/contrib/alert_for/v1';
/** They read the events apart, and an indicator that is a ratio has none. */
const NEED_EVENTS = [
  'sloth.dev/contrib/denominator_corrected_rules/v1',
  'sloth.dev/contrib/sli_total_amount/v1',
];

const Labels = z.record(z.string(), z.string()).nullish();
const Wait = z.string().transform(text => promDuration(duration(text)));
const Optimised = z.object({ disableOptimized: z.boolean().default(false) });

const nothing = (): RuleStep => () => {};

/** Sloth's own plugins, with the step that each is: `internal/plugin/slo` of its source. */
const STEPS: Record<string, (config: unknown) => RuleStep> = {
  'sloth.dev/core/validate/v1': nothing,
  'sloth.dev/core/noop/v1': nothing,
  'sloth.dev/core/debug/v1': nothing,
  [METRICSQL]: nothing,
  'sloth.dev/core/sli_rules/v1': config =>
    sliStep({ exactPeriod: Optimised.parse(config ?? {}).disableOptimized }),
  'sloth.dev/core/metadata_rules/v1': () => metadataStep,
  'sloth.dev/core/alert_rules/v1': () => alertsStep,
  'sloth.dev/contrib/denominator_corrected_rules/v1': config =>
    correctedStep({ exactPeriod: Optimised.parse(config ?? {}).disableOptimized }),
  [ALERT_FOR]:
    () =>
    ({ alerts }, spec) => {
      for (const rule of alerts.rules) {
        const wait = spec.waits?.[rule.labels?.sloth_severity as 'page' | 'ticket'];
        if (wait !== undefined) rule.for = promDuration(duration(wait));
      }
    },
  'sloth.dev/contrib/info_labels/v1': config => {
    const { labels, metricName } = z
      .object({
        labels: z
          .record(z.string(), z.string())
          .refine(given => Object.keys(given).length > 0, 'a label is needed'),
        metricName: z.string().default('sloth_slo_info'),
      })
      .parse(config);
    return ({ meta }) => {
      const rule = meta.rules.find(one => one.record === metricName);
      if (rule !== undefined) rule.labels = { ...rule.labels, ...labels };
    };
  },
  'sloth.dev/contrib/remove_labels/v1': config => {
    const Names = z.array(z.string()).default([]);
    const { preserveLabels, skipMetrics } = z
      .object({ preserveLabels: Names, skipMetrics: Names })
      .parse(config ?? {});
    const keep = ['sloth_id', 'sloth_service', 'sloth_slo', ...preserveLabels];
    const skip = ['sloth_slo_info', ...skipMetrics];
    return ({ sli, meta }) => {
      for (const [group, kept] of [
        [sli, [...keep, 'sloth_window']],
        [meta, keep],
      ] as const)
        for (const rule of group.rules)
          if (!skip.includes(rule.record ?? ''))
            rule.labels = Object.fromEntries(
              Object.entries(rule.labels ?? {}).filter(([name]) => kept.includes(name)),
            );
    };
  },
  'sloth.dev/contrib/rule_intervals/v1': config => {
    const { interval } = z
      .object({
        interval: z.object({
          default: Wait,
          sliError: Wait.optional(),
          metadata: Wait.optional(),
          alert: Wait.optional(),
        }),
      })
      .parse(config);
    return parts => {
      parts.sli.interval = interval.sliError ?? interval.default;
      parts.meta.interval = interval.metadata ?? interval.default;
      parts.alerts.interval = interval.alert ?? interval.default;
    };
  },
  'sloth.dev/contrib/error_budget_exhausted_alert/v1': config => {
    const options = z
      .object({
        threshold: z.number().default(0),
        for: Wait.default('5m'),
        alert_name: z.string().default('ErrorBudgetExhausted'),
        annotations: Labels,
        selector_labels: Labels,
        alert_labels: Labels,
      })
      .parse(config ?? {});
    return ({ alerts }, spec) => {
      const selector = Object.entries({ ...recordedLabels(spec), ...options.selector_labels })
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .sort()
        .join(', ');
      alerts.rules.push({
        alert: options.alert_name,
        expr: `slo:period_error_budget_remaining:ratio{${selector}} <= ${goNumber(options.threshold)}`,
        for: options.for,
        labels: { ...options.alert_labels },
        annotations: { ...options.annotations },
      });
    };
  },
  'sloth.dev/contrib/sli_total_amount/v1': () => (parts, spec) => {
    const period = promDuration(spec.period);
    parts.extra.push({
      name: `sloth-slo-sli-total-amount-${ruleId(spec)}`,
      rules: [...new Set([...recordedWindows(spec.windows), period])].map(window => ({
        record: `slo:sli_total:amount${window}`,
        expr: spec.total!(window),
        labels: recordedLabels(spec),
      })),
    });
  },
};

/**
 * What a chain makes of an SLO. Plugins run by priority, and Sloth's own three at priority 0 before the others of it, unless
 * the chain takes their place: what runs before them they make anew.
 */
export function chainSteps(chain: readonly ChainedPlugin[], overridden: boolean): RuleStep[] {
  const ordered = chain.toSorted((a, b) => a.priority - b.priority);
  const steps = (plugins: readonly ChainedPlugin[]) =>
    plugins.flatMap(({ id, config }) => STEPS[id]?.(config) ?? []);
  return [
    ...steps(ordered.filter(one => one.priority < 0)),
    ...(overridden ? [] : [sliStep(), metadataStep, alertsStep]),
    ...steps(ordered.filter(one => one.priority >= 0)),
  ];
}

/** Whether a chain says that the queries are MetricsQL. */
export function speaksMetricsQl(chain: readonly ChainedPlugin[]): boolean {
  return chain.some(one => one.id === METRICSQL);
}

/** What is wrong with a plugin of a chain, if anything. */
export function pluginProblem(
  { id, config }: ChainedPlugin,
  { events }: { events: boolean },
): string | undefined {
  if (!Object.hasOwn(STEPS, id))
    return `the plugin ${id} is a program in Go, which cannot run here, and without it the rules would be others than Sloth's: take it out of the chain, or use one of ${known()}`;
  if (!events && NEED_EVENTS.includes(id)) return `the plugin ${id} needs sli.events, not sli.raw`;
  try {
    STEPS[id]?.(config);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return `the configuration of ${id}: ${error.message}`;
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    return `the configuration of ${id}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  }
}

function known(): string {
  return Object.keys(STEPS)
    .filter(id => id.includes('/contrib/'))
    .join(', ');
}
