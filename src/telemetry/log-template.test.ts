import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { current, type Template, TemplateMiner, templateText } from './log-template.ts';
import { masked, tokensOf } from './log-token.ts';

const masks: [line: string, expected: string][] = [
  ['took 12.5 ms, 300ms and 3 s', 'took <num> ms, <num>ms and <num> s'],
  ['user 42 from 10.0.0.7:5432', 'user <num> from <ip>'],
  ['10.0.0.7 has version 6.1.76', '<ip> has version <num>'],
  ['request 5b8efff7-9803-8103-d269-b633813fc60c done', 'request <uuid> done'],
  ['at 2026-01-27T03:00:00.123Z', 'at <time>'],
  ['on Fri Jul 9 at 12:00:01', 'on <time> <time> <num> at <time>'],
  ['May I sit', 'May I sit'],
  ['value "x" and \'z\' set', 'value "<text>" and \'<text>\' set'],
  ['lock=7, tag="View Lock", ws=null', 'lock=<num>, tag=<text>, ws=<*>'],
  ['block 0x7ffe and deadbeef01', 'block <hex> and <hex>'],
  ["don't mask what isn't quoted", "don't mask what isn't quoted"],
  ['mail to a.b@shop.example', 'mail to <mail>'],
  ['rhost=a.b.example.com from db.internal:5432', 'rhost=<host> from <host>'],
  ['core.example.Main in shop.js', 'core.example.Main in shop.js'],
  ['open(/var/log/app.log) failed', 'open(<path>) failed'],
  ['get https://shop.example/x?y=1', 'get <url>'],
  ['and/or GET /checkout', 'and/or GET /checkout'],
  ['sent 18846 bytes (18.4 KB) in <1 sec', 'sent <num> bytes in <<num> sec'],
  ['delete blk_1 blk_-22 blk_3 blk_4 now', 'delete blk_<num> now'],
  ['by (uid=0) or LOGIN(uid=0)', 'by (uid=<num>) or LOGIN(uid=<num>)'],
];
for (const [line, expected] of masks)
  test(`'${line}' is masked as '${expected}'`, () => {
    assert.equal(masked(line), expected);
  });

