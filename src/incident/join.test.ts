import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instant, instant } from '../kernel/index.ts';
import type { Incident } from './incident.ts';
import { type Adjacent, joins } from './join.ts';
import { openedByAlert } from './opening.ts';

const NOW: Instant = '2026-01-27T04:00:00.000Z';
const minutesAgo = (n: number) => instant(Date.parse(NOW) - n * 60_000);
const adjacent: Adjacent = (a, b) => [`${a} ${b}`, `${b} ${a}`].includes('gateway payments');

function incident(
  id: string,
  service: string,
  openedMinutesAgo: number,
  more: Partial<Incident> = {},
): Incident {
  const alert = { id: `${id}-a`, fingerprint: `fp-${id}`, name: 'Burn', service, severity: 'page' as const };
  return {
    ...openedByAlert(
      id,
      alert,
      { name: service, displayName: service, tier: 2 },
      minutesAgo(openedMinutesAgo),
    ).incident,
    ...more,
  };
}

const table: [
  what: string,
  incidents: Incident[],
  alert: { fingerprint: string; service: string },
  expected: string | undefined,
][] = [
  ['nothing is open', [], { fingerprint: 'x', service: 'payments' }, undefined],
  [
    'the same service',
    [incident('INC-1', 'payments', 5)],
    { fingerprint: 'x', service: 'payments' },
    'INC-1',
  ],
  [
    'the same service, hours later, while it is still open',
    [incident('INC-1', 'payments', 300)],
    { fingerprint: 'x', service: 'payments' },
    'INC-1',
  ],
  ['a caller of it', [incident('INC-1', 'payments', 5)], { fingerprint: 'x', service: 'gateway' }, 'INC-1'],
  ['a callee of it', [incident('INC-1', 'gateway', 5)], { fingerprint: 'x', service: 'payments' }, 'INC-1'],
  [
    'a neighbour after the window',
    [incident('INC-1', 'gateway', 31)],
    { fingerprint: 'x', service: 'payments' },
    undefined,
  ],
  ['no relation', [incident('INC-1', 'auth', 5)], { fingerprint: 'x', service: 'payments' }, undefined],
  [
    'only a resolved incident',
    [incident('INC-1', 'payments', 5, { status: 'resolved' })],
    { fingerprint: 'x', service: 'payments' },
    undefined,
  ],
  [
    'a mitigated incident',
    [incident('INC-1', 'payments', 5, { status: 'mitigated' })],
    { fingerprint: 'x', service: 'payments' },
    'INC-1',
  ],
  [
    'the same alert before the same service',
    [incident('INC-1', 'payments', 5), incident('INC-2', 'auth', 5, { affectedServices: ['auth'] })],
    { fingerprint: 'fp-INC-2', service: 'payments' },
    'INC-2',
  ],
  [
    'the same service before a neighbour',
    [incident('INC-1', 'gateway', 9), incident('INC-2', 'payments', 5)],
    { fingerprint: 'x', service: 'payments' },
    'INC-2',
  ],
  [
    'the worse of two',
    [
      incident('INC-1', 'payments', 9, { severity: 'SEV3' }),
      incident('INC-2', 'payments', 5, { severity: 'SEV1' }),
    ],
    { fingerprint: 'x', service: 'payments' },
    'INC-2',
  ],
  [
    'the older of two that are as bad',
    [incident('INC-2', 'payments', 5), incident('INC-1', 'payments', 9)],
    { fingerprint: 'x', service: 'payments' },
    'INC-1',
  ],
];
for (const [what, incidents, alert, expected] of table)
  test(`join: ${what}${expected === undefined ? ': a new incident' : `: ${expected}`}`, () => {
    assert.equal(joins(incidents, alert, adjacent, NOW, 30 * 60_000)?.incident.id, expected);
  });
