import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFiles } from '../../catalog/index.ts';
import { formatProblem } from '../../kernel/index.ts';
import { sloKinds } from '../kinds.ts';

// The rules of OpenSLO/go-sdk's validation tests. Where Nines differs on purpose, docs/decisions/openslo.md has the reason.

const SLO = `apiVersion: openslo/v1
kind: SLO
metadata: { name: web-availability, displayName: SLO for web availability }
spec:
  service: web
  indicator:
    metadata: { name: measured }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { type: Prometheus, spec: { query: a } } }
        total: { metricSource: { type: Prometheus, spec: { query: b } } }
  timeWindow:
    - duration: 1w
      isRolling: false
      calendar: { startTime: 2022-01-01 12:00:00, timeZone: America/New_York }
  budgetingMethod: Timeslices
  objectives:
    - displayName: Good
      target: 0.995
      timeSliceTarget: 0.95
      timeSliceWindow: 1m
  alertPolicies:
    - kind: AlertPolicy
      metadata: { name: low }
      spec:
        alertWhenBreaching: true
        conditions:
          - kind: AlertCondition
            metadata: { name: fast }
            spec:
              severity: page
              condition: { kind: burnrate, op: gt, threshold: 2, lookbackWindow: 1h, alertAfter: 5m }
        notificationTargets:
          - kind: AlertNotificationTarget
            metadata: { name: mail }
            spec: { target: mail }
`;

function changed(from: string | RegExp, to: string, text = SLO): string {
  const result = text.replace(from, to);
  assert.notEqual(result, text, `${from} is in the text`);
  return result;
}

const VALUE = changed(
  'target: 0.995',
  'op: lt\n      value: 5\n      target: 0.995',
  changed(
    / {6}ratioMetric:[\s\S]*? {2}timeWindow/,
    '      thresholdMetric: { metricSource: { spec: { query: a } } }\n  timeWindow',
  ),
);
const object = (kind: string, spec: string, metadata = '{ name: one }') =>
  `apiVersion: openslo/v1\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${spec}\n`;
const service = (metadata: string) => object('Service', '{ description: d }', metadata);
const METRIC = '{ metricSource: { spec: { query: a } } }';
const sli = (spec: string) => object('SLI', spec);
const ratio = (spec: string) => sli(`{ ratioMetric: ${spec} }`);
const policies = (list: string) => changed(/alertPolicies:[\s\S]*/, `alertPolicies:${list}\n`);
const policy = (conditions: string, targets = '[{ targetRef: a }]') =>
  object('AlertPolicy', `{ conditions: ${conditions}, notificationTargets: ${targets} }`);
