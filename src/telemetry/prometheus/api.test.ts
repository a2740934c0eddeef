import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { EmbeddedMetrics } from '../metrics.ts';
import { type Labels, matchersTest, type NativeHistogram, type Series } from '../promql/index.ts';
import type { AlertingView } from './alerting-view.ts';
import { PrometheusApi } from './api.ts';
import { labelNameOf } from './parameter.ts';

const t0 = 1_700_000_000_000;

const histogram: NativeHistogram = {
  schema: 0,
  zeroThreshold: 0.001,
  zeroCount: 1,
  count: 6,
  sum: 12.5,
  positive: { index: [0, 1], count: [2, 2] },
  negative: { index: [0], count: [1] },
  hint: 'unknown',
};

function seriesOf(labels: Labels, values: readonly number[]): Series {
  return {
    labels,
    timestamps: Float64Array.from(values, (_, i) => t0 + i * 15_000),
    values: Float64Array.from(values),
  };
}

const all: Series[] = [
  seriesOf({ __name__: 'requests_total', service: 'payments', code: '200' }, [0, 10, 20, 30, 40]),
  seriesOf({ __name__: 'requests_total', service: 'payments', code: '500' }, [0, 1, 2, 3, 4]),
  seriesOf({ __name__: 'up', instance: 'a:1' }, [1, Number.NaN, Number.POSITIVE_INFINITY, 0, 1]),
  {
    labels: { __name__: 'latency' },
    timestamps: Float64Array.of(t0 + 60_000),
    values: Float64Array.of(Number.NaN),
    histograms: [histogram],
  },
];

const alerting: AlertingView = {
  everyMs: 5_000,
  rules: async () => [
    {
      group: 'payments/availability',
      name: 'PaymentsBurn',
      query: 'vector(1) > 0',
      labels: { severity: 'page' },
      annotations: { summary: 'Payments burns its budget.' },
      evaluatedAtMs: t0,
      alerts: [
        {
          labels: { alertname: 'PaymentsBurn' },
          annotations: {},
          state: 'firing',
          activeAtMs: t0,
          value: 14.4,
        },
      ],
    },
  ],
};

const api = new PrometheusApi({
  source: new EmbeddedMetrics({
    select: async matchers => all.filter(({ labels }) => matchersTest(matchers)(labels)),
    list: matchers => all.map(({ labels }) => labels).filter(matchersTest(matchers)),
  }),
  catalogue: () => [
    { metric: 'latency', type: 'nativehistogram', unit: 'seconds', help: 'Latency.', series: 1 },
    { metric: 'x_bucket', type: 'histogram', unit: '', help: '', series: 3 },
    { metric: 'x_count', type: 'histogram', unit: '', help: '', series: 1 },
  ],
  now: () => t0 + 60_000,
  version: '0.0.0',
  alerting,
});

interface Answer {
  status: number;
  answer: {
    status: string;
    data?: unknown;
    error?: string;
    errorType?: string;
    warnings?: string[];
    infos?: string[];
  };
}

async function ask(path: string, params: Record<string, string> | string[][] = {}): Promise<Answer> {
  const given = new URLSearchParams();
  for (const [name, value] of Array.isArray(params) ? params : Object.entries(params))
    given.append(name!, value!);
  const { status, body } = await api.handle({ path, params: given });
  return { status, answer: JSON.parse(body) };
}

async function data(path: string, params: Record<string, string> | string[][] = {}): Promise<unknown> {
  const { status, answer } = await ask(path, params);
  assert.equal(status, 200, answer.error ?? '');
  return answer.data;
}

const time = String((t0 + 60_000) / 1000);

test('an instant query answers each type of value as Prometheus writes it', async () => {
  assert.deepEqual(await data('query', { query: 'sum(requests_total)', time }), {
    resultType: 'vector',
    result: [{ metric: {}, value: [1_700_000_060, '44'] }],
  });
  assert.deepEqual(await data('query', { query: '1 / 3', time: '2023-11-14T22:14:20Z' }), {
    resultType: 'scalar',
    result: [1_700_000_060, '0.3333333333333333'],
  });
  assert.deepEqual(await data('query', { query: '"text"', time: '1700000000.123' }), {
    resultType: 'string',
    result: [1_700_000_000.123, 'text'],
  });
  assert.deepEqual(await data('query', { query: 'up[1m]', time }), {
    resultType: 'matrix',
    result: [
      {
        metric: { __name__: 'up', instance: 'a:1' },
        values: [
          [1_700_000_015, 'NaN'],
          [1_700_000_030, '+Inf'],
          [1_700_000_045, '0'],
          [1_700_000_060, '1'],
        ],
      },
    ],
  });
});

