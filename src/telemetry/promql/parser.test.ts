import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Expr, format, PromqlError, parse, patternTest } from './index.ts';

const wrong: readonly (readonly [string, string])[] = [
  ['', '1:1: parse error: no expression found in input'],
  ['# only a comment', '1:1: parse error: no expression found in input'],
  ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
  ['sum(', '1:5: parse error: unclosed left parenthesis'],
  ['foo{a="b"', '1:10: parse error: unclosed left brace'],
  ['foo[5m', '1:7: parse error: unclosed left bracket'],
  ['(1 + 2))', "1:8: parse error: unexpected right parenthesis ')'"],
  ['1 +\n  ', '2:3: parse error: unexpected end of input'],
  ['foo{a="b}', '1:7: parse error: unterminated quoted string'],
  ['nope(x)', '1:1: parse error: unknown function with name "nope"'],
  [
    'rate(foo)',
    '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
  ],
  [
    'abs(foo[5m])',
    '1:5: parse error: expected type instant vector in call to function "abs", got range vector',
  ],
  ['abs()', '1:1: parse error: expected 1 argument(s) in call to "abs", got 0'],
  ['round(a, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
  ['label_join(a, "b")', '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2'],
  ['1 == 2', '1:1: parse error: comparisons between scalars must use BOOL modifier'],
  ['a + bool b', '1:1: parse error: bool modifier can only be used on comparison operators'],
  ['a and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
  ['a and on(x) group_left b', '1:1: parse error: no grouping allowed for "and" operation'],
  ['1 + on(x) a', '1:1: parse error: vector matching only allowed between instant vectors'],
  ['a + on(x) group_left(x) b', '1:1: parse error: label "x" must not occur in ON and GROUP clause at once'],
  ['{a=""}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['foo{__name__="bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
  ['foo offset 1m offset 2m', '1:1: parse error: offset may not be set multiple times'],
  ['foo offset 5m[5m]', '1:1: parse error: no offset modifiers allowed before range'],
  ['foo[5m][5m]', '1:1: parse error: ranges only allowed for vector selectors'],
  ['foo[5m][5m:1m]', '1:1: parse error: subquery is only allowed on instant vector, got matrix instead'],
  ['foo[0s]', '1:5: parse error: duration must be greater than 0'],
  [
    'sum(a, b)',
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2',
  ],
  [
    'topk(a)',
    '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
  ],
  [
    '-"a"',
    '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
  ],
  ['a @ NaN', '1:5: parse error: timestamp out of bounds for @ modifier: NaN'],
];

for (const [query, message] of wrong) {
  test(`${JSON.stringify(query)} is refused: ${message}`, () => {
    assert.throws(() => parse(query), { name: 'PromqlError', kind: 'parse', message });
  });
}

test('a regular expression that RE2 does not take is refused at its matcher', () => {
  assert.throws(() => parse('foo{a=~"(?=x)"}'), /1:5: parse error: error parsing regexp/);
});

test('a suffix in the middle of an expression leaves the precedence around it alone', () => {
  const same = [
    ['a and b offset 5m + c', 'a and (b offset 5m + c)'],
    ['a or b offset 5m + c @ 3 * d', 'a or (b offset 5m + (c @ 3 * d))'],
    ['-a offset 5m ^ 2', '-(a offset 5m ^ 2)'],
    ['a * b offset 5m + c', '(a * b offset 5m) + c'],
    ['a ^ b offset 5m ^ c', 'a ^ (b offset 5m ^ c)'],
  ] as const;
  for (const [text, meant] of same) {
    const [left, right] = [text, meant].map(each => JSON.stringify(withoutParens(bare(parse(each)))));
    assert.equal(left, right, text);
  }
});

test('a power binds tighter than a sign, and suffixes belong to the last operand', () => {
  const shape = (query: string) => {
    const expr = parse(query);
    return expr.kind;
  };
  assert.equal(shape('-2 ^ 2'), 'unary');
  assert.equal(shape('a + b offset 5m'), 'binary');
  assert.equal(shape('-a[5m:1m]'.replace('-', '')), 'subquery');
});

const printed: readonly (readonly [string, string])[] = [
  ['sum(rate(foo{a="b"}[5m]))by(x)', 'sum by (x) (rate(foo{a="b"}[5m]))'],
  ['a/on(x)group_left(y)b', 'a / on (x) group_left (y) b'],
  ['{"with.dots", "a b"=~"c"}', '{"with.dots", "a b"=~"c"}'],
  ['foo offset 90s @ 5', 'foo @ 5.000 offset 1m30s'],
  ['foo[1h:]', 'foo[1h:]'],
  ['a == bool 0x10', 'a == bool 16'],
  ["label_replace(a, 'x', `$1`, \"y\", '(.*)')", 'label_replace(a, "x", "$1", "y", "(.*)")'],
  ['topk without(i)(3, a)', 'topk without (i) (3, a)'],
  ['a + fill_left(1) fill_right(2) b', 'a + fill_left (1) fill_right (2) b'],
  ['-Inf', '-Inf'],
];

for (const [query, text] of printed) {
  test(`${query} prints as ${text}`, () => {
    assert.equal(format(parse(query)), text);
  });
}

const name = fc.constantFrom('up', 'http_requests_total', 'sum', 'by', 'a:b');
const leaf = fc.oneof(
  name.map(each => each),
  name.map(each => `${each}{job="api",code!~"5.."}`),
  name.map(each => `${each} offset 5m`),
  fc.constant('vector(1)'),
);
const query = fc.letrec<{ vector: string }>(tie => ({
  vector: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc
      .tuple(fc.constantFrom('sum', 'avg by (job)', 'max without (code)'), tie('vector'))
      .map(([op, of]) => `${op} (${of})`),
    fc
      .tuple(
        tie('vector'),
        fc.constantFrom('+', '-', '*', '/', '^', '>', 'and', 'or', 'unless'),
        tie('vector'),
      )
      .map(parts => parts.join(' ')),
    tie('vector').map(of => `-${of}`),
    tie('vector').map(of => `(${of})`),
    tie('vector').map(of => `max_over_time((${of})[1h:5m])`),
  ),
}));

function bare(expr: Expr): unknown {
  return JSON.parse(
    JSON.stringify(expr, (key, value) =>
      key === 'position' || (key === 'at' && value?.line) || key === 'text' ? undefined : value,
    ),
  );
}

function withoutParens(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutParens);
  if (value === null || typeof value !== 'object') return value;
  const fields = value as Record<string, unknown>;
  if (fields.kind === 'paren') return withoutParens(fields.of);
  return Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, withoutParens(each)]));
}

