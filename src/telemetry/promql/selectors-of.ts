import {
  type AtModifier,
  children,
  type Duration,
  type Expr,
  type Matcher,
  type VectorSelector,
} from './ast.ts';
import { isConstant, resolved } from './duration.ts';

/** A selector of series in an expression, with what the query asks of it. */
export interface SelectorUse {
  readonly selector: VectorSelector;
  /** The metric's name when the matchers settle it. */
  readonly metric: string | undefined;
  readonly matchers: readonly Matcher[];
  /** The range in ms of a range selector; undefined for an instant one or when it depends on the query's step. */
  readonly rangeMs: number | undefined;
  /** How far back the selector looks at most, in ms: ranges, offsets and the subqueries around it, without lookback. */
  readonly reachMs: number;
  readonly offsetMs: number;
  readonly at: AtModifier | undefined;
  /** The functions and aggregations around it, the nearest first. */
  readonly within: readonly string[];
}

function constantMs(duration: Duration | undefined): number {
  return duration && isConstant(duration) ? resolved(duration, { stepMs: 0, rangeMs: 0 }, false) : 0;
}

/** The series selectors of an expression in the order they are written. */
export function selectorsOf(expr: Expr): SelectorUse[] {
  const out: SelectorUse[] = [];
  const use = (
    selector: VectorSelector,
    range: Duration | undefined,
    reachMs: number,
    within: readonly string[],
  ) => {
    const rangeMs = range && isConstant(range) ? constantMs(range) : undefined;
    const offsetMs = constantMs(selector.offset);
    out.push({
      selector,
      metric: selector.matchers.find(m => m.name === '__name__' && m.op === '=')?.value,
      matchers: selector.matchers,
      rangeMs,
      reachMs: reachMs + offsetMs + (rangeMs ?? 0),
      offsetMs,
      at: selector.at,
      within,
    });
  };
  const walk = (node: Expr, reachMs: number, within: readonly string[]): void => {
    if (node.kind === 'vector-selector') use(node, undefined, reachMs, within);
    if (node.kind === 'matrix-selector') {
      use(node.selector, node.range, reachMs, within);
      return;
    }
    const inner =
      node.kind === 'call'
        ? [node.function, ...within]
        : node.kind === 'aggregate'
          ? [node.op, ...within]
          : within;
    const reach =
      node.kind === 'subquery' ? reachMs + constantMs(node.range) + constantMs(node.offset) : reachMs;
    for (const child of children(node)) walk(child, reach, inner);
  };
  walk(expr, 0, []);
  return out;
}
