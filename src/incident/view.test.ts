import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Instant, instant } from '../kernel/index.ts';
import { acknowledged, type Incident, mitigated, resolved } from './incident.ts';
import { openedByAlert } from './opening.ts';
import { EntryKind, type TimelineEntry } from './timeline.ts';
import { incidentView, renderView } from './view.ts';

const T0 = Date.parse('2026-01-27T03:15:00.000Z');
const at = (seconds: number): Instant => instant(T0 + seconds * 1000);
const open: Incident = openedByAlert(
  'INC-7',
  {
    id: 'a',
    fingerprint: 'f',
    name: 'Burn',
    service: 'payments',
    severity: 'page',
    burnRate: 124,
    errorRatio: 0.124,
    allowedRatio: 0.001,
    badMeans: 'checkout requests fail',
    onsetAt: at(-50),
  },
  { name: 'payments', displayName: 'Payments', tier: 1 },
  at(0),
).incident;
const entry = (
  seq: number,
  kind: EntryKind,
  text: string,
  data?: Record<string, unknown>,
): TimelineEntry => ({
  incident: 'INC-7',
  seq,
  at: at(seq * 10),
  kind,
  actor: 'nines',
  text,
  ...(data === undefined ? {} : { data }),
});
const proposal = entry(3, 'proposal', 'Proposed: roll payments back to v1.2.2. It waits for one approval.', {
  approve: 'nines remediation approve rem_1',
});
const verdict = entry(2, 'verdict', 'Confirmed: payments v1.2.3 started a query without an index.', {
  verdict: 'confirmed',
});

test('the view says what is broken, why, and which command is safe', () => {
  const timeline = [entry(1, 'alert', 'Alert Burn on payments fired at 03:15:00 UTC.'), verdict, proposal];
  assert.equal(
    renderView(incidentView(open, timeline, at(90))),
    `INC-7  SEV1  open, phase detect
Payments: checkout requests fail

State     payments. Began 03:14, opened 03:15, for 2 min 20 s. Nobody has
          acknowledged yet.
Impact    Payments: 12.4 % of checkout requests fail (the objective allows
          0.1 %) since 03:14 UTC. As of 03:15 UTC. SEV1: the service is tier 1,
          and the error budget burns 120× too fast.
Cause     Confirmed: payments v1.2.3 started a query without an index.
Fix       Proposed: roll payments back to v1.2.2. It waits for one approval.

Safe now
  nines incident acknowledge INC-7: stops the paging; you have it
  nines remediation approve rem_1: starts the fix; it is checked, and undone if
  it does not help
  nines incident note INC-7 "…": records what you see

Timeline (UTC)
  03:15:10  alert        Alert Burn on payments fired at 03:15:00 UTC.
  03:15:20  verdict      Confirmed: payments v1.2.3 started a query without an
                         index.
  03:15:30  proposal     Proposed: roll payments back to v1.2.2. It waits for
                         one approval.`,
  );
});

test('what is not known is said to be', () => {
  const { impact: _, ...bare } = open;
  const text = renderView(incidentView(bare, [], at(90)));
  assert.match(text, /Impact {4}How many requests are affected is not known\./);
  assert.match(text, /Cause {5}Not known yet\./);
  assert.match(text, /Fix {7}None is proposed yet\./);
});

const commands: [
  what: string,
  incident: Incident,
  timeline: TimelineEntry[],
  expected: RegExp[],
  not: RegExp[],
][] = [
  [
    'a fix that has begun is not approved again',
    open,
    [proposal, entry(4, 'action', 'Started.')],
    [/acknowledge/],
    [/approve/],
  ],
  [
    'who has it need not take it again',
    acknowledged(open, 'first', at(5)).incident,
    [],
    [/note/],
    [/acknowledge/],
  ],
  ['mitigated, it may be resolved', mitigated(open, 'x', 'x', at(5)).incident, [], [/resolve/], [/reopen/]],
  [
    'resolved, it may be reopened and read up',
    resolved(open, { why: 'x', by: 'x', anyway: true }, at(5)).incident,
    [proposal],
    [/reopen/, /postmortem/],
    [/approve/, /acknowledge/],
  ],
];
for (const [what, incident, timeline, expected, not] of commands)
  test(`safe now: ${what}`, () => {
    const text = incidentView(incident, timeline, at(90))
      .next.map(one => one.command)
      .join('\n');
    for (const pattern of expected) assert.match(text, pattern);
    for (const pattern of not) assert.doesNotMatch(text, pattern);
  });

test('no line is wider than 80 columns, whatever people and telemetry write', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...EntryKind.options), fc.string({ minLength: 1, maxLength: 400 })), {
        maxLength: 60,
      }),
      fc.string({ minLength: 1, maxLength: 200 }),
      (entries, title) => {
        const timeline = entries.map(([kind, text], index) => entry(index + 1, kind, text));
        const text = renderView(incidentView({ ...open, title }, timeline, at(999)));
        for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
      },
    ),
    { numRuns: 100 },
  );
});
