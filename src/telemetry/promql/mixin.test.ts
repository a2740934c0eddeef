import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { runUnitTest, type UnitTest } from '../../../test/kit/promtool.ts';

const folder = fileURLToPath(
  new URL('../../../../shared/data/promql/dev/mixin_unit_tests/', import.meta.url),
);
const skip = existsSync(folder)
  ? false
  : 'the mixin’s unit tests (../shared/data/promql/dev/mixin_unit_tests) are not here';

interface Document {
  readonly rule_files: readonly string[];
  readonly evaluation_interval: string;
  readonly tests: readonly UnitTest[];
}

const yaml = (file: string): unknown =>
  parseYaml(readFileSync(`${folder}${file}`, 'utf8'), { maxAliasCount: -1 });

test('rules of the Kubernetes mixin record and fire as promtool 2.42 says', { skip }, async () => {
  const files = readdirSync(`${folder}t`).filter(file => file.endsWith('.yaml'));
  assert.ok(files.length > 40);
  const rules = [yaml('prometheus_alerts.yaml'), yaml('prometheus_rules.yaml')] as Parameters<
    typeof runUnitTest
  >[0];
  const wrong: string[] = [];
  for (const file of files) {
    const { tests, evaluation_interval } = yaml(`t/${file}`) as Document;
    for (const each of tests) {
      const differences = await runUnitTest(rules, each, evaluation_interval, { ranges: 'closed' });
      wrong.push(...differences.map(text => `${file}: ${text}`));
    }
  }
  assert.deepEqual(wrong, []);
});
