import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Alert, alertDefaults, type Observation, step, type Transition } from './alert.ts';

const identity = {
  fingerprint: 'gateway/checkout/page',
  service: 'gateway',
  objective: 'checkout',
  severity: 'page' as const,
};
const firing = (forMs = 0): Observation => ({
  state: 'firing',
  forMs,
  facts: { rule: 'checkout:page:1h', rules: ['checkout:page:1h'], name: 'CheckoutBurn', value: 20 },
});
const ok: Observation = { state: 'ok' };
const held: Observation = { state: 'held' };
const ebbing: Observation = { state: 'ebbing' };
const noData: Observation = { state: 'no_data' };

/** Plays observations a minute apart; answers what there was after each. */
function play(
  observations: readonly Observation[],
  everyMs = 60_000,
): { alert?: Alert; event?: Transition['event'] }[] {
  let alert: Alert | undefined;
  let ids = 0;
  return observations.map((observation, index) => {
    const next = step(alert, observation, identity, index * everyMs, () => `alt_${++ids}`);
    if (next.gone !== undefined) alert = undefined;
    else alert = next.alert ?? alert;
    return { ...(alert === undefined ? {} : { alert }), event: next.event };
  });
}

const tables: [what: string, observations: Observation[], states: string[]][] = [
  ['fires at once without a wait', [ok, firing(), firing()], ['-', 'firing!', 'firing']],
  [
    'waits while it must',
    [firing(120_000), firing(120_000), firing(120_000)],
    ['pending', 'pending', 'firing!'],
  ],
  ['comes to nothing when it was short', [firing(120_000), ok, firing(120_000)], ['pending', '-', 'pending']],
  [
    'waits on through missing data',
    [firing(60_000), noData, firing(60_000)],
    ['pending', 'pending', 'firing!'],
  ],
  ['resolves after a minute of quiet', [firing(), ok, ok], ['firing!', 'firing', 'resolved!']],
  [
    'does not resolve on missing data',
    [firing(), noData, noData, noData],
    ['firing!', 'firing', 'firing', 'firing'],
  ],
  [
    'begins to count quiet anew after missing data',
    [firing(), ok, noData, ok, ok],
    ['firing!', 'firing', 'firing', 'firing', 'resolved!'],
  ],
  [
    'does not resolve while the long window burns and nothing happens',
    [firing(), held, held],
    ['firing!', 'firing', 'firing'],
  ],
  [
    'resolves when the short window is fine, the first time',
    [firing(), ebbing, ebbing],
    ['firing!', 'firing', 'resolved!'],
  ],
  [
    'that has come back is kept while the long window burns, for an hour at most',
    [firing(), ok, ok, firing(), ...Array.from({ length: 61 }, () => ebbing)],
    ['firing!', 'firing', 'resolved!', 'firing!', ...Array.from({ length: 60 }, () => 'firing'), 'resolved!'],
  ],
  [
    'needs twice the quiet when it comes back',
    [firing(), ok, ok, firing(), ok, ok, ok],
    ['firing!', 'firing', 'resolved!', 'firing!', 'firing', 'firing', 'resolved!'],
  ],
];
for (const [what, observations, states] of tables)
  test(`an alert ${what}`, () => {
    const seen = play(observations).map(({ alert, event }) =>
      alert === undefined ? '-' : `${alert.state}${event === undefined ? '' : '!'}`,
    );
    assert.deepEqual(seen, states);
  });

test('an alert does not wait for times that have not come, after a clock was put back', () => {
  const hour = 3_600_000;
  const turn = (previous: Alert | undefined, observation: Observation, now: number) =>
    step(previous, observation, identity, now, () => 'alt_1');
  const pending = turn(undefined, firing(120_000), 10 * hour).alert!;
  const again = turn(pending, firing(120_000), hour);
  assert.equal(again.alert!.state, 'pending');
  assert.equal(turn(again.alert, firing(120_000), hour + 120_000).event, 'fired');
  const clear = turn(turn(undefined, firing(), 10 * hour).alert, ok, 10 * hour + 5_000).alert!;
  assert.notEqual(clear.clearSince, undefined);
  const back = turn(clear, ok, hour);
  assert.equal(back.event, undefined);
  assert.equal(turn(back.alert, ok, hour + 60_000).event, 'resolved');
});

test('an alert that comes back on a clock that was put back is another one, as its firing would look old', () => {
  const hour = 3_600_000;
  const first = step(undefined, firing(), identity, 10 * hour, () => 'alt_1').alert!;
  const ended = [5_000, 70_000].reduce(
    (alert, after) => step(alert, ok, identity, 10 * hour + after, () => 'alt_x').alert!,
    first,
  );
  assert.equal(ended.state, 'resolved');
  const again = step(ended, firing(), identity, 9 * hour, () => 'alt_2');
  assert.equal(again.event, 'fired');
  assert.equal(again.alert!.id, 'alt_2');
});

test('an alert that comes back soon is the same one, and after a long while another', () => {
  const soon = play([firing(), ok, ok, firing()]);
  assert.equal(soon[3]!.alert!.id, soon[0]!.alert!.id);
  const late = play([firing(), ok, ok, ...Array.from({ length: 70 }, () => ok), firing()]);
  assert.notEqual(late.at(-1)!.alert!.id, late[0]!.alert!.id);
});

test('no sequence fires twice without a resolve between, resolves what did not fire, or ends by missing data', () => {
  const observation = fc.constantFrom(ok, held, ebbing, noData, firing(), firing(120_000));
  fc.assert(
    fc.property(
      fc.array(observation, { maxLength: 60 }),
      fc.constantFrom(5_000, 30_000, 60_000),
      (sequence, every) => {
        let open = false;
        const seen = play(sequence, every);
        seen.forEach(({ event }, index) => {
          if (event === 'fired') {
            assert.ok(!open);
            open = true;
            assert.equal(sequence[index]!.state, 'firing');
          }
          if (event === 'resolved') {
            assert.ok(open);
            open = false;
            assert.ok(['ok', 'ebbing'].includes(sequence[index]!.state));
          }
        });
      },
    ),
  );
});

test('what flaps is kept firing for longer each time, up to an hour', () => {
  let alert: Alert | undefined;
  let now = 0;
  const turn = (observation: Observation) => {
    now += 5_000;
    const next = step(alert, observation, identity, now, () => 'alt_1');
    alert = next.alert ?? alert;
    return next.event;
  };
  const quiet: number[] = [];
  for (let round = 0; round < 5; round++) {
    turn(firing());
    let turns = 1;
    while (turn(ok) !== 'resolved') turns++;
    quiet.push((turns - 1) * 5);
  }
  assert.deepEqual(quiet, [60, 120, 240, 480, 960]);
  assert.equal(alertDefaults.keepFiringMs, 60_000);
});
