import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../kernel/index.ts';
import { checkedFiles, checkFiles } from './check.ts';
import { Service } from './service.ts';
import { Team } from './team.ts';

const TEAM = `apiVersion: nines/v1
kind: Team
metadata: { name: shop-team }
spec:
  members:
    - name: shop-oncall
      contacts: [{ channel: console }]
`;

function check(text: string) {
  const { resources, problems } = checkFiles([{ path: '/code/reliability/a.yaml', text }], [Service, Team]);
  return {
    resources,
    problems: problems.map(p => `${p.place?.line}:${p.place?.column} ${p.field ?? ''} ${p.message}`),
  };
}

const service = (spec: string) => `${TEAM}---
apiVersion: nines/v1
kind: Service
metadata: { name: payments }
spec:
  owner: shop-team
  tier: 1
${spec}`;

test('a valid file gives its resources, with defaults filled in', () => {
  const { resources, problems } = check(
    service('  runsOn: { platform: local, release: v1, command: [node, a.js], directory: ../x }\n'),
  );
  assert.deepEqual(problems, []);
  const spec = resources[1]!.spec as {
    telemetryName: string;
    runsOn: { directory: string; replicas: number };
  };
  assert.equal(spec.telemetryName, 'payments');
  assert.equal(spec.runsOn.directory, '/code/x');
  assert.equal(spec.runsOn.replicas, 1);
});

const wrong: [name: string, text: string, expected: RegExp][] = [
  [
    'a misspelt field is named at its own line',
    service('  dependOn: [auth]\n'),
    /^15:3 spec\.dependOn unknown field 'dependOn'$/,
  ],
  [
    'a wrong value is named at its field',
    service('  description: 7\n'),
    /^15:3 spec\.description .*expected text/,
  ],
  [
    'a reference to nothing says what there is',
    service('  dependsOn: [auth]\n'),
    /^15:15 spec\.dependsOn\.0 there is no Service 'auth'; declared are payments$/,
  ],
  [
    'an unknown kind says which there are',
    'apiVersion: nines/v1\nkind: Servis\n',
    /^2:1 kind nines\/v1 has no kind 'Servis'; it has Service, Team$/,
  ],
  [
    'an unknown apiVersion says which there are',
    'apiVersion: v9\nkind: Service\n',
    /^1:1 apiVersion unknown apiVersion 'v9'; known are nines\/v1$/,
  ],
  ['broken YAML has its line', 'apiVersion: nines/v1\nkind: [Service\n', /^3:1 .*flow/i],
  ['a document that is no resource is said to be none', 'just text\n', /^1:1 .*needs apiVersion and kind/],
  [
    'the same name twice names both places',
    `${TEAM}---\n${TEAM}`,
    /^11:13 metadata\.name Team\/shop-team is declared twice; first in .*line 1$/,
  ],
  [
    'a release that does not exist is refused',
    service('  runsOn: { platform: local, release: v3, releases: [v1, v2], command: [x] }\n'),
    /spec\.runsOn\.release release v3 is not among/,
  ],
];
for (const [name, text, expected] of wrong) {
  test(name, () => {
    const { problems } = check(text);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0]!, expected);
  });
}

test('an alias bomb is refused and does not hang', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghij'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(',')}]`),
  ].join('\n');
  assert.equal(check(`apiVersion: nines/v1\nkind: Team\n${bomb}`).problems.length, 1);
});

test('each document for itself may refer to what lies elsewhere', () => {
  const text = service('  dependsOn: [auth]\n');
  const files = [{ path: '/a.yaml', text }];
  assert.deepEqual(checkFiles(files, [Service, Team], { each: true }).problems, []);
  assert.throws(
    () => checkedFiles(files, [Service, Team]),
    (error: unknown) => error instanceof Fault && error.detail.hint?.includes('nines check --each') === true,
  );
});
