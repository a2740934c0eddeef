import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { noPromtool, promtool } from '../../../test/kit/real-promtool.ts';
import type { Fault } from '../../kernel/index.ts';
import { generate, rulesText } from '../prometheus/generate.ts';
import { readSpecs } from './read.ts';

// What Sloth's own examples do not show, by its source: plugins that it brings, and what it refuses.

const EVENTS = {
  error_query: 'sum(rate(http_requests_total{job="shop",code=~"5.."}[{{.window}}]))',
  total_query: 'sum(rate(http_requests_total{job="shop"}[{{.window}}]))',
};

interface Options {
  slo?: Record<string, unknown>;
  document?: Record<string, unknown>;
  chain?: Record<string, unknown>[];
}

function spec({ slo = {}, document = {}, chain }: Options): string {
  return stringify({
    version: 'prometheus/v1',
    service: 'shop',
    labels: { team: 'shop' },
    ...(chain === undefined ? {} : { slo_plugins: { chain } }),
    slos: [
      {
        name: 'requests',
        objective: 99.9,
        labels: { tier: '1' },
        sli: { events: EVENTS },
        alerting: { name: 'ShopBurns', page_alert: {}, ticket_alert: {} },
        ...slo,
      },
    ],
    ...document,
  });
}

function made(options: Options, more: { path: string; text: string }[] = []) {
  const { documents } = readSpecs([...more, { path: 'shop.yaml', text: spec(options) }]);
  const { groups } = generate(documents.flatMap(one => one.specs));
  const group = (part: string) => groups.find(one => one.name.includes(part));
  return { groups, group, text: rulesText(groups) };
}

const plugin = (name: string, config?: unknown, priority?: number) => ({
  id: `sloth.dev/contrib/${name}/v1`,
  ...(config === undefined ? {} : { config }),
  ...(priority === undefined ? {} : { priority }),
});

test('info_labels adds labels to the info metric, and before the rules are made it has no effect', () => {
  const labels = (chain: Record<string, unknown>[]) =>
    made({ chain })
      .group('meta')!
      .rules.find(rule => rule.record === 'sloth_slo_info')!.labels;
  assert.equal(labels([plugin('info_labels', { labels: { grade: 'A' } })])!.grade, 'A');
  assert.equal(labels([plugin('info_labels', { labels: { grade: 'A' } }, -1)])!.grade, undefined);
});

test('remove_labels leaves the labels by which rules find each other, and those that are to stay', () => {
  const { group } = made({ chain: [plugin('remove_labels', { preserveLabels: ['tier'] })] });
  assert.deepEqual(Object.keys(group('sli-recordings')!.rules[0]!.labels!).sort(), [
    'sloth_id',
    'sloth_service',
    'sloth_slo',
    'sloth_window',
    'tier',
  ]);
  const info = group('meta')!.rules.find(rule => rule.record === 'sloth_slo_info')!;
  assert.equal(info.labels!.team, 'shop');
});

test('rule_intervals sets how often each group is evaluated', () => {
  const { group, text } = made({
    chain: [plugin('rule_intervals', { interval: { default: '2m', alert: '30s' } })],
  });
  assert.equal(group('sli-recordings')!.interval, '2m');
  assert.equal(group('alerts')!.interval, '30s');
  assert.match(text, /interval: 2m/);
});

test('error_budget_exhausted_alert adds an alert on what is left, also where the other alerts are off', () => {
  const off = { alerting: { page_alert: { disable: true }, ticket_alert: { disable: true } } };
  const { group } = made({
    slo: off,
    chain: [
      plugin('error_budget_exhausted_alert', {
        threshold: 0.05,
        for: '10m',
        alert_labels: { severity: 'page' },
      }),
    ],
  });
  assert.deepEqual(group('alerts')!.rules, [
    {
      alert: 'ErrorBudgetExhausted',
      expr: 'slo:period_error_budget_remaining:ratio{sloth_id="shop-requests", sloth_service="shop", sloth_slo="requests", team="shop", tier="1"} <= 0.05',
      for: '10m',
      labels: { severity: 'page' },
      annotations: {},
    },
  ]);
});

