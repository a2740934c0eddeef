import { type Expr, unwrapped } from './ast.ts';
import { type Column, float, type Grid, histogram, isPresent, merged } from './column.ts';
import { evaluate } from './evaluate.ts';
import { compareLabels, type Labels, withoutName } from './labels.ts';
import type { NativeHistogram } from './native-histogram.ts';
import { parse } from './parser.ts';
import { prefetch } from './prefetch.ts';
import { failed, PromqlError } from './promql-error.ts';
import { Query, type QueryOptions } from './query.ts';
import { matrixArgument, subqueryArgument } from './range-call.ts';
import type { Series, SeriesSource } from './source.ts';
import { finished, type Steps } from './steps.ts';
import type { Value } from './value.ts';
import { typeName, valueType } from './value-type.ts';

interface Notes {
  /** `PromQL warning: …`: the answer may not be what was meant. */
  readonly warnings: readonly string[];
  /** `PromQL info: …`: something about the data worth knowing. */
  readonly infos: readonly string[];
}

/** One series at one instant. */
export interface Sample {
  readonly labels: Labels;
  readonly timestamp: number;
  /** NaN when the sample is a histogram. */
  readonly value: number;
  readonly histogram?: NativeHistogram;
}

export type ScalarResult = Notes & {
  readonly type: 'scalar';
  readonly timestamp: number;
  readonly value: number;
};
export type StringResult = Notes & {
  readonly type: 'string';
  readonly timestamp: number;
  readonly value: string;
};
export type VectorResult = Notes & { readonly type: 'vector'; readonly samples: readonly Sample[] };
export type MatrixResult = Notes & { readonly type: 'matrix'; readonly series: readonly Series[] };
export type QueryResult = ScalarResult | StringResult | VectorResult | MatrixResult;

function notes(query: Query): Notes {
  return { warnings: query.annotations.warnings, infos: query.annotations.infos };
}

/** Names that were to go, gone. */
function named(query: Query, columns: readonly Column[]): Column[] {
  if (!query.delayedNames) return [...columns];
  return merged(
    columns.map(column => (column.nameless ? { ...column, labels: withoutName(column.labels) } : column)),
  );
}

function seriesOf(column: Column, grid: Grid): Series {
  const { state } = column;
  let size = 0;
  for (const each of state) if (each !== 0) size++;
  const timestamps = new Float64Array(size);
  const values = new Float64Array(size);
  const histograms = column.histograms && new Array<NativeHistogram | undefined>(size).fill(undefined);
  let at = 0;
  for (let i = 0; i < state.length; i++) {
    if (state[i] === 0) continue;
    timestamps[at] = grid.startMs + i * grid.stepMs;
    if (state[i] === float) values[at] = column.values[i]!;
    else {
      values[at] = Number.NaN;
      histograms![at] = column.histograms![i];
    }
    at++;
  }
  return { labels: column.labels, timestamps, values, ...(histograms?.some(Boolean) && { histograms }) };
}

function samplesOf(columns: readonly Column[], timestamp: number): Sample[] {
  const out: Sample[] = [];
  for (const column of columns) {
    if (column.state[0] === float) out.push({ labels: column.labels, timestamp, value: column.values[0]! });
    else if (column.state[0] === histogram) {
      out.push({ labels: column.labels, timestamp, value: Number.NaN, histogram: column.histograms![0]! });
    }
  }
  return out;
}

