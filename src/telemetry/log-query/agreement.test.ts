import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { columns } from '../schema.ts';
import type { Store } from '../store.ts';
import { testStore, testTelemetry } from '../testing.ts';
import { logPredicate, type Matchable } from './match.ts';
import { parseLogQuery } from './parser.ts';
import type { FieldTest, GlobPart, LogField, LogQuery } from './query.ts';
import { queryLevels } from './query.ts';
import { logCondition } from './sql.ts';

let store: Store;
before(async () => {
  store = await testStore();
  await testTelemetry(store);
});
after(() => store.close());

const words = [
  'pool',
  'Pool',
  'POOL',
  'time',
  'timeout',
  'é',
  'É',
  'Straße',
  'x',
  '100%',
  'a_b',
  '\\',
  "'",
  '{q0:String}',
  '\n',
  '\t',
  '\u0000',
  '😀',
  ' ',
];
const text = fc.array(fc.constantFrom(...words), { maxLength: 5 }).map(parts => parts.join(''));
const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map(String),
  fc.constantFrom(
    '500',
    '0.1',
    '.5',
    '5.',
    '+7',
    '1e3',
    '-0',
    '1e99',
    '12345678901234567',
    '0x10',
    'NaN',
    'inf',
    '1 ',
    '',
    '1_0',
    '99999999999999999999',
  ),
);
const value = fc.oneof(text, number);
const names = ['status', 'a', "it's {b}", 'http.route'];
const attributes = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });
const id = fc.constantFrom('', 'ab'.repeat(16), 'cd'.repeat(16));
const record: fc.Arbitrary<Matchable> = fc.record({
  body: text,
  service: fc.constantFrom('payments', 'gateway', ''),
  scope: fc.constantFrom('', 'shop'),
  severity: fc.integer({ min: 0, max: 24 }),
  traceId: id,
  spanId: id,
  attributes,
  resource: attributes,
});

const field: fc.Arbitrary<LogField> = fc.oneof(
  fc.constant<LogField>({ of: 'text' }),
  fc.constantFrom('body', 'service', 'scope', 'traceId', 'spanId').map((of): LogField => ({ of })),
  fc
    .tuple(fc.constantFrom('attribute', 'record', 'resource'), fc.constantFrom(...names, 'never'))
    .map(([of, name]): LogField => ({ of, name })),
);
const globs: fc.Arbitrary<readonly GlobPart[]> = fc.array(
  fc.oneof(
    fc.constantFrom(...words).map((text): GlobPart => ({ text })),
    fc.constantFrom<'*' | '?'>('*', '?').map((wild): GlobPart => ({ wild })),
  ),
  { minLength: 1, maxLength: 5 },
);
const fieldTest: fc.Arbitrary<FieldTest> = fc.oneof(
  fc.constant<FieldTest>({ is: 'present' }),
  value.map((value): FieldTest => ({ is: 'equal', value })),
  text.map((value): FieldTest => ({ is: 'containing', value })),
  fc.tuple(globs, fc.boolean()).map(([parts, part]): FieldTest => ({ is: 'like', parts, part })),
  fc
    .tuple(
      fc.constantFrom(
        'pool',
        'p.*l',
        '^time',
        'out$',
        '(?:a|é)+',
        '[A-Z]',
        '\\d+',
        '\\s',
        'x?',
        '^$',
        '\\x00',
        '\\pL{3}',
        '.',
      ),
      fc.boolean(),
    )
    .map(([pattern, anyCase]): FieldTest => ({ is: 'matching', pattern, anyCase })),
  fc
    .tuple(
      fc.constantFrom<'<' | '<=' | '>' | '>='>('<', '<=', '>', '>='),
      fc.oneof(
        fc.integer({ min: -20, max: 20 }),
        fc.constantFrom(0.1, 500, 1e3, -0.5, 1e99, 12345678901234568),
      ),
    )
    .map(([op, number]): FieldTest => ({ is: 'compared', op, number })),
);
const leaf: fc.Arbitrary<LogQuery> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(field, fieldTest).map(([field, test]): LogQuery => ({ kind: 'test', field, test })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom<'=' | '<' | '<=' | '>' | '>='>('=', '<', '<=', '>', '>='),
        fc.constantFrom(...queryLevels),
      )
      .map(([op, level]): LogQuery => ({ kind: 'level', op, level })),
  },
  {
    weight: 1,
    arbitrary: fc.constant<LogQuery>({ kind: 'test', field: { of: 'level' }, test: { is: 'present' } }),
  },
);
const { query } = fc.letrec<{ query: LogQuery }>(tie => ({
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('query'), { maxLength: 3 }).map((parts): LogQuery => ({ kind: 'and', parts })),
    fc.array(tie('query'), { maxLength: 3 }).map((parts): LogQuery => ({ kind: 'or', parts })),
    tie('query').map((part): LogQuery => ({ kind: 'not', part })),
  ),
}));

