import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Resource } from '../catalog/index.ts';
import type { ServiceState } from '../platform/index.ts';
import { type Finding, matching, startOf } from './matching.ts';
import { Runbook, RunbookSpec } from './runbook.ts';

const state: ServiceState = {
  service: 'payments',
  platform: 'local',
  release: 'v2',
  previousRelease: 'v1',
  replicas: 1,
  maxReplicas: 4,
  instances: [],
};
const finding = (over: Partial<Finding> = {}): Finding => ({
  incident: 'INC-7',
  service: 'payments',
  causeKind: 'release',
  verdict: 'confirmed',
  remedy: { kind: 'rollback', reason: 'v2 holds connections.' },
  ...over,
});
const runbook = (name: string, over: object = {}): Resource<RunbookSpec> => ({
  apiVersion: 'nines/v1',
  kind: 'Runbook',
  metadata: { name },
  spec: RunbookSpec.parse({ title: name, steps: [{ name: 'back', action: 'rollback' }], ...over }),
});
const scaleOut = (over: object = {}) => ({ steps: [{ name: 'out', action: 'scale', ...over }] });

test('the runbook that names the service goes before the one that names the cause, and that before one for any', () => {
  const any = runbook('a-any');
  const cause = runbook('b-cause', { when: { causes: ['release'] } });
  const service = runbook('c-service', { when: { services: ['payments'] } });
  const names = matching(finding(), [any, cause, service], state).matches.map(
    match => match.runbook.metadata.name,
  );
  assert.deepEqual(names, ['c-service', 'b-cause', 'a-any']);
});

test('the order of the files does not matter', () => {
  const all = [
    runbook('one'),
    runbook('two', { when: { causes: ['release', 'query'] } }),
    runbook('three'),
    runbook('four', { when: { services: ['payments'] } }),
  ];
  const best = matching(finding(), all, state).matches[0]?.runbook.metadata.name;
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: all.length }), shuffled => {
      assert.equal(matching(finding(), shuffled, state).matches[0]?.runbook.metadata.name, best);
    }),
  );
});

const mismatches: [
  name: string,
  spec: object,
  finding: Partial<Finding>,
  state: Partial<ServiceState>,
  why: RegExp,
][] = [
  ['another service', { when: { services: ['auth'] } }, {}, {}, /it is for auth, not for payments/],
  ['another cause', { when: { causes: ['traffic'] } }, {}, {}, /causes traffic, not for release/],
  [
    'a verdict that is not sure enough',
    { when: { minimumVerdict: 'confirmed' } },
    { verdict: 'likely' },
    {},
    /needs a confirmed verdict/,
  ],
  ['an inconclusive verdict', {}, { verdict: 'inconclusive' }, {}, /needs a likely verdict/],
  [
    'another remedy',
    {},
    { remedy: { kind: 'scale', reason: 'traffic doubled' } },
    {},
    /has no step to scale/,
  ],
  ['no release to go back to', {}, {}, { previousRelease: undefined as never }, /no earlier release/],
  [
    'no room to scale',
    scaleOut({ bound: { maxReplicas: 2 } }),
    { remedy: { kind: 'scale', reason: 'traffic doubled' } },
    { replicas: 2 },
    /its bound is 2/,
  ],
];
for (const [name, spec, over, stateOver, why] of mismatches)
  test(`a runbook does not fit for ${name}, and that is said`, () => {
    const result = matching(finding(over), [runbook('one', spec)], { ...state, ...stateOver });
    assert.deepEqual(result.matches, []);
    assert.match(result.mismatches[0]?.why ?? '', why);
  });

test('a rollback goes where the runbook says, else where the investigation says, else to the release before', () => {
  const to = (spec: object, remedy: object) =>
    matching(
      finding({ remedy: { kind: 'rollback', reason: 'r', ...remedy } }),
      [runbook('one', { steps: [{ name: 'back', action: 'rollback', with: spec }] })],
      state,
    ).matches[0]?.actions[0];
  assert.deepEqual(to({ to: 'v0' }, { to: 'v9' }), { kind: 'release', service: 'payments', to: 'v0' });
  assert.deepEqual(to({}, { to: 'v9' }), { kind: 'release', service: 'payments', to: 'v9' });
  assert.deepEqual(to({}, {}), { kind: 'release', service: 'payments', to: 'v1' });
});

test('scaling never goes over the bound of the step or of the service', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 20 }),
      (replicas, maxReplicas, bound, by) => {
        const { matches } = matching(
          finding({ remedy: { kind: 'scale', reason: 'r' } }),
          [runbook('one', scaleOut({ with: { by }, bound: { maxReplicas: bound } }))],
          { ...state, replicas, maxReplicas },
        );
        const action = matches[0]?.actions[0];
        if (action?.kind !== 'scale') return;
        assert.ok(action.replicas > replicas && action.replicas <= Math.min(bound, maxReplicas));
      },
    ),
  );
});

test('automatic stays automatic only for a confirmed verdict to which nobody objects', () => {
  assert.deepEqual(startOf('automatic', 'confirmed', []), { start: 'automatic' });
  assert.match(startOf('automatic', 'likely', []).lowered ?? '', /likely, not confirmed/);
  const held = startOf('automatic', 'confirmed', ['The error budget policy forbids automation.']);
  assert.equal(held.start, 'one_click');
  assert.match(held.lowered ?? '', /forbids automation\. A person decides/);
  assert.deepEqual(startOf('two_people', 'likely', ['x']), { start: 'two_people' });
});

test('a runbook that can never be verified, or asks a rollback for replicas, is an error', () => {
  const one = runbook('one', {
    steps: [
      { name: 'back', action: 'rollback', with: { replicas: 2 }, verify: { window: '5m', within: '1m' } },
      { name: 'back', action: 'restart', bound: { timeout: '10m' } },
    ],
  });
  const messages = (Runbook.check?.(one, () => undefined) ?? []).map(
    problem => `${problem.field} ${problem.message}`,
  );
  assert.deepEqual(messages, [
    'spec.steps.0.with a rollback has no replicas',
    'spec.steps.0.verify.within it can never be verified: window and healthyFor together are longer than within (1m)',
    "spec.steps.1.name two steps are named 'back'",
    'spec.steps.1.bound.timeout a step may take 4m at most',
  ]);
});
