import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { absent, foldersWith } from '../../../test/kit/promql-data.ts';
import { runUnitTest, type UnitTest } from '../../../test/kit/promtool.ts';

const folders = foldersWith('mixin_unit_tests').map(folder => `${folder}mixin_unit_tests/`);

interface Document {
  readonly rule_files: readonly string[];
  readonly evaluation_interval: string;
  readonly tests: readonly UnitTest[];
}

const yaml = (file: string): unknown => parseYaml(readFileSync(file, 'utf8'), { maxAliasCount: -1 });

test('the Kubernetes mixin’s unit tests are there to be run', { skip: absent(folders) }, () => {
  assert.ok(folders.length > 0);
});

for (const folder of folders)
  test(`rules of the Kubernetes mixin (${folder.split('/').at(-3)}) record and fire as promtool 2.42 says`, async () => {
    const files = readdirSync(`${folder}t`).filter(file => file.endsWith('.yaml'));
    assert.ok(files.length > 40);
    const rules = ['prometheus_alerts.yaml', 'prometheus_rules.yaml'].map(file =>
      yaml(`${folder}${file}`),
    ) as Parameters<typeof runUnitTest>[0];
    const wrong: string[] = [];
    for (const file of files) {
      const { tests, evaluation_interval } = yaml(`${folder}t/${file}`) as Document;
      for (const each of tests) {
        const differences = await runUnitTest(rules, each, evaluation_interval, { ranges: 'closed' });
        wrong.push(...differences.map(text => `${file}: ${text}`));
      }
    }
    assert.deepEqual(wrong, []);
  });
