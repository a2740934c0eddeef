import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { noPromtool, promtool } from '../../../test/kit/real-promtool.ts';
import { EVENTS, made, plugin, RAW } from '../../../test/kit/sloth-spec.ts';
import { generate } from '../prometheus/generate.ts';
import { readSpecs } from './read.ts';

// What Sloth's own examples do not show, by its source: the plugins that it brings.

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

test('what runs before Sloth’s own plugins is made anew by them, but the intervals stay', () => {
  const { group, text } = made({
    chain: [
      plugin('rule_intervals', { interval: { default: '90s' } }, -10),
      plugin('error_budget_exhausted_alert', {}, -5),
      plugin('denominator_corrected_rules', {}, -1),
    ],
  });
  assert.equal(group('sli-recordings')!.interval, '1m30s');
  assert.doesNotMatch(text, /ErrorBudgetExhausted|numerator_correction/);
});

test('errors that are a difference are weighed whole', () => {
  const error_query = 'sum(rate(all[{{.window}}])) - sum(rate(good[{{.window}}]))';
  const { group } = made({
    slo: { sli: { events: { ...EVENTS, error_query } } },
    chain: [plugin('denominator_corrected_rules', { disableOptimized: true })],
  });
  const [first, ...rest] = group('sli-recordings')!.rules;
  assert.match(first!.expr, /\* on\(\)\n\(sum\(rate\(all\[5m\]\)\) - sum\(rate\(good\[5m\]\)\)\)\n/);
  assert.match(rest.at(-1)!.expr, /^\(sum\(rate\(all\[30d\]\)\)/);
});

test('an alert waits by its plugin only in Sloth’s own form, as in Sloth', () => {
  const read = (text: string) => {
    const { documents } = readSpecs([{ path: 'a.yaml', text }]);
    return generate(documents.flatMap(one => one.specs));
  };
  const { groups, notes } = read(
    stringify({
      apiVersion: 'sloth.slok.dev/v1',
      kind: 'PrometheusServiceLevel',
      metadata: { name: 'shop' },
      spec: {
        service: 'shop',
        sloPlugins: { chain: [plugin('alert_for')] },
        slos: [
          {
            name: 'requests',
            objective: 99.9,
            sli: { raw: { errorRatioQuery: RAW.error_ratio_query } },
            alerting: { name: 'Burns', pageAlert: { for: '3m' } },
          },
        ],
      },
    }),
  );
  assert.equal(groups.at(-1)!.rules[0]!.for, undefined);
  assert.match(notes.join('\n'), /shop-requests: `for` of an alert has no effect/);
});

test('the period’s ratio is read from the counters where the optimisation is off', () => {
  const { group } = made({
    chain: [{ id: 'sloth.dev/core/sli_rules/v1', config: { disableOptimized: true } }],
  });
  assert.match(group('sli-recordings')!.rules.at(-1)!.expr, /http_requests_total\{job="shop"\}\[30d\]/);
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
