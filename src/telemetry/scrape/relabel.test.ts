import assert from 'node:assert/strict';
import test from 'node:test';
import { ScrapeConfig } from './config.ts';
import { RelabelConfig, relabel } from './relabel.ts';
import { mergedLabels, targetsOf } from './target.ts';

const labels = { a: 'foo', b: 'bar', c: 'baz' };

const cases: [what: string, rules: object[], expected: Record<string, string> | undefined][] = [
  [
    'replace puts what the groups hold',
    [{ source_labels: ['a'], regex: 'f(.*)', target_label: 'd', replacement: 'ch${1}-ch$1' }],
    { ...labels, d: 'choo-choo' },
  ],
  [
    'replace without a match changes nothing',
    [{ source_labels: ['a'], regex: 'x(.*)', target_label: 'd' }],
    labels,
  ],
  [
    'an expression holds from end to end',
    [{ source_labels: ['a'], regex: 'o', target_label: 'd', replacement: 'x' }],
    labels,
  ],
  [
    'several labels are joined',
    [{ source_labels: ['a', 'b'], target_label: 'd', separator: '-' }],
    { ...labels, d: 'foo-bar' },
  ],
  [
    'an empty replacement takes the label away',
    [{ source_labels: ['a'], regex: 'foo', target_label: 'a', replacement: '' }],
    { b: 'bar', c: 'baz' },
  ],
  [
    'a target label may have groups',
    [{ source_labels: ['a'], regex: '(f)(.*)', target_label: '${1}_$2', replacement: '$0' }],
    { ...labels, f_oo: 'foo' },
  ],
  [
    'named groups are known',
    [{ source_labels: ['a'], regex: 'f(?P<rest>.*)', target_label: 'd', replacement: '$rest$$' }],
    { ...labels, d: 'oo$' },
  ],
  ['drop drops what agrees', [{ source_labels: ['a'], regex: '.*o.*', action: 'drop' }], undefined],
  ['drop keeps the rest', [{ source_labels: ['a'], regex: 'f', action: 'drop' }], labels],
  ['keep drops the rest', [{ source_labels: ['a'], regex: 'no-match', action: 'keep' }], undefined],
  ['keepequal', [{ source_labels: ['a'], target_label: 'b', action: 'keepequal' }], undefined],
  ['dropequal', [{ source_labels: ['a'], target_label: 'b', action: 'dropequal' }], labels],
  // From relabel_test.go of Prometheus: foo,bar... the MD5 of "baz" modulo 1000.
  [
    'hashmod is a number below the modulus',
    [{ source_labels: ['c'], target_label: 'd', action: 'hashmod', modulus: 1000 }],
    { ...labels, d: '976' },
  ],
  [
    'labelmap renames by group',
    [{ regex: '(b|c)', replacement: 'x_$1', action: 'labelmap' }],
    { ...labels, x_b: 'bar', x_c: 'baz' },
  ],
  ['labeldrop', [{ regex: '(a|b)', action: 'labeldrop' }], { c: 'baz' }],
  ['labelkeep', [{ regex: '(a|b)', action: 'labelkeep' }], { a: 'foo', b: 'bar' }],
  ['uppercase', [{ source_labels: ['a'], target_label: 'd', action: 'Uppercase' }], { ...labels, d: 'FOO' }],
  [
    'rules see what those before did',
    [
      { source_labels: ['a'], target_label: 'd' },
      { source_labels: ['d'], regex: 'foo', action: 'drop' },
    ],
    undefined,
  ],
];
for (const [what, rules, expected] of cases)
  test(`relabelling: ${what}`, () => {
    const parsed = rules.map(rule => RelabelConfig.parse(rule));
    assert.deepEqual(relabel(labels, parsed), expected);
  });

test('a rule that cannot work is refused', () => {
  for (const rule of [
    { source_labels: ['a'] },
    { action: 'hashmod', target_label: 'x' },
    { regex: '(', target_label: 'x' },
    { action: 'explode' },
  ])
    assert.equal(RelabelConfig.safeParse(rule).success, false, JSON.stringify(rule));
});

test('targets are made of what was found, once each, and without the labels that only told how', () => {
  const job = ScrapeConfig.parse({
    job_name: 'shop',
    metrics_path: '/probe',
    params: { module: ['http'] },
    relabel_configs: [
      { source_labels: ['__address__'], target_label: '__param_target' },
      { source_labels: ['__meta_zone'], target_label: 'zone' },
      { source_labels: ['__address__'], regex: 'c:.*', action: 'drop' },
    ],
  });
  const groups = [
    { targets: ['a:1', 'b:2', 'a:1', 'c:3'], labels: { team: 'x' }, meta: { __meta_zone: 'z1' } },
    { targets: ['no/address'], labels: {} },
  ];
  const { active, dropped, problems } = targetsOf(job, { intervalMs: 15_000, timeoutMs: 10_000 }, groups);
  assert.deepEqual(
    active.map(({ url, labels }) => [url, labels]),
    [
      ['http://a:1/probe?module=http&target=a%3A1', { job: 'shop', team: 'x', zone: 'z1', instance: 'a:1' }],
      ['http://b:2/probe?module=http&target=b%3A2', { job: 'shop', team: 'x', zone: 'z1', instance: 'b:2' }],
    ],
  );
  assert.equal(dropped.length, 1);
  assert.match(problems[0] ?? '', /'no\/address' is not an address/);
});

test('the target’s labels win, and the other way round where that is wanted', () => {
  const own = [
    ['__name__', 'm'],
    ['job', 'theirs'],
    ['exported_job', 'older'],
  ] as const;
  assert.deepEqual(mergedLabels(own, { job: 'ours', instance: 'a:1' }, false), {
    __name__: 'm',
    job: 'ours',
    exported_job: 'older',
    exported_exported_job: 'theirs',
    instance: 'a:1',
  });
  assert.deepEqual(mergedLabels(own, { job: 'ours', instance: 'a:1' }, true), {
    __name__: 'm',
    job: 'theirs',
    exported_job: 'older',
    instance: 'a:1',
  });
});
