import type { SyntaxNode } from '@lezer/common';
import type { AtModifier, Boundary, Expr, Matcher, MatchOp, Timed, VectorSelector } from './ast.ts';
import { checked } from './check.ts';
import { lenientTree } from './lenient-tree.ts';
import { binaryOf } from './parse-binary.ts';
import { durationOf } from './parse-duration.ts';
import { isMatcherPattern } from './pattern.ts';
import { PromqlError } from './promql-error.ts';
import { expressions, Reader } from './reader.ts';
import { Places, syntaxError } from './syntax-error.ts';

/** Longest query that is looked at, in UTF-16 units. */
const longest = 256 * 1024;
/** Deepest nesting that is looked at. */
const deepest = 400;

function matcherOf(reader: Reader, node: SyntaxNode): Matcher {
  const name = node.firstChild!;
  const op = reader.text(node.getChild('MatchOp')!) as MatchOp;
  const value = reader.string(node.getChildren('StringLiteral').at(-1)!);
  if ((op === '=~' || op === '!~') && !isMatcherPattern(value)) {
    throw reader.fail(`error parsing regexp: invalid or unsupported pattern: \`${value}\``, node);
  }
  return {
    name: name.name === 'QuotedLabelName' ? reader.string(name.firstChild!) : reader.text(name),
    op,
    value,
  };
}

function selectorOf(reader: Reader, node: SyntaxNode): VectorSelector {
  const matchers: Matcher[] = [];
  const identifier = node.getChild('Identifier');
  let name = identifier ? reader.text(identifier) : undefined;
  for (let child = node.getChild('LabelMatchers')?.firstChild; child; child = child.nextSibling) {
    if (child.name === 'QuotedLabelName') {
      const quotedName = reader.string(child.firstChild!);
      if (name !== undefined)
        throw reader.fail(`metric name must not be set twice: "${name}" or "${quotedName}"`, child);
      name = quotedName;
    } else if (child.name === 'UnquotedLabelMatcher' || child.name === 'QuotedLabelMatcher') {
      matchers.push(matcherOf(reader, child));
    }
  }
  if (name !== undefined) {
    const twice = identifier && matchers.find(m => m.name === '__name__');
    if (twice) throw reader.fail(`metric name must not be set twice: "${name}" or "${twice.value}"`, node);
    matchers.push({ name: '__name__', op: '=', value: name });
  }
  return {
    kind: 'vector-selector',
    position: reader.at(node),
    matchers,
    ...(name !== undefined && { name }),
  };
}

/**
 * Lezer hangs a suffix (`[5m]`, `offset 5m`, `@ 3`) on the whole expression before it; in PromQL it belongs to the
 * last operand.
 */
function suffixed(expr: Expr, apply: (target: Expr) => Expr): Expr {
  if (expr.kind === 'binary') return { ...expr, right: suffixed(expr.right, apply) };
  if (expr.kind === 'unary') return { ...expr, of: suffixed(expr.of, apply) };
  return apply(expr);
}

/** Apply a change of time or boundary to the selector or subquery before it. */
function modified(
  reader: Reader,
  node: SyntaxNode,
  inner: Expr,
  what: string,
  change: (target: Timed & { boundary?: Boundary }) => Partial<VectorSelector>,
): Expr {
  const position = { ...inner.position, end: node.to };
  if (inner.kind === 'vector-selector') return { ...inner, position, ...change(inner) };
  if (inner.kind === 'matrix-selector') {
    return { ...inner, position, selector: { ...inner.selector, ...change(inner.selector) } };
  }
  const bounded = what === 'smoothed' || what === 'anchored';
  if (inner.kind === 'subquery' && !bounded) return { ...inner, position, ...(change(inner) as Timed) };
  const targets = bounded ? 'or range vector selector' : 'or range vector selector or a subquery';
  throw reader.fail(`${what} modifier must be preceded by an instant vector selector ${targets}`, node);
}

function timestampOf(reader: Reader, node: SyntaxNode): AtModifier {
  const preprocessor = node.getChild('AtModifierPreprocessors');
  if (preprocessor) return { kind: preprocessor.getChild('AtStart') ? 'start' : 'end' };
  const literal = node.getChild('NumberDurationLiteral') ?? expressions(node)[1]!;
  const seconds = reader.number(literal);
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 2 ** 63 / 1000) {
    throw reader.fail(`timestamp out of bounds for @ modifier: ${reader.text(literal)}`, literal);
  }
  return { kind: 'time', ms: Math.round(seconds * 1000) };
}

