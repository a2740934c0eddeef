import { type Duration, type DurationText, milliseconds } from '../../kernel/index.ts';
import type { V1AlphaSlo } from '../openslo/v1alpha.ts';
import { type AlertMeta, type AlertWindows, promDuration, type RuleSpec } from '../prometheus/rule-spec.ts';
import { windowsFor } from './alert-windows.ts';
import { ALERT_FOR, chainSteps } from './plugins.ts';
import { chainOf, type PrometheusV1 } from './prometheus-v1.ts';
import { WINDOW } from './query.ts';

export interface SlothOptions {
  /** The period of specs that name none: 30 days as Sloth has it. */
  period?: Duration;
  /** Windows by period, where others than Sloth's own are meant. */
  catalogue?: ReadonlyMap<number, AlertWindows>;
  mode?: 'cli-gen-prom' | 'cli-gen-k8s';
  spec?: string;
}

/** The period where none is named: Sloth's `--default-slo-period`. */
export const MONTH = milliseconds(30 * 86_400_000);
/** What Sloth makes rules of, from its own specification. */
export function slothRuleSpecs(document: PrometheusV1, options: SlothOptions = {}): RuleSpec[] {
  return document.slos.map(slo => {
    const { alerting, sli } = slo;
    const at = (query: string, window: DurationText) => query.replace(WINDOW, window);
    const { chain, overridden } = chainOf(document, slo);
    const period = options.period ?? MONTH;
    const meta = (severity: 'page_alert' | 'ticket_alert'): AlertMeta | undefined => {
      const alert = alerting?.[severity];
      if (alert?.disable) return undefined;
      return {
        labels: { ...alerting?.labels, ...alert?.labels },
        annotations: { ...alerting?.annotations, ...alert?.annotations },
      };
    };
    const page = meta('page_alert');
    const ticket = meta('ticket_alert');
    const waits = {
      ...(alerting?.page_alert?.for === undefined ? {} : { page: alerting.page_alert.for }),
      ...(alerting?.ticket_alert?.for === undefined ? {} : { ticket: alerting.ticket_alert.for }),
    };
    // Sloth's own plugin heeds it in this form alone, and nothing does without the plugin.
    const heeded = options.mode !== 'cli-gen-k8s' && chain.some(one => one.id === ALERT_FOR);
    const { events, raw } = sli;
    const windows = options.catalogue?.get(period) ?? windowsFor(period);
    const silent = (['page', 'ticket'] as const).filter(
      severity => windows[severity].length === 0 && { page, ticket }[severity] !== undefined,
    );
    return {
      service: document.service,
      name: slo.name,
      objective: slo.objective,
      period,
      labels: { ...document.labels, ...slo.labels },
      ratio: window =>
        events
          ? `(${at(events.error_query, window)})\n/\n(${at(events.total_query, window)})\n`
          : `(${at(raw!.error_ratio_query, window)})`,
      ...(events
        ? {
            total: (window: DurationText) => at(events.total_query, window),
            errors: (window: DurationText) => at(events.error_query, window),
          }
        : {}),
      alertName: alerting?.name ?? '',
      ...(page === undefined ? {} : { page }),
      ...(ticket === undefined ? {} : { ticket }),
      mode: options.mode ?? 'cli-gen-prom',
      spec: options.spec ?? 'prometheus/v1',
      windows,
      steps: chainSteps(chain, overridden),
      ...(heeded ? { waits } : {}),
      notes: [
        ...(heeded || Object.keys(waits).length === 0
          ? []
          : [
              `\`for\` of an alert has no effect: Sloth heeds it with the plugin ${ALERT_FOR}, in version: prometheus/v1.`,
            ]),
        ...objectiveNotes(slo.objective),
        ...silent.map(
          severity =>
            `there is no ${severity}: in a period of ${promDuration(period)} none would speak before most of the budget is gone.`,
        ),
      ],
    };
  });
}

/** What is odd about an objective that is none the less right. */
function objectiveNotes(objective: number): string[] {
  if (objective === 100) return ['an objective of 100 leaves no error budget: any error fires every alert.'];
  if (objective <= 1)
    return [`an objective of ${objective} is ${objective} %; a ratio is written ${objective * 100}.`];
  return [];
}

const UNIT_MS: Record<string, number> = {
  Second: 1000,
  Minute: 60_000,
  Hour: 3_600_000,
  Day: 86_400_000,
  Week: 7 * 86_400_000,
  Month: 30 * 86_400_000,
  Quarter: 90 * 86_400_000,
  Year: 365 * 86_400_000,
};

/** What Sloth makes rules of, from OpenSLO v1alpha: one for each objective with a ratio, and no alerts. */
export function v1AlphaRuleSpecs({ metadata, spec }: V1AlphaSlo, options: SlothOptions = {}): RuleSpec[] {
  const { count, unit } = spec.timeWindows[0]!;
  const period = milliseconds(count * UNIT_MS[unit]!);
  return spec.objectives.flatMap((objective, index) => {
    const { ratioMetrics } = objective;
    if (ratioMetrics === undefined) return [];
    const at = (query: string, window: DurationText) => query.replace(WINDOW, window);
    return [
      {
        service: spec.service,
        name: `${metadata.name}-${index}`,
        objective: objective.target * 100,
        period,
        labels: {},
        ratio: (window: DurationText) =>
          `(\n  1 - (\n    (\n      ${at(ratioMetrics.good.query, window)}\n    )\n    /\n    (\n      ${at(ratioMetrics.total.query, window)}\n    )\n  )\n)`,
        alertName: '',
        mode: 'cli-gen-openslo',
        spec: 'openslo/v1alpha',
        windows: options.catalogue?.get(period) ?? windowsFor(period),
      },
    ];
  });
}
