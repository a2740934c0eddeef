import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkFiles, Service, Team } from '../catalog/index.ts';
import { Severity } from '../notify/index.ts';
import { oncallKinds } from './index.ts';
import { DEFAULT_ROUTE, RouteSpec, routeFor } from './route.ts';

const TEAM = `apiVersion: nines/v1
kind: Team
metadata: { name: shop-team }
spec: { members: [{ name: first, contacts: [{ channel: console }] }, { name: second, contacts: [{ channel: console }] }] }
`;
const SCHEDULE = `apiVersion: nines/v1
kind: Schedule
metadata: { name: shop }
spec: { team: shop-team, timeZone: Europe/Berlin, layers: [{ name: primary, participants: [first, second], start: 2026-01-05 }] }
`;
const POLICY = `apiVersion: nines/v1
kind: EscalationPolicy
metadata: { name: shop }
spec: { steps: [{ notify: [{ schedule: shop, layer: primary }], wait: 5m }, { notify: [{ team: shop-team, person: second }] }] }
`;
const ROUTE = `apiVersion: nines/v1
kind: Route
metadata: { name: default }
spec: { policy: shop }
`;

function problems(...documents: string[]): string[] {
  const text = documents.join('---\n');
  return checkFiles(
    [{ path: '/code/reliability/a.yaml', text }],
    [Service, Team, ...oncallKinds],
  ).problems.map(problem => `${problem.field} ${problem.message}`);
}

test('a team with a schedule, a policy and a default route is valid', () => {
  assert.deepEqual(problems(TEAM, SCHEDULE, POLICY, ROUTE), []);
});

const wrong: [name: string, documents: string[], expected: RegExp][] = [
  [
    'a participant who is no member is named',
    [TEAM, SCHEDULE.replace('second]', 'third]'), POLICY, ROUTE],
    /^spec\.layers\.0\.participants\.1 'third' is no member of Team 'shop-team', which has first, second$/,
  ],
  [
    'an unknown time zone is named',
    [TEAM, SCHEDULE.replace('Europe/Berlin', 'Europe/Berlim'), POLICY, ROUTE],
    /^spec\.timeZone not a time zone of the IANA database/,
  ],
  [
    'a layer that the schedule does not have is named',
    [TEAM, SCHEDULE, POLICY.replace('layer: primary', 'layer: third'), ROUTE],
    /layer Schedule 'shop' has no layer 'third'; it has primary$/,
  ],
  [
    'a person who is no member is named',
    [TEAM, SCHEDULE, POLICY.replace('person: second', 'person: third'), ROUTE],
    /person 'third' is no member of Team 'shop-team'/,
  ],
  [
    'a target is a schedule or a team, not both',
    [
      TEAM,
      SCHEDULE,
      POLICY.replace('{ schedule: shop, layer: primary }', '{ schedule: shop, team: shop-team }'),
      ROUTE,
    ],
    /^spec\.steps\.0\.notify\.0 name either a schedule or a team$/,
  ],
  [
    'a wait in which nobody could answer is refused',
    [TEAM, SCHEDULE, POLICY.replace('wait: 5m', 'wait: 1s'), ROUTE],
    /^spec\.steps\.0\.wait at least 10s/,
  ],
  ['a policy without any route is refused', [TEAM, SCHEDULE, POLICY], /no Route is named 'default'/],
  [
    'a route that matches everything must be the default',
    [TEAM, SCHEDULE, POLICY, ROUTE, ROUTE.replace('name: default', 'name: other')],
    /^spec\.match a Route that matches everything is named 'default'/,
  ],
  [
    'the default route matches everything',
    [TEAM, SCHEDULE, POLICY, ROUTE.replace('policy: shop', 'policy: shop, match: { tiers: [1] }')],
    /^spec\.match the Route 'default' takes what no other takes/,
  ],
  [
    'a route to no policy is refused',
    [TEAM, SCHEDULE, POLICY, ROUTE.replace('policy: shop', 'policy: shopp')],
    /^spec\.policy there is no EscalationPolicy 'shopp'/,
  ],
  [
    'overrides of one layer do not overlap',
    [
      TEAM,
      SCHEDULE.replace(
        'layers:',
        'overrides: [{ layer: primary, participant: first, from: 2026-01-06T09:00, to: 2026-01-07T09:00 }, { layer: primary, participant: second, from: 2026-01-07T07:59Z, to: 2026-01-08T09:00 }], layers:',
      ),
      POLICY,
      ROUTE,
    ],
    /^spec\.overrides\.1\.from overlaps the override of first from 2026-01-06T09:00$/,
  ],
  [
    'an override ends after it begins',
    [
      TEAM,
      SCHEDULE.replace(
        'layers:',
        'overrides: [{ layer: primary, participant: first, from: 2026-01-07T09:00, to: 2026-01-07T09:00 }], layers:',
      ),
      POLICY,
      ROUTE,
    ],
    /^spec\.overrides\.0\.to an override ends after it begins$/,
  ],
  [
    'an override on a day that does not exist is refused',
    [
      TEAM,
      SCHEDULE.replace(
        'layers:',
        'overrides: [{ layer: primary, participant: first, from: 2026-02-30T09:00, to: 2026-03-07T09:00 }], layers:',
      ),
      POLICY,
      ROUTE,
    ],
    /^spec\.overrides\.0\.from from and to are not both real dates$/,
  ],
];
for (const [name, documents, expected] of wrong)
  test(`check: ${name}`, () => {
    const found = problems(...documents);
    assert.ok(
      found.some(problem => expected.test(problem)),
      found.join('\n'),
    );
    // A document with a wrong schema is not there for the others to refer to.
    assert.equal(
      found.length,
      found.some(problem => problem.includes('no Schedule is declared')) ? 2 : 1,
      found.join('\n'),
    );
  });

