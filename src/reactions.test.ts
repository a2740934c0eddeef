import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Fault } from './kernel/index.ts';
import { type TestKernel, testKernel } from './kernel/testing.ts';
import type { Reacting } from './reacting.ts';
import { react } from './reactions.ts';

// The wiring alone: which call follows from which event. What the rooms make of the calls is tested in the rooms.

let kernel: TestKernel;
const calls: { what: string; input: unknown[] }[] = [];
const incident = {
  id: 'INC-1',
  title: 'Gateway: requests fail',
  service: 'gateway',
  severity: 'SEV1',
  status: 'open',
  affectedServices: ['gateway'],
};

/** A room of which every method is noted, and answers with the incident. */
function noted(room: string): unknown {
  return new Proxy(
    {},
    {
      get:
        (_, method: string) =>
        async (...input: unknown[]) => {
          calls.push({ what: `${room}.${method}`, input });
          if (input[0] === 'INC-404') throw new Fault('not_found', 'There is no incident INC-404.');
          return method === 'list' ? [incident] : incident;
        },
    },
  );
}

before(async () => {
  kernel = await testKernel();
  const rooms = ['incidents', 'investigations', 'runbooks', 'oncall', 'postmortems', 'notifications'];
  const reacting = {
    ...Object.fromEntries(rooms.map(room => [room, noted(room)])),
    impact: async () => undefined,
    slos: { gates: { speaking: async () => ['payments', 'gateway'], overrides: noted('overrides') } },
  };
  react(kernel, reacting as unknown as Reacting);
  await kernel.start([]);
});
after(() => kernel.stop());
beforeEach(() => calls.splice(0));

const proposal = {
  id: 'rem_1',
  incident: 'INC-1',
  runbook: 'roll-back-release',
  title: 'Roll back',
  why: 'It fits.',
  start: 'automatic',
  verdict: 'confirmed',
  approvals: [],
  steps: [],
  cursor: 0,
  state: 'failed',
  problem: 'the release before is gone',
  action: { kind: 'release', service: 'payments', to: 'v1' },
};
const investigation = {
  incident: 'INC-1',
  verdict: 'confirmed',
  summary: 'It is the release.',
  causes: [{ kind: 'release', title: 'Release', service: 'payments' }],
  remedy: { kind: 'rollback', service: 'payments', to: 'v1', reason: 'it ran before' },
};
const action = {
  id: 'act_1',
  service: 'payments',
  description: 'release payments v1',
  status: 'failed',
  principal: { name: 'nines' },
  action: { kind: 'release' },
};

const override = {
  id: 'ovr_1',
  service: 'payments',
  purposes: ['release'],
  by: 'responder-a',
  reason: 'the fix',
  at: '2026-01-27T03:00:00.000Z',
  until: '2026-01-27T05:00:00.000Z',
  level: 'freeze',
};
const probeAlert = {
  id: 'alt_1',
  fingerprint: 'gateway/probe:front/page',
  name: 'ProbeFailing',
  service: 'gateway',
  severity: 'page',
  value: 3,
  annotations: { what: 'the probe front fails', summary: 'front fails.', description: '' },
};
const denied = {
  gates: [{ gate: 'error budget', allowed: false, reason: 'spent', asked: 'release', level: 'freeze' }],
};

