import type { RangeFunction } from '../range-function.ts';
import { histogramAverage, histogramTotal } from './histogram-over-time.ts';
import * as overTime from './over-time.ts';
import { delta, idelta, increase, irate, rate } from './rate.ts';
import { deriv, doubleExponentialSmoothing, predictLinear } from './regression.ts';
import * as sampling from './sampling.ts';

/** Functions of a range vector that look at one series at a time. */
export const rangeFunctions: Readonly<Record<string, RangeFunction>> = {
  avg_over_time: { ...overTime.avgOverTime, mixed: histogramAverage },
  changes: sampling.changes,
  count_over_time: sampling.countOverTime,
  delta,
  deriv,
  double_exponential_smoothing: doubleExponentialSmoothing,
  first_over_time: sampling.firstOverTime,
  idelta,
  increase,
  irate,
  last_over_time: sampling.lastOverTime,
  mad_over_time: overTime.madOverTime,
  max_over_time: overTime.maxOverTime,
  min_over_time: overTime.minOverTime,
  predict_linear: predictLinear,
  present_over_time: sampling.presentOverTime,
  quantile_over_time: overTime.quantileOverTime,
  rate,
  resets: sampling.resets,
  stddev_over_time: overTime.stddevOverTime,
  stdvar_over_time: overTime.stdvarOverTime,
  sum_over_time: { ...overTime.sumOverTime, mixed: histogramTotal },
  ts_of_first_over_time: sampling.tsOfFirstOverTime,
  ts_of_last_over_time: sampling.tsOfLastOverTime,
  ts_of_max_over_time: overTime.tsOfMaxOverTime,
  ts_of_min_over_time: overTime.tsOfMinOverTime,
};

/** These hand samples out as they are, so the metric keeps its name. */
export const keepsName: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);
