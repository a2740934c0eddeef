import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Instant, instant } from '../kernel/index.ts';
import type { ActionRecord } from '../platform/index.ts';
import {
  accepted,
  acted,
  begun,
  busy,
  dueAt,
  readSince,
  refusedByGuard,
  undoAccepted,
  undoEnded,
  verified,
} from './execution.ts';
import { isOver, newsOf, type Proposal, proposed, startedByPolicy } from './proposal.ts';
import { RunbookSpec } from './runbook.ts';

const T0 = Date.parse('2026-01-27T03:00:00.000Z');
const at = (seconds: number): Instant => instant(T0 + seconds * 1000);

function proposal(
  steps: object[] = [{ name: 'back', action: 'rollback', verify: { window: '1m', within: '4m' } }],
): Proposal {
  const spec = RunbookSpec.parse({ title: 'Roll back', start: 'automatic', steps });
  return proposed(
    {
      runbook: { apiVersion: 'nines/v1', kind: 'Runbook', metadata: { name: 'roll-back' }, spec },
      actions: spec.steps.map(() => ({ kind: 'release', service: 'payments', to: 'v1' })),
      why: 'the verdict is confirmed',
      score: 1,
    },
    {
      id: 'rem_1',
      incident: 'INC-7',
      service: 'payments',
      causeKind: 'release',
      verdict: 'confirmed',
      reason: 'v2 holds connections.',
      start: 'automatic',
    },
    at(0),
  );
}

function record(over: Partial<ActionRecord> = {}): ActionRecord {
  return {
    id: 'act_1',
    key: 'remediation/rem_1/0',
    service: 'payments',
    action: { kind: 'release', service: 'payments', to: 'v1' },
    description: 'release payments v1',
    purpose: 'remediation',
    principal: { name: 'runbook/roll-back', kind: 'policy', role: 'responder' },
    reason: 'r',
    bound: { timeoutSeconds: 60 },
    gates: [],
    status: 'done',
    inverse: { kind: 'release', service: 'payments', to: 'v2' },
    attempts: 1,
    requestedAt: at(0),
    finishedAt: at(10),
    ...over,
  };
}

const verifying = () => acted(begun(startedByPolicy(proposal()), at(0)), record(), at(10));
const read = (healthy: boolean | null) => ({ healthy, figures: `healthy: ${healthy}` });

test('a healthy reading counts only once the whole window lies after the action', () => {
  const early = verified(verifying(), read(true), at(60));
  assert.equal(early.state, 'verifying');
  assert.equal(verified(early, read(true), at(70)).state, 'succeeded');
});

test('the window is read from its start, but never from before the action', () => {
  const step = verifying().steps[0]!;
  assert.equal(readSince(step, at(30)), at(10));
  assert.equal(readSince(step, at(70)), at(10));
  assert.equal(readSince(step, at(100)), at(40));
});

test('time in which nobody watched does not count against the action', () => {
  const before = verified(verifying(), read(false), at(15));
  // Nines was away from 15 s to 1,000 s; the end of the verification moved by as much.
  const back = verified(before, read(null), at(1_000));
  assert.equal(back.state, 'verifying');
  assert.equal(back.steps[0]?.verifyUntil, at(250 + 985));
  const healed = verified(back, read(true), at(1_005));
  assert.equal(healed.state, 'succeeded');
});

test('without a healthy reading by the end it is undone, and so it is without data', () => {
  for (const healthy of [false, null]) {
    let now = verifying();
    for (let second = 15; second <= 250; second += 5) now = verified(now, read(healthy), at(second));
    assert.equal(now.state, 'undoing');
    assert.match(now.problem ?? '', healthy === null ? /no data/ : /did not help within 4m/);
  }
});

test('what has no inverse is not undone, and that is said', () => {
  const { inverse: _none, ...restart } = record();
  let now = acted(begun(startedByPolicy(proposal()), at(0)), restart, at(10));
  for (let second = 15; second <= 250; second += 5) now = verified(now, read(false), at(second));
  assert.equal(now.state, 'failed');
  assert.match(now.outcome ?? '', /There was nothing to undo/);
});

