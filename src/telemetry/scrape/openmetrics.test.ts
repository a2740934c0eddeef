import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExpositionFormat, parseExposition, parseSeries } from './exposition.ts';

/**
 * What the specification of OpenMetrics 1.0 forbids, group by group as its own test data names the groups
 * (github.com/prometheus/OpenMetrics, tests/testdata/parsers), with examples of ours. Nines holds to Prometheus: it refuses
 * what cannot be read, and takes what can be read although the specification forbids its meaning. A scrape
 * that fails loses everything, so a histogram without its last bucket is no reason for one.
 */
const groups: [group: string, verdict: 'refused' | 'taken', examples: string[]][] = [
  ['bad_no_eof', 'refused', ['', 'a 1\n']],
  ['bad_text_after_eof', 'refused', ['a 1\n# EOF\nb 1\n', '# EOF \n', '# EOF\n\n', '# EOFx\n']],
  ['bad_blank_line', 'refused', ['a 1\n\nb 1\n# EOF\n', ' \n# EOF\n']],
  [
    'bad_missing_or_extra_commas',
    'refused',
    ['a{b="1"c="2"} 1\n# EOF\n', 'a{b="1",,c="2"} 1\n# EOF\n', 'a{,} 1\n# EOF\n'],
  ],
  [
    'bad_missing_equal_or_label_value',
    'refused',
    ['a{b} 1\n# EOF\n', 'a{b=} 1\n# EOF\n', 'a{="1"} 1\n# EOF\n'],
  ],
  ['bad_label_value quotes', 'refused', ['a{b=1} 1\n# EOF\n', "a{b='1'} 1\n# EOF\n", 'a{b="1} 1\n# EOF\n']],
  ['bad_missing_value', 'refused', ['a\n# EOF\n', 'a \n# EOF\n', 'a{b="1"}\n# EOF\n']],
  ['bad_metric_names', 'refused', ['0a 1\n# EOF\n', 'a.b 1\n# EOF\n', 'a-b 1\n# EOF\n', 'é 1\n# EOF\n']],
  ['bad_label_names', 'refused', ['a{0b="1"} 1\n# EOF\n', 'a{b-c="1"} 1\n# EOF\n', 'a{b:c="1"} 1\n# EOF\n']],
  [
    'bad_value',
    'refused',
    [
      'a x\n# EOF\n',
      'a  1\n# EOF\n',
      'a 1 \n# EOF\n',
      'a 1\t\n# EOF\n',
      'a 1_000\n# EOF\n',
      'a 0x1\n# EOF\n',
      'a 1 2 3\n# EOF\n',
    ],
  ],
  [
    'bad_timestamp',
    'refused',
    [
      'a 1 z\n# EOF\n',
      'a 1 1z\n# EOF\n',
      'a 1 1.1.1\n# EOF\n',
      'a 1 NaN\n# EOF\n',
      'a 1 Inf\n# EOF\n',
      'a 1 0x5\n# EOF\n',
    ],
  ],
  [
    'bad_exemplars',
    'refused',
    [
      'a_total 1 #\n# EOF\n',
      'a_total 1# {} 1\n# EOF\n',
      'a_total 1 #{} 1\n# EOF\n',
      'a_total 1 # {}1\n# EOF\n',
      'a_total 1 # {} 1 \n# EOF\n',
      'a_total 1 # {} 1 1 \n# EOF\n',
      'a_total 1 # {a="b} 1\n# EOF\n',
      'a_total 1 # a\n# EOF\n',
    ],
  ],
  [
    'bad_exemplar_timestamp',
    'refused',
    ['a_total 1 # {} 1 NaN\n# EOF\n', 'a_total 1 # {} 1 -Inf\n# EOF\n', 'a_total 1 # {} 1 x\n# EOF\n'],
  ],
  [
    'bad_help',
    'refused',
    [
      '# HELP\n# EOF\n',
      '# HELP \n# EOF\n',
      '# HELP a\n# EOF\n',
      '# HELP a\t\n# EOF\n',
      ' # HELP a b\n# EOF\n',
    ],
  ],
  [
    'bad_type',
    'refused',
    [
      '# TYPE\n# EOF\n',
      '# TYPE a\n# EOF\n',
      '# TYPE a meter\n# EOF\n',
      '# TYPE a gauge \n# EOF\n',
      '# TYPE a untyped\n# EOF\n',
      '#  TYPE a gauge\n# EOF\n',
    ],
  ],
  [
    'bad_unit',
    'refused',
    [
      '# UNIT\n# EOF\n',
      '# UNIT a\n# EOF\n',
      '# UNIT a seconds\n# EOF\n',
      '# UNIT aseconds seconds\n# EOF\n',
      '# UNIT a_seconds seconds \n# EOF\n',
    ],
  ],
  ['bad_exemplars_size', 'taken', [`a_total 1 # {a="${'x'.repeat(200)}"} 1\n# EOF\n`]],
  ['bad_exemplars_on_unallowed_samples', 'taken', ['# TYPE a gauge\na 1 # {a="b"} 1\n# EOF\n']],
  [
    'bad_counter_values',
    'taken',
    ['# TYPE a counter\na_total -1\n# EOF\n', '# TYPE a counter\na_total NaN\n# EOF\n'],
  ],
  ['bad_counter suffix', 'taken', ['# TYPE a counter\na 1\n# EOF\n']],
  [
    'bad_histograms',
    'taken',
    [
      '# TYPE a histogram\na_bucket{le="1"} 1\n# EOF\n',
      '# TYPE a histogram\na_bucket{le="2"} 2\na_bucket{le="1"} 3\n# EOF\n',
    ],
  ],
  [
    'bad_info_and_stateset_values',
    'taken',
    ['# TYPE a info\na_info 2\n# EOF\n', '# TYPE a stateset\na{a="b"} 2\n# EOF\n'],
  ],
  [
    'bad_missing_or_invalid_labels_for_a_type',
    'taken',
    ['# TYPE a summary\na{quantile="2"} 1\n# EOF\n', '# TYPE a stateset\na 1\n# EOF\n'],
  ],
  ['bad_unit_for_type', 'taken', ['# TYPE x_u info\n# UNIT x_u u\n# EOF\n']],
  [
    'bad_grouping_or_ordering',
    'taken',
    ['# TYPE a gauge\na 1\nb 1\na{x="1"} 1\n# EOF\n', 'a{b="1"} 1 2\na{b="1"} 1 1\n# EOF\n'],
  ],
  [
    'bad_repeated_metadata',
    'taken',
    ['# HELP a x\n# HELP a y\n# EOF\n', '# TYPE a gauge\n# TYPE a counter\n# EOF\n'],
  ],
  ['bad_metadata_in_wrong_place', 'taken', ['a 1\n# TYPE a gauge\n# EOF\n']],
  ['bad_clashing_names', 'taken', ['# TYPE a counter\n# TYPE a_total gauge\n# EOF\n']],
  ['bad_duplicate_samples', 'taken', ['a 1\na 2\n# EOF\n']],
];