test('sli_total_amount records the events of every window in a group of its own', () => {
  const { group } = made({ chain: [plugin('sli_total_amount', {})] });
  const records = group('sli-total-amount')!.rules.map(rule => rule.record);
  assert.equal(records.length, 8);
  assert.equal(records[0], 'slo:sli_total:amount5m');
  assert.equal(records.at(-1), 'slo:sli_total:amount30d');
});

test('alert_for makes an alert wait as the spec says, and without the plugin it does not', () => {
  const alerting = { name: 'ShopBurns', page_alert: { for: '3m' }, ticket_alert: {} };
  const fors = (chain?: Record<string, unknown>[]) =>
    made({ slo: { alerting }, ...(chain === undefined ? {} : { chain }) })
      .group('alerts')!
      .rules.map(rule => rule.for);
  assert.deepEqual(fors([plugin('alert_for')]), ['3m', undefined]);
  assert.deepEqual(fors(), [undefined, undefined]);
});

test('plugins that take the place of the core ones make only what they name', () => {
  const { groups } = made({
    document: { slo_plugins: { overridePrevious: true, chain: [{ id: 'sloth.dev/core/sli_rules/v1' }] } },
  });
  assert.deepEqual(
    groups.map(group => group.name),
    ['sloth-slo-sli-recordings-shop-requests'],
  );
});

test('the period’s ratio is read from the counters where the optimisation is off', () => {
  const { group } = made({
    chain: [{ id: 'sloth.dev/core/sli_rules/v1', config: { disableOptimized: true } }],
  });
  assert.match(group('sli-recordings')!.rules.at(-1)!.expr, /http_requests_total\{job="shop"\}\[30d\]/);
});

test('only a page alert, only a ticket, or none', () => {
  const severities = (alerting: object) =>
    made({ slo: { alerting } })
      .group('alerts')
      ?.rules.map(rule => rule.labels!.sloth_severity);
  const off = { disable: true };
  assert.deepEqual(severities({ name: 'A', ticket_alert: off }), ['page']);
  assert.deepEqual(severities({ name: 'A', page_alert: off }), ['ticket']);
  assert.equal(severities({ page_alert: off, ticket_alert: off }), undefined);
});

const CATALOGUE = stringify({
  apiVersion: 'sloth.slok.dev/v1',
  kind: 'AlertWindows',
  spec: {
    sloPeriod: '7d',
    page: {
      quick: { errorBudgetPercent: 8, shortWindow: '5m', longWindow: '1h' },
      slow: { errorBudgetPercent: 12.5, shortWindow: '30m', longWindow: '6h' },
    },
    ticket: {
      quick: { errorBudgetPercent: 20, shortWindow: '2h', longWindow: '1d' },
      slow: { errorBudgetPercent: 42, shortWindow: '6h', longWindow: '3d' },
    },
  },
});