test('what is printed parses to the same expression', () => {
  fc.assert(
    fc.property(query.vector, text => {
      const expr = parse(text);
      assert.deepEqual(bare(parse(format(expr))), bare(expr));
    }),
    { numRuns: 500 },
  );
});

test('an expression put together in code prints with the parentheses it needs', () => {
  const sum = parse('a + b');
  const product = parse('c * d');
  assert.ok(sum.kind === 'binary' && product.kind === 'binary');
  assert.equal(format({ ...product, left: sum }), '(a + b) * d');
  assert.equal(format({ ...sum, right: { ...sum, op: '-' } }), 'a + (a - b)');
});

test('random text is parsed or refused with a place, and nothing else happens', () => {
  const piece = fc.constantFrom(
    'sum',
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    'a',
    '"x"',
    '=',
    '=~',
    ',',
    '5m',
    ':',
    '@',
    'offset',
    'by',
    '-',
    '1',
    '+',
    'bool',
    'on',
    "'",
    '\\',
    '#',
    '\n',
    '.',
    'min_of',
    'STEP',
    '\ud800',
    '\0',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 60, unit: 'binary' }),
        fc.array(piece, { maxLength: 25 }).map(parts => parts.join(' ')),
        fc.array(piece, { maxLength: 25 }).map(parts => parts.join('')),
      ),
      text => {
        try {
          parse(text);
        } catch (error) {
          assert.ok(error instanceof PromqlError && error.kind === 'parse' && error.position, String(error));
          assert.ok(error.position.offset <= text.length);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('deep nesting is refused, not overflowed', () => {
  for (const text of [
    '('.repeat(100_000),
    '-'.repeat(50_000),
    'sum('.repeat(5000),
    `a${'+a'.repeat(20_000)}`,
    '{'.repeat(10_000),
  ]) {
    assert.throws(() => parse(text), PromqlError);
  }
});

test('patterns are anchored, a dot takes a newline, and plain ones agree with RE2', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a', 'aa', false],
    ['a|b', 'b', true],
    ['(a|bc)', 'bc', true],
    ['.*', '', true],
    ['.+', '', false],
    ['.+', '\n', true],
    ['api-.*', 'api-', true],
    ['api-.+', 'api-', false],
    ['.*foo.*', 'xfoo', true],
    ['.+foo.+', 'xfoo', false],
    ['.+foo.+', 'foofoofoo', true],
    ['5..', '503', true],
    ['(?i:GET)', 'get', true],
    ['', '', true],
    ['', 'x', false],
    ['a||b', '', true],
  ];
  for (const [pattern, value, wanted] of cases)
    assert.equal(patternTest(pattern)(value), wanted, `${pattern} on ${JSON.stringify(value)}`);
});

test('a pattern made to blow up a backtracking engine takes no time', () => {
  const started = performance.now();
  assert.equal(patternTest('(a+)+$x')('a'.repeat(5000)), false);
  assert.equal(patternTest('(.*)*(.*)*y')('x'.repeat(2000)), false);
  assert.ok(performance.now() - started < 5000);
});
