import type { PostmortemFacts } from './facts.ts';

/** A resolved incident as the drill makes it: a bad release, found, rolled back, verified. */
export function resolvedFacts(more: Partial<PostmortemFacts> = {}): PostmortemFacts {
  const at = (time: string) => `2026-01-27T${time}.000Z`;
  return {
    owner: 'shop-team',
    hadCanary: false,
    hasRunbook: true,
    incident: {
      id: 'INC-7',
      title: 'gateway: checkout latency burns its budget',
      service: 'gateway',
      affectedServices: ['gateway', 'payments'],
      severity: 'SEV2',
      status: 'resolved',
      onsetAt: at('02:03:00'),
      openedAt: at('02:04:05'),
      acknowledgedAt: at('02:05:00'),
      acknowledgedBy: 'ann-example',
      mitigatedAt: at('02:06:30'),
      resolvedAt: at('02:08:00'),
      phases: [
        { phase: 'detect', at: at('02:04:05') },
        { phase: 'assess', at: at('02:05:00') },
        { phase: 'mitigate', at: at('02:05:40') },
        { phase: 'resolve', at: at('02:08:00') },
      ],
      alerts: [{ name: 'CheckoutLatencyBurn', firedAt: at('02:04:00'), objective: 'checkout-latency' }],
      roles: { commander: 'ann-example' },
    },
    timeline: [
      {
        at: at('02:04:00'),
        kind: 'alert',
        actor: 'nines',
        text: 'CheckoutLatencyBurn fired: burn rate 61.3 over 5m.',
      },
      { at: at('02:05:00'), kind: 'acknowledge', actor: 'ann-example', text: 'Acknowledged by ann-example.' },
      {
        at: at('02:05:40'),
        kind: 'action',
        actor: 'nines',
        text: 'Rolling payments back from v1.2.3 to v1.2.2.',
      },
      {
        at: at('02:06:30'),
        kind: 'verification',
        actor: 'nines',
        text: '99.8% of 412 requests were good in the last minute.',
      },
    ],
    investigation: {
      verdict: 'confirmed',
      at: at('02:04:17'),
      summary: 'gateway POST /checkout p99 is 4.7 s.',
      window: {
        baseline: { from: at('01:48:00'), to: at('02:02:50') },
        incident: { from: at('02:03:00'), to: at('02:04:17') },
      },
      causes: [
        {
          rank: 1,
          service: 'payments',
          title: 'Release of payments v1.2.3: a new database statement',
          kind: 'release',
          change: { service: 'payments', from: 'v1.2.2', to: 'v1.2.3', at: at('02:02:48') },
          statement: {
            text: 'SELECT sum(amount) FROM orders\nWHERE lower(email) = lower($1)',
            what: 'new',
            calls: 200,
            p50Ms: 1800,
            p99Ms: 2400,
            share: 0.98,
          },
          saturated: [{ resource: 'database_pool', noun: 'database connections', used: 10, limit: 10 }],
          mechanism: [
            'Release of payments v1.2.3 at 02:02:48 UTC.',
            '10 of 10 database connections of payments are in use (1 before).',
          ],
          score: 0.96,
          evidence: [
            {
              id: 'e1.1',
              kind: 'metric',
              statement: '10 of 10 database connections of payments are in use (1 before).',
              query: 'sum(db_client_connection_count{db_client_connection_state="used"})',
              link: '/api/v1/metrics/range?query=x',
            },
          ],
        },
      ],
      ruledOut: [{ title: 'Release of gateway v2.0.1', why: '0.1% of what was added arises in gateway.' }],
      unknown: ['Why the statement is slow (its plan, a missing index) is not in the telemetry.'],
    },
    objectives: [
      {
        objective: 'checkout-latency',
        displayName: 'Checkout latency',
        service: 'gateway',
        target: 0.99,
        windowText: '30d',
        bad: 812,
        total: 2040,
        budgetShare: 0.047,
        budgetRemaining: 0.91,
      },
    ],
    remediations: [
      {
        title: 'Roll payments back to v1.2.2',
        action: 'release',
        service: 'payments',
        to: 'v1.2.2',
        start: 'one_click',
        approvals: 1,
        state: 'succeeded',
      },
    ],
    ...more,
  };
}
