import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { noPromtool, promtool } from '../../../test/kit/real-promtool.ts';
import { EVENTS, made, slothSpec } from '../../../test/kit/sloth-spec.ts';
import type { Fault } from '../../kernel/index.ts';
import { generate, rulesText } from '../prometheus/generate.ts';
import { readSpecs } from './read.ts';

// What Sloth's own examples do not show, by its source: labels, numbers, windows, other forms.

test('numbers are written as Sloth writes them', () => {
  const { text, group } = made({ slo: { objective: 99.999 } });
  assert.match(group('alerts')!.rules[0]!.expr, /\(14\.4 \* 1\.0000000000047748e-05\)/);
  assert.match(text, /expr: vector\(1-0\.9999899999999999\)/);
  assert.match(made({ slo: { objective: 0.005 } }).text, /vector\(5e-05\)/);
});

test('a query stands as it was written: a comment at its end does not swallow the bracket', async t => {
  const commented = (query: string) => `${query} # all of them\n`;
  const { group, text } = made({
    slo: {
      sli: {
        events: {
          error_query: commented(EVENTS.error_query),
          total_query: commented(EVENTS.total_query),
        },
      },
    },
  });
  assert.match(group('sli-recordings')!.rules[0]!.expr, /# all of them\n\)\n\/\n\(/);
  if (noPromtool !== undefined) return t.skip(noPromtool);
  const { ok, output } = await promtool(['check', 'rules', '--lint=none', 'rules.yaml'], {
    'rules.yaml': text,
  });
  assert.ok(ok, output);
});

test('a label of the specification takes the place of the rules’ own, as in Sloth, and a person is told', () => {
  const { group, notes } = made({
    slo: { labels: { sloth_id: 'mine', sloth_window: 'w', sloth_mode: 'm' } },
  });
  const { labels } = group('sli-recordings')!.rules[0]!;
  assert.deepEqual([labels!.sloth_id, labels!.sloth_window], ['mine', 'w']);
  assert.equal(group('meta')!.rules.at(-1)!.labels!.sloth_mode, 'cli-gen-prom');
  assert.match(notes.join('\n'), /your label sloth_id takes the place of .* they will find none/);
});

test('labels for every series win over those of the specification', () => {
  const { documents } = readSpecs([{ path: 'a.yaml', text: slothSpec({}) }]);
  const { groups } = generate(
    documents.flatMap(one => one.specs),
    { extraLabels: { team: 'x', tier: '2' } },
  );
  const { team, tier } = groups[0]!.rules[0]!.labels!;
  assert.deepEqual([team, tier], ['x', '2']);
});

test('names of labels that older Prometheus servers refuse are told', () => {
  const { notes } = made({ slo: { labels: { 'cost-centre': 'x' } } });
  assert.match(notes.join('\n'), /before 3\.0 refuses these names: cost-centre/);
});

test('an objective of 100, or one that looks like a ratio, is told', () => {
  assert.match(made({ slo: { objective: 100 } }).notes.join(), /no error budget: any error fires/);
  assert.match(made({ slo: { objective: 0.999 } }).notes.join(), /is 0\.999 %; a ratio is written 99\.9/);
});

test('a document that holds no SLO but belongs to a folder of reliability as code is passed over', () => {
  const others = [
    'apiVersion: nines/v1\nkind: Team\nmetadata: { name: shop }\nspec: {}\n',
    'groups:\n  - name: a\n    rules: []\n',
  ].map((text, index) => ({ path: `${index}.yaml`, text }));
  assert.equal(made({}, others).groups.length, 3);
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

test('windows are named as Prometheus writes durations, whichever way they were written', () => {
  const text = CATALOGUE.replace('shortWindow: 5m', 'shortWindow: 300s')
    .replace('longWindow: 6h', 'longWindow: 90m')
    .replace('longWindow: 3d', 'longWindow: 84h');
  const { group } = made({}, [{ path: 'windows.yaml', text }]);
  assert.deepEqual(
    group('sli-recordings')!.rules.map(rule => rule.record!.replace('slo:sli_error:ratio_rate', '')),
    ['5m', '30m', '1h', '1h30m', '2h', '6h', '1d', '3d12h', '1w'],
  );
});

test('an alert for which a period is too short is told', () => {
  const { documents } = readSpecs([{ path: 'a.yaml', text: slothSpec({}) }], { period: 3_600_000 as never });
  const { groups, notes } = generate(documents.flatMap(one => one.specs));
  assert.deepEqual(
    groups.at(-1)!.rules.map(rule => rule.labels!.sloth_severity),
    ['page'],
  );
  assert.match(notes.join('\n'), /shop-requests: there is no ticket: in a period of 1h none would speak/);
});

test('two catalogues for one period are refused', () => {
  const twice = ['a', 'b'].map(name => ({ path: `${name}.yaml`, text: CATALOGUE }));
  assert.throws(
    () => made({}, twice),
    (fault: Fault) => fault.detail.problems!.some(one => /declared twice/.test(one.message)),
  );
});

test('a window as long as the period is recorded once', () => {
  const text = CATALOGUE.replace('longWindow: 3d', 'longWindow: 7d');
  const records = made({}, [{ path: 'windows.yaml', text }])
    .group('sli-recordings')!
    .rules.map(rule => rule.record);
  assert.equal(new Set(records).size, records.length);
});

test('a period that no catalogue names has windows in its scale', async t => {
  const { documents } = readSpecs([{ path: 'a.yaml', text: slothSpec({}) }], {
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

const V1ALPHA = {
  apiVersion: 'openslo/v1alpha',
  kind: 'SLO',
  metadata: { name: 'a' },
  spec: {
    service: 's',
    budgetingMethod: 'Occurrences',
    objectives: [
      {
        target: 0.999,
        ratioMetrics: {
          good: { source: 'prometheus', queryType: 'promql', query: 'sum(rate(ok[{{.window}}]))' },
          total: { source: 'prometheus', queryType: 'promql', query: 'sum(rate(x[{{.window}}]))' },
        },
      },
    ],
  },
};

test('OpenSLO v1alpha is read as Sloth reads it: without a window, with a small unit, with more than is needed', () => {
  const periods = (spec: object, period?: number) => {
    const text = stringify({ ...V1ALPHA, spec: { ...V1ALPHA.spec, ...spec } });
    const read = readSpecs(
      [{ path: 'x/a.yaml', text }],
      period === undefined ? {} : { period: period as never },
    );
    return [read.documents[0]!.specs[0]!.period / 86_400_000, ...read.notes];
  };
  assert.deepEqual(periods({}), [30]);
  assert.deepEqual(periods({}, 28 * 86_400_000), [28]);
  assert.deepEqual(periods({ timeWindows: [{ unit: 'day', count: 28 }] }), [28]);
  assert.deepEqual(periods({ timeWindows: [{ unit: 'Day', count: 30, comment: 'x' }], owner: 'shop' }), [
    30,
    'a.yaml: the field spec.timeWindows.0.comment is not needed and was passed over.',
    'a.yaml: the field spec.owner is not needed and was passed over.',
  ]);
});

test('the windows of OpenSLO v1alpha fit its period', () => {
  const text = stringify({
    ...V1ALPHA,
    spec: { ...V1ALPHA.spec, timeWindows: [{ unit: 'Day', count: 3 }] },
  });
  const { documents } = readSpecs([{ path: 'a.yaml', text }]);
  const records = generate(documents.flatMap(one => one.specs)).groups[0]!.rules.map(rule => rule.record);
  assert.equal(new Set(records).size, records.length);
  assert.equal(records.at(-1), 'slo:sli_error:ratio_rate3d');
});

test('YAML is read as Sloth reads it: labels that are merged, yes and on, and written so that any reader keeps texts', () => {
  const text = `common: &common { on: x, page: yes, shift: off, at: '1:30' }
${slothSpec({}).replace('tier: "1"', 'tier: 1\n      <<: *common')}`;
  const { documents } = readSpecs([{ path: 'a.yaml', text }]);
  const { groups } = generate(documents.flatMap(one => one.specs));
  const { page, shift, at, tier } = groups[0]!.rules[0]!.labels!;
  assert.deepEqual([page, shift, at, tier], ['true', 'false', '1:30', '1']);
  assert.match(rulesText(groups), /at: "1:30"/);
});

test('the rules page on a burst of errors, say so with the labels of the SLO, and end when it is over', {
  skip: noPromtool ?? false,
}, async () => {
  const { groups, text } = made({ slo: { labels: { tier: '1' }, objective: 99 } });
  const page = {
    labels:
      '{alertname="ShopBurns", sloth_id="shop-requests", sloth_service="shop", sloth_severity="page", sloth_slo="requests", team="shop", tier="1"}',
    value: 1,
  };
  const pages = 'count without (alertstate) (ALERTS{alertstate="firing", sloth_severity="page"})';
  const { ok, output } = await promtool(['test', 'rules', 'test.yaml'], {
    'rules.yaml': text,
    'test.yaml': stringify({
      rule_files: ['rules.yaml'],
      evaluation_interval: '1m',
      group_eval_order: groups.map(group => group.name),
      tests: [
        {
          interval: '1m',
          input_series: [
            { series: 'http_requests_total{job="shop", code="200"}', values: '0+95x200' },
            // 30 % of all for an hour: 30 times what the objective allows.
            { series: 'http_requests_total{job="shop", code="500"}', values: '0x60 0+41x60 2460x80' },
          ],
          promql_expr_test: [
            { expr: pages, eval_time: '59m', exp_samples: [] },
            { expr: pages, eval_time: '115m', exp_samples: [page] },
            { expr: pages, eval_time: '190m', exp_samples: [] },
            {
              expr: 'slo:objective:ratio',
              eval_time: '10m',
              exp_samples: [
                {
                  labels:
                    'slo:objective:ratio{sloth_id="shop-requests", sloth_service="shop", sloth_slo="requests", team="shop", tier="1"}',
                  value: 0.99,
                },
              ],
            },
          ],
        },
      ],
    }),
  });
  assert.ok(ok, output);
});
