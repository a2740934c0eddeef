import type { Expr, ValueType } from './ast.ts';
import { signatures } from './signature.ts';

/** The type of an expression's value, from its shape alone. */
export function valueType(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector-selector':
    case 'aggregate':
      return 'vector';
    case 'matrix-selector':
    case 'subquery':
      return 'matrix';
    case 'call':
      return signatures.get(expr.function)?.returns ?? 'vector';
    case 'binary':
      return valueType(expr.left) === 'scalar' && valueType(expr.right) === 'scalar' ? 'scalar' : 'vector';
    case 'unary':
    case 'paren':
      return valueType(expr.of);
  }
}

const names: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** The type's name in a sentence: `instant vector`. */
export function typeName(type: ValueType): string {
  return names[type];
}
