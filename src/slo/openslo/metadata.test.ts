import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFiles } from '../../catalog/index.ts';
import { formatProblem } from '../../kernel/index.ts';
import { sloKinds } from '../kinds.ts';

function problemsOf(field: string, key: string): string[] {
  const text = `apiVersion: openslo/v1
kind: Service
metadata:
  name: shop
  ${field}:
    "${key}": ''
`;
  return checkFiles([{ path: 'a.yaml', text }], sloKinds).problems.map(formatProblem);
}

const letters = (count: number) => 'l'.repeat(count);
const PREFIX = [letters(63), letters(63), letters(63)].join('.');

const names: Record<string, { right: string[]; wrong: string[] }> = {
  labels: {
    right: [letters(63), 'net', 'net_this.that-this', 'net_.-this', '9net', 'net9', 'nEt'],
    wrong: [letters(64), 'net_', 'net.', 'net-', '_net', '-net', '.net', 'example.com/net'],
  },
  annotations: {
    right: [
      letters(63),
      `${PREFIX}/${letters(63)}`,
      '9net',
      'nEt',
      'openslo.com/service',
      'domain/service',
      'domain.this.org/service.foo',
    ],
    wrong: [
      letters(64),
      `${letters(254)}/net`,
      `${PREFIX}/${letters(64)}`,
      'net_',
      '.net',
      'openslo.com/',
      'openslo.com!/service',
      '-openslo.com/service',
      'openslo.com./service',
      'openslo..this.com/service',
      'openslo.-this.com/service',
      'openslo_this.org/service',
    ],
  },
};
for (const [field, { right, wrong }] of Object.entries(names)) {
  for (const key of right)
    test(`${key.slice(0, 40)} is a name among ${field}`, () => assert.deepEqual(problemsOf(field, key), []));
  for (const key of wrong)
    test(`${key.slice(0, 40)} is no name among ${field}, and its own line says so`, () => {
      const problems = problemsOf(field, key);
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, new RegExp(`^a\\.yaml:6:5: metadata\\.${field}\\.`));
    });
}
