import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  ExpositionError,
  type ExpositionFormat,
  parseExposition,
  parseSeries,
  sampleValue,
} from './exposition.ts';

function read(text: string, format: ExpositionFormat = 'text') {
  const { samples, metadata } = parseExposition(text, format);
  return {
    samples: samples.map(({ series, numeric, ...rest }) => ({
      labels: Object.fromEntries(parseSeries(series, numeric)),
      ...rest,
    })),
    metadata: Object.fromEntries(metadata.map(({ family, meta }) => [family, meta])),
  };
}

// The example of https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-example
const documented = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram, which has a pretty complex representation in the text format:
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320

# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
`;

test('the example of the documentation is read', () => {
  const { samples, metadata } = read(documented);
  assert.equal(samples.length, 10);
  assert.deepEqual(samples[0], {
    labels: { __name__: 'http_requests_total', method: 'post', code: '200' },
    value: 1027,
    at: 1_395_066_363_000,
  });
  assert.equal(samples[1]?.value, 3);
  assert.deepEqual(samples[2]?.labels, {
    __name__: 'msdos_file_access_time_seconds',
    path: 'C:\\DIR\\FILE.TXT',
    error: 'Cannot find file:\n"FILE.TXT"',
  });
  assert.deepEqual(samples[4], {
    labels: { __name__: 'something_weird', problem: 'division by zero' },
    value: Number.POSITIVE_INFINITY,
    at: -3_982_045,
  });
  assert.deepEqual(metadata, {
    http_requests_total: { type: 'counter', unit: '', help: 'The total number of HTTP requests.' },
    http_request_duration_seconds: {
      type: 'histogram',
      unit: '',
      help: 'A histogram of the request duration.',
    },
    rpc_duration_seconds: { type: 'summary', unit: '', help: '' },
  });
});

test('OpenMetrics is read, with units, exemplars and times in seconds', () => {
  const text = `# HELP foo_seconds A \\"quoted\\" help.