test('a native histogram is told by its buckets with their bounds', async () => {
  assert.deepEqual(await data('query', { query: 'latency' }), {
    resultType: 'vector',
    result: [
      {
        metric: { __name__: 'latency' },
        histogram: [
          1_700_000_060,
          {
            count: '6',
            sum: '12.5',
            buckets: [
              [1, '-1', '-0.5', '1'],
              [3, '-0.001', '0.001', '1'],
              [0, '0.5', '1', '2'],
              [0, '1', '2', '2'],
            ],
          },
        ],
      },
    ],
  });
});

test('a range query takes times and steps in both forms', async () => {
  const expected = {
    resultType: 'matrix',
    result: [
      {
        metric: {},
        values: [
          [1_700_000_000, '0'],
          [1_700_000_030, '22'],
          [1_700_000_060, '44'],
        ],
      },
    ],
  };
  const query = 'sum(requests_total)';
  const seconds = { query, start: '1700000000', end: time, step: '30' };
  const texts = { query, start: '2023-11-14T22:13:20Z', end: '2023-11-14T23:14:20+01:00', step: '30s' };
  assert.deepEqual(await data('query_range', seconds), expected);
  assert.deepEqual(await data('query_range', texts), expected);
});

const problems: [
  what: string,
  path: string,
  params: Record<string, string>,
  status: number,
  type: string,
  error: RegExp,
][] = [
  [
    'what is no PromQL',
    'query',
    { query: 'sum(' },
    400,
    'bad_data',
    /^invalid parameter "query": 1:5: parse error: unclosed left parenthesis$/,
  ],
  [
    'no query',
    'query',
    {},
    400,
    'bad_data',
    /^invalid parameter "query": .*parse error: no expression found in input/,
  ],
  [
    'a time that is none',
    'query',
    { query: 'up', time: 'noon' },
    400,
    'bad_data',
    /^invalid parameter "time": cannot parse "noon" to a valid timestamp$/,
  ],
  [
    'a timeout that is none',
    'query',
    { query: 'up', timeout: 'x' },
    400,
    'bad_data',
    /cannot parse "x" to a valid duration/,
  ],
  ['a negative limit', 'query', { query: 'up', limit: '-1' }, 400, 'bad_data', /limit must be non-negative/],
  [
    'an end before the start',
    'query_range',
    { query: 'up', start: '2', end: '1', step: '1' },
    400,
    'bad_data',
    /end timestamp must not be before start time/,
  ],
  [
    'a step of zero',
    'query_range',
    { query: 'up', start: '1', end: '2', step: '0' },
    400,
    'bad_data',
    /zero or negative query resolution step widths/,
  ],
  [
    'too many steps',
    'query_range',
    { query: 'up', start: '0', end: '11001', step: '1' },
    400,
    'bad_data',
    /exceeded maximum resolution of 11,000 points/,
  ],
  [
    'a range vector over a range',
    'query_range',
    { query: 'up[1m]', start: '0', end: '1', step: '1' },
    400,
    'bad_data',
    /invalid expression type "range vector" for range query/,
  ],
  [
    'a match that cannot be made',
    'query',
    { query: 'requests_total * on(service) requests_total' },
    422,
    'execution',
    /found duplicate series|many-to-many/,
  ],
  ['series without a selector', 'series', {}, 400, 'bad_data', /^no match\[\] parameter provided$/],
  [
    'a selector that is none',
    'series',
    { 'match[]': 'sum(up)' },
    400,
    'bad_data',
    /^invalid parameter "match\[\]"/,
  ],
  ['a path that is not served', 'admin/tsdb/snapshot', {}, 404, 'not_found', /there is no/],
];
for (const [what, path, params, status, type, error] of problems)
  test(`an error names its kind: ${what}`, async () => {
    const { status: got, answer } = await ask(path, params);
    assert.equal(got, status);
    assert.equal(answer.status, 'error');
    assert.equal(answer.errorType, type);
    assert.match(answer.error ?? '', error);
  });

