import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../kernel/index.ts';
import { logPredicate, type Matchable } from './match.ts';
import { parseLogQuery } from './parser.ts';
import { queryBounds } from './query.ts';
import { logCondition } from './sql.ts';

const record: Matchable = {
  body: 'POST /checkout failed: connection pool exhausted after 2500 ms\n  at pay (shop.js:7)',
  service: 'payments',
  scope: 'shop',
  severity: 17,
  traceId: 'ab'.repeat(16),
  spanId: 'cd'.repeat(8),
  attributes: {
    'http.route': '/checkout',
    status: '503',
    duration_ms: '2500.5',
    empty: '',
    'user name': 'x y',
  },
  resource: { 'service.version': '1.2.3', status: 'resource', 'host.name': 'web-1' },
};

const yes = [
  '',
  '   ',
  '*',
  'pool',
  'POOL Exhausted',
  '"pool exhausted"',
  'level:error service:payments "pool exhausted" http.route:/checkout status>=500 body~/conn.*ms/ -healthz',
  'level>=warn',
  'level:(warn OR error)',
  'level:[warn TO fatal}',
  'severity!=info',
  'level:*',
  'trace_id:ABABABABABABABABABABABABABABABAB',
  'span_id:cdcd*',
  'status:503',
  'status = 503',
  'status:(500 OR 503)',
  'status:(>=500 <504)',
  'status:>=500',
  'status:[500 TO 599]',
  'status:{502 TO *]',
  'duration_ms > 2500',
  'duration_ms:[2500.5 TO 2500.5]',
  'resource.status:resource',
  'attributes.status:503',
  'host.name:web-?',
  '@host.name:web-1',
  '"user name":"x y"',
  'empty:*',
  'empty:""',
  '-missing:*',
  'NOT missing:x',
  '!missing:x',
  'missing!=x',
  'status!=500',
  'zzz OR pool',
  'zzz AND qqq OR pool AND ms',
  '(zzz OR pool) && (qqq || ms)',
  'pool -(zzz qqq)',
  'exh*ted',
  'c?eckout',
  '/checkout',
  '~/pool\\s+exhausted/',
  'body~/POOL/i',
  'body!~/POOL/',
  'body~"failed: .* ms"',
  'body~/2500 ms.*shop/',
  'body~/\\/checkout/',
  'shop.js:7 OR (shop.js\\:7)',
  'message:exhausted',
  'service:pay*',
  'logger:shop',
  '-http://shop.example',
  'POST\\ /checkout',
];
for (const query of yes)
  test(`${query === '' ? 'an empty query' : query} takes the record`, () => {
    assert.equal(logPredicate(parseLogQuery(query))(record), true);
  });

const no = [
  'level:info',
  'level<error',
  'level>error',
  '-pool',
  'service:pay',
  'service:Payments',
  'status:50',
  'status:resource',
  'status>503',
  'status:{503 TO *]',
  'body>5',
  'http.route>0',
  'missing:*',
  'missing<5',
  'pool AND nothing',
  'zzz AND pool OR qqq',
  'body="pool"',
  'body:"pool  exhausted"',
  '"pool*exhausted"',
  'body~/^pool/',
  'attributes.host.name:*',
];
for (const query of no)
  test(`${query} does not take the record`, () => {
    assert.equal(logPredicate(parseLogQuery(query))(record), false);
  });

