import type { Binary } from './ast.ts';
import { added, subtracted } from './histogram-arithmetic.ts';
import { trimmed } from './histogram-trim.ts';
import { compacted, equalHistograms, type NativeHistogram, scaled } from './native-histogram.ts';
import type { Query } from './query.ts';

type Sample = number | NativeHistogram;

/** `left op right` where at least one side is a histogram; undefined when there is no result. */
export function combined(query: Query, expr: Binary, left: Sample, right: Sample): Sample | undefined {
  const { op } = expr;
  if (typeof left !== 'number' && typeof right !== 'number') {
    if (op === '==' || op === '!=') {
      const passes = equalHistograms(left, right) === (op === '==');
      if (expr.bool) return passes ? 1 : 0;
      return passes ? left : undefined;
    }
    if (op === '+' || op === '-') return sum(query, expr, left, right);
  }
  if (typeof left !== 'number' && typeof right === 'number') {
    if (op === '*') return scaled(left, right);
    if (op === '/') return divided(left, right);
    if (op === '</' || op === '>/') return trimmed(left, op, right);
  }
  if (typeof left === 'number' && typeof right !== 'number' && op === '*') return scaled(right, left);
  const kind = (sample: Sample) => (typeof sample === 'number' ? 'float' : 'histogram');
  query.annotations.info(
    `incompatible sample types encountered for binary operator "${op}": ${kind(left)} ${op} ${kind(right)}`,
    expr.position,
  );
  return undefined;
}

/** Divided by zero, the buckets go: nothing is known of them. */
function divided(histogram: NativeHistogram, by: number): NativeHistogram {
  if (by !== 0) {
    const out = scaled(histogram, 1 / by);
    const over = (counts: readonly number[]) => counts.map(count => count / by);
    return {
      ...out,
      zeroCount: histogram.zeroCount / by,
      count: histogram.count / by,
      sum: histogram.sum / by,
      positive: { index: histogram.positive.index, count: over(histogram.positive.count) },
      negative: { index: histogram.negative.index, count: over(histogram.negative.count) },
    };
  }
  return {
    ...histogram,
    zeroCount: histogram.zeroCount / by,
    count: histogram.count / by,
    sum: histogram.sum / by,
    positive: { index: [], count: [] },
    negative: { index: [], count: [] },
  };
}

function sum(
  query: Query,
  expr: Binary,
  left: NativeHistogram,
  right: NativeHistogram,
): NativeHistogram | undefined {
  const result = expr.op === '+' ? added(left, right) : subtracted(left, right);
  const what = expr.op === '+' ? 'addition' : 'subtraction';
  if (!result) {
    query.annotations.warn(
      `incompatible bucket layout encountered for binary operator ${expr.op}`,
      expr.position,
    );
    return undefined;
  }
  if (result.reconciled) {
    query.annotations.info(`mismatched custom buckets were reconciled during ${what}`, expr.position);
  }
  if (result.conflicting) {
    query.annotations.warn(`conflicting counter resets during histogram ${what}`, expr.position);
  }
  const histogram = compacted(result.histogram);
  return expr.op === '-' ? { ...histogram, hint: 'gauge' } : histogram;
}