const table: [event: string, data: object, expected: string[]][] = [
  ['alert.fired', { alert: probeAlert }, ['incidents.open']],
  ['alert.resolved', { alert: { id: 'a' } }, ['incidents.alertResolved']],
  ['incident.opened', { incident }, ['investigations.begin']],
  ['job.given_up', { kind: 'on:app.open-incident', message: 'it failed' }, ['incidents.declare']],
  ['job.given_up', { kind: 'on:app.watch-the-watcher', message: 'it failed' }, []],
  [
    'alert.no_data',
    { rule: 'r', service: 'gateway', since: '2026-01-27T03:00:00.000Z' },
    ['notifications.broadcast'],
  ],
  [
    'telemetry.shed',
    {
      signal: 'traces',
      why: '1.0 GiB are free on the disk, and 2.0 GiB should be',
      from: '2026-01-20T00:00:00.000Z',
      to: '2026-01-21T00:00:00.000Z',
    },
    ['notifications.broadcast'],
  ],
  ['telemetry.refusing', { signals: ['traces'], why: 'the disk is full' }, ['incidents.declare']],
  [
    'telemetry.series_refused',
    { metrics: 1, worst: [{ count: 3, sentence: 'The metric m has 10 series.' }] },
    ['notifications.broadcast'],
  ],
  ['incident.reopened', { incident }, ['investigations.investigate']],
  [
    'investigation.concluded',
    { investigation },
    ['incidents.get', 'incidents.addEntry', 'incidents.get', 'runbooks.propose'],
  ],
  [
    'investigation.concluded',
    { investigation: { ...investigation, verdict: 'inconclusive' } },
    ['incidents.get', 'incidents.addEntry'],
  ],
  ['remediation.proposed', { proposal }, ['incidents.addEntry']],
  ['remediation.verified', { proposal }, ['incidents.addEntry', 'incidents.mitigated']],
  ['remediation.failed', { proposal }, ['incidents.addEntry', 'incidents.get', 'oncall.page']],
  [
    'remediation.failed',
    { proposal: { ...proposal, steps: [{ state: 'undo_failed', undoActionId: 'act_2' }] } },
    ['incidents.addEntry', 'incidents.get'],
  ],
  [
    'remediation.undone',
    { proposal: { ...proposal, state: 'undone' } },
    ['incidents.addEntry', 'incidents.get', 'oncall.page'],
  ],
  ['action.undo_failed', { action }, ['incidents.declare']],
  [
    'action.undo_failed',
    { action: { ...action, incident: 'INC-404' } },
    ['incidents.get', 'incidents.declare'],
  ],
  ['action.undo_failed', { action: { ...action, incident: 'INC-1' } }, ['incidents.get', 'oncall.page']],
  ['action.done', { action }, []],
  ['action.done', { action: { ...action, incident: 'inc-1' } }, ['incidents.get', 'incidents.addEntry']],
  ['action.done', { action: { ...action, incident: 'INC-404' } }, ['incidents.get']],
  [
    'change.recorded',
    { change: { id: 'c', service: 'gateway', by: 'ci', kind: 'release' } },
    ['incidents.list', 'incidents.addEntry'],
  ],
  [
    'change.recorded',
    { change: { id: 'c', service: 'other', by: 'ci', kind: 'release' } },
    ['incidents.list'],
  ],
  ['slo.overridden', { override }, ['incidents.list', 'incidents.addEntry']],
  ['slo.override_confirmed', { override }, ['incidents.list', 'incidents.addEntry']],
  ['slo.override_ended', { override }, ['incidents.list', 'incidents.addEntry']],
  ['action.started', { action: { ...action, ...denied, override: 'the fix' } }, ['overrides.noteAction']],
  ['action.started', { action: { ...action, ...denied } }, []],
  ['action.started', { action: { ...action, gates: [], override: 'to be sure' } }, []],
  [
    'slo.level_changed',
    {
      service: 'gateway',
      from: 'healthy',
      to: 'slow_down',
      worse: true,
      tell: ['shop-team'],
      reason: 'spent',
    },
    ['oncall.inform'],
  ],
  [
    'slo.level_changed',
    { service: 'gateway', from: 'healthy', to: 'caution', worse: true, tell: [], reason: 'spent' },
    [],
  ],
  ['incident.resolved', { incident }, ['postmortems.draft', 'runbooks.withdraw']],
  ['postmortem.drafted', { postmortem: { incident: 'INC-1', actions: [] } }, ['incidents.addEntry']],
];
for (const [event, data, expected] of table)
  test(`${event}${JSON.stringify(data).includes('INC-404') ? ' of an unknown incident' : ''} leads to ${expected.length === 0 ? 'nothing' : expected.join(', ')}`, async () => {
    await kernel.events.emit(event, 'INC-1', data);
    await kernel.settle();
    assert.deepEqual(calls.map(call => call.what).sort(), [...expected].sort());
  });

test('every entry that a reaction records is recorded once however often the event is told', async () => {
  await kernel.events.emit('remediation.proposed', 'INC-1', { proposal });
  await kernel.settle();
  const [{ input }] = calls as unknown as [{ input: [string, { dedupe?: string }] }];
  assert.match(input[1].dedupe ?? '', /^evt_/);
});

test('an incident of a probe is named by what is wrong, and has no burn rate', async () => {
  await kernel.events.emit('alert.fired', 'gateway', { alert: probeAlert });
  await kernel.settle();
  const [facts] = calls.find(({ what }) => what === 'incidents.open')!.input as [Record<string, unknown>];
  assert.equal(facts.badMeans, 'the probe front fails');
  assert.equal('burnRate' in facts, false);
});