const route = (name: string, spec: object) => ({
  metadata: { name },
  spec: RouteSpec.parse({ policy: name, ...spec }),
});

test('routing: the lower order is asked first, the default last, and all that is named must hold', () => {
  const routes = [
    route(DEFAULT_ROUTE, { order: 0 }),
    route('tier-1', { match: { tiers: [1] }, order: 50 }),
    route('payments', { match: { services: ['payments'] }, order: 10 }),
    route('night', { match: { teams: ['shop-team'], severities: ['SEV1', 'SEV2'] } }),
  ];
  const to = (page: Parameters<typeof routeFor>[1]) => routeFor(routes, page)?.metadata.name;
  assert.equal(to({ service: 'payments', severity: 'SEV1', team: 'shop-team', tier: 1 }), 'payments');
  assert.equal(to({ service: 'auth', severity: 'SEV1', team: 'shop-team', tier: 1 }), 'tier-1');
  assert.equal(to({ service: 'auth', severity: 'SEV2', team: 'shop-team', tier: 2 }), 'night');
  assert.equal(to({ service: 'auth', severity: 'SEV3', team: 'shop-team', tier: 2 }), DEFAULT_ROUTE);
  assert.equal(to({ service: 'unknown', severity: 'SEV1' }), DEFAULT_ROUTE);
});

test('routing is total: with a default, every page has a route, whatever the others match', () => {
  const name = fc.constantFrom('payments', 'auth', 'gateway');
  const some = <T>(one: fc.Arbitrary<T>) =>
    fc.option(fc.array(one, { minLength: 1, maxLength: 3 }), { nil: undefined });
  const tier = fc.integer({ min: 1, max: 4 });
  const severity = fc.constantFrom(...Severity.options);
  const match = fc
    .record({ services: some(name), teams: some(name), tiers: some(tier), severities: some(severity) })
    .map(fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
  fc.assert(
    fc.property(
      fc.array(fc.record({ match, order: fc.integer({ min: 0, max: 300 }) }), { maxLength: 6 }),
      fc.record({ service: name, severity, team: name, tier }),
      fc.boolean(),
      (specs, page, declared) => {
        const routes = [...specs.map((spec, index) => route(`r${index}`, spec)), route(DEFAULT_ROUTE, {})];
        const asked = declared ? page : { service: page.service, severity: page.severity };
        const found = routeFor(routes, asked);
        assert.ok(found !== undefined);
        assert.equal(
          routeFor(routes.toReversed(), asked)?.metadata.name,
          found.metadata.name,
          'order of files is no matter',
        );
      },
    ),
  );
});
