import {
  type Aggregate,
  type Binary,
  type Call,
  children,
  type Expr,
  unwrapped,
  type ValueType,
  type VectorSelector,
} from './ast.ts';
import { type DurationScope, isConstant, resolved } from './duration.ts';
import { matcherOf } from './pattern.ts';
import { PromqlError } from './promql-error.ts';
import { signatures } from './signature.ts';
import { typeName, valueType } from './value-type.ts';

const anywhere: DurationScope = { stepMs: 0, rangeMs: 0 };

function expect(expr: Expr, wanted: ValueType, context: string): void {
  const got = valueType(expr);
  if (got === wanted) return;
  throw new PromqlError(
    'parse',
    `expected type ${typeName(wanted)} in ${context}, got ${typeName(got)}`,
    expr.position,
  );
}

function checkSelector(expr: VectorSelector): void {
  const selective = expr.matchers.some(matcher => !matcherOf(matcher)(''));
  if (!selective) {
    throw new PromqlError(
      'parse',
      'vector selector must contain at least one non-empty matcher',
      expr.position,
    );
  }
}

function checkCall(expr: Call): void {
  const signature = signatures.get(expr.function);
  if (!signature)
    throw new PromqlError('parse', `unknown function with name "${expr.function}"`, expr.position);
  const { args, variadic } = signature;
  const given = expr.args.length;
  const wrong = (count: string) => {
    throw new PromqlError(
      'parse',
      `expected ${count} argument(s) in call to "${expr.function}", got ${given}`,
      expr.position,
    );
  };
  if (variadic === 0) {
    if (given !== args.length) wrong(String(args.length));
  } else {
    const least = args.length - 1;
    if (given < least) wrong(`at least ${least}`);
    const most = least + variadic;
    if (variadic > 0 && given > most) wrong(`at most ${most}`);
  }
  expr.args.forEach((arg, index) => {
    expect(arg, args[Math.min(index, args.length - 1)]!, `call to function "${expr.function}"`);
  });
  if (expr.function === 'info' && expr.args[1]) checkInfo(expr.args[1]);
  checkBoundary(expr);
}

function checkInfo(data: Expr): void {
  const selector = unwrapped(data);
  if (selector.kind !== 'vector-selector') {
    throw new PromqlError('parse', `expected label selectors only, got ${selector.kind}`, data.position);
  }
  if (selector.name !== undefined) {
    throw new PromqlError(
      'parse',
      'expected label selectors only, got vector selector instead',
      data.position,
    );
  }
}

const anchorable = ['changes', 'delta', 'increase', 'rate', 'resets'];
const smoothable = ['delta', 'increase', 'rate'];

function checkBoundary(expr: Call): void {
  for (const arg of expr.args) {
    const inner = unwrapped(arg);
    if (inner.kind !== 'matrix-selector') continue;
    const { boundary } = inner.selector;
    const allowed = boundary === 'anchored' ? anchorable : smoothable;
    if (boundary && !allowed.includes(expr.function)) {
      throw new PromqlError(
        'parse',
        `${boundary} modifier can only be used with: ${allowed.join(', ')} - not with ${expr.function}`,
        expr.position,
      );
    }
  }
}

function checkAggregate(expr: Aggregate): void {
  expect(expr.of, 'vector', 'aggregation expression');
  if (!expr.parameter) return;
  if (expr.op === 'count_values') expect(expr.parameter, 'string', 'aggregation parameter');
  else expect(expr.parameter, 'scalar', 'aggregation parameter');
}

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);
const sets = new Set(['and', 'or', 'unless']);

function checkBinary(expr: Binary): void {
  const left = valueType(expr.left);
  const right = valueType(expr.right);
  const fail = (message: string, at: Expr = expr) => {
    throw new PromqlError('parse', message, at.position);
  };
  if (expr.bool && !comparisons.has(expr.op)) fail('bool modifier can only be used on comparison operators');
  for (const [side, type] of [
    [expr.left, left],
    [expr.right, right],
  ] as const) {
    if (type !== 'scalar' && type !== 'vector') {
      fail('binary expression must contain only scalar and instant vector types', side);
    }
  }
  if (left === 'scalar' && right === 'scalar') {
    if (comparisons.has(expr.op) && !expr.bool) fail('comparisons between scalars must use BOOL modifier');
    if (expr.op === '</' || expr.op === '>/')
      fail(`operator "${expr.op}" not allowed in binary scalar expression`);
  }
  if (sets.has(expr.op)) {
    if (left === 'scalar' || right === 'scalar')
      fail(`set operator "${expr.op}" not allowed in binary scalar expression`);
    if (expr.matching?.card !== 'many-to-many') fail(`no grouping allowed for "${expr.op}" operation`);
  }
  const { matching } = expr;
  if (!matching) return;
  const both = matching.on && matching.include.find(label => matching.labels.includes(label));
  if (both) fail(`label "${both}" must not occur in ON and GROUP clause at once`);
}

function check(expr: Expr): void {
  switch (expr.kind) {
    case 'vector-selector':
      checkSelector(expr);
      checkDurations(expr);
      break;
    case 'matrix-selector':
      if (isConstant(expr.range)) resolved(expr.range, anywhere, true);
      break;
    case 'subquery': {
      const type = valueType(expr.of);
      if (type !== 'vector') {
        throw new PromqlError(
          'parse',
          `subquery is only allowed on instant vector, got ${type} instead`,
          expr.position,
        );
      }
      if (isConstant(expr.range)) resolved(expr.range, anywhere, true);
      if (expr.step && isConstant(expr.step)) resolved(expr.step, anywhere, true);
      checkDurations(expr);
      break;
    }
    case 'call':
      checkCall(expr);
      break;
    case 'aggregate':
      checkAggregate(expr);
      break;
    case 'binary':
      checkBinary(expr);
      break;
    case 'unary': {
      const type = valueType(expr.of);
      if (type !== 'scalar' && type !== 'vector') {
        throw new PromqlError(
          'parse',
          `unary expression only allowed on expressions of type scalar or instant vector, got "${typeName(type)}"`,
          expr.position,
        );
      }
      break;
    }
  }
  const relaxed = expr.kind === 'call' && expr.function === 'info';
  for (const [index, child] of children(expr).entries()) {
    const inner = unwrapped(child);
    // The second argument of info() chooses labels, not series: an empty matcher is fine there.
    if (relaxed && index === 1 && inner.kind === 'vector-selector') continue;
    check(child);
  }
}

function checkDurations(expr: { readonly offset?: Parameters<typeof isConstant>[0] }): void {
  if (expr.offset && isConstant(expr.offset)) resolved(expr.offset, anywhere, false);
}

/** The expression itself, once its types are right; else a parse error with the place. */
export function checked(expr: Expr): Expr {
  check(expr);
  return expr;
}
