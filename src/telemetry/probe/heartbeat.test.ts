import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { beaten, heartbeatVerdict, misses, newHeartbeat, type Signal } from './heartbeat.ts';
import { Heartbeat, heartbeatProblems } from './heartbeat-spec.ts';
import { ProbeSpec } from './probe.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEP = 10 * MINUTE;
const at = (text: string) => Date.parse(`2026-01-${text}:00.000Z`);
const hourly = Heartbeat.parse({ every: '1h', grace: '10m' });
const nightly = Heartbeat.parse({
  schedule: { cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
  grace: '30m',
  maxDuration: '2h',
});

/** Plays signals at their times, judged every ten minutes, and tells how it stands at the end. */
function play(spec: Heartbeat, from: number, signals: [number, Signal][], until: number) {
  let state = newHeartbeat(from);
  for (let now = from; now <= until; now += STEP) {
    for (const [when, signal] of signals)
      if (when > now - STEP && when <= now) state = beaten(state, signal, when);
    state = misses(spec, state, now);
  }
  for (const [when, signal] of signals)
    if (when > until - ((until - from) % STEP)) state = beaten(state, signal, when);
  state = misses(spec, state, until);
  return { state, ...heartbeatVerdict(spec, state, until) };
}

const tables: [
  what: string,
  spec: Heartbeat,
  from: string,
  signals: [string, Signal][],
  until: string,
  status: string,
  counts: [number, number],
][] = [
  ['is waited for at first', hourly, '01T00:00', [], '01T01:10', 'waiting', [0, 0]],
  ['is missed after its interval and the grace', hourly, '01T00:00', [], '01T01:11', 'missed', [1, 1]],
  ['counts each interval that it is away', hourly, '01T00:00', [], '01T05:30', 'missed', [5, 5]],
  [
    'is well while it comes',
    hourly,
    '01T00:00',
    [
      ['01T00:50', 'success'],
      ['01T01:45', 'success'],
    ],
    '01T02:50',
    'ok',
    [2, 0],
  ],
  [
    'is well again after it was missed',
    hourly,
    '01T00:00',
    [['01T03:00', 'success']],
    '01T03:30',
    'ok',
    [3, 2],
  ],
  [
    'is failed as soon as it says so',
    hourly,
    '01T00:00',
    [
      ['01T00:50', 'success'],
      ['01T01:00', 'failure'],
    ],
    '01T01:01',
    'failed',
    [2, 1],
  ],
  [
    'is well after a failure and a success',
    hourly,
    '01T00:00',
    [
      ['01T00:30', 'failure'],
      ['01T00:40', 'success'],
    ],
    '01T00:41',
    'ok',
    [2, 1],
  ],
  ['that was declared after its time is not missed', nightly, '05T12:00', [], '05T23:00', 'waiting', [0, 0]],
  [
    'on a schedule is missed after the grace, in its time zone',
    nightly,
    '05T12:00',
    [],
    '06T02:31',
    'missed',
    [1, 1],
  ],
  ['on a schedule is not missed within the grace', nightly, '05T12:00', [], '06T02:30', 'waiting', [0, 0]],
  [
    'on a schedule is well until the next time',
    nightly,
    '05T12:00',
    [['06T02:05', 'success']],
    '07T02:29',
    'ok',
    [1, 0],
  ],
  ['on a schedule runs', nightly, '05T12:00', [['06T02:00', 'start']], '06T02:20', 'running', [0, 0]],
  [
    'that does not end is too long',
    nightly,
    '05T12:00',
    [
      ['06T02:00', 'start'],
      ['06T02:10', 'success'],
      ['06T22:00', 'start'],
    ],
    '07T00:01',
    'too_long',
    [1, 0],
  ],
  ['that is missing counts each night', nightly, '05T12:00', [], '08T12:00', 'missed', [3, 3]],
];
for (const [what, spec, from, signals, until, status, counts] of tables)
  test(`a job ${what}`, () => {
    const end = play(
      spec,
      at(from),
      signals.map(([when, signal]) => [at(when), signal]),
      at(until),
    );
    assert.deepEqual([end.status, [end.state.attempts, end.state.failed]], [status, counts], end.why);
  });

test('the duration is told, or taken from the start', () => {
  const begun = beaten(newHeartbeat(0), 'start', HOUR);
  assert.equal(beaten(begun, 'success', HOUR + 90_000).lastDurationMs, 90_000);
  assert.equal(beaten(begun, 'success', HOUR + 90_000, { durationMs: 5 }).lastDurationMs, 5);
  assert.equal(beaten(newHeartbeat(0), 'success', HOUR).lastDurationMs, undefined);
});

test('it says what is known: when it was due, when it last succeeded, and what the job said', () => {
  const missed = play(nightly, at('05T12:00'), [[at('06T02:05'), 'success']], at('07T02:40'));
  assert.equal(
    missed.why,
    'it was due at 2026-01-07 02:00 UTC with 30m of grace; its last success was at 2026-01-06 02:05 UTC',
  );
  assert.equal(missed.since, '2026-01-07T02:30:00.000Z');
  assert.equal(missed.nextDueAt, '2026-01-08T02:00:00.000Z');
  const failed = beaten(newHeartbeat(0), 'failure', at('06T02:05'), { message: 'disk is full' });
  assert.equal(
    heartbeatVerdict(nightly, failed, at('06T02:06')).why,
    'it told of a failure at 2026-01-06 02:05 UTC (disk is full); it has never told of a success',
  );
});

test('whatever a job tells and whenever: failures are never more than attempts, and a success in time is never missed', () => {
  const signals = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 3 * 24 * 60 }),
      fc.constantFrom<Signal>('start', 'success', 'failure'),
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(fc.constantFrom(hourly, nightly), signals, (spec, list) => {
      const from = at('05T12:00');
      const played = list
        .map(([minute, signal]): [number, Signal] => [from + minute * MINUTE, signal])
        .sort((a, b) => a[0] - b[0]);
      const until = from + 3 * 24 * HOUR;
      const { state } = play(spec, from, played, until);
      assert.ok(state.failed <= state.attempts && state.recent.length <= 20);
      const well = beaten(state, 'success', until);
      assert.equal(heartbeatVerdict(spec, well, until + MINUTE).status, 'ok');
    }),
    { numRuns: 20 },
  );
});

test('each schedule that the guide shows is one that a heartbeat takes', () => {
  const guide = readFileSync(new URL('../../../docs/guide/probes.md', import.meta.url), 'utf8');
  const [, block = ''] = /```yaml\n(spec:\n {2}service: orders-db\n[\s\S]*?)```/.exec(guide) ?? [];
  const forms = [...block.matchAll(/^ {4}(?:# )?((?:schedule|every): .*)$/gm)].map(([, form]) => form!);
  assert.equal(forms.length, 3);
  const rest = block.replace(/^ {4}(?:# )?(?:schedule|every): .*\n/gm, '');
  for (const form of forms) {
    const { spec } = parse(`${rest}    ${form}\n`) as { spec: unknown };
    const read = ProbeSpec.parse(spec);
    assert.deepEqual(heartbeatProblems(read.heartbeat!), [], form);
  }
});