test('what is cut by a limit says so', async () => {
  const { answer } = await ask('query', { query: 'requests_total', limit: '1' });
  assert.equal((answer.data as { result: unknown[] }).result.length, 1);
  assert.deepEqual(answer.warnings, ['results truncated due to limit']);
  const labels = await ask('label/code/values', { limit: '1' });
  assert.deepEqual(labels.answer.data, ['200']);
  assert.deepEqual(labels.answer.warnings, ['results truncated due to limit']);
});

test('infos of the evaluation are told beside the data', async () => {
  const { answer } = await ask('query', { query: 'max(latency)' });
  assert.match(answer.infos?.[0] ?? '', /^PromQL info: ignored histogram in max aggregation/);
});

test('lookback_delta bounds how old a sample may be', async () => {
  const later = String((t0 + 120_000) / 1000);
  const count = async (more: Record<string, string>) =>
    ((await data('query', { query: 'up', time: later, ...more })) as { result: unknown[] }).result.length;
  assert.equal(await count({}), 1);
  assert.equal(await count({ lookback_delta: '30s' }), 0);
});

test('series, labels and their values', async () => {
  assert.deepEqual(
    await data('series', [
      ['match[]', 'requests_total{code="500"}'],
      ['match[]', 'up'],
      ['match[]', '{__name__="up"}'],
    ]),
    [
      { __name__: 'requests_total', service: 'payments', code: '500' },
      { __name__: 'up', instance: 'a:1' },
    ],
  );
  assert.deepEqual(await data('labels', { 'match[]': 'up' }), ['__name__', 'instance']);
  assert.deepEqual(await data('label/code/values'), ['200', '500']);
  assert.deepEqual(await data('label/__name__/values'), ['latency', 'requests_total', 'up']);
  assert.equal(labelNameOf('U__service_2e_name'), 'service.name');
  assert.equal(labelNameOf('U__a__b'), 'a_b');
});

test('metadata is told by family', async () => {
  assert.deepEqual(await data('metadata'), {
    latency: [{ type: 'histogram', unit: 'seconds', help: 'Latency.' }],
    x: [{ type: 'histogram', unit: '', help: '' }],
  });
  assert.deepEqual(Object.keys((await data('metadata', { metric: 'x' })) as object), ['x']);
});

test('rules and alerts are those of alerting', async () => {
  const { groups } = (await data('rules')) as {
    groups: { name: string; interval: number; rules: { state: string; alerts?: unknown[] }[] }[];
  };
  assert.equal(groups[0]?.name, 'payments/availability');
  assert.equal(groups[0]?.interval, 5);
  assert.equal(groups[0]?.rules[0]?.state, 'firing');
  assert.deepEqual(await data('rules', { type: 'record' }), { groups: [] });
  assert.deepEqual(await data('alerts'), {
    alerts: [
      {
        labels: { alertname: 'PaymentsBurn' },
        annotations: {},
        state: 'firing',
        activeAt: '2023-11-14T22:13:20.000Z',
        value: '1.44e+1',
      },
    ],
  });
});

test('a query is printed as Prometheus prints it', async () => {
  assert.equal(await data('format_query', { query: 'sum by(a)(rate(x[5m]))' }), 'sum by (a) (rate(x[5m]))');
});

test('any parameters get an answer in JSON that is no defect', async () => {
  const paths = [
    'query',
    'query_range',
    'series',
    'labels',
    'label/U__x/values',
    'metadata',
    'rules',
    'format_query',
    'query_exemplars',
    'targets',
  ];
  const names = [
    'query',
    'time',
    'start',
    'end',
    'step',
    'limit',
    'timeout',
    'match[]',
    'type',
    'lookback_delta',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.array(
        fc.tuple(
          fc.constantFrom(...names),
          fc.oneof(fc.string(), fc.constantFrom('up', '1', '10s', '-5', '1e300')),
        ),
      ),
      async (path, params) => {
        const { status, answer } = await ask(path, params);
        assert.ok([200, 400, 404, 422].includes(status), `${status} ${answer.error}`);
      },
    ),
    { numRuns: 300 },
  );
});
