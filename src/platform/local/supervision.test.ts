import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { epochMs, instant } from '../../kernel/index.ts';
import { planOf, wantedAfter } from './plan.ts';
import type { Desired, InstanceRow } from './store.ts';
import { afterCrash, backoffMs, LOOP_CRASHES, type Observed, supervise } from './supervision.ts';

const NOW = '2026-01-27T03:00:00.000Z';
const ago = (seconds: number) => instant(epochMs(NOW) - seconds * 1000);
const PATIENCE = { startMs: 20_000, stableMs: 60_000, watchedSince: ago(3_600) };

const row = (id: string, over: Partial<InstanceRow> = {}): InstanceRow => ({
  id,
  service: 'web',
  release: 'v1',
  state: 'running',
  healthy: true,
  restarts: 0,
  crashes: 0,
  pid: 100,
  identity: 'x',
  startedAt: ago(10),
  madeAt: ago(10),
  ...over,
});
const waiting = (id: string, over: Partial<InstanceRow> = {}): InstanceRow => {
  const { pid: _pid, identity: _identity, ...rest } = row(id, { state: 'starting', healthy: false, ...over });
  return rest;
};
const desired = (over: Partial<Desired> = {}): Desired => ({
  service: 'web',
  releases: ['v1'],
  replicas: 1,
  ...over,
});
const well: Observed = { alive: true, healthy: true };
const ill: Observed = { alive: true, healthy: false };
const dead: Observed = { alive: false, healthy: false, exit: 'exited with code 1' };

const table: [name: string, want: Partial<Desired>, rows: InstanceRow[], seen: Observed, steps: object[]][] =
  [
    ['a healthy instance is left alone', {}, [row('a')], well, []],
    ['a missing instance is added', { replicas: 2 }, [row('a')], well, [{ do: 'add' }]],
    ['one too many is removed', {}, [row('a'), row('b')], well, [{ do: 'remove', id: 'b' }]],
    [
      'one of another release is removed',
      {},
      [row('a'), row('b', { release: 'v0' })],
      well,
      [{ do: 'remove', id: 'b' }],
    ],
    [
      'a dead process is a crash',
      {},
      [row('a')],
      dead,
      [{ do: 'crash', id: 'a', exit: 'exited with code 1' }],
    ],
    [
      'a new process that is healthy runs',
      {},
      [row('a', { state: 'starting', healthy: false })],
      well,
      [{ do: 'mark', id: 'a', healthy: true }],
    ],
    [
      'a new process that is not healthy yet is waited for',
      {},
      [row('a', { state: 'starting', healthy: false })],
      ill,
      [],
    ],
    [
      'a new process that never becomes healthy is killed',
      {},
      [row('a', { state: 'starting', healthy: false, startedAt: ago(21) })],
      ill,
      [{ do: 'kill', id: 'a', exit: 'was not healthy 20 s after its start' }],
    ],
    [
      'a running process that is not healthy is shown so, and not killed',
      {},
      [row('a')],
      ill,
      [{ do: 'mark', id: 'a', healthy: false }],
    ],
    [
      'an instance that waits is started when its time has come',
      {},
      [waiting('a', { nextStartAt: ago(1) })],
      well,
      [{ do: 'start', id: 'a' }],
    ],
    ['an instance that waits is not started before', {}, [waiting('a', { nextStartAt: ago(-5) })], well, []],
    [
      'crashes are forgotten after a stable minute',
      {},
      [row('a', { crashes: 2, startedAt: ago(61) })],
      well,
      [{ do: 'calm', id: 'a' }],
    ],
  ];
for (const [name, want, rows, seen, steps] of table)
  test(name, () => {
    const observed = new Map(rows.map(one => [one.id, one.id === 'b' ? well : seen]));
    assert.deepEqual(supervise(desired(want), rows, observed, PATIENCE, NOW), steps);
  });