async function stored(records: readonly Matchable[]): Promise<void> {
  await store.exec('TRUNCATE TABLE otel_logs');
  const lines = records.map((one, index) =>
    JSON.stringify([
      `2026-01-27 03:00:00.${String(index).padStart(9, '0')}`,
      one.traceId,
      one.spanId,
      0,
      '',
      one.severity,
      one.service,
      one.body,
      '',
      one.resource,
      '',
      one.scope,
      '',
      {},
      one.attributes,
    ]),
  );
  await store.insert('otel_logs', columns.otel_logs.slice(0, 15), Buffer.from(`${lines.join('\n')}\n`));
}

async function bySql(query: LogQuery): Promise<number[]> {
  const { sql, params } = logCondition(query);
  const rows = await store.query<{ index: number }>(
    `SELECT toUnixTimestamp64Nano(Timestamp) % 1000000000 AS index FROM otel_logs WHERE ${sql} ORDER BY index`,
    params,
  );
  return rows.map(({ index }) => Number(index));
}

test('a property: the SQL in the engine and the test in memory take the same records', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 30, maxLength: 60 }),
      fc.array(query, { minLength: 40, maxLength: 40 }),
      async (records, queries) => {
        await stored(records);
        for (const query of queries) {
          const agrees = logPredicate(query);
          assert.deepEqual(
            await bySql(query),
            records.flatMap((one, index) => (agrees(one) ? [index] : [])),
            JSON.stringify(query),
          );
        }
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
});

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    '.',
    '\\d',
    '\\w',
    '\\s',
    '\\b',
    '^',
    '$',
    '[a-c]',
    '[^a]',
    '\\pL',
    '\\p{Greek}',
    '\\Q.\\E',
    '\\A',
  ],
  ...[
    '(?i)',
    '(?:a|b)',
    '(?P<n>a)',
    '[[:alpha:]]',
    '\\z',
    '\\B',
    'é',
    '😀',
    '[é]',
    '\\pN',
    '(?U)',
    '(?m)',
    '(?-s)',
    '|',
    'K',
  ],
);
const times = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '{0,}', '*?', '{400}');
const expression = fc
  .array(fc.tuple(atom, times), { minLength: 1, maxLength: 5 })
  .map(parts => parts.map(([one, often]) => one + often).join(''));
const bodies = ['', 'a', 'ab', 'A B', 'é\n1', 'x.y', 'pool', '123 abc', 'aaa', 'é😀', '\u212a'];

test('a property: what is taken as a regular expression the engine takes too, and both find the same', async () => {
  let valid = 0;
  await fc.assert(
    fc.asyncProperty(expression, async pattern => {
      let query: LogQuery;
      try {
        query = parseLogQuery(`body~"${pattern}"`);
      } catch {
        return;
      }
      valid += 1;
      const { sql, params } = logCondition(query);
      const rows = await store.query<{ Body: string; found: boolean | number }>(
        `SELECT Body, ${sql} AS found FROM (SELECT arrayJoin({bodies:Array(String)}) AS Body)`,
        { ...params, bodies },
      );
      const agrees = logPredicate(query);
      for (const { Body, found } of rows)
        assert.equal(
          Boolean(found),
          agrees({ body: Body } as Matchable),
          `${pattern} on ${JSON.stringify(Body)}`,
        );
    }),
    { numRuns: 400 },
  );
  assert.ok(valid > 100);
});

test('queries as people write them give the same in the engine and in memory', async () => {
  const records: Matchable[] = fc.sample(record, { numRuns: 200, seed: 7 });
  await stored(records);
  let taken = 0;
  for (const query of [
    'pool',
    '"PoolPool"',
    'time*out OR p??l',
    'level>=warn -service:gateway',
    'status>=500 OR status:[-5 TO 5}',
    'status:* -status:500',
    'a:*pool* OR http.route!=x',
    'body~/^time.*(out|pool)$/ OR ~/É/i',
    'resource.a:* (trace_id:abab* OR -span_id:*)',
    '100% OR a_b OR \\\\',
  ]) {
    const read = parseLogQuery(query);
    const agrees = logPredicate(read);
    const wanted = records.flatMap((one, index) => (agrees(one) ? [index] : []));
    assert.deepEqual(await bySql(read), wanted, query);
    taken += wanted.length;
  }
  assert.ok(taken > 100, 'the queries take something');
});
