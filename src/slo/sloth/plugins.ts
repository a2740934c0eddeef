import { z } from 'zod';
import {
  type Duration,
  type DurationText,
  duration,
  Fault,
  formatDuration,
  milliseconds,
} from '../../kernel/index.ts';
import {
  promDuration,
  type RuleParts,
  type RuleSpec,
  recordedWindows,
  ruleId,
} from '../prometheus/rule-spec.ts';

/** A plugin of a chain, as a specification names it. */
export interface ChainedPlugin {
  id: string;
  config?: unknown;
  priority: number;
}

const CORRECTED = 'sloth.dev/contrib/denominator_corrected_rules/v1';
const METRICSQL = 'sloth.dev/contrib/validate_victoria_metrics/v1';
const ALERT_FOR = 'sloth.dev/contrib/alert_for/v1';
const CORE = {
  sli: 'sloth.dev/core/sli_rules/v1',
  meta: 'sloth.dev/core/metadata_rules/v1',
  alerts: 'sloth.dev/core/alert_rules/v1',
} as const;
const NO_EFFECT = ['sloth.dev/core/validate/v1', 'sloth.dev/core/noop/v1', 'sloth.dev/core/debug/v1'];

const Labels = z.record(z.string(), z.string()).nullish();
const Interval = z
  .string()
  .optional()
  .transform(text => (text === undefined ? undefined : milliseconds(duration(text))));

type Change = (parts: RuleParts, spec: RuleSpec) => void;

/** Sloth's own contributed plugins, with what each changes: `internal/plugin/slo/contrib` of its source. */
const CHANGES: Record<string, (config: unknown) => Change> = {
  'sloth.dev/contrib/info_labels/v1': config => {
    const { labels, metricName } = z
      .object({ labels: z.record(z.string(), z.string()), metricName: z.string().default('sloth_slo_info') })
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
          default: z.string().transform(text => milliseconds(duration(text))),
          sliError: Interval,
          metadata: Interval,
          alert: Interval,
        }),
      })
      .parse(config);
    return parts => {
      const of = (own: Duration | undefined) => formatDuration(own ?? interval.default);
      parts.sli.interval = of(interval.sliError);
      parts.meta.interval = of(interval.metadata);
      parts.alerts.interval = of(interval.alert);
    };
  },
  'sloth.dev/contrib/error_budget_exhausted_alert/v1': config => {
    const options = z
      .object({
        threshold: z.number().default(0),
        for: z.string().default('5m'),
        alert_name: z.string().default('ErrorBudgetExhausted'),
        annotations: Labels,
        selector_labels: Labels,
        alert_labels: Labels,
      })
      .parse(config ?? {});
    return ({ alerts }, spec) => {
      const labels = {
        sloth_slo: spec.name,
        sloth_service: spec.service,
        sloth_id: ruleId(spec),
        ...spec.labels,
        ...spec.extraLabels,
        ...options.selector_labels,
      };
      const selector = Object.entries(labels)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .sort()
        .join(', ');
      alerts.rules.push({
        alert: options.alert_name,
        expr: `slo:period_error_budget_remaining:ratio{${selector}} <= ${options.threshold}`,
        for: formatDuration(milliseconds(duration(options.for))),
        labels: { ...options.alert_labels },
        annotations: { ...options.annotations },
      });
    };
  },
  'sloth.dev/contrib/sli_total_amount/v1': () => (parts, spec) => {
    if (spec.total === undefined) return;
    const windows: DurationText[] = [...recordedWindows(spec.windows), promDuration(spec.period)];
    parts.extra.push({
      name: `sloth-slo-sli-total-amount-${ruleId(spec)}`,
      rules: windows.map(window => ({
        record: `slo:sli_total:amount${window}`,
        expr: spec.total!(window),
        labels: {
          ...spec.labels,
          ...spec.extraLabels,
          sloth_id: ruleId(spec),
          sloth_service: spec.service,
          sloth_slo: spec.name,
        },
      })),
    });
  },
};

/** What a chain of plugins makes of an SLO. */
export interface ChainEffect {
  denominatorCorrected: boolean;
  /** The alerts wait as their `for` says. */
  alertFor: boolean;
  /** The period's ratio is read from the counters and not from the records. */
  exactPeriod: boolean;
  /** The groups that are made; without an override all three. */
  made: { sli: boolean; meta: boolean; alerts: boolean };
  changes: Change[];
}

/** Plugins run by priority; those under 0 before the rules are made, so that only groups of their own stay. */
export function chainEffect(chain: readonly ChainedPlugin[], overridden: boolean): ChainEffect {
  const has = (id: string) => chain.some(one => one.id === id);
  const core = chain.find(one => one.id === CORE.sli)?.config as
    | { disableOptimized?: boolean }
    | null
    | undefined;
  return {
    denominatorCorrected: has(CORRECTED),
    alertFor: chain.some(one => one.id === ALERT_FOR && one.priority >= 0),
    exactPeriod: core?.disableOptimized === true,
    made: {
      sli: !overridden || has(CORE.sli) || has(CORRECTED),
      meta: !overridden || has(CORE.meta),
      alerts: !overridden || has(CORE.alerts),
    },
    changes: [...chain]
      .sort((a, b) => a.priority - b.priority)
      .filter(one => one.priority >= 0 || one.id === 'sloth.dev/contrib/sli_total_amount/v1')
      .flatMap(one => {
        const change = CHANGES[one.id];
        return change === undefined ? [] : [change(one.config)];
      }),
  };
}

/** Whether a chain says that the queries are MetricsQL. */
export function speaksMetricsQl(chain: readonly ChainedPlugin[]): boolean {
  return chain.some(one => one.id === METRICSQL);
}

/** What is wrong with the configuration of a plugin, if anything. */
export function configProblem({ id, config }: ChainedPlugin): string | undefined {
  try {
    CHANGES[id]?.(config);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return `the configuration of ${id}: ${error.message}`;
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    return `the configuration of ${id}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  }
}

/** Whether what a plugin does is done here too. */
export function isKnownPlugin(id: string): boolean {
  return (
    id in CHANGES ||
    NO_EFFECT.includes(id) ||
    [CORRECTED, METRICSQL, ALERT_FOR, ...Object.values(CORE)].includes(id)
  );
}
