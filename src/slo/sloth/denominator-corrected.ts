import { periodMean, recordedLabels, selector } from '../prometheus/recording-rules.ts';
import { promDuration, type RuleSpec, type RuleStep, recordedWindows } from '../prometheus/rule-spec.ts';
import { PromqlError, parse } from '../promql.ts';

/**
 * Sloth's plugin for uneven traffic: each window's errors are weighed by its share of the period's events, so that ten
 * failures of a quiet night do not count as much as ten thousand of the day.
 */
export function correctedStep({ exactPeriod }: { exactPeriod: boolean }): RuleStep {
  return (parts, spec) => {
    const windows = recordedWindows(spec.windows);
    const period = promDuration(spec.period);
    const ofPeriod = exactPeriod ? spec.ratio(period) : periodMean(spec);
    parts.sli.rules = [...new Set([...windows, period])].map(window => ({
      record: `slo:sli_error:ratio_rate${window}`,
      expr: window === period ? ofPeriod : weighed(spec, window),
      labels: recordedLabels(spec, window),
    }));
    parts.meta.rules.push(
      ...windows.map(window => ({
        record: correction(window),
        expr: `(${spec.total!(window)})/(${spec.total!(period)})`,
        labels: recordedLabels(spec),
      })),
    );
  };
}

function correction(window: string): string {
  return `slo:numerator_correction:ratio${window}`;
}

function weighed(spec: RuleSpec, window: string): string {
  const errors = spec.errors!(window);
  return `(\n${selector(correction(window), spec)}\n* on()\n${isWhole(errors) ? errors : `(${errors})`}\n)\n/\n(${spec.total!(window)})\n`;
}

/** Whether a factor can stand before an expression without brackets around it. */
function isWhole(expr: string): boolean {
  try {
    const { kind } = parse(expr);
    return kind !== 'binary' && kind !== 'unary';
  } catch (error) {
    // MetricsQL has more than PromQL.
    if (error instanceof PromqlError) return false;
    throw error;
  }
}