test('a catalogue of alert windows beside the specs gives the period and its windows', () => {
  const { group, text } = made({}, [{ path: 'windows.yaml', text: CATALOGUE }]);
  assert.match(group('alerts')!.rules[0]!.expr, /\(13\.44 \* 0\.00/);
  assert.match(text, /ratio_rate1w/);
});

test('a period that no catalogue names has windows in its scale', async t => {
  const { documents } = readSpecs([{ path: 'a.yaml', text: spec({}) }], {
    period: (90 * 86_400_000) as never,
  });
  const { groups, notes } = generate(documents.flatMap(one => one.specs));
  assert.deepEqual(notes, []);
  assert.match(rulesText(groups), /ratio_rate3h/);
  if (noPromtool !== undefined) return t.skip(noPromtool);
  const { ok, output } = await promtool(['check', 'rules', '--lint=none', 'rules.yaml'], {
    'rules.yaml': rulesText(groups),
  });
  assert.ok(ok, output);
});

test('promtool accepts what every plugin makes', { skip: noPromtool ?? false }, async () => {
  const { text } = made({
    chain: [
      plugin('info_labels', { labels: { grade: 'A' } }),
      plugin('remove_labels', {}),
      plugin('rule_intervals', { interval: { default: '1m' } }),
      plugin('error_budget_exhausted_alert', {}),
      plugin('sli_total_amount', {}),
    ],
  });
  const { ok, output } = await promtool(['check', 'rules', '--lint=none', 'rules.yaml'], {
    'rules.yaml': text,
  });
  assert.ok(ok, output);
});

const refused: [what: string, options: Options, message: RegExp][] = [
  [
    'the same query twice',
    { slo: { sli: { events: { ...EVENTS, error_query: EVENTS.total_query } } } },
    /are the same/,
  ],
  [
    'a query that is not PromQL',
    { slo: { sli: { events: { ...EVENTS, error_query: 'sum(rate(x[{{.window}}])' } } } },
    /not PromQL/,
  ],
  [
    'a raw query that is not PromQL',
    { slo: { sli: { raw: { error_ratio_query: 'x[{{.window}}' } } } },
    /not PromQL/,
  ],
  ['a query without its window', { slo: { sli: { raw: { error_ratio_query: 'x' } } } }, /\{\{\.window\}\}/],
  [
    'events and raw together',
    { slo: { sli: { events: EVENTS, raw: { error_ratio_query: 'x[{{.window}}]' } } } },
    /exactly one/,
  ],
  ['no indicator', { slo: { sli: {} } }, /exactly one/],
  ['an objective of 0', { slo: { objective: 0 } }, />0|greater/i],
  ['alerts without a name', { slo: { alerting: {} } }, /alerting\.name/],
  ['a label without a value', { slo: { labels: { tier: '' } } }, /a value is needed/],
  ['a label that is the metric’s name', { slo: { labels: { __name__: 'x' } } }, /__name__/],
  ['an override by nothing', { slo: { plugins: { overridePrevious: true, chain: [] } } }, /no plugin takes/],
  ['a plugin with a broken configuration', { chain: [plugin('rule_intervals', {})] }, /rule_intervals/],
  [
    'a duration that is none',
    { chain: [plugin('rule_intervals', { interval: { default: 'soon' } })] },
    /rule_intervals/,
  ],
  [
    'two SLOs of one name',
    {
      document: {
        slos: [1, 2].map(() => ({
          name: 'a',
          objective: 99,
          sli: { events: EVENTS },
          alerting: { name: 'A' },
        })),
      },
    },
    /two SLOs|declared twice/,
  ],
  ['no SLO', { document: { slos: [] } }, /at least one/],
  ['a service without a name', { document: { service: '' } }, /name/],
];
for (const [what, options, message] of refused)
  test(`${what} is refused, with the line`, () => {
    assert.throws(
      () => made(options),
      (fault: Fault) => {
        const problems = fault.detail.problems ?? [];
        assert.ok(
          problems.some(one => message.test(one.message) && one.place?.line !== undefined),
          JSON.stringify(problems),
        );
        return fault.code === 'invalid';
      },
    );
  });

test('OpenSLO v1alpha of another source than Prometheus is refused', () => {
  const query = (source: string) => ({ source, queryType: 'promql', query: 'sum(rate(x[{{.window}}]))' });
  const text = stringify({
    apiVersion: 'openslo/v1alpha',
    kind: 'SLO',
    metadata: { name: 'a' },
    spec: {
      service: 's',
      budgetingMethod: 'Occurrences',
      timeWindows: [{ unit: 'Day', count: 30 }],
      objectives: [{ target: 0.99, ratioMetrics: { good: query('datadog'), total: query('datadog') } }],
    },
  });
  assert.throws(
    () => readSpecs([{ path: 'a.yaml', text }]),
    (fault: Fault) => fault.detail.problems!.every(one => /source is prometheus/.test(one.message)),
  );
});