/** The raw samples of a range vector, as an instant query may ask for them. */
function* rawMatrix(query: Query, expr: Expr, grid: Grid): Steps<Series[]> {
  const inner = unwrapped(expr);
  let argument: ReturnType<typeof matrixArgument>;
  if (inner.kind === 'matrix-selector') argument = matrixArgument(query, inner, grid);
  else if (inner.kind === 'subquery') {
    const of = yield* evaluate(query, inner.of, query.subqueryGrid(inner, grid));
    const columns = of.kind === 'vector' ? named(query, of.columns) : [];
    argument = subqueryArgument(query, inner, columns, grid);
  } else throw failed('expected a range vector', expr.position);
  const end = argument.refs[0]!;
  const start = end - argument.rangeMs;
  const within = (time: number) => time <= end && (query.closed ? time >= start : time > start);
  const out: Series[] = [];
  for (const { labels, floats, histograms } of argument.series) {
    const rows: { time: number; value: number; histogram?: NativeHistogram }[] = [];
    floats.times.forEach((time, i) => {
      if (within(time)) rows.push({ time, value: floats.values[i]! });
    });
    histograms?.times.forEach((time, i) => {
      if (within(time)) rows.push({ time, value: Number.NaN, histogram: histograms.values[i]! });
    });
    if (rows.length === 0) continue;
    rows.sort((a, b) => a.time - b.time);
    out.push({
      labels,
      timestamps: Float64Array.from(rows, row => row.time),
      values: Float64Array.from(rows, row => row.value),
      ...(histograms && { histograms: rows.map(row => row.histogram) }),
    });
  }
  return out.sort((a, b) => compareLabels(a.labels, b.labels));
}

/**
 * Evaluate a query at one instant.
 * @param timeMs ms since the epoch
 * @throws PromqlError for what is no PromQL, can't be evaluated, asks for too much, or was cancelled
 */
export async function queryInstant(
  source: SeriesSource,
  text: string | Expr,
  timeMs: number,
  options: QueryOptions = {},
): Promise<QueryResult> {
  const expr = typeof text === 'string' ? parse(text) : text;
  const grid: Grid = { startMs: timeMs, stepMs: 0, count: 1 };
  const query = new Query(source, { startMs: timeMs, endMs: timeMs, stepMs: 0 }, options);
  await prefetch(query, expr, grid);
  if (valueType(expr) === 'matrix') {
    const series = await finished(query, rawMatrix(query, expr, grid));
    return { type: 'matrix', series, ...notes(query) };
  }
  const value: Value = await finished(query, evaluate(query, expr, grid));
  if (value.kind === 'scalar')
    return { type: 'scalar', timestamp: timeMs, value: value.values[0]!, ...notes(query) };
  if (value.kind === 'string')
    return { type: 'string', timestamp: timeMs, value: value.text, ...notes(query) };
  const columns = named(query, value.columns);
  return { type: 'vector', samples: samplesOf(columns, timeMs), ...notes(query) };
}

/** The instants of a range query, all in ms. */
export interface QueryRange {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Evaluate a query at every step of a range; the result is a matrix, ordered by labels. */
export async function queryRange(
  source: SeriesSource,
  text: string | Expr,
  range: QueryRange,
  options: QueryOptions = {},
): Promise<MatrixResult> {
  const expr = typeof text === 'string' ? parse(text) : text;
  const type = valueType(expr);
  if (type !== 'scalar' && type !== 'vector') {
    const message = `invalid expression type "${typeName(type)}" for range query, must be Scalar or instant Vector`;
    throw new PromqlError('parse', message, expr.position);
  }
  const { startMs, endMs, stepMs } = range;
  if (!(stepMs > 0))
    throw new PromqlError('execution', 'zero or negative query resolution step widths are not accepted');
  if (endMs < startMs) throw new PromqlError('execution', 'end timestamp must not be before start time');
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  const most = options.maxSteps ?? 11_000;
  if (count > most) {
    throw new PromqlError(
      'limit',
      `exceeded maximum resolution of ${most.toLocaleString('en-US')} points per timeseries. Try decreasing the query resolution (?step=XX)`,
    );
  }
  const grid: Grid = { startMs, stepMs, count };
  const query = new Query(source, { startMs, endMs, stepMs }, options);
  await prefetch(query, expr, grid);
  const value = await finished(query, evaluate(query, expr, grid));
  const columns: readonly Column[] =
    value.kind === 'vector'
      ? named(query, value.columns)
      : [
          {
            labels: {},
            state: new Uint8Array(count).fill(float),
            values: value.kind === 'scalar' ? value.values : new Float64Array(count),
          },
        ];
  const series = columns.filter(isPresent).map(column => seriesOf(column, grid));
  return {
    type: 'matrix',
    series: series.sort((a, b) => compareLabels(a.labels, b.labels)),
    ...notes(query),
  };
}
