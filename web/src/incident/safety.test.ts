import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProposalStep } from './incident.ts';
import { safetyOf, stepWords } from './safety.ts';

const step = (action: ProposalStep['action'], spec: Partial<ProposalStep['spec']>): ProposalStep => ({
  name: 'a',
  spec: { name: 'a', action: 'rollback', with: {}, bound: { timeout: '2m' }, undo: true, ...spec },
  action,
  description: '',
  state: 'pending',
  reversible: false,
  checks: 0,
});
const back = { kind: 'release', service: 'payments', to: 'v1.2.2' } as const;
const said = (one: ProposalStep) => safetyOf(one).map(({ text }) => text);

describe('what stands beside the button of a fix', () => {
  test('names the action as people say it', () => {
    assert.equal(stepWords(step(back, {})), 'Roll payments back to v1.2.2');
    assert.equal(
      stepWords(step({ kind: 'scale', service: 'payments', replicas: 4 }, { action: 'scale' })),
      'Scale payments to 4 replicas',
    );
  });

  test('tells the bound, the check and the undo', () => {
    assert.deepEqual(said(step(back, { verify: { window: '1m', within: '4m' } })), [
      'Touches only payments; taken back if it is not done within 2m.',
      'The objectives must be met over 1m, at the latest 4m after it.',
      'If it does not help it is undone by itself.',
    ]);
  });

  test('promises no check and no undo where the runbook has none', () => {
    const [, check, undo] = said(step(back, { undo: false }));
    assert.match(check!, /no check/);
    assert.match(undo!, /not undone/);
  });

  test('promises no undo for a restart', () => {
    const [, , undo] = said(step({ kind: 'restart', service: 'payments' }, { action: 'restart' }));
    assert.match(undo!, /nothing to undo/);
  });
});
