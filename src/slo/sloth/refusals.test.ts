import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { EVENTS, made, plugin, RAW, type SlothSpecOptions } from '../../../test/kit/sloth-spec.ts';
import type { Fault } from '../../kernel/index.ts';
import { readSpecs } from './read.ts';

// What Sloth refuses, by its source, and what would make rules that cannot be loaded.

const refused: [what: string, options: SlothSpecOptions, message: RegExp][] = [
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
  ['a query without its window', { slo: { sli: { raw: { error_ratio_query: 'x' } } } }, /as in rate\(/],
  [
    'events and raw together',
    { slo: { sli: { events: EVENTS, raw: { error_ratio_query: 'x[{{.window}}]' } } } },
    /exactly one/,
  ],
  ['no indicator', { slo: { sli: {} } }, /exactly one/],
  ['an objective of 0', { slo: { objective: 0 } }, /above 0 and up to 100/],
  ['an objective over 100', { slo: { objective: 100.1 } }, /above 0 and up to 100/],
  ['an objective as text', { slo: { objective: '99.9' } }, /without quotes/],
  [
    'a query that gives a range',
    { slo: { sli: { events: { ...EVENTS, error_query: 'errors_total[{{.window}}]' } } } },
    /rate\(\)/,
  ],
  [
    'a raw query that gives a range',
    { slo: { sli: { raw: { error_ratio_query: 'errors[{{.window}}]' } } } },
    /rate\(\)/,
  ],
  [
    'a window that is written otherwise',
    { slo: { sli: { raw: { error_ratio_query: 'rate(x[{{.Window}}])' } } } },
    /written \{\{\.window\}\}/,
  ],
  [
    'a plugin in Go',
    { chain: [{ id: 'acme/labels/v1' }] },
    /take it out of the chain, or use one of .*info_labels/,
  ],
  [
    'an SLI plugin',
    { slo: { sli: { plugin: { id: 'acme/availability' } } } },
    /as sli\.raw\.error_ratio_query/,
  ],
  [
    'a plugin for events where there is a ratio',
    { slo: { sli: { raw: RAW } }, chain: [plugin('denominator_corrected_rules')] },
    /needs sli\.events/,
  ],
  [
    'a count of all events where there is a ratio',
    { slo: { sli: { raw: RAW } }, chain: [plugin('sli_total_amount', {})] },
    /needs sli\.events/,
  ],
  ['alerts without a name', { slo: { alerting: {} } }, /alerting\.name/],
  ['a label without a value', { slo: { labels: { tier: '' } } }, /a value is needed/],
  ['a label that is the metric’s name', { slo: { labels: { __name__: 'x' } } }, /__name__/],
  ['an override by nothing', { slo: { plugins: { overridePrevious: true, chain: [] } } }, /no plugin takes/],
  [
    'a plugin that is named as what every object has',
    { chain: [{ id: 'toString' }] },
    /plugin toString is a program/,
  ],
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

test('what is wrong in the Kubernetes resource is named as the resource writes it, with its line', () => {
  const text = stringify({
    apiVersion: 'sloth.slok.dev/v1',
    kind: 'PrometheusServiceLevel',
    metadata: { name: 'shop' },
    spec: {
      service: 'shop',
      slos: [
        {
          name: 'requests',
          objective: 99,
          sli: { raw: { errorRatioQuery: 'bad:ratio' } },
          alerting: { name: 'Burns' },
        },
      ],
    },
  });
  assert.throws(
    () => readSpecs([{ path: 'a.yaml', text }]),
    (fault: Fault) => {
      const [problem] = fault.detail.problems!;
      assert.equal(problem!.field, 'spec.slos.0.sli.raw.errorRatioQuery');
      return problem!.place!.line === 12;
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

const HOUR = { errorBudgetPercent: 2, shortWindow: '5m', longWindow: '1h' };
const badWindows: [what: string, period: string, window: object, message: RegExp][] = [
  ['of no period', '0d', HOUR, /from 1h to 10y/],
  ['of a period beyond all', '99999y', HOUR, /from 1h to 10y/],
  ['of nothing', '7d', { ...HOUR, shortWindow: '0s' }, /longer than nothing/],
  ['whose short one is the longer', '7d', { ...HOUR, shortWindow: '2h' }, /no longer than the long one/],
  ['of more than the budget', '7d', { ...HOUR, errorBudgetPercent: 140 }, /up to 100/],
];
for (const [what, sloPeriod, quick, message] of badWindows)
  test(`windows ${what} are refused, with the line`, () => {
    const text = stringify({
      apiVersion: 'sloth.slok.dev/v1',
      kind: 'AlertWindows',
      spec: { sloPeriod, page: { quick, slow: HOUR }, ticket: { quick: HOUR, slow: HOUR } },
    });
    assert.throws(
      () => made({}, [{ path: 'windows.yaml', text }]),
      (fault: Fault) =>
        fault.detail.problems!.some(one => message.test(one.message) && (one.place?.line ?? 0) >= 4),
    );
  });
