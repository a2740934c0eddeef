import type { Position } from './promql-error.ts';

/** Types of a PromQL value, as Prometheus names them. */
export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** One label matcher; `=~` and `!~` are RE2, anchored at both ends. */
export interface Matcher {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
}

/** A duration in a range, offset or subquery: a constant, or arithmetic that may ask for the query's step and range. */
export type Duration =
  | { readonly kind: 'seconds'; readonly value: number; readonly text: string; readonly at: Position }
  | { readonly kind: 'step' | 'range'; readonly at: Position }
  | { readonly kind: 'sign'; readonly op: '+' | '-'; readonly of: Duration; readonly at: Position }
  | { readonly kind: 'paren'; readonly of: Duration; readonly at: Position }
  | {
      readonly kind: 'operation';
      readonly op: '+' | '-' | '*' | '/' | '%' | '^' | 'min_of' | 'max_of';
      readonly left: Duration;
      readonly right: Duration;
      readonly at: Position;
    };

/** The `@` modifier: a fixed time in ms since the epoch, or the start or end of the query. */
export type AtModifier = { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'start' | 'end' };

export interface Timed {
  readonly offset?: Duration;
  readonly at?: AtModifier;
}

interface Node {
  readonly position: Position;
}

export interface NumberLiteral extends Node {
  readonly kind: 'number';
  readonly value: number;
  /** A literal written as a duration (`5m`) keeps its text for the printer. */
  readonly duration?: string;
}

export interface StringLiteral extends Node {
  readonly kind: 'string';
  readonly value: string;
}

/** How samples at the borders of a range are taken (Prometheus' extended range selectors). */
export type Boundary = 'anchored' | 'smoothed';

export interface VectorSelector extends Node, Timed {
  readonly kind: 'vector-selector';
  /** The metric name before the braces or as a bare quoted string; the matchers hold it as well. */
  readonly name?: string;
  readonly matchers: readonly Matcher[];
  readonly boundary?: Boundary;
}

export interface MatrixSelector extends Node {
  readonly kind: 'matrix-selector';
  readonly selector: VectorSelector;
  readonly range: Duration;
}

export interface Subquery extends Node, Timed {
  readonly kind: 'subquery';
  readonly of: Expr;
  readonly range: Duration;
  readonly step?: Duration;
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly function: string;
  readonly args: readonly Expr[];
}

export type AggregationOperator =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'quantile'
  | 'count_values'
  | 'topk'
  | 'bottomk'
  | 'limitk'
  | 'limit_ratio';

export interface Aggregate extends Node {
  readonly kind: 'aggregate';
  readonly op: AggregationOperator;
  readonly of: Expr;
  readonly parameter?: Expr;
  readonly without: boolean;
  readonly grouping: readonly string[];
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
/** Cut the buckets of native histograms above (`</`) or below (`>/`) a value. */
export type TrimOperator = '</' | '>/';
export type SetOperator = 'and' | 'or' | 'unless';
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | TrimOperator | SetOperator;

export interface VectorMatching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels taken over from the "one" side. */
  readonly include: readonly string[];
  readonly fillLeft?: number;
  readonly fillRight?: number;
}

export interface Binary extends Node {
  readonly kind: 'binary';
  readonly op: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  /** Present when both sides are vectors. */
  readonly matching?: VectorMatching;
}

export interface Unary extends Node {
  readonly kind: 'unary';
  readonly op: '+' | '-';
  readonly of: Expr;
}

export interface Paren extends Node {
  readonly kind: 'paren';
  readonly of: Expr;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren;

/** The direct children of an expression, in the order they are written. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector-selector':
      return [];
    case 'matrix-selector':
      return [expr.selector];
    case 'call':
      return expr.args;
    case 'aggregate':
      return expr.parameter ? [expr.parameter, expr.of] : [expr.of];
    case 'binary':
      return [expr.left, expr.right];
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.of];
  }
}

/** Take the parentheses off. */
export function unwrapped(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === 'paren') inner = inner.of;
  return inner;
}