function read(text: string, format: ExpositionFormat = 'openmetrics') {
  const { samples, metadata } = parseExposition(text, format);
  return {
    metadata,
    samples: samples.map(({ series, numeric, ...rest }) => ({
      labels: parseSeries(series, numeric),
      ...rest,
    })),
  };
}

for (const [group, verdict, examples] of groups)
  for (const text of examples)
    test(`${group}: ${JSON.stringify(text.slice(0, 60))} is ${verdict}`, () => {
      if (verdict === 'refused') assert.throws(() => read(text));
      else read(text);
    });

test('what the specification allows is read: empty help, empty labels, braces, no last line break, all types', () => {
  const types = ['counter', 'gauge', 'histogram', 'gaugehistogram', 'stateset', 'info', 'summary', 'unknown'];
  const text = `${types.map(type => `# TYPE ${type}_x ${type}\n`).join('')}# HELP a \na{} 1\na{b=""} 2\na{b="{c}",d="# "} 3\n# EOF`;
  const { samples, metadata } = read(text);
  assert.deepEqual(
    samples.map(({ labels, value }) => [labels.slice(1), value]),
    [
      [[], 1],
      [[['b', '']], 2],
      [
        [
          ['b', '{c}'],
          ['d', '# '],
        ],
        3,
      ],
    ],
  );
  assert.deepEqual(Object.fromEntries(metadata.map(({ family, meta }) => [family, meta.type])), {
    counter_x: 'counter',
    gauge_x: 'gauge',
    histogram_x: 'histogram',
    gaugehistogram_x: 'histogram',
    stateset_x: 'gauge',
    info_x: 'info',
    summary_x: 'summary',
    unknown_x: 'unknown',
    a: 'unknown',
  });
});

test('times are in seconds, with fractions and exponents; what no calendar holds is refused', () => {
  const at = (time: string) => read(`a 1 ${time}\n# EOF\n`).samples[0]?.at;
  assert.deepEqual(
    ['000', '0.0', '1.1', '1.5e3', '-1', '1520879607.789'].map(at),
    [0, 0, 1100, 1_500_000, -1000, 1_520_879_607_789],
  );
  assert.throws(() => at('12345678901234567890.1234567890'), /not a timestamp/);
});