type Command = (now: Proposal, when: Instant) => Proposal;
const commands: { name: string; applies: (one: Proposal) => boolean; run: Command }[] = [
  { name: 'begin', applies: one => one.state === 'approved', run: begun },
  {
    name: 'accept',
    applies: one => stepOf(one).state === 'acting' && stepOf(one).actionId === undefined,
    run: one => accepted(one, 'act_1'),
  },
  {
    name: 'busy',
    applies: one => stepOf(one).state === 'acting' && stepOf(one).actionId === undefined,
    run: (one, when) => busy(one, 'another action', when),
  },
  {
    name: 'refuse',
    applies: one => stepOf(one).state === 'acting' && stepOf(one).actionId === undefined,
    run: (one, when) => refusedByGuard(one, 'no', when),
  },
  {
    name: 'done',
    applies: one => stepOf(one).state === 'acting',
    run: (one, when) => acted(one, record({ finishedAt: when }), when),
  },
  {
    name: 'fail',
    applies: one => stepOf(one).state === 'acting',
    run: (one, when) => acted(one, record({ status: 'failed', summary: 'no' }), when),
  },
  ...[true, false, null].map(healthy => ({
    name: `read ${healthy}`,
    applies: (one: Proposal) => stepOf(one).state === 'verifying',
    run: (one: Proposal, when: Instant) => verified(one, read(healthy), when),
  })),
  {
    name: 'undo',
    applies: one => stepOf(one).state === 'undoing' && stepOf(one).undoActionId === undefined,
    run: one => undoAccepted(one, 'act_2'),
  },
  ...[true, false].map(done => ({
    name: `undone ${done}`,
    applies: (one: Proposal) => stepOf(one).state === 'undoing',
    run: (one: Proposal, when: Instant) => undoEnded(one, { done, summary: 's' }, when),
  })),
];
const stepOf = (one: Proposal) => one.steps[one.cursor]!;

test('no sequence of what may happen leaves the graph, forgets to go on, or repeats a step', () => {
  const steps = [
    { name: 'one', action: 'rollback', verify: { window: '10s', within: '30s' } },
    { name: 'two', action: 'restart' },
    {
      name: 'three',
      action: 'rollback',
      undo: false,
      verify: { window: '10s', within: '30s', healthyFor: '10s' },
    },
  ];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(1_000), fc.integer({ min: 1, max: 20 })), { maxLength: 60 }),
      choices => {
        let now = startedByPolicy(proposal(steps));
        let seconds = 0;
        const begunSteps = new Set<number>();
        for (const [choice, pause] of choices) {
          seconds += pause;
          if (now.state === 'proposed') return;
          const possible = isOver(now) ? [] : commands.filter(command => command.applies(now));
          if (possible.length === 0) {
            assert.ok(isOver(now), `stuck in ${now.state}`);
            assert.ok(now.outcome !== undefined && now.finishedAt !== undefined);
            assert.equal(dueAt(now, T0), undefined);
            return;
          }
          const before = now;
          now = possible[choice % possible.length]!.run(now, at(seconds));
          const { state, cursor } = now;
          if (stepOf(now).state === 'acting' && stepOf(before) !== stepOf(now) && before.cursor !== cursor) {
            assert.ok(!begunSteps.has(cursor), `step ${cursor} began twice`);
            begunSteps.add(cursor);
          }
          // It goes on by itself, or waits for an action that will end, or is over.
          const waits = stepOf(now).actionId !== undefined || stepOf(now).undoActionId !== undefined;
          assert.ok(isOver(now) || waits || state === 'proposed' || dueAt(now, T0) !== undefined, state);
          if (isOver(now)) assert.ok(newsOf(before, now).some(type => type !== 'remediation.progress'));
          assert.ok(!(now.steps[2]?.state === 'undone'), 'a step with undo: false is never undone');
        }
      },
    ),
    { numRuns: 500 },
  );
});