/** The texts of templates by the end, with how many lines each has. */
function mined(lines: readonly string[], miner = new TemplateMiner()): Record<string, number> {
  const counts: Record<string, number> = {};
  const found = lines.map(line => miner.add(line));
  for (const template of found.map(current)) {
    const text = templateText(template);
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return counts;
}

test('values that look like values make one template from the first line on', () => {
  assert.deepEqual(mined(['order 1 placed in 3 ms', 'order 22 placed in 1.5 ms', 'order failed']), {
    'order <num> placed in <num> ms': 2,
    'order failed': 1,
  });
});

test('a word with a number in it is shown as it is until there is another', () => {
  const miner = new TemplateMiner();
  const first = miner.add('SEV1 opened');
  assert.equal(templateText(first), 'SEV1 opened');
  assert.equal(current(miner.add('SEV2 opened')), first);
  assert.equal(templateText(first), 'SEV<num> opened');
});

test('few different words in a place are different messages, many are values; lines counted before go along', () => {
  const names = ['anna', 'ben', 'carl', 'dora', 'emil'];
  assert.deepEqual(mined(['session opened by root', 'session closed by root']), {
    'session opened by root': 1,
    'session closed by root': 1,
  });
  assert.deepEqual(mined(names.map(name => `signed in user ${name} from home`)), {
    'signed in user <*> from home': 5,
  });
  const states = ['NEW to READY', 'READY to RUNNING', 'RUNNING to DONE', 'RUNNING to FAILED'];
  assert.equal(Object.keys(mined(states.map(state => `task 7 went from ${state}`))).length, 4);
  const pairs = Array.from(
    { length: 26 },
    (_, i) => `${String.fromCharCode(97 + i)}x gave ${String.fromCharCode(122 - i)}y away`,
  );
  assert.deepEqual(mined(pairs.map(pair => `then ${pair}`)), { 'then <*> gave <*> away': 26 });
});

test('messages that share most of their words are not thrown together', () => {
  const lines = [
    ...Array(50).fill('Received disconnect from 10.0.0.1: 11: Bye Bye [preauth]'),
    'Received disconnect from 10.0.0.1: 11: disconnected by user',
  ];
  assert.deepEqual(Object.values(mined(lines)), [50, 1]);
});

test('lines of one word that holds values are told apart by its own letters', () => {
  const lines = [
    'steps=15##7##5',
    'ready=true,policy=3,mode=4',
    'steps=16##8##5',
    'ready=true,policy=2,mode=4',
  ];
  assert.deepEqual(mined(lines), { 'steps=<num>##<num>##<num>': 2, 'ready=true,policy=<num>,mode=<num>': 2 });
});

test('what values have around them in common is kept', () => {
  const lines = ['alpha', 'beta', 'gamma', 'delta'].map(name => `login failed; rhost=${name}; retry`);
  assert.deepEqual(mined(lines), { 'login failed; rhost=<*>; retry': 4 });
});

test('of a body in JSON the message makes the template', () => {
  assert.deepEqual(
    mined([
      '{"level":"info","time":17,"msg":"order 17 placed"}',
      '{"level":"info","time":18,"req":{"id":"a b"},"msg":"order 18 placed"}',
    ]),
    { 'order <num> placed': 2 },
  );
});

test('a template keeps its id while it becomes more general, and is the same in another process', () => {
  const miner = new TemplateMiner({ seed: 'payments' });
  const first = miner.add('signed in user anna from home');
  const { id } = first;
  for (const name of ['ben', 'carl', 'dora']) miner.add(`signed in user ${name} from home`);
  assert.equal(current(first).id, id);
  assert.ok(Number.isSafeInteger(id));
  assert.equal(new TemplateMiner({ seed: 'payments' }).add('signed in user anna from home').id, id);
  assert.notEqual(new TemplateMiner({ seed: 'gateway' }).add('signed in user anna from home').id, id);
});

test('changes are told once, with what became part of what, and are known again in a next run', () => {
  const miner = new TemplateMiner();
  const made = ['anna', 'ben', 'carl'].map(name => miner.add(`signed in user ${name} from home`));
  assert.equal(
    miner.takeChanged().filter(({ into }) => into === 0).length,
    4,
    'three, and the one for all others',
  );
  assert.deepEqual(miner.takeChanged(), []);
  made.push(miner.add('signed in user dora from home'));
  const changed = miner.takeChanged();
  const [survivor] = changed.filter(({ into, id }) => into === 0 && id === made[0]!.id);
  assert.deepEqual(survivor?.tokens, ['signed', 'in', 'user', '<*>', 'from', 'home']);
  const into = new Map(changed.map(({ id, into }) => [id, into]));
  for (const one of made.slice(1, 3)) assert.equal(into.get(one.id), made[0]!.id);

  const next = new TemplateMiner();
  next.restore(changed);
  assert.deepEqual(
    next.takeChanged().map(({ tokens }) => tokens),
    [['<*>']],
    'what is known is not written again',
  );
  assert.equal(next.add('signed in user zoe from home').id, made[0]!.id);
  assert.equal(next.add('signed out user zoe from home').id === made[0]!.id, false);
});

test('templates never exceed their bound; what is beyond is counted together', () => {
  const miner = new TemplateMiner({ maxTemplates: 10 });
  const seen = new Set<Template>();
  let counted = 0;
  for (let index = 0; index < 1000; index++) {
    const word = String.fromCharCode(97 + (index % 26)).repeat(1 + (index % 30));
    seen.add(miner.add(`${word} ${word}`));
    counted += 1;
  }
  assert.ok(seen.size <= 11);
  assert.equal(
    [...seen].reduce((sum, { count, into }) => sum + (into === undefined ? count : 0), 0),
    counted,
  );
});

test('a property: every line agrees with its template, whatever came before', () => {
  const word = fc.constantFrom(
    'order',
    'placed',
    'failed',
    'user',
    'a',
    'b',
    'c',
    'd',
    'e',
    '17',
    'x=1',
    'x=y',
    'n7',
    '()',
    '/a/b',
  );
  fc.assert(
    fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { maxLength: 80 }), lines => {
      const miner = new TemplateMiner();
      const found = lines.map(words => [words.join(' '), miner.add(words.join(' '))] as const);
      for (const [line, template] of found) {
        const tokens = tokensOf(line);
        const shown = current(template).tokens;
        assert.equal(shown.length, tokens.length);
        for (const [place, text] of shown.entries()) {
          const { text: own, shape } = tokens[place]!;
          const [head, tail] = text.split('<*>') as [string, string?];
          assert.ok(
            text === own ||
              text === shape ||
              (tail !== undefined && own.startsWith(head) && own.endsWith(tail)),
            `${text} for ${own}`,
          );
        }
      }
      const kept = new Set(found.map(([, template]) => current(template)));
      assert.equal(
        [...kept].reduce((sum, { count }) => sum + count, 0),
        lines.length,
      );
    }),
    { numRuns: 500 },
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
    '="'.repeat(50_000),
    'a.'.repeat(50_000),
    '1:'.repeat(50_000),
    '/'.repeat(50_000),
    `{"msg":"${'\\'.repeat(50_000)}`,
    ' '.repeat(100_000),
  ])
    miner.add(line);
  assert.ok(performance.now() - began < 2000);
});
