import type { Aggregate } from './ast.ts';
import { type Column, float, histogram, setFloat, setHistogram } from './column.ts';
import { kahanSum, mean } from './functions/over-time.ts';
import type { Group } from './group.ts';
import { averaged, summed } from './histogram-arithmetic.ts';
import { compacted, type NativeHistogram } from './native-histogram.ts';
import type { Query } from './query.ts';

/** Aggregate a group that has histograms. False: the histograms are left out, the floats still to be aggregated. */
export function histogramAggregate(query: Query, expr: Aggregate, group: Group, out: Column): boolean {
  if (expr.op !== 'sum' && expr.op !== 'avg') {
    query.annotations.info(`ignored histogram in ${expr.op} aggregation`, expr.of.position);
    return false;
  }
  for (let step = 0; step < out.state.length; step++) {
    const floats: number[] = [];
    const histograms: NativeHistogram[] = [];
    for (const column of group.columns) {
      if (column.state[step] === float) floats.push(column.values[step]!);
      else if (column.state[step] === histogram) histograms.push(column.histograms![step]!);
    }
    if (histograms.length === 0) {
      if (floats.length === 0) continue;
      const values = Float64Array.from(floats);
      setFloat(
        out,
        step,
        expr.op === 'sum' ? kahanSum(values, 0, values.length) : mean(values, 0, values.length),
      );
      continue;
    }
    if (floats.length > 0) {
      query.annotations.warn('encountered a mix of histograms and floats for aggregation', expr.of.position);
      continue;
    }
    const total = expr.op === 'sum' ? summed(histograms) : averaged(histograms);
    if (!total) {
      query.annotations.warn(
        'vector contains a mix of histograms with exponential and custom buckets schemas',
        expr.of.position,
      );
      continue;
    }
    if (total.reconciled)
      query.annotations.info(
        'mismatched custom buckets were reconciled during aggregation',
        expr.of.position,
      );
    if (total.conflicting)
      query.annotations.warn('conflicting counter resets during histogram aggregation', expr.of.position);
    setHistogram(out, step, compacted(total.histogram));
  }
  return true;
}