# TYPE foo_seconds counter
# UNIT foo_seconds seconds
foo_seconds_total{a="b"} 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.5
foo_seconds_created 1520430000.123
# TYPE bar histogram
bar_bucket{le="0.1"} 8 # {} 0.054
# EOF
`;
  const { samples, metadata } = read(text, 'openmetrics');
  assert.deepEqual(samples, [
    {
      labels: { __name__: 'foo_seconds_total', a: 'b' },
      value: 17,
      at: 1_520_879_607_789,
      exemplar: { labels: [['trace_id', 'KOO5S4vxi0o']], value: 0.67, at: 1_520_879_607_500 },
    },
    { labels: { __name__: 'foo_seconds_created' }, value: 1_520_430_000.123 },
    { labels: { __name__: 'bar_bucket', le: '0.1' }, value: 8, exemplar: { labels: [], value: 0.054 } },
  ]);
  assert.deepEqual(metadata.foo_seconds, { type: 'counter', unit: 'seconds', help: 'A "quoted" help.' });
});

test('names beyond the old ones stand in quotes', () => {
  const { samples } = read(
    '{"http.requests","service.name"="shop",code="200",} 1\n# TYPE "http.requests" counter\n',
  );
  assert.deepEqual(samples[0]?.labels, { __name__: 'http.requests', 'service.name': 'shop', code: '200' });
});

const valid: [what: string, format: ExpositionFormat, text: string, count: number][] = [
  ['nothing at all', 'text', '', 0],
  ['no newline at the end', 'text', 'a 1', 1],
  ['blanks and tabs', 'text', ' a { x = "1" , }\t 2  \t 3 \r\n', 1],
  ['a brace within a value', 'text', 'a{x="}"} 1\n', 1],
  ['an unknown comment', 'text', '# just words\n#\n#no blank\na 1\n', 1],
  ['only the end', 'openmetrics', '# EOF\n', 0],
  ['an end without newline', 'openmetrics', 'a 1\n# EOF', 1],
];
for (const [what, format, text, count] of valid)
  test(`${format} may have ${what}`, () => assert.equal(read(text, format).samples.length, count));

const invalid: [what: string, format: ExpositionFormat, text: string, error: RegExp][] = [
  ['no value', 'text', 'a 1\nb\n', /line 2: a value is expected/],
  ['a word as value', 'text', 'a one\n', /'one' is not a value/],
  ['no name', 'text', '1 2\n', /a metric name is expected/],
  ['labels without an end', 'text', 'a{x="1" 2\n', /do not end/],
  ['a label without quotes', 'text', 'a{x=1} 2\n', /not in quotes/],
  ['two labels without a comma', 'text', 'a{x="1"y="2"} 2\n', /comma/],
  ['a fraction as timestamp', 'text', 'a 1 1.5\n', /not a timestamp/],
  ['words after the timestamp', 'text', 'a 1 2 3\n', /after the timestamp/],
  ['an unknown type', 'text', '# TYPE a meter\n', /is not a type/],
  ['a value of hexadecimal fractions', 'text', 'a 0x1p-2\n', /not a value/],
  ['no end', 'openmetrics', 'a 1\n', /# EOF/],
  ['something after the end', 'openmetrics', '# EOF\na 1\n', /after # EOF/],
  ['an empty line', 'openmetrics', 'a 1\n\n# EOF\n', /empty/],
  ['an unknown comment', 'openmetrics', '# words\n# EOF\n', /HELP, TYPE, UNIT or EOF/],
  ['two blanks', 'openmetrics', 'a 1  2\n# EOF\n', /not a timestamp|after the timestamp/],
  ['a unit that is no suffix', 'openmetrics', '# UNIT a_bytes seconds\n# EOF\n', /not a suffix/],
  ['an exemplar without a value', 'openmetrics', 'a_total 1 # {x="1"}\n# EOF\n', /an exemplar has a value/],
];
for (const [what, format, text, error] of invalid)
  test(`${format} may not have ${what}`, () => assert.throws(() => read(text, format), error));

test('what is written is what is read', () => {
  const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
  const labels = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 4 });
  const escaped = (text: string) =>
    text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  fc.assert(
    fc.property(
      name,
      labels,
      fc.double(),
      fc.constantFrom('text', 'openmetrics') as fc.Arbitrary<ExpositionFormat>,
      (metric, own, value, format) => {
        const inside = Object.entries(own).map(([label, text]) => `${label}="${escaped(text)}"`);
        const number = Number.isFinite(value)
          ? String(value)
          : Number.isNaN(value)
            ? 'NaN'
            : value > 0
              ? '+Inf'
              : '-Inf';
        const text = `${metric}{${inside.join(',')}} ${number}\n${format === 'openmetrics' ? '# EOF\n' : ''}`;
        const { samples } = parseExposition(text, format);
        assert.deepEqual(parseSeries(samples[0]!.series), [['__name__', metric], ...Object.entries(own)]);
        assert.ok(Object.is(samples[0]!.value, value) || samples[0]!.value === value);
      },
    ),
  );
});

test('any text is read or refused with its line, soon', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'a',
      '{',
      '}',
      '"',
      '\\',
      '=',
      ',',
      ' ',
      '\n',
      '# ',
      'TYPE ',
      'HELP ',
      '# EOF',
      '1',
      'NaN',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, strict) => {
      try {
        for (const { series } of parseExposition(pieces.join(''), strict ? 'openmetrics' : 'text').samples)
          parseSeries(series);
      } catch (error) {
        assert.ok(error instanceof ExpositionError, String(error));
      }
    }),
    { numRuns: 500 },
  );
  const started = performance.now();
  assert.throws(() => parseExposition(`a{${'x="1",'.repeat(200_000)}`, 'text'));
  assert.throws(() => parseExposition(`a{${'"'.repeat(400_001)}`, 'text'));
  assert.ok(performance.now() - started < 2_000);
});

test('values are those of Go', () => {
  for (const [text, value] of [
    ['1e3', 1000],
    ['.5', 0.5],
    ['5.', 5],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-infinity', Number.NEGATIVE_INFINITY],
    ['nan', Number.NaN],
  ] as const)
    assert.ok(Object.is(sampleValue(text), value), text);
  for (const text of ['', '1_000', '1e', 'e5', '--1', '0x10', '0x1p4'])
    assert.equal(sampleValue(text), undefined, text);
});
