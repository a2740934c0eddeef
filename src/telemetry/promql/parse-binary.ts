import type { SyntaxNode } from '@lezer/common';
import type { Binary, BinaryOperator, Expr, NumberLiteral, VectorMatching } from './ast.ts';
import { precedence } from './precedence.ts';
import { expressions, type Reader } from './reader.ts';
import { valueType } from './value-type.ts';

function fillOf(reader: Reader, node: SyntaxNode | null): { fillLeft?: number; fillRight?: number } {
  const out: { fillLeft?: number; fillRight?: number } = {};
  if (!node) return out;
  for (let clause = node.firstChild; clause; clause = clause.nextSibling) {
    const literal = clause.getChild('NumberDurationLiteral');
    if (!literal) continue;
    const value = reader.number(literal);
    if (clause.name !== 'FillRightClause') out.fillLeft = value;
    if (clause.name !== 'FillLeftClause') out.fillRight = value;
  }
  return out;
}

function matchingOf(
  reader: Reader,
  node: SyntaxNode,
  set: boolean,
): { matching: VectorMatching; explicit: boolean } {
  const clause = node.getChild('MatchingModifierClause');
  const fillNode = node.getChild('FillModifier');
  const fill = fillOf(reader, fillNode);
  const groupings = clause?.getChildren('GroupingLabels') ?? [];
  const left = clause?.getChild('GroupLeft');
  const right = clause?.getChild('GroupRight');
  if (set && fillNode) throw reader.fail('filling in missing series not allowed for set operators', fillNode);
  return {
    explicit: Boolean(clause ?? fillNode),
    matching: {
      card: left ? 'many-to-one' : right ? 'one-to-many' : set ? 'many-to-many' : 'one-to-one',
      on: Boolean(clause?.getChild('On')),
      labels: groupings[0] ? reader.labels(groupings[0]) : [],
      include: groupings[1] ? reader.labels(groupings[1]) : [],
      ...fill,
    },
  };
}

/** Lezer reads `-2 ^ 2` as `(-2) ^ 2`; in PromQL the power binds tighter than the sign. */
function signOutside(left: NumberLiteral, text: string, power: Binary): Expr {
  const op = text[0] as '-' | '+';
  const value = op === '-' ? -left.value : left.value;
  const position = { ...left.position, offset: left.position.offset + 1, column: left.position.column + 1 };
  const bare: NumberLiteral = {
    kind: 'number',
    position,
    value,
    ...(left.duration && { duration: left.duration.replace(/^[+-]/, '') }),
  };
  return { kind: 'unary', position: power.position, op, of: { ...power, left: bare } };
}

const setOperators = new Set(['and', 'or', 'unless']);

/**
 * Put an operation where its precedence wants it. Lezer takes `a and b offset 5m + c` for `((a and b) offset 5m) + c`;
 * once the suffix is with its operand, the sum belongs there too.
 */
function placed(left: Expr, op: BinaryOperator, build: (left: Expr) => Expr): Expr {
  if (left.kind === 'unary' && op === '^') return { ...left, of: placed(left.of, op, build) };
  if (left.kind !== 'binary') return build(left);
  const looser = precedence[left.op] < precedence[op] || (left.op === '^' && op === '^');
  return looser ? { ...left, right: placed(left.right, op, build) } : build(left);
}

/** A BinaryExpr of lezer's tree. */
export function binaryOf(reader: Reader, node: SyntaxNode, depth: number): Expr {
  const [leftNode, rightNode] = expressions(node) as [SyntaxNode, SyntaxNode];
  const op = reader.text(leftNode.nextSibling!).toLowerCase() as BinaryOperator;
  const { matching, explicit } = matchingOf(reader, node, setOperators.has(op));
  const right = reader.expr(reader, rightNode, depth + 1);
  return placed(reader.expr(reader, leftNode, depth + 1), op, left => {
    const vectors = valueType(left) === 'vector' && valueType(right) === 'vector';
    if (explicit && !vectors) throw reader.fail('vector matching only allowed between instant vectors', node);
    const { offset, line, column } = left.position;
    const expr: Binary = {
      kind: 'binary',
      position: { ...reader.at(node), offset, line, column },
      op,
      left,
      right,
      bool: Boolean(node.getChild('BoolModifier')),
      ...(vectors && { matching }),
    };
    const sign = reader.query[left.position.offset];
    if (op === '^' && left.kind === 'number' && (sign === '-' || sign === '+')) {
      return signOutside(left, sign, expr);
    }
    return expr;
  });
}
