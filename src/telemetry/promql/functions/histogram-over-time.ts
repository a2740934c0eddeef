import { setFloat, setHistogram } from '../column.ts';
import { averaged, summed } from '../histogram-arithmetic.ts';
import { compacted } from '../native-histogram.ts';
import type { MixedWindow, RangeScope } from '../range-function.ts';
import type { Histograms } from '../range-series.ts';
import { mixedKinds, mixedLayouts } from './histogram-rate.ts';
import { kahanSum, mean } from './over-time.ts';

function total(scope: RangeScope, histograms: Histograms, average: boolean): MixedWindow {
  const { values } = scope.series.floats;
  return (lo, hi, hlo, hhi, step) => {
    if (hhi <= hlo)
      return setFloat(scope.out, step, average ? mean(values, lo, hi) : kahanSum(values, lo, hi));
    if (hi > lo) return mixedKinds(scope);
    const window = histograms.values.slice(hlo, hhi);
    const sum = average ? averaged(window) : summed(window);
    if (!sum) return mixedLayouts(scope);
    if (sum.reconciled) {
      scope.annotations.info('mismatched custom buckets were reconciled during aggregation', scope.argument);
    }
    if (sum.conflicting) {
      scope.annotations.warn('conflicting counter resets during histogram aggregation', scope.argument);
    }
    setHistogram(scope.out, step, compacted(sum.histogram));
  };
}

export const histogramTotal = (scope: RangeScope, histograms: Histograms): MixedWindow =>
  total(scope, histograms, false);
export const histogramAverage = (scope: RangeScope, histograms: Histograms): MixedWindow =>
  total(scope, histograms, true);
