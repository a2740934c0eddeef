import { type Call, children, type Expr, unwrapped, type VectorSelector } from './ast.ts';
import { type Column, type Grid, merged } from './column.ts';
import { isReset } from './histogram-reset.ts';
import { infoMatchers, infoRefs } from './info.ts';
import { shornLabels } from './labels.ts';
import type { NativeHistogram } from './native-histogram.ts';
import { pushable } from './push-down.ts';
import type { Query } from './query.ts';
import { matrixArgument, rangeCall } from './range-call.ts';
import type { PushableNode, SelectHint, Series } from './source.ts';
import { finished } from './steps.ts';

/**
 * Ask the source for everything an expression needs, before it is evaluated: whole subtrees where the source takes
 * them, else the samples of each selector.
 */
export async function prefetch(query: Query, expr: Expr, grid: Grid): Promise<void> {
  const jobs: (() => Promise<void>)[] = [];
  walk(query, expr, grid, { stepMs: grid.stepMs }, jobs, false);
  for (const job of jobs) {
    query.check();
    await job();
  }
}

const statsFunctions = new Set(['histogram_count', 'histogram_sum', 'histogram_avg']);
const bucketFunctions = new Set([
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
  'histogram_stddev',
  'histogram_stdvar',
]);

type Jobs = (() => Promise<void>)[];

/** `stats`: only counts and sums of histograms are asked for, so resets are looked for sample by sample. */
function walk(query: Query, expr: Expr, grid: Grid, hint: SelectHint, jobs: Jobs, stats: boolean): void {
  if (grid.count === 0) return;
  const push = query.source.evaluate || query.source.parts ? pushable(query, expr) : undefined;
  if (push) {
    jobs.push(async () => {
      if (push.kind === 'range' && (await inParts(query, push, grid))) return;
      const columns = await query.source.evaluate?.(push, grid, query.signal);
      if (columns) {
        query.hold(columns.length * grid.count);
        query.pushed.set(expr, columns);
        return;
      }
      const inner: Jobs = [];
      descend(query, expr, grid, hint, inner, stats);
      for (const job of inner) await job();
    });
    return;
  }
  descend(query, expr, grid, hint, jobs, stats);
}

function descend(query: Query, expr: Expr, grid: Grid, hint: SelectHint, jobs: Jobs, stats: boolean): void {
  switch (expr.kind) {
    case 'vector-selector':
      jobs.push(() => fetch(query, expr, grid, 0, hint, stats));
      return;
    case 'matrix-selector': {
      const rangeMs = query.duration(expr.range);
      jobs.push(() => fetch(query, expr.selector, grid, rangeMs, { ...hint, rangeMs }, stats));
      return;
    }
    case 'subquery': {
      const inner = query.subqueryGrid(expr, grid);
      walk(query, expr.of, inner, { stepMs: inner.stepMs }, jobs, false);
      return;
    }
    case 'call': {
      if (expr.function === 'info') jobs.push(() => fetchInfo(query, expr, grid));
      const data = expr.function === 'info' ? expr.args.slice(0, 1) : expr.args;
      const only = statsFunctions.has(expr.function) || (stats && !bucketFunctions.has(expr.function));
      for (const arg of data)
        walk(query, arg, grid, { stepMs: grid.stepMs, func: expr.function }, jobs, only);
      return;
    }
    case 'aggregate': {
      if (expr.parameter) walk(query, expr.parameter, grid, { stepMs: grid.stepMs }, jobs, false);
      const grouping = { without: expr.without, names: expr.grouping };
      walk(query, expr.of, grid, { stepMs: grid.stepMs, func: expr.op, grouping }, jobs, stats);
      return;
    }
    case 'paren':
      walk(query, expr.of, grid, hint, jobs, stats);
      return;
    default:
      for (const child of children(expr))
        walk(query, unwrapped(child), grid, { stepMs: grid.stepMs }, jobs, stats && expr.kind === 'unary');
  }
}

/** Evaluates a range function part by part, when the source gives parts. */
async function inParts(query: Query, { expr }: PushableNode, grid: Grid): Promise<boolean> {
  const range = expr.kind === 'call' ? unwrapped(expr.args[0]!) : undefined;
  if (expr.kind !== 'call' || range?.kind !== 'matrix-selector' || !query.source.parts) return false;
  const { selector } = range;
  const refs = query.refs(selector, grid);
  const from = refs[0]! - query.duration(range.range);
  const parts = query.source.parts(selector.matchers, from, refs.at(-1)!, query.signal);
  if (parts === undefined) return false;
  const columns: Column[] = [];
  let metric: string | undefined;
  let alike = true;
  for await (const part of parts) {
    for (const { labels } of part) {
      const shorn = shornLabels(labels);
      metric ??= shorn.metric;
      alike &&= metric === shorn.metric;
    }
    const samples = part.reduce((sum, { timestamps }) => sum + timestamps.length, 0);
    query.hold(samples);
    query.fetched.set(selector, part);
    const found = await finished(query, rangeCall(query, expr, matrixArgument(query, range, grid), [], grid));
    for (const column of found) columns.push(column);
    query.release(samples);
    // Parts may all come from memory: without this nobody else would get a turn, nor would a timeout be noticed.
    query.check();
    const pause = query.pause?.();
    if (pause) await pause;
  }
  query.fetched.delete(selector);
  query.pushed.set(expr, alike ? columns : merged(columns, expr.position));
  return true;
}

async function fetch(
  query: Query,
  selector: VectorSelector,
  grid: Grid,
  rangeMs: number,
  hint: SelectHint,
  stats: boolean,
): Promise<void> {
  const refs = query.refs(selector, grid);
  const window = rangeMs === 0 ? query.lookbackMs : rangeMs;
  const before = selector.boundary && rangeMs > 0 ? query.lookbackMs : 0;
  const after = selector.boundary === 'smoothed' ? query.lookbackMs : 0;
  const from = refs[0]! - window - before;
  const to = refs.at(-1)! + after;
  const series = await query.source.select(selector.matchers, from, to, hint, query.signal);
  let samples = 0;
  for (const each of series) samples += each.timestamps.length;
  query.hold(samples);
  query.fetched.set(selector, stats ? series.map(withResets) : series);
}

async function fetchInfo(query: Query, expr: Call, grid: Grid): Promise<void> {
  const { names, data } = infoMatchers(expr);
  const refs = infoRefs(query, expr.args[0]!, grid);
  const hint = { stepMs: grid.stepMs, func: 'info' };
  const series = await query.source.select(
    [...names, ...data],
    refs[0]! - query.lookbackMs,
    refs.at(-1)!,
    hint,
    query.signal,
  );
  query.hold(series.reduce((samples, each) => samples + each.timestamps.length, 0));
  query.infos.set(expr, series);
}

/** A series whose histograms say of each sample whether it follows a reset, where the store left that open. */
function withResets(series: Series): Series {
  if (!series.histograms) return series;
  let before: NativeHistogram | undefined;
  const histograms = series.histograms.map(each => {
    const last = before;
    before = each;
    if (!each || !last || each.hint !== 'unknown') return each;
    return { ...each, hint: isReset(each, last) ? ('reset' as const) : ('not_reset' as const) };
  });
  return { ...series, histograms };
}
