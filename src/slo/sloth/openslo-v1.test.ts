import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fault, formatProblem } from '../../kernel/index.ts';
import { readSpecs } from './read.ts';

const SLO = `# The promise.

---
# Of the shop.
apiVersion: openslo/v1
kind: SLO
metadata: { name: checkout }
spec:
  service: shop
  indicatorRef: errors

  # Half of it is comments.
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
`;
const SLOTH = `version: prometheus/v1
service: shop
slos:
  - name: search
    objective: 99
    sli: { raw: { error_ratio_query: 'sum(rate(a[{{.window}}]))' } }
    alerting: { name: Search, page_alert: {}, ticket_alert: {} }
`;
const sli = (type = 'Prometheus') => `apiVersion: openslo/v1
kind: SLI
metadata: { name: errors }
spec:
  ratioMetric:
    counter: true
    bad: { metricSource: { type: ${type}, spec: { query: errors_total } } }
    total: { metricSource: { type: ${type}, spec: { query: requests_total } } }
`;
const file = (path: string, ...documents: string[]) => ({ path, text: documents.join('---\n') });

const names = (...files: { path: string; text: string }[]) =>
  readSpecs(files).documents.flatMap(({ specs }) => specs.map(spec => spec.name));

function problemsOf(...files: { path: string; text: string }[]): string[] {
  let problems: string[] = [];
  assert.throws(
    () => readSpecs(files),
    (fault: Fault) => {
      problems = (fault.detail.problems ?? []).map(formatProblem);
      return fault.code === 'invalid';
    },
  );
  return problems;
}

test('an indicator may stand in another document, in another file, or between specs of Sloth', () => {
  assert.deepEqual(names(file('a.yaml', SLO, sli())), ['checkout']);
  assert.deepEqual(names(file('a.yaml', SLO), file('b.yaml', sli())), ['checkout']);
  assert.deepEqual(names(file('a.yaml', sli(), SLOTH, SLO, '')).sort(), ['checkout', 'search']);
});

test('what is wrong is told on the line where it stands in the file, whatever stands before it', () => {
  assert.deepEqual(problemsOf(file('a.yaml', SLOTH, SLO)), [
    "a.yaml:18:3: spec.indicatorRef: SLO checkout: there is no SLI 'errors'.",
  ]);
  const mistyped = SLO.replace('service:', 'sevice:');
  assert.deepEqual(problemsOf(file('a.yaml', SLOTH, mistyped, sli())), [
    'a.yaml:16:1: spec.service: is missing',
    "a.yaml:17:3: spec.sevice: unknown field 'sevice' (did you mean service?)",
  ]);
});

test('each SLO that cannot be evaluated is named', () => {
  const second = SLO.replace('name: checkout', 'name: search');
  const problems = problemsOf(file('a.yaml', SLO), file('b.yaml', second, sli('Datadog')));
  assert.equal(problems.length, 2);
  assert.match(problems[0]!, /^a\.yaml:14:\d+: .*SLO checkout: its metrics are of the type Datadog/);
  assert.match(problems[1]!, /^b\.yaml:14:\d+: .*SLO search: its metrics are of the type Datadog/);
});

test('a mentioned thresholdMetric needs what it is compared with', () => {
  const value = `apiVersion: openslo/v1
kind: SLI
metadata: { name: errors }
spec: { thresholdMetric: { metricSource: { spec: { query: latency } } } }
`;
  assert.match(
    problemsOf(file('a.yaml', SLO, value))[0]!,
    /^a\.yaml:14:\d+: spec\.objectives\.0\.op: op is required/,
  );
});
