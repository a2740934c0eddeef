import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFiles, Service, Team } from '../catalog/index.ts';
import { formatProblem } from '../kernel/index.ts';
import { BudgetCorrection } from './correction.ts';
import { ErrorBudgetPolicy } from './error-budget-policy.ts';

const KINDS = [Service, Team, ErrorBudgetPolicy, BudgetCorrection];
const AROUND = `apiVersion: nines/v1
kind: Team
metadata: { name: shop-team }
spec: { members: [{ name: payments-oncall, timeZone: UTC, contacts: [{ channel: console }] }] }
---
apiVersion: nines/v1
kind: Service
metadata: { name: gateway }
spec: { owner: shop-team, tier: 1 }
`;

/** The problems of a document of a kind, as a person reads them. */
function problems(kind: 'ErrorBudgetPolicy' | 'BudgetCorrection', spec: string): string[] {
  const text = `apiVersion: nines/v1\nkind: ${kind}\nmetadata: { name: mine }\nspec:\n${spec}\n`;
  const files = [
    { path: 'around.yaml', text: AROUND },
    { path: 'mine.yaml', text },
  ];
  return checkFiles(files, KINDS).problems.map(formatProblem);
}

const HEALTHY = '  - { level: healthy, allows: [release] }';
const policies: [what: string, spec: string, says: RegExp][] = [
  ['without levels', '  services: []', /^mine\.yaml:4:1: spec\.levels: is missing/],
  ['with no level', '  levels: []', /^mine\.yaml:5:3: spec\.levels: a policy has levels/],
  [
    'with levels that are not sorted',
    `  levels:\n${HEALTHY}\n  - { level: freeze, budgetBelow: 0, allows: [] }\n  - { level: caution, budgetBelow: 0.5, allows: [] }`,
    /^mine\.yaml:8:5: .*levels go from best to worst; caution stands after freeze/,
  ],
  [
    'with a level that a better one hides',
    `  levels:\n${HEALTHY}\n  - { level: caution, budgetBelow: 0.2, allows: [] }\n  - { level: freeze, budgetBelow: 0.5, allows: [] }`,
    /^mine\.yaml:8:5: .*budgetBelow falls from level to level; freeze has 0\.5, and caution before it 0\.2/,
  ],
  [
    'with burn that does not rise',
    `  levels:\n${HEALTHY}\n  - { level: caution, burnAbove: { rate: 2, over: 1h }, allows: [] }\n  - { level: freeze, burnAbove: { rate: 1, over: 1h }, allows: [] }`,
    /^mine\.yaml:8:5: .*burnAbove over 1h rises from level to level; freeze has 1, and caution before it 2/,
  ],
  [
    'with burn over no time',
    `  levels:\n${HEALTHY}\n  - { level: caution, burnAbove: { rate: 2, over: 0s }, allows: [] }`,
    /needs a time to look at/,
  ],
  [
    'of a service that nothing declares',
    `  services: [gatewai]\n  levels:\n${HEALTHY}`,
    /^mine\.yaml:5:14: .*there is no Service 'gatewai', and no SLO of it; there are gateway/,
  ],
  [
    'that tells a team that is not there',
    `  levels:\n${HEALTHY}\n  - { level: freeze, budgetBelow: 0, allows: [], tell: [nobody] }`,
    /^mine\.yaml:7:\d+: .*there is no Team 'nobody'; declared are shop-team/,
  ],
  [
    'for a service that another policy has',
    `  services: [gateway]\n  levels:\n${HEALTHY}\n---\napiVersion: nines/v1\nkind: ErrorBudgetPolicy\nmetadata: { name: other }\nspec:\n  services: [gateway]\n  levels:\n${HEALTHY}`,
    /^mine\.yaml:13:14: .*gateway has the policy mine already/,
  ],
  [
    'for all services, of which there is one already',
    `  levels:\n${HEALTHY}\n---\napiVersion: nines/v1\nkind: ErrorBudgetPolicy\nmetadata: { name: other }\nspec:\n  levels:\n${HEALTHY}`,
    /^mine\.yaml:\d+:13: .*mine is the policy of all services that none names already/,
  ],
];
for (const [what, spec, says] of policies)
  test(`a policy ${what} is one error with its place`, () => {
    const found = problems('ErrorBudgetPolicy', spec);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0]!, says);
  });

test('levels by budget and by burn, of several windows, are fine together', () => {
  const spec = `  services: [gateway]\n  levels:\n${HEALTHY}
  - { level: caution, budgetBelow: 0.5, allows: [release] }
  - { level: slow_down, burnAbove: { rate: 2, over: 6h }, allows: [] }
  - { level: freeze, budgetBelow: 0, burnAbove: { rate: 10, over: 1h }, allows: [], tell: [shop-team] }
  - { level: stop, budgetBelow: -1, burnAbove: { rate: 14.4, over: 1h }, allows: [] }`;
  assert.deepEqual(problems('ErrorBudgetPolicy', spec), []);
});

const corrections: [what: string, spec: string, says: RegExp][] = [
  ['a service that is not there', 'services: [gatewai]', /spec\.services\.0: there is no Service 'gatewai'/],
  ['an SLO that is not there', 'slos: [checkout]', /spec\.slos\.0: there is no SLO 'checkout'/],
  ['a day that is none', 'services: [gateway], from: 2026-02-31T02:00', /spec\.from: .* is no day/],
  ['a zone that is none', 'services: [gateway], timeZone: Mars/Base', /spec\.timeZone: 'Mars\/Base' is not/],
  ['no length', 'services: [gateway], lasts: 0s', /spec\.lasts: a correction lasts some time/],
  ['a rule of seconds', "services: [gateway], rrule: 'FREQ=SECONDLY'", /spec\.rrule: FREQ is DAILY, WEEKLY/],
  [
    'a rule that never comes',
    "services: [gateway], rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'",
    /spec\.rrule: it never comes/,
  ],
  [
    'a rule until a day that is none',
    "services: [gateway], rrule: 'FREQ=DAILY;UNTIL=20261399'",
    /spec\.rrule: it has a date that there is not/,
  ],
];
for (const [what, fields, says] of corrections)
  test(`a correction with ${what} is one error with its place`, () => {
    const rest = [
      ['category', 'maintenance'],
      ['reason', 'the orders database moves'],
      ['from', '2026-01-26T23:29'],
      ['lasts', '13m'],
    ].flatMap(([name, value]) => (fields.includes(`${name}:`) ? [] : [`${name}: ${value}`]));
    const found = problems('BudgetCorrection', `  { ${[fields, ...rest].join(', ')} }`);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0]!, says);
    assert.match(found[0]!, /^mine\.yaml:5:\d+: /);
  });
