import { forMetric } from '../annotation.ts';
import { bucketFraction, bucketQuantile } from '../classic-histogram.ts';
import { type Column, emptyColumn, histogram, isPresent, merged, setFloat } from '../column.ts';
import { histogramFraction, histogramQuantile, histogramVariance } from '../histogram-quantile.ts';
import { withoutName } from '../labels.ts';
import { labelText, quoted } from '../literal.ts';
import type { NativeHistogram } from '../native-histogram.ts';
import { failed, type Position } from '../promql-error.ts';
import type { Query } from '../query.ts';
import { bucketsAt, type HistogramGroup, histogramGroups, isMixed, resultLabels } from './classic.ts';

const numbers: Readonly<Record<string, (value: NativeHistogram) => number>> = {
  histogram_avg: value => value.sum / value.count,
  histogram_count: value => value.count,
  histogram_sum: value => value.sum,
  histogram_stdvar: histogramVariance,
  histogram_stddev: value => Math.sqrt(histogramVariance(value)),
};

/** A number of each native histogram; floats are left out. */
export function histogramNumber(
  query: Query,
  name: string,
  columns: readonly Column[],
  position: Position,
): Column[] {
  const numberOf = numbers[name]!;
  const out: Column[] = [];
  for (const column of columns) {
    if (!column.histograms) continue;
    const result = emptyColumn(
      query.delayedNames ? column.labels : withoutName(column.labels),
      column.state.length,
    );
    if (query.delayedNames) result.nameless = true;
    for (let i = 0; i < column.state.length; i++) {
      if (column.state[i] === histogram) setFloat(result, i, numberOf(column.histograms[i]!));
    }
    if (isPresent(result)) out.push(result);
  }
  return query.delayedNames ? out : merged(out, position);
}

function warnQuantile(query: Query, q: number, at: Position): void {
  if (q >= 0 && q <= 1) return;
  const text = Number.isNaN(q)
    ? 'NaN'
    : q === Number.POSITIVE_INFINITY
      ? '+Inf'
      : String(q).replace('Infinity', 'Inf');
  query.annotations.warn(`quantile value should be between 0 and 1, got ${text}`, at);
}

function quantileAt(
  query: Query,
  group: HistogramGroup,
  q: number,
  step: number,
  at: Position,
): number | undefined {
  const buckets = bucketsAt(group, step);
  if (isMixed(query, group, step, buckets.length, at)) return undefined;
  if (group.native && group.native.state[step] === histogram) {
    const { value, nan } = histogramQuantile(q, group.native.histograms![step]!);
    if (nan !== 'none') {
      const result = nan === 'nan' ? 'result is NaN' : 'result is skewed higher';
      query.annotations.info(
        `input to histogram_quantile has NaN observations, ${result}${forMetric(group.name)}`,
        at,
      );
    }
    return value;
  }
  if (buckets.length === 0) return undefined;
  const { value, mended } = bucketQuantile(q, buckets);
  if (mended) {
    query.annotations.info(
      `input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${forMetric(group.name)}, ` +
        `from buckets ${labelText(mended.least)} to ${labelText(mended.most)}, with a max diff of ${mended.difference}`,
      at,
    );
  }
  return value;
}

/** `histogram_quantile` over classic and native histograms. */
export function quantileColumns(
  query: Query,
  columns: readonly Column[],
  wanted: Float64Array,
  at: { readonly vector: Position; readonly quantile: Position },
  label?: { readonly name: string; readonly values: readonly string[] },
): Column[] {
  for (const q of wanted) warnQuantile(query, q, at.quantile);
  const out: Column[] = [];
  for (const group of histogramGroups(query, columns, at.vector)) {
    const { labels, nameless } = resultLabels(query, group);
    const byText = new Map<string, Column>();
    for (let i = 0; i < wanted.length; i++) {
      const value = quantileAt(query, group, wanted[i]!, i, at.vector);
      if (value === undefined) continue;
      const text = label?.values[i] ?? '';
      let column = byText.get(text);
      if (!column) {
        column = emptyColumn(label ? { ...labels, [label.name]: text } : labels, wanted.length);
        if (nameless) column.nameless = true;
        byText.set(text, column);
      }
      setFloat(column, i, value);
    }
    out.push(...byText.values());
  }
  return query.delayedNames ? out : merged(out, at.vector);
}

/** A quantile as OpenMetrics writes it: `1.0`, `0.25`. */
function quantileText(value: number): string {
  const text = labelText(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}

/** `histogram_quantiles(v, label, φ…)`: one series a quantile. */
export function quantilesColumns(
  query: Query,
  columns: readonly Column[],
  label: string,
  wanted: readonly { readonly values: Float64Array; readonly position: Position }[],
  vector: Position,
  call: Position,
): Column[] {
  if (!query.isLabelName(label)) throw failed(`invalid label name ${quoted(label)}`, call);
  if (columns.some(column => column.labels[label] !== undefined && label !== 'le')) {
    throw failed(`label ${quoted(label)} is already present in the input of histogram_quantiles`, call);
  }
  const out: Column[] = [];
  for (const { values, position } of wanted) {
    const texts = Array.from(values, quantileText);
    out.push(
      ...quantileColumns(
        query,
        columns,
        values,
        { vector, quantile: position },
        { name: label, values: texts },
      ),
    );
  }
  return merged(out, call);
}

/** `histogram_fraction` over classic and native histograms. */
export function fractionColumns(
  query: Query,
  columns: readonly Column[],
  lower: Float64Array,
  upper: Float64Array,
  at: Position,
): Column[] {
  const out: Column[] = [];
  for (const group of histogramGroups(query, columns, at)) {
    const { labels, nameless } = resultLabels(query, group);
    const column = emptyColumn(labels, lower.length);
    if (nameless) column.nameless = true;
    for (let i = 0; i < lower.length; i++) {
      const buckets = bucketsAt(group, i);
      if (isMixed(query, group, i, buckets.length, at)) continue;
      if (group.native && group.native.state[i] === histogram) {
        const { value, nan } = histogramFraction(lower[i]!, upper[i]!, group.native.histograms![i]!);
        if (nan) {
          query.annotations.info(
            `input to histogram_fraction has NaN observations, which are excluded from all fractions${forMetric(group.name)}`,
            at,
          );
        }
        setFloat(column, i, value);
      } else if (buckets.length > 0) setFloat(column, i, bucketFraction(lower[i]!, upper[i]!, buckets));
    }
    if (isPresent(column)) out.push(column);
  }
  return query.delayedNames ? out : merged(out, at);
}
