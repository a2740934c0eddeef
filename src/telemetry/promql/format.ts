import type { AtModifier, Binary, Duration, Expr, Matcher, VectorSelector } from './ast.ts';
import { durationSource } from './duration.ts';
import { numberText, quoted } from './literal.ts';
import { precedence } from './precedence.ts';

const plainLabel = /^[A-Za-z_]\w*$/;
const plainMetric = /^[A-Za-z_:][\w:]*$/;

function labelName(name: string): string {
  return plainLabel.test(name) ? name : quoted(name);
}

function matcherText(matcher: Matcher): string {
  return `${labelName(matcher.name)}${matcher.op}${quoted(matcher.value)}`;
}

function timeText(expr: { readonly offset?: Duration; readonly at?: AtModifier }): string {
  let out = '';
  if (expr.at)
    out += expr.at.kind === 'time' ? ` @ ${(expr.at.ms / 1000).toFixed(3)}` : ` @ ${expr.at.kind}()`;
  if (expr.offset) out += ` offset ${durationSource(expr.offset)}`;
  return out;
}

function selectorText(expr: VectorSelector, range = ''): string {
  const { name } = expr;
  const bare = name !== undefined && plainMetric.test(name);
  let parts = expr.matchers.map(matcherText);
  if (name !== undefined) {
    const others = expr.matchers.filter(m => !(m.name === '__name__' && m.op === '=' && m.value === name));
    parts = others.map(matcherText);
    if (!bare) parts.unshift(quoted(name));
  }
  const braces = parts.length > 0 || name === undefined ? `{${parts.join(', ')}}` : '';
  const boundary = expr.boundary ? ` ${expr.boundary}` : '';
  return `${bare ? name : ''}${braces}${range}${boundary}${timeText(expr)}`;
}

function matchingText(expr: Binary): string {
  const { matching } = expr;
  let out = expr.bool ? ' bool' : '';
  if (!matching) return out;
  const list = (names: readonly string[]) => `(${names.map(labelName).join(', ')})`;
  const grouped = matching.card === 'many-to-one' || matching.card === 'one-to-many';
  if (matching.on || matching.labels.length > 0 || grouped) {
    out += ` ${matching.on ? 'on' : 'ignoring'} ${list(matching.labels)}`;
  }
  if (grouped)
    out += ` ${matching.card === 'many-to-one' ? 'group_left' : 'group_right'} ${list(matching.include)}`;
  const { fillLeft, fillRight } = matching;
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight)) out += ` fill (${numberText(fillLeft)})`;
  else {
    if (fillLeft !== undefined) out += ` fill_left (${numberText(fillLeft)})`;
    if (fillRight !== undefined) out += ` fill_right (${numberText(fillRight)})`;
  }
  return out;
}

/** How tightly an expression holds together; a sign binds as a product does. */
function strength(expr: Expr): number {
  if (expr.kind === 'binary') return precedence[expr.op];
  const signed = expr.kind === 'unary' || (expr.kind === 'number' && expr.value < 0);
  return signed ? precedence['*'] : 7;
}

/** An operand, in parentheses where it would fall apart without. Parsed expressions carry their own. */
function operand(expr: Expr, least: number): string {
  return strength(expr) < least ? `(${format(expr)})` : format(expr);
}

function binaryText(expr: Binary): string {
  const own = precedence[expr.op];
  const power = expr.op === '^';
  // A sign in front of the right operand can't be mistaken; the power is right-associative.
  const right =
    expr.right.kind === 'binary' ? operand(expr.right, power ? own : own + 1) : format(expr.right);
  return `${operand(expr.left, power ? own + 1 : own)} ${expr.op}${matchingText(expr)} ${right}`;
}

/** Print an expression as Prometheus does, on one line. Parsing the text gives an equal expression. */
export function format(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return expr.duration ?? numberText(expr.value).replace('+Inf', 'Inf');
    case 'string':
      return quoted(expr.value);
    case 'vector-selector':
      return selectorText(expr);
    case 'matrix-selector':
      return selectorText(expr.selector, `[${durationSource(expr.range)}]`);
    case 'subquery':
      return `${operand(expr.of, 7)}[${durationSource(expr.range)}:${expr.step ? durationSource(expr.step) : ''}]${timeText(expr)}`;
    case 'call':
      return `${expr.function}(${expr.args.map(format).join(', ')})`;
    case 'aggregate': {
      const names = `(${expr.grouping.map(labelName).join(', ')})`;
      const clause = expr.without ? ` without ${names} ` : expr.grouping.length > 0 ? ` by ${names} ` : '';
      const parameter = expr.parameter ? `${format(expr.parameter)}, ` : '';
      return `${expr.op}${clause}(${parameter}${format(expr.of)})`;
    }
    case 'binary':
      return binaryText(expr);
    case 'unary':
      return `${expr.op}${operand(expr.of, precedence['*'] + (expr.of.kind === 'binary' ? 1 : 0))}`;
    case 'paren':
      return `(${format(expr.of)})`;
  }
}
