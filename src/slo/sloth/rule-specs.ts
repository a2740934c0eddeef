import { type Duration, type DurationText, milliseconds } from '../../kernel/index.ts';
import type { V1AlphaSlo } from '../openslo/v1alpha.ts';
import {
  type AlertMeta,
  type AlertWindows,
  type RuleSpec,
  WORKBOOK_WINDOWS,
} from '../prometheus/rule-spec.ts';
import { windowsFor } from './alert-windows.ts';
import { chainEffect } from './plugins.ts';
import { chainOf, type PrometheusV1 } from './prometheus-v1.ts';

export interface SlothOptions {
  /** The period of specs that name none: 30 days as Sloth has it. */
  period?: Duration;
  windows?: AlertWindows;
  mode?: 'cli-gen-prom' | 'cli-gen-k8s';
  spec?: string;
}

const MONTH = milliseconds(30 * 86_400_000);
const WINDOW = /\{\{\s*\.window\s*\}\}/g;
/** What Sloth makes rules of, from its own specification. */
export function slothRuleSpecs(document: PrometheusV1, options: SlothOptions = {}): RuleSpec[] {
  return document.slos.map(slo => {
    const { alerting, sli } = slo;
    const at = (query: string, window: DurationText) => query.replace(WINDOW, window);
    const { chain, overridden } = chainOf(document, slo);
    const effect = chainEffect(chain, overridden);
    const period = options.period ?? MONTH;
    const meta = (severity: 'page_alert' | 'ticket_alert'): AlertMeta | undefined => {
      const alert = alerting?.[severity];
      if (alert?.disable) return undefined;
      return {
        labels: { ...alerting?.labels, ...alert?.labels },
        annotations: { ...alerting?.annotations, ...alert?.annotations },
        ...(effect.alertFor && alert?.for !== undefined ? { for: alert.for } : {}),
      };
    };
    const page = meta('page_alert');
    const ticket = meta('ticket_alert');
    const { events, raw } = sli;
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
      denominatorCorrected: events !== undefined && events !== null && effect.denominatorCorrected,
      alertName: alerting?.name ?? '',
      ...(page === undefined ? {} : { page }),
      ...(ticket === undefined ? {} : { ticket }),
      mode: options.mode ?? 'cli-gen-prom',
      spec: options.spec ?? 'prometheus/v1',
      windows: options.windows ?? windowsFor(period),
      exactPeriod: effect.exactPeriod,
      made: effect.made,
      changes: effect.changes,
    };
  });
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
export function v1AlphaRuleSpecs({ metadata, spec }: V1AlphaSlo): RuleSpec[] {
  const { count, unit } = spec.timeWindows[0]!;
  return spec.objectives.flatMap((objective, index) => {
    const { ratioMetrics } = objective;
    if (ratioMetrics === undefined) return [];
    const at = (query: string, window: DurationText) => query.replace(WINDOW, window);
    return [
      {
        service: spec.service,
        name: `${metadata.name}-${index}`,
        objective: objective.target * 100,
        period: milliseconds(count * UNIT_MS[unit]!),
        labels: {},
        ratio: (window: DurationText) =>
          `(\n  1 - (\n    (\n      ${at(ratioMetrics.good.query, window)}\n    )\n    /\n    (\n      ${at(ratioMetrics.total.query, window)}\n    )\n  )\n)`,
        denominatorCorrected: false,
        alertName: '',
        mode: 'cli-gen-openslo',
        spec: 'openslo/v1alpha',
        windows: WORKBOOK_WINDOWS,
      },
    ];
  });
}
