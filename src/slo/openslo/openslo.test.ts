import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFiles } from '../../catalog/index.ts';
import { formatProblem } from '../../kernel/index.ts';
import { alertRules } from '../alert-rule.ts';
import { sloKinds } from '../kinds.ts';
import { objectivesOf } from '../objective.ts';
import { SloSpec } from './slo.ts';

function problemsOf(text: string): string[] {
  return checkFiles([{ path: 'slo.yaml', text }], sloKinds).problems.map(formatProblem);
}

const SLO = `apiVersion: openslo/v1
kind: SLO
metadata: { name: checkout }
spec:
  service: gateway
  indicator:
    metadata: { name: checkout-sli }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { type: Prometheus, spec: { query: 'errors_total' } } }
        total: { metricSource: { type: Prometheus, spec: { query: 'requests_total' } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
`;

test('a whole SLO with its indicator inline is valid', () => {
  assert.deepEqual(problemsOf(SLO), []);
});

const wrong: [what: string, from: string, to: string, message: RegExp][] = [
  ['an unknown field', 'service: gateway', 'service: gateway\n  sevice: x', /slo\.yaml:6:\d+: .*sevice/],
  ['a target of 1', '0.999', '1', /slo\.yaml:15:\d+: spec\.objectives\.0\.target/],
  ['two targets', 'target: 0.999', 'target: 0.999, targetPercent: 99.9', /exactly one of target/],
  ['a number where a duration stands', '30d', '30', /spec\.timeWindow\.0\.duration/],
  ['an unknown unit', '30d', '30s', /a duration is a number and one of/],
  ['no calendar for a window that stands', 'isRolling: true', 'isRolling: false', /needs calendar/],
  ['an unknown budgeting method', 'Occurrences', 'Occurences', /budgetingMethod/],
  ['time slices without a target for the slice', 'Occurrences', 'Timeslices', /timeSliceTarget is required/],
  [
    'both good and bad',
    'counter: true',
    'counter: true\n        good: { metricSource: { spec: { query: a } } }',
    /exactly one of good and bad/,
  ],
  [
    'an indicator that is nowhere',
    '  timeWindow',
    '  indicatorRef: other\n  timeWindow',
    /only one of indicator and indicatorRef/,
  ],
  [
    'a policy that is nowhere',
    '  timeWindow',
    '  alertPolicies: [{ alertPolicyRef: nowhere }]\n  timeWindow',
    /no AlertPolicy 'nowhere'/,
  ],
];
for (const [what, from, to, message] of wrong)
  test(`${what} is told with its line`, () => {
    const text = SLO.replace(from, to);
    assert.notEqual(text, SLO);
    const problems = problemsOf(text);
    assert.match(problems.join('\n'), message);
    assert.match(problems.join('\n'), /slo\.yaml:\d+:\d+/);
  });

test('an indicator by reference must exist', () => {
  const text = SLO.replace(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  indicatorRef: no-sli\n  timeWindow');
  assert.match(problemsOf(text).join('\n'), /slo\.yaml:6:\d+: spec\.indicatorRef: there is no SLI 'no-sli'/);
});

test('rules say that they stand in for the alert policies of an SLO', () => {
  const text = SLO.replace(
    '  timeWindow',
    '  alertPolicies: [{ alertPolicyRef: fast }, { alertPolicyRef: slow }]\n  timeWindow',
  );
  const { resources } = checkFiles([{ path: 'slo.yaml', text }], sloKinds, { each: true });
  const [slo] = resources.map(one => ({ ...one, spec: SloSpec.parse(one.spec) }));
  const [objective] = objectivesOf(slo!, () => undefined);
  const { rules, notes } = alertRules(objective!);
  assert.ok(rules.some(rule => rule.severity === 'page'));
  assert.match(notes.map(note => note.reason).join(), /stand in for the alert policies fast, slow/);
});

test('a composite SLO needs an indicator on every objective', () => {
  const text = SLO.replace(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  timeWindow').replace(
    '[{ target: 0.999 }]',
    '[{ target: 0.999, indicatorRef: a, compositeWeight: 2 }, { target: 0.9 }]',
  );
  assert.match(
    problemsOf(text).join('\n'),
    /spec\.objectives\.1: indicator or indicatorRef must be given on every/,
  );
});