const condition = (spec: string) => object('AlertCondition', spec);
const weight = (value: string) =>
  changed(
    'target: 0.995',
    `compositeWeight: ${value}\n      indicatorRef: x\n      target: 0.995`,
    changed(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  timeWindow'),
  );
const window = (spec: string) => changed(/ {2}timeWindow:[\s\S]*? {2}budg/, `  timeWindow: ${spec}\n  budg`);
const letters = (count: number) => 'l'.repeat(count);
const FIRST = `apiVersion: openslo/v1alpha
kind: SLO
metadata: { name: web, displayName: Web }
spec:
  service: web
  timeWindows:
    - unit: Week
      count: 1
      isRolling: false
      calendar: { startTime: 2022-01-01 12:00:00, timeZone: America/New_York }
  budgetingMethod: Timeslices
  objectives:
    - target: 0.995
      timeSliceTarget: 0.95
      value: 1
      ratioMetrics:
        incremental: true
        good: { source: datadog, queryType: query, query: a }
        total: { source: datadog, queryType: query, query: b }
`;

function problemsOf(text: string): string[] {
  return checkFiles([{ path: 'a.yaml', text }], sloKinds, { each: true }).problems.map(formatProblem);
}

const valid: [what: string, text: string][] = [
  ['a whole SLO', SLO],
  ['a thresholdMetric with op and value', VALUE],
  ['a service without spec', service('{ name: a }').replace(/spec.*\n/, '')],
  ['a service with a blank spec', service('{ name: a }').replace(/spec.*\n/, 'spec:\n')],
  ['policies left blank', policies('')],
  ['no policies', policies(' []')],
  ['a policy by reference', policies(' [{ alertPolicyRef: low }]')],
  ['a calendar that says by itself that the window does not roll', changed('      isRolling: false\n', '')],
  ['no window', changed(/ {2}timeWindow:[\s\S]*? {2}budg/, '  budg')],
  [
    'op and value beside a ratio, as in the examples',
    changed('target: 0.995', 'op: gt\n      value: 1\n      target: 0.995'),
  ],
  ['a slice in minutes', changed('timeSliceWindow: 1m', 'timeSliceWindow: 5')],
  ['a raw ratio', ratio(`{ raw: ${METRIC}, rawType: failure }`)],
  [
    'a null inside a metric source',
    sli('{ thresholdMetric: { metricSource: { spec: { query: a, x: null } } } }'),
  ],
  [
    'a data source that has nothing to connect with',
    object('DataSource', '{ type: Prometheus, connectionDetails: }'),
  ],
  [
    'a condition without alertAfter and kind',
    condition('{ severity: page, condition: { op: gt, threshold: 2, lookbackWindow: 1h } }'),
  ],
  ['labels as strings and lists', service('{ name: a, labels: { env: prod, team: [a, ""], none: [] } }')],
  ['a part that is merged from another', ratio(`{ bad: &source ${METRIC}, total: { <<: *source } }`)],
  ['an SLO of the first version', FIRST],
  ['nothing but a comment', '# nothing\n'],
  ['nothing after the last separator', `---\n# first\n---\n${service('{ name: a }')}---\n`],
  [
    'a list in JSON',
    `[${JSON.stringify({ apiVersion: 'openslo/v1', kind: 'Service', metadata: { name: 'a' } })}]`,
  ],
  ...['1m', '12h', '4w', '1M', '1Q', '365d', '1Y'].map((text): [string, string] => [
    `a window of ${text}`,
    window(`[{ duration: ${text}, isRolling: true }]`),
  ]),
  ...['0.0', '0.9999'].map((text): [string, string] => [`a target of ${text}`, changed('0.995', text)]),
  ...['0.0', '99.9999'].map((text): [string, string] => [
    `${text} percent`,
    changed('target: 0.995', `targetPercent: ${text}`),
  ]),
  ...['Occurrences', 'RatioTimeslices'].map((text): [string, string] => [text, changed('Timeslices', text)]),
  ...['20', '999999999999.9999'].map((text): [string, string] => [`a weight of ${text}`, weight(text)]),
];
for (const [what, text] of valid) test(`valid: ${what}`, () => assert.deepEqual(problemsOf(text), []));

const wrong: [what: string, text: string, problem: RegExp][] = [
  [
    'another apiVersion',
    SLO.replace('openslo/v1', 'foo'),
    /:1:1: apiVersion: unknown apiVersion 'foo'; known are openslo\/v1/,
  ],
  [
    'a version that is not read',
    SLO.replace('openslo/v1', 'openslo.com/v2alpha'),
    /:1:1: .*did you mean openslo\/v1\?/,
  ],
  ['a mistyped kind', SLO.replace('SLO', 'Slo'), /:2:1: kind: .*no kind 'Slo'.*did you mean SLO\?/],
  [
    'a kind of another version',
    object('AlertPolicy', '{}').replace('v1', 'v1alpha'),
    /:2:1: kind: .*did you mean apiVersion openslo\/v1\?/,
  ],
  ['no apiVersion', service('{ name: a }').replace(/.*\n/, ''), /:1:1: .*apiVersion is missing/],
  ['a name with a space', service('{ name: my service }'), /:3:13: metadata\.name: a name is/],
  ['no name', service('{ displayName: x }'), /:3:1: metadata\.name: is missing/],
  [
    'a label that is no string',
    service('{ name: a, labels: { env: true } }'),
    /metadata\.labels\.env: .*stands in quotes/,
  ],
  [
    'a mistyped field',
    service('{ name: a }').replace('description', 'desciption'),
    /:4:9: spec\.desciption: .*did you mean description\?/,
  ],
  [
    'a field that is near to none',
    service('{ name: a }').replace('description', 'markdown'),
    /:4:9: spec\.markdown: unknown field 'markdown' \(known: description\)/,
  ],
  [
    'a long description',
    service('{ name: a }').replace(': d', `: ${letters(1051)}`),
    /:4:9: spec\.description: .*1050/,
  ],
  ['no service', changed('  service: web\n', ''), /spec\.service: is missing/],
  ['an unknown method', changed('Timeslices', 'TimeSlices'), /spec\.budgetingMethod: expected .*Timeslices/],
  [
    'no indicator',
    changed(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  timeWindow'),
    /spec: indicator or indicatorRef must be given/,
  ],
  [
    'an indicator on both levels',
    changed('target: 0.995', 'indicatorRef: x\n      target: 0.995'),
    /spec: .*not on both/,
  ],
  [
    'an indicator and a reference',
    changed('  timeWindow', '  indicatorRef: x\n  timeWindow'),
    /spec: only one of/,
  ],
  [
    'two windows',
    window('[{ duration: 1d, isRolling: true }, { duration: 1d, isRolling: true }]'),
    /spec\.timeWindow: exactly one/,
  ],
  ['an empty list of windows', window('[]'), /spec\.timeWindow: exactly one/],
  [
    'a rolling window with a calendar',
    changed('isRolling: false', 'isRolling: true'),
    /:15:7: spec\.timeWindow\.0\.isRolling: a rolling window has no/,
  ],
  ['a day that is not', changed('2022-01-01', '2022-02-30'), /:16:19: .*startTime: there is no such time/],
  ['an hour that is not', changed('12:00:00', '24:00:00'), /startTime: there is no such time/],
  [
    'a time zone that is not',
    changed('America/New_York', 'America/Gotham'),
    /timeZone: a time zone is a name/,
  ],
  ...['1x', 'w', '0w', '-1w', '1.5w', '1 w', '1W', '1s'].map((text): [string, string, RegExp] => [
    `a window of ${text}`,
    changed('duration: 1w', `duration: "${text}"`),
    /^a\.yaml:14:7: spec\.timeWindow\.0\.duration: a duration is a number and one of [^\n]*$/,
  ]),
  [
    'a window of ages',
    changed('duration: 1w', 'duration: 999999Y'),
    /duration: a duration is at most 100 years/,
  ],
  ['a target of 1', changed('0.995', '1'), /:20:7: spec\.objectives\.0\.target: /],
  ['a target below 0', changed('0.995', '-0.1'), /spec\.objectives\.0\.target: /],
  ['100 percent', changed('target: 0.995', 'targetPercent: 100'), /spec\.objectives\.0\.targetPercent: /],
  [
    'two targets',
    changed('target: 0.995', 'target: 0.1\n      targetPercent: 10'),
    /spec\.objectives\.0: exactly one of/,
  ],
  ['no target', changed('      target: 0.995\n', ''), /spec\.objectives\.0: exactly one of/],
  [
    'a thresholdMetric without op',
    changed('      op: lt\n', '', VALUE),
    /spec\.objectives\.0\.op: op is required/,
  ],
  [
    'a thresholdMetric without value',
    changed('      value: 5\n', '', VALUE),
    /spec\.objectives\.0\.value: value is required/,
  ],
  ['an unknown operator', changed('op: lt', 'op: lessThan', VALUE), /spec\.objectives\.0\.op: expected /],
  ['no target of a slice', changed('      timeSliceTarget: 0.95\n', ''), /timeSliceTarget is required/],
  [
    'a slice of which nothing must be good',
    changed('timeSliceTarget: 0.95', 'timeSliceTarget: 0'),
    /timeSliceTarget: /,
  ],
  ['no length of a slice', changed('      timeSliceWindow: 1m\n', ''), /timeSliceWindow is required/],
  ['a weight of 0', weight('0'), /compositeWeight: /],
  [
    'a policy as a string',
    policies(' [Low]'),
    /spec\.alertPolicies\.0: either alertPolicyRef, or an AlertPolicy/,
  ],
  [
    'a policy twice',
    changed('kind: AlertPolicy', 'alertPolicyRef: x\n      kind: AlertPolicy'),
    /^[^\n]*spec\.alertPolicies\.0: either alertPolicyRef[^\n]*$/,
  ],
  [
    'a policy of another kind',
    changed('kind: AlertPolicy', 'kind: DataSource'),
    /spec\.alertPolicies\.0\.kind: expected "?AlertPolicy/,
  ],
  [
    'a mistyped field deep inside',
    changed('threshold: 2', 'treshold: 2'),
    /condition\.treshold: .*did you mean threshold\?/,
  ],
  [
    'a condition without op',
    condition('{ severity: page, condition: { kind: burnrate, threshold: 2, lookbackWindow: 1h } }'),
    /spec\.condition\.op: is missing; expected lte, gte, lt or gt/,
  ],
  [
    'a condition without severity',
    condition('{ condition: { op: gt, threshold: 2, lookbackWindow: 1h } }'),
    /spec\.severity: is missing/,
  ],
  ['two conditions', policy('[{ conditionRef: a }, { conditionRef: b }]'), /spec\.conditions: exactly one/],
  [
    'something else for a condition',
    policy('[{ foo: bar }]'),
    /^[^\n]*spec\.conditions\.0: either conditionRef, or an AlertCondition[^\n]*$/,
  ],
  [
    'an operator beside a reference',
    policy('[{ operator: and, conditionRef: a }]'),
    /^[^\n]*spec\.conditions\.0\.operator: unknown field[^\n]*$/,
  ],
  ['no targets', policy('[{ conditionRef: a }]', '[]'), /spec\.notificationTargets: at least one/],
  [
    'both metrics',
    sli(`{ thresholdMetric: ${METRIC}, ratioMetric: { good: ${METRIC}, total: ${METRIC} } }`),
    /spec: exactly one of thresholdMetric/,
  ],
  ['neither raw nor total', ratio('{}'), /spec\.ratioMetric: exactly one of total/],
  [
    'raw and total',
    ratio(`{ raw: ${METRIC}, total: ${METRIC}, rawType: success }`),
    /spec\.ratioMetric: exactly one of total/,
  ],
  [
    'raw and good',
    ratio(`{ raw: ${METRIC}, good: ${METRIC}, rawType: success }`),
    /spec\.ratioMetric: raw goes without/,
  ],
  [
    'good and bad',
    ratio(`{ good: ${METRIC}, bad: ${METRIC}, total: ${METRIC} }`),
    /spec\.ratioMetric: exactly one of good and bad/,
  ],
  ['total alone', ratio(`{ total: ${METRIC} }`), /spec\.ratioMetric: exactly one of good and bad/],
  ['raw without its type', ratio(`{ raw: ${METRIC} }`), /spec\.ratioMetric\.rawType: rawType is required/],
  [
    'a metric source without fields',
    sli('{ thresholdMetric: { metricSource: { spec: {} } } }'),
    /metricSource\.spec: at least one field/,
  ],
  [
    'a metric source with a blank spec',
    sli('{ thresholdMetric: { metricSource: { spec: } } }'),
    /:4:44: .*metricSource\.spec: is missing/,
  ],
  [
    'a day that is not, in the first version',
    changed('2022-01-01', '2022-13-01', FIRST),
    /:10:19: spec\.timeWindows\.0\.calendar\.startTime: /,
  ],
  [
    'labels in the first version',
    changed('displayName: Web', 'labels: { a: b }', FIRST),
    /metadata\.labels: unknown field/,
  ],
];
for (const [what, text, problem] of wrong)
  test(`wrong: ${what}`, () => {
    const problems = problemsOf(text).join('\n');
    assert.match(problems, problem);
    assert.match(problems, /^a\.yaml:\d+:\d+: /);
  });

test('an indicator by reference that is a thresholdMetric needs op and value as one inside does', () => {
  const text = `${changed(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  indicatorRef: one\n  timeWindow')}---
${sli(`{ thresholdMetric: ${METRIC} }`)}`;
  const problems = checkFiles([{ path: 'a.yaml', text }], sloKinds).problems.map(formatProblem);
  assert.match(
    problems.join('\n'),
    /objectives\.0\.op: op is required[\s\S]*objectives\.0\.value: value is required/,
  );
});
