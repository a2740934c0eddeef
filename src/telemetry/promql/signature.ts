import type { AggregationOperator, ValueType } from './ast.ts';

/** What a function takes and gives. `variadic`: how many of the last arguments may be left out or repeated. */
export interface Signature {
  readonly args: readonly ValueType[];
  /** 0: exactly `args`; n > 0: the last may be omitted, or given up to n times; -1: the last may be given any number of times, or none. */
  readonly variadic: number;
  readonly returns: ValueType;
}

const signature = (args: readonly ValueType[], returns: ValueType = 'vector', variadic = 0): Signature => ({
  args,
  variadic,
  returns,
});

const table: Record<string, Signature> = {};

const add = (names: string, of: Signature) => {
  for (const name of names.split(' ')) table[name] = of;
};

add(
  'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan tanh',
  signature(['vector']),
);
add('histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar', signature(['vector']));
add('sort sort_desc timestamp start_timestamp', signature(['vector']));
add(
  'absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time',
  signature(['matrix']),
);
add(
  'mad_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time',
  signature(['matrix']),
);
add(
  'ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time',
  signature(['matrix']),
);
add(
  'day_of_month day_of_week day_of_year days_in_month hour minute month year',
  signature(['vector'], 'vector', 1),
);
add('pi time start end range step', signature([], 'scalar'));
add('min_of max_of', signature(['scalar', 'scalar'], 'scalar'));
add('clamp', signature(['vector', 'scalar', 'scalar']));
add('clamp_max clamp_min', signature(['vector', 'scalar']));
add('round', signature(['vector', 'scalar'], 'vector', 1));
add('histogram_quantile', signature(['scalar', 'vector']));
add('histogram_quantiles', signature(['vector', 'string', 'scalar', 'scalar'], 'vector', 9));
add('histogram_fraction', signature(['scalar', 'scalar', 'vector']));
add('double_exponential_smoothing', signature(['matrix', 'scalar', 'scalar']));
add('predict_linear', signature(['matrix', 'scalar']));
add('quantile_over_time', signature(['scalar', 'matrix']));
add('info', signature(['vector', 'vector'], 'vector', 1));
add('label_replace', signature(['vector', 'string', 'string', 'string', 'string']));
add('label_join', signature(['vector', 'string', 'string', 'string'], 'vector', -1));
add('sort_by_label sort_by_label_desc', signature(['vector', 'string'], 'vector', -1));
add('scalar', signature(['vector'], 'scalar'));
add('vector', signature(['scalar']));

/** Every function of PromQL by name. */
export const signatures: ReadonlyMap<string, Signature> = new Map(Object.entries(table));

const aggregations: Record<AggregationOperator, true> = {
  sum: true,
  avg: true,
  min: true,
  max: true,
  count: true,
  group: true,
  stddev: true,
  stdvar: true,
  quantile: true,
  count_values: true,
  topk: true,
  bottomk: true,
  limitk: true,
  limit_ratio: true,
};

/** The names that take parentheses: functions and aggregations. */
export const callable: readonly string[] = [...signatures.keys(), ...Object.keys(aggregations)];
