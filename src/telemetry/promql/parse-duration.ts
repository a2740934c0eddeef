import type { SyntaxNode } from '@lezer/common';
import type { Duration } from './ast.ts';
import type { Reader } from './reader.ts';

/** A DurationExpr or OffsetDurationExpr of lezer's tree. */
export function durationOf(reader: Reader, node: SyntaxNode): Duration {
  const at = reader.at(node);
  const parts = [...node.getChildren('DurationExpr'), ...node.getChildren('OffsetDurationExpr')];
  const inner = (index: number) => durationOf(reader, parts[index]!);
  const first = node.firstChild!;
  switch (first.name) {
    case 'NumberDurationLiteralInDurationContext':
      return { kind: 'seconds', value: reader.number(first), text: reader.text(first), at };
    case 'DurationStep':
      return { kind: 'step', at };
    case 'DurationRange':
      return { kind: 'range', at };
    case 'DurationMinOf':
      return { kind: 'operation', op: 'min_of', left: inner(0), right: inner(1), at };
    case 'DurationMaxOf':
      return { kind: 'operation', op: 'max_of', left: inner(0), right: inner(1), at };
    case 'UnaryOp':
      return { kind: 'sign', op: reader.text(first) as '+' | '-', of: inner(0), at };
    case '(':
      return { kind: 'paren', of: inner(0), at };
  }
  if (parts.length === 2) {
    const op = reader.text(parts[0]!.nextSibling!) as '+';
    return { kind: 'operation', op, left: inner(0), right: inner(1), at };
  }
  if (parts.length === 1) return { kind: 'paren', of: inner(0), at };
  throw reader.fail(`unexpected ${first.name} in a duration`, first);
}
