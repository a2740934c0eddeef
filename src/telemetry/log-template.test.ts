import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { masked, TemplateMiner, templateText } from './log-template.ts';

const masks: [line: string, expected: string][] = [
  ['took 12.5 ms, 300ms and 3 s', 'took <num> ms, <num>ms and <num> s'],
  ['user 42 from 10.0.0.7:5432', 'user <num> from <ip>'],
  ['request 5b8efff7-9803-8103-d269-b633813fc60c done', 'request <uuid> done'],
  ['at 2026-01-27T03:00:00.123Z', 'at <time>'],
  ['value "x y" and \'z\' set', 'value <text> and <text> set'],
  ['block 0x7ffe and deadbeef01', 'block <hex> and <hex>'],
  ["don't mask what isn't quoted", "don't mask what isn't quoted"],
  ['mail to a.b@shop.example', 'mail to <mail>'],
  ['SEV1 http2 utf8', 'SEV1 http2 utf8'],
];
for (const [line, expected] of masks)
  test(`'${line}' is masked as '${expected}'`, () => {
    assert.equal(masked(line), expected);
  });

test('lines that differ in one word become one template, those of another shape do not', () => {
  const miner = new TemplateMiner();
  for (const name of ['anna', 'ben', 'carl']) miner.add(`signed in user ${name} from home`);
  const other = miner.add('database connection lost');
  const template = miner.add('signed in user dora from home');
  assert.equal(templateText(template), 'signed in user <*> from home');
  assert.equal(template.count, 4);
  assert.equal(templateText(other), 'database connection lost');
});

test('templates never exceed their bound; what is beyond is counted', () => {
  const miner = new TemplateMiner({ maxTemplates: 10 });
  let counted = 0;
  const seen = new Set<number>();
  for (let index = 0; index < 1000; index++) {
    const word = String.fromCharCode(97 + (index % 26)).repeat(1 + (index % 30));
    seen.add(miner.add(`${word} ${word}`).id);
    counted += 1;
  }
  assert.ok(seen.size <= 11);
  assert.equal(counted, 1000);
});

test('a property: every line agrees with its template, whatever came before', () => {
  const word = fc.constantFrom('order', 'placed', 'failed', 'user', 'a', 'b', 'c', '17', 'x=1');
  fc.assert(
    fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { maxLength: 60 }), lines => {
      const miner = new TemplateMiner();
      const found = lines.map(words => [words, miner.add(words.join(' '))] as const);
      for (const [words, template] of found) {
        const tokens = masked(words.join(' ')).split(' ');
        assert.equal(template.tokens.length, tokens.length);
        for (const [index, token] of template.tokens.entries())
          assert.ok(token === '<*>' || token === tokens[index]);
      }
    }),
  );
});

test('any line is taken in short time', () => {
  const miner = new TemplateMiner();
  const began = performance.now();
  for (const line of [
    '"'.repeat(100_000),
    'a1'.repeat(50_000),
    `${'1.'.repeat(50_000)}`,
    "'\\".repeat(50_000),
    ' '.repeat(100_000),
  ])
    miner.add(line);
  assert.ok(performance.now() - began < 2000);
});
