import { type Expr, unwrapped, type VectorSelector } from './ast.ts';
import type { Query } from './query.ts';
import type { PushableNode } from './source.ts';

const rangeFunctions = new Set([
  'rate',
  'increase',
  'delta',
  'irate',
  'idelta',
  'changes',
  'resets',
  'avg_over_time',
  'count_over_time',
  'first_over_time',
  'last_over_time',
  'max_over_time',
  'min_over_time',
  'present_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'sum_over_time',
]);

const aggregations = new Set(['sum', 'avg', 'min', 'max', 'count']);

function plain(
  query: Query,
  selector: VectorSelector,
): { matchers: PushableNode['matchers']; offsetMs: number } | undefined {
  if (selector.at || selector.boundary) return undefined;
  return {
    matchers: selector.matchers,
    offsetMs: selector.offset ? query.duration(selector.offset, false) : 0,
  };
}

/** The subtree as a source may answer it, or undefined when it is not of that shape. */
export function pushable(query: Query, outer: Expr): PushableNode | undefined {
  if (query.delayedNames || query.startTimestamps) return undefined;
  const expr = unwrapped(outer);
  const ranges = query.closed ? 'closed' : 'left-open';
  if (expr.kind === 'call' && rangeFunctions.has(expr.function)) {
    const arg = unwrapped(expr.args[0]!);
    if (arg.kind !== 'matrix-selector') return undefined;
    const inner = plain(query, arg.selector);
    const windowMs = query.duration(arg.range);
    return inner && { kind: 'range', expr, func: expr.function, windowMs, ranges, ...inner };
  }
  if (expr.kind !== 'aggregate' || !aggregations.has(expr.op)) return undefined;
  const aggregate = { op: expr.op as 'sum', without: expr.without, names: expr.grouping };
  const of = unwrapped(expr.of);
  if (of.kind === 'vector-selector') {
    const inner = plain(query, of);
    return inner && { kind: 'aggregate', expr, aggregate, windowMs: query.lookbackMs, ranges, ...inner };
  }
  const inner = of.kind === 'call' ? pushable(query, of) : undefined;
  return inner && { ...inner, kind: 'aggregate', expr, aggregate };
}
