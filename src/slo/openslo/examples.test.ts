import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { parseFile } from '../../catalog/index.ts';
import { type Fault, formatProblem } from '../../kernel/index.ts';
import { sloKinds } from '../kinds.ts';
import { objectivesOf } from '../objective.ts';
import { inlined, type OpenSloObject } from './inline.ts';
import { SloSpec } from './slo.ts';

const FOLDER = new URL('../../../test/fixtures/openslo/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, FOLDER), 'utf8');
const files = (readdirSync(FOLDER, { recursive: true }) as string[]).filter(path =>
  /\.(ya?ml|json)$/.test(path),
);

/** The objects as they were written. */
function objectsOf(path: string): OpenSloObject[] {
  return parseAllDocuments(read(path)).flatMap(
    document => (document as { toJS(): OpenSloObject | OpenSloObject[] }).toJS() ?? [],
  );
}

for (const path of files)
  test(`${path} is read`, () => {
    const { parsed, problems } = parseFile({ path, text: read(path) }, sloKinds);
    assert.deepEqual(problems.map(formatProblem), []);
    assert.equal(parsed.length, objectsOf(path).length);
    for (const { resource } of parsed) assert.equal(resource.apiVersion, 'openslo/v1');
  });

for (const name of readdirSync(new URL('inline/outputs/', FOLDER)))
  test(`the references of ${name} are resolved`, () => {
    assert.deepEqual(
      inlined(objectsOf(`inline/inputs/${name}`), { keep: name.includes('keep_refs') }),
      objectsOf(`inline/outputs/${name}`),
    );
  });

test('a reference to what is not there is refused and named', () => {
  const wrong = (path: string, name: string) =>
    assert.throws(
      () => inlined(objectsOf(path)),
      (fault: Fault) => fault.code === 'invalid' && fault.message.includes(name),
    );
  wrong('inline/inputs/v1_slo_invalid_policy.yaml', "AlertPolicy 'no-policy'");
  wrong('inline/inputs/v1_slo_invalid_sli.yaml', "SLI 'no-sli'");
});

test('each thing that is not there is named once, where it is mentioned', () => {
  const policy = (name: string) => `- apiVersion: openslo/v1
  kind: AlertPolicy
  metadata: { name: ${name} }
  spec:
    conditions: [{ conditionRef: fast }]
    notificationTargets: [{ targetRef: mail }]
`;
  const slo = `- apiVersion: openslo/v1
  kind: SLO
  metadata: { name: promise }
  spec: { alertPolicies: [{ alertPolicyRef: one }] }
`;
  const objects = parse(`${policy('one')}${slo}`) as OpenSloObject[];
  assert.throws(
    () => inlined(objects, { placeOf: (object, field) => ({ file: `${object} ${field}` }) }),
    (fault: Fault) => {
      assert.deepEqual(fault.detail.problems?.map(formatProblem), [
        "0 spec.conditions.0.conditionRef: spec.conditions.0.conditionRef: AlertPolicy one mentions the AlertCondition 'fast', which is not there",
        "0 spec.notificationTargets.0.targetRef: spec.notificationTargets.0.targetRef: AlertPolicy one mentions the AlertNotificationTarget 'mail', which is not there",
      ]);
      return fault.code === 'invalid';
    },
  );
});

test('an SLO of the first version is promised as in v1', () => {
  const { parsed } = parseFile(
    {
      path: 'a.yaml',
      text: read('examples-v1alpha/slos.yaml')
        .replaceAll('sum:requests{service:web,status:2xx}', 'good_total')
        .replaceAll('sum:requests{service:web}', 'all_total')
        .replaceAll('datadog', 'prometheus'),
    },
    sloKinds,
  );
  const [latency, availability] = parsed.map(({ resource }) =>
    objectivesOf({ ...resource, spec: SloSpec.parse(resource.spec) }, () => undefined),
  );
  assert.equal(latency![0]!.target, 0.98);
  assert.equal(latency![0]!.window.text, '1w');
  assert.match(latency![0]!.sli.badExpr('5m'), /<= bool 200/);
  assert.equal(availability![0]!.budgeting, 'Timeslices');
  assert.match(availability![0]!.sli.badExpr('1h'), /> bool 0\.05\)\[1h:1m\]/);
});