test('time in which nobody watched does not count against a new process', () => {
  const rows = [row('a', { state: 'starting', healthy: false, startedAt: ago(300) })];
  const back = { ...PATIENCE, watchedSince: ago(5) };
  assert.deepEqual(supervise(desired(), rows, new Map([['a', ill]]), back, NOW), []);
});

test('what an action under way has in hand is left to it, while the old instances are still watched', () => {
  const rollout = {
    key: 'k',
    action: { kind: 'release' as const, service: 'web', to: 'v2' },
    added: ['new'],
    removed: ['old'],
    phase: 'starting' as const,
    deadline: ago(-60),
  };
  const rows = [row('old'), waiting('new', { release: 'v2' })];
  const observed = new Map([['old', dead]]);
  assert.deepEqual(supervise(desired({ rollout }), rows, observed, PATIENCE, NOW), [
    { do: 'crash', id: 'old', exit: 'exited with code 1' },
  ]);
  assert.deepEqual(
    supervise(desired({ rollout: { ...rollout, phase: 'stopping' } }), rows, observed, PATIENCE, NOW),
    [],
  );
});

test('the wait after a crash doubles up to a minute, and from the third crash the instance is failed', () => {
  assert.deepEqual([1, 2, 3, 4, 7, 50].map(backoffMs), [1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
  let one = row('a');
  for (let crash = 1; crash <= 4; crash++) {
    one = afterCrash(one, 'exited with code 1', NOW);
    assert.equal(one.pid, undefined);
    assert.equal(one.state, crash >= LOOP_CRASHES ? 'failed' : 'starting');
    assert.equal(epochMs(one.nextStartAt!) - epochMs(NOW), backoffMs(crash));
  }
});

test('supervision comes to rest with exactly the wanted instances, whatever is there', () => {
  const rows = fc.array(
    fc.record({
      release: fc.constantFrom('v0', 'v1'),
      state: fc.constantFrom('running', 'starting', 'failed', 'stopping'),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(rows, fc.nat(5), (given, replicas) => {
      let now = given.map((one, index) => row(`i${index}`, one as Partial<InstanceRow>));
      for (let turn = 0; turn < 3; turn++) {
        const observed = new Map(now.map(one => [one.id, well]));
        for (const step of supervise(desired({ replicas }), now, observed, PATIENCE, NOW)) {
          if (step.do === 'add') now = [...now, row(`n${turn}-${now.length}`)];
          if (step.do === 'remove') now = now.filter(one => one.id !== step.id);
          if (step.do === 'mark')
            now = now.map(one => (one.id === step.id ? { ...one, state: 'running', healthy: true } : one));
        }
      }
      assert.equal(now.length, replicas);
      assert.ok(now.every(one => one.release === 'v1' && one.state === 'running'));
    }),
  );
});

test('an action adds and removes so that the wanted number remains, and never removes what serves before what does not', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), fc.nat(6), (health, replicas) => {
      const rows = health.map((healthy, index) => row(`i${index}`, { healthy }));
      const want = desired({ replicas: rows.length });
      const plan = planOf({ kind: 'scale', service: 'web', replicas }, want, rows);
      if (plan === undefined) return assert.equal(replicas, rows.length);
      assert.equal(rows.length + plan.add - plan.remove.length, replicas);
      const left = rows.filter(one => !plan.remove.includes(one.id));
      const gone = rows.filter(one => plan.remove.includes(one.id));
      if (left.some(one => !one.healthy)) assert.ok(gone.every(one => !one.healthy));
    }),
  );
});

test('going back to a release that ran before shortens the history, so that the next rollback does not go forward', () => {
  const release = (to: string, before: Desired) =>
    wantedAfter({ kind: 'release', service: 'web', to }, before);
  const two = release('v3', release('v2', desired()));
  assert.deepEqual(two.releases, ['v1', 'v2', 'v3']);
  assert.deepEqual(release('v2', two).releases, ['v1', 'v2']);
  assert.deepEqual(release('v1', two).releases, ['v1']);
});
