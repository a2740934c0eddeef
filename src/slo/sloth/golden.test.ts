import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { type Fault, milliseconds } from '../../kernel/index.ts';
import { type GenerateOptions, generate, rulesText } from '../prometheus/generate.ts';
import type { AlertWindows } from '../prometheus/rule-spec.ts';
import type { PrometheusRule, RuleGroup } from '../prometheus/rules.ts';
import { readSpecs } from './read.ts';
import type { SlothOptions } from './rule-specs.ts';

const FOLDER = new URL('../../../test/fixtures/sloth/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, FOLDER), 'utf8');

interface Rules {
  resources: unknown[];
  groups: { name: string; rules: PrometheusRule[] }[];
}

/** Rules by meaning: without the order of labels, and without white space where PromQL has none. */
function normalised(text: string): Rules {
  const resources: unknown[] = [];
  const groups: RuleGroup[] = [];
  for (const document of parseAllDocuments(text)) {
    const value = (document as { toJS(): Record<string, unknown> | null }).toJS();
    if (value === null) continue;
    const { spec, ...head } = value as { spec?: { groups: RuleGroup[] }; groups?: RuleGroup[] };
    if (spec !== undefined) resources.push(head);
    groups.push(...(spec?.groups ?? head.groups ?? []));
  }
  return {
    resources,
    groups: groups.map(group => ({
      name: group.name,
      rules: group.rules.map(rule => ({
        ...rule,
        expr: rule.expr
          .replaceAll(/\s+/g, ' ')
          .replaceAll(/ ?([()[\]{},/]) ?/g, '$1')
          .trim(),
      })),
    })),
  };
}

function generated(path: string, generating: GenerateOptions, reading: SlothOptions = {}): Rules {
  const { documents } = readSpecs([{ path, text: read(path) }], reading);
  return normalised(
    documents
      .map(({ specs, resource }) => rulesText(generate(specs, generating).groups, resource))
      .join('---\n'),
  );
}

for (const name of readdirSync(new URL('in/', FOLDER)))
  test(`the rules of ${name} are what Sloth makes of it`, () => {
    assert.deepEqual(
      generated(`in/${name}`, { extraLabels: { cmd: 'examplesgen.sh' }, version: 'dev' }),
      normalised(read(`out/${name}`)),
    );
  });

/** The templates of Sloth's integration tests, filled in. */
function template(path: string): Rules {
  return normalised(
    read(path)
      .replaceAll('{{ .version }}', 'dev')
      .replaceAll(/\{\{"(.*?)"\}\}/g, '$1'),
  );
}

const WEEK: AlertWindows = {
  page: [
    { budgetPercent: 8, short: '5m', long: '1h' },
    { budgetPercent: 12.5, short: '30m', long: '6h' },
  ],
  ticket: [
    { budgetPercent: 20, short: '2h', long: '1d' },
    { budgetPercent: 42, short: '6h', long: '3d' },
  ],
};
const days = (n: number) => milliseconds(n * 86_400_000);
const integration: [input: string, output: string, generating?: GenerateOptions, reading?: SlothOptions][] = [
  ['in-base', 'out-base'],
  ['in-base', 'out-base-no-alerts', { alerts: false }],
  ['in-base', 'out-base-no-recordings', { recordings: false }],
  ['in-base', 'out-base-extra-labels', { extraLabels: { exk1: 'exv1', exk2: 'exv2' } }],
  ['in-base', 'out-base-28d', {}, { period: days(28) }],
  ['in-base', 'out-base-custom-windows-7d', {}, { period: days(7), catalogue: new Map([[days(7), WEEK]]) }],
  ['in-base-k8s', 'out-base-k8s'],
  ['in-multifile', 'out-multifile'],
  ['in-multifile-k8s', 'out-multifile-k8s'],
  ['in-openslo', 'out-openslo'],
];
for (const [input, output, generating, reading] of integration)
  test(`${output} is made of ${input}`, () => {
    assert.deepEqual(
      generated(`integration/${input}.yaml`, { version: 'dev', ...generating }, reading),
      template(`integration/${output}.yaml.tpl`),
    );
  });

for (const name of readdirSync(new URL('integration/validate/good/', FOLDER)))
  test(`${name} is accepted`, () => {
    readSpecs([{ path: name, text: read(`integration/validate/good/${name}`) }]);
  });

// bad-openslo.yaml asks for 28 days, for which Sloth would need another set of windows; here any period has its rules.
for (const name of readdirSync(new URL('integration/validate/bad/', FOLDER)).filter(
  one => one !== 'bad-openslo.yaml',
))
  test(`${name} is refused with the line`, () => {
    const text = read(`integration/validate/bad/${name}`);
    const bad = text.split('\n').findIndex(line => line.includes('# BAD')) + 1;
    assert.throws(
      () => readSpecs([{ path: name, text }]),
      (fault: Fault) =>
        fault.code === 'invalid' && fault.detail.problems!.some(one => one.place?.line === bad),
    );
  });

for (const folder of ['k8s', 'openslo', 'prom'])
  test(`an SLO that two files declare is refused (${folder})`, () => {
    const at = `integration/validate_with_duplicates/${folder}/`;
    const files = readdirSync(new URL(at, FOLDER)).map(path => ({ path, text: read(at + path) }));
    assert.throws(
      () => readSpecs(files),
      (fault: Fault) => fault.detail.problems!.some(one => /declared twice/.test(one.message)),
    );
  });

test('an unknown version is refused', () => {
  assert.throws(
    () => readSpecs([{ path: 'x.yaml', text: read('integration/in-invalid-version.yaml') }]),
    (fault: Fault) => fault.detail.problems![0]!.place?.line === 1,
  );
});

test('a field that is not known is told', () => {
  const { notes } = readSpecs([{ path: 'a.yaml', text: read('integration/validate/good/good-aa.yaml') }]);
  assert.ok(notes.some(note => /slos\.0\.alerting\.pageAlert is not known/.test(note)));
});

test('alerts that can never fire are told', () => {
  const text = read('in/victoria-metrics.yml').replace('objective: 90', 'objective: 80');
  const { documents } = readSpecs([{ path: 'a.yml', text }]);
  const { notes } = generate(documents.flatMap(one => one.specs));
  assert.match(notes[0]!, /the page over 1h can never fire: it needs 288 % errors/);
});