/** One node of lezer's tree as a typed expression. */
function convert(reader: Reader, node: SyntaxNode, depth: number): Expr {
  if (depth > deepest) throw reader.fail(`expression is nested deeper than ${deepest} levels`, node);
  const position = reader.at(node);
  const inside = () => convert(reader, expressions(node)[0]!, depth + 1);
  switch (node.name) {
    case 'NumberDurationLiteral': {
      const text = reader.text(node);
      const isDuration = /[smhdwy]$/.test(text) && !/^[-+]?0x/i.test(text);
      return { kind: 'number', position, value: reader.number(node), ...(isDuration && { duration: text }) };
    }
    case 'StringLiteral':
      return { kind: 'string', position, value: reader.string(node) };
    case 'VectorSelector':
      return selectorOf(reader, node);
    case 'ParenExpr':
      return { kind: 'paren', position, of: inside() };
    case 'UnaryExpr':
      return { kind: 'unary', position, op: reader.text(node.firstChild!) as '+' | '-', of: inside() };
    case 'MatrixSelector':
      return suffixed(inside(), of => {
        if (of.kind !== 'vector-selector')
          throw reader.fail('ranges only allowed for vector selectors', node);
        if (of.offset) throw reader.fail('no offset modifiers allowed before range', node);
        if (of.at) throw reader.fail('no @ modifiers allowed before range', node);
        const range = durationOf(reader, node.getChild('DurationExpr')!);
        return { kind: 'matrix-selector', position: { ...of.position, end: node.to }, selector: of, range };
      });
    case 'SubqueryExpr': {
      const [range, step] = node.getChildren('DurationExpr').map(each => durationOf(reader, each));
      return suffixed(inside(), of => ({
        kind: 'subquery',
        position: { ...of.position, end: node.to },
        of,
        range: range!,
        ...(step && { step }),
      }));
    }
    case 'OffsetExpr':
      return suffixed(inside(), of =>
        modified(reader, node, of, 'offset', target => {
          if (target.offset) throw reader.fail('offset may not be set multiple times', node);
          return { offset: durationOf(reader, node.getChild('OffsetDurationExpr')!) };
        }),
      );
    case 'StepInvariantExpr':
      return suffixed(inside(), of =>
        modified(reader, node, of, '@', target => {
          if (target.at) throw reader.fail('@ <timestamp> may not be set multiple times', node);
          return { at: timestampOf(reader, node) };
        }),
      );
    case 'AnchoredExpr':
    case 'SmoothedExpr': {
      const boundary: Boundary = node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed';
      return suffixed(inside(), of =>
        modified(reader, node, of, boundary, target => {
          if (target.boundary)
            throw reader.fail(`${boundary} modifier can't be combined with ${target.boundary}`, node);
          return { boundary };
        }),
      );
    }
    case 'FunctionCall': {
      const name = reader.text(node.firstChild!);
      const args = expressions(node.getChild('FunctionCallBody')!).map(arg =>
        convert(reader, arg, depth + 1),
      );
      return { kind: 'call', position, function: name, args };
    }
    case 'AggregateExpr':
      return aggregateOf(reader, node, depth);
    case 'BinaryExpr':
      return binaryOf(reader, node, depth);
  }
  throw reader.fail(`unexpected ${node.name}`, node);
}

function aggregateOf(reader: Reader, node: SyntaxNode, depth: number): Expr {
  const op = reader.text(node.firstChild!).toLowerCase() as 'sum';
  const args = expressions(node.getChild('FunctionCallBody')!).map(arg => convert(reader, arg, depth + 1));
  const modifier = node.getChild('AggregateModifier');
  const wanted = ['topk', 'bottomk', 'quantile', 'count_values', 'limitk', 'limit_ratio'].includes(op)
    ? 2
    : 1;
  if (args.length === 0) throw reader.fail('no arguments for aggregate expression provided', node);
  if (args.length !== wanted) {
    throw reader.fail(
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      node,
    );
  }
  return {
    kind: 'aggregate',
    position: reader.at(node),
    op,
    of: args.at(-1)!,
    ...(wanted === 2 && { parameter: args[0]! }),
    without: Boolean(modifier?.getChild('Without')),
    grouping: modifier ? reader.labels(modifier.getChild('GroupingLabels')!) : [],
  };
}

/**
 * Parse a query with Prometheus' own grammar and check its types.
 * @throws PromqlError with the place, worded as Prometheus words it
 */
export function parse(query: string): Expr {
  const places = new Places(query);
  if (query.length > longest) {
    throw new PromqlError(
      'parse',
      `query is longer than ${longest} characters`,
      places.of(longest, query.length),
    );
  }
  const tree = lenientTree(query);
  const error = syntaxError(query, tree, places);
  if (error) throw error;
  const reader = new Reader(query, places, convert);
  return checked(convert(reader, tree.topNode.getChild('Expr')!, 0));
}

/** Parse `name{label="value"}` alone: the series selectors of the HTTP API. */
export function parseSelector(query: string): VectorSelector {
  const expr = parse(query);
  if (expr.kind !== 'vector-selector' || expr.offset || expr.at || expr.boundary) {
    throw new PromqlError('parse', 'expected a series selector', expr.position);
  }
  return expr;
}
