/** PromQL as of Prometheus 3: parse, print, evaluate over any source of series. */
export type {
  Aggregate,
  Binary,
  Call,
  Expr,
  Matcher,
  MatrixSelector,
  NumberLiteral,
  Paren,
  StringLiteral,
  Subquery,
  Unary,
  ValueType,
  VectorMatching,
  VectorSelector,
} from './ast.ts';
export { children, unwrapped } from './ast.ts';
export type { Column, Grid } from './column.ts';
export {
  type MatrixResult,
  type QueryRange,
  type QueryResult,
  queryInstant,
  queryRange,
  type Sample,
  type ScalarResult,
  type StringResult,
  type VectorResult,
} from './engine.ts';
export { format } from './format.ts';
export { compareLabels, type Labels, labelsKey } from './labels.ts';
export { durationMs, durationText, numberText } from './literal.ts';
export {
  allBuckets,
  type Bucket,
  type Buckets,
  type CounterResetHint,
  customSchema,
  type NativeHistogram,
} from './native-histogram.ts';
export { parse, parseSelector } from './parser.ts';
export { matchersTest, patternTest } from './pattern.ts';
export { type Position, PromqlError, type PromqlErrorKind } from './promql-error.ts';
export type { QueryOptions } from './query.ts';
export { type SelectorUse, selectorsOf } from './selectors-of.ts';
export { callable } from './signature.ts';
export type { PushableNode, SelectHint, Series, SeriesMatrix, SeriesSource } from './source.ts';