const wrong: [query: string, column: number, says: RegExp][] = [
  ['level:eror', 7, /expected a level \(trace, .* fatal\), found 'eror'/],
  ['status>=', 9, /expected a value, found the end/],
  ['status>=high', 9, /expected a number, found 'high'/],
  ['(pool OR ms', 12, /expected '\)' \(for the parenthesis at column 1\), found the end/],
  ['pool)', 5, /expected the end of the query.*found '\)'/],
  ['"pool', 6, /expected '"' at the end of the quoted text \(it begins at column 1\), found the end/],
  ['pool OR', 8, /expected a word, a "quoted text" or a field, found the end/],
  ['OR pool', 1, /expected a word before 'OR'/],
  ['body~/(/', 6, /expected a regular expression as RE2 has them/],
  ['body~/a(?=b)/', 6, /expected a regular expression as RE2 has them/],
  ['body~(x)', 6, /between slashes/],
  ['body~/x', 8, /expected '\/' at the end of the regular expression, found the end/],
  ['body~/x/g', 9, /no flag but 'i'/],
  ['status:[1 2]', 11, /expected 'TO' between the ends of a range/],
  ['status:[1 TO 2', 15, /expected '\]' or '\}'/],
  ['~/(((a{30}){30}){30})/', 2, /RE2|too large/],
  ['timestamp>5', 1, /time is no part of a query/],
  ['level~/err/', 7, /expected a level/],
  ['level:err*', 7, /expected a level/],
];
for (const [query, column, says] of wrong)
  test(`'${query}' is one error at column ${column} with a caret`, () => {
    assert.throws(
      () => parseLogQuery(query),
      (error: unknown) => {
        assert.ok(error instanceof Fault);
        assert.equal(error.code, 'invalid');
        assert.match(error.message, says);
        const [first, shown, caret] = error.message.split('\n');
        assert.match(first!, new RegExp(`at column ${column}:`));
        assert.equal(shown, `  ${query}`);
        assert.equal(caret, `${' '.repeat(column + 1)}^`);
        return true;
      },
    );
  });

test('a long query is shown around the place, and the caret stands below it', () => {
  const query = `${'word '.repeat(60)}level:eror ${'word '.repeat(60)}`;
  assert.throws(
    () => parseLogQuery(query),
    (error: unknown) => {
      const [, shown, caret] = (error as Fault).message.split('\n');
      assert.ok(shown!.length <= 80);
      assert.equal(shown!.slice(caret!.length - 1, caret!.length + 3), 'eror');
      return true;
    },
  );
});

test('length, terms, nesting, wildcards and expressions are bounded', () => {
  for (const query of [
    'x'.repeat(queryBounds.characters + 1),
    'x '.repeat(queryBounds.terms + 1),
    `${'('.repeat(queryBounds.nesting + 1)}x`,
    `${'-'.repeat(queryBounds.nesting + 1)}x`,
    'a*'.repeat(queryBounds.wildcards + 1),
    `~/${'x'.repeat(queryBounds.regexCharacters + 1)}/`,
  ])
    assert.throws(() => parseLogQuery(query), { code: 'invalid' });
});

test('nothing that a query says stands in the text of the SQL', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{6,12}$/), fc.stringMatching(/^[a-z]{6,12}$/), (name, value) => {
      fc.pre(!/nested|exists|contains|service|attributes/.test(name + value));
      for (const query of [
        `${name}:${value}`,
        `${value} OR "${value}'"`,
        `${name}~/${value}'/`,
        `attributes.${name}:*${value}*`,
      ]) {
        const { sql, params } = logCondition(parseLogQuery(query));
        assert.ok(!sql.includes(name) && !sql.includes(value), sql);
        assert.ok(JSON.stringify(params).includes(value));
      }
    }),
  );
});

const seeds = [...yes, ...no, ...wrong.map(([query]) => query)];
const piece = fc.constantFrom(
  ...':=!~<>()[]{}"/\\*?-',
  ' ',
  'AND ',
  'OR ',
  'NOT ',
  'TO ',
  'level',
  'a.b',
  '\u0000',
  '\ud800',
  '\u{1f600}',
  '9'.repeat(30),
);

/** Any text is read or refused, in short time, and what is read can be run on a record and written as SQL. */
function survives(query: string): void {
  const began = performance.now();
  try {
    const read = parseLogQuery(query);
    logPredicate(read)(record);
    const { sql, params } = logCondition(read);
    assert.ok(sql.length < 200_000 && Object.keys(params).length <= 3 * queryBounds.terms);
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'invalid', String(error));
    assert.ok(error.message.length < 1_000);
  }
  assert.ok(performance.now() - began < 1_000);
}

test('fuzz: random text, random bytes and mutated queries neither crash nor hang', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300, unit: 'binary' }), survives), { numRuns: 2_000 });
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 80 }).map(parts => parts.join('')),
      survives,
    ),
    {
      numRuns: 4_000,
    },
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes).toString('latin1')),
      survives,
    ),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.nat(3), piece), { maxLength: 6 }),
      (seed, edits) => {
        let text = seed;
        for (const [place, taken, put] of edits) {
          const at = text.length === 0 ? 0 : place % (text.length + 1);
          text = text.slice(0, at) + put + text.slice(at + taken);
        }
        survives(text);
      },
    ),
    { numRuns: 6_000 },
  );
});