const escapes: [written: string, read: string][] = [
  ['foo', 'foo'],
  ['\\\\foo', '\\foo'],
  ['\\n', '\n'],
  ['\\\\n', '\\n'],
  ['\\\\\\n', '\\\n'],
  ['\\"', '"'],
  ['\\\\\\"', '\\"'],
  ['\\x', '\\x'],
];
for (const [written, value] of escapes)
  test(`the label value ${written} is read as ${JSON.stringify(value)}`, () => {
    for (const format of ['text', 'openmetrics'] as const) {
      const end = format === 'openmetrics' ? '# EOF\n' : '';
      assert.deepEqual(read(`a{b="${written}"} 1\n${end}`, format).samples[0]?.labels[1], ['b', value]);
    }
  });

test('created times are series of their own, as Prometheus has them, also beside their counter', () => {
  const text = '# TYPE a counter\na_total{b="c"} 17\na_created{b="c"} 1520872607.123\n# EOF\n';
  assert.deepEqual(
    read(text).samples.map(({ labels, value }) => [labels[0]![1], value]),
    [
      ['a_total', 17],
      ['a_created', 1_520_872_607.123],
    ],
  );
});

test('names of Prometheus 3 stand in quotes: of metrics, labels, metadata and exemplars', () => {
  const text = [
    '# HELP "http.server.duration" How long.',
    '# TYPE "http.server.duration" histogram',
    '# UNIT "http.server_seconds" seconds',
    '{"http.server.duration_bucket",le="1","service.name"="shop"} 5 # {"trace.id"="abc"} 0.5',
    '{le="+Inf","http.server.duration_bucket"} 6',
    '{"Größe in m² \\"brutto\\""} 1',
    '# EOF',
    '',
  ].join('\n');
  const { samples, metadata } = read(text);
  assert.deepEqual(samples, [
    {
      labels: [
        ['__name__', 'http.server.duration_bucket'],
        ['le', '1.0'],
        ['service.name', 'shop'],
      ],
      value: 5,
      exemplar: { labels: [['trace.id', 'abc']], value: 0.5 },
    },
    {
      labels: [
        ['__name__', 'http.server.duration_bucket'],
        ['le', '+Inf'],
      ],
      value: 6,
    },
    { labels: [['__name__', 'Größe in m² "brutto"']], value: 1 },
  ]);
  assert.deepEqual(
    metadata.map(({ family }) => family),
    ['http.server.duration', 'http.server_seconds'],
  );
  for (const bad of [
    '{"a","b = "c"}',
    '{"a",b\nc="d"} 1',
    'a{"b"} 1',
    '{"a","b"} 1',
    '{b="c"} 1',
    '{} 1',
    '{"a"="b"} 1',
    '# TYPE "a gauge',
  ])
    assert.throws(() => read(`${bad}\n# EOF\n`), bad);
});

const numbers: [written: string, one: string][] = [
  ['1', '1.0'],
  ['1.0', '1.0'],
  ['0', '0.0'],
  ['0.10', '0.1'],
  ['+Inf', '+Inf'],
  ['inf', '+Inf'],
  ['100000', '100000.0'],
  ['1000000', '1e+06'],
  ['1.5e6', '1.5e+06'],
  ['0.0001', '0.0001'],
  ['0.00001', '1e-05'],
  ['-5', '-5.0'],
  ['large', 'large'],
];
for (const [written, one] of numbers)
  test(`a bucket's le="${written}" is le="${one}", as Prometheus 3 has it`, () => {
    const text = `# TYPE a histogram\na_bucket{le="${written}"} 1\n# TYPE b gauge\nb{le="${written}"} 1\n`;
    const [bucket, gauge] = read(text, 'text').samples;
    assert.deepEqual(bucket?.labels[1], ['le', one]);
    assert.deepEqual(gauge?.labels[1], ['le', written]);
  });

// Where the old text format is concerned Nines reads more than Prometheus: it loses nobody's scrape by it.
for (const [what, text] of [
  ['a carriage return at the end of a line', 'a 1\r\n'],
  ['a blank at the end of a type', '# TYPE a gauge \na 1\n'],
  ['a time before 1970', 'a 1 -1000\n'],
  ["OpenMetrics's types", '# TYPE a info\na 1\n'],
] as const)
  test(`the text format may have ${what}, which Prometheus refuses`, () => {
    assert.equal(read(text, 'text').samples.length, 1);
  });

test('the text format may have no line break inside a label value, which Prometheus takes', () => {
  assert.throws(() => read('a{b="c\nd"} 1\n', 'text'));
});

for (const text of ['# TYPE # gauge\n', '# HELP 9a b\n', '# TYPE a\n', '# TYPE a meter\n'])
  test(`the text format may not have ${JSON.stringify(text)}`, () => {
    assert.throws(() => read(text, 'text'), /line 1: /);
  });
