// What could be promised otherwise, and what a service's telemetry suggests.
import { instant } from '../../src/kernel/index.ts';
import type { Answers } from './console-scene.ts';

/** Replays, suggestions, the document and the alerts of the shop at an instant. */
export function planAnswers(now: string): Answers {
  const at = Date.parse(now);
  const before = (ms: number) => instant(at - ms);
  const day = 86_400_000;
  const page = {
    severity: 'page' as const,
    rule: 'checkout-availability:page:1h',
    from: before(9 * day),
    to: before(9 * day - 2_700_000),
    burnRate: 300.4,
  };
  const declared = {
    target: 0.999,
    window: '30d',
    budgetMinutes: 43.2,
    good: 0.99937,
    events: 18_649_741,
    consumed: 0.631,
    worst: 0.631,
    alerts: [page, { ...page, severity: 'ticket' as const, rule: 'checkout-availability:ticket:1d' }],
  };
  const suggestion = {
    kind: 'availability' as const,
    says: '99.8 % of all requests end well',
    target: 0.998,
    reason: '99.937 % was good; 99.8 % allows 1 h 26 min of full outage.',
    days: 30,
    since: before(30 * day),
    events: 18_649_741,
    noun: 'requests',
    notes: ['A request ends badly with a status of 500 and more.'],
    replay: { ...declared, target: 0.998, budgetMinutes: 86.4 },
    resource: {},
  };
  return {
    'slo.backtest': ({ id, target, window }) => ({
      objective: String(id),
      data: { from: before(30 * day), to: instant(at), step: '5m', coverage: 0.98 },
      declared,
      ...(target === undefined && window === undefined
        ? {}
        : {
            changed: {
              ...declared,
              target: Number(target ?? 0.999),
              window: String(window ?? '30d'),
              consumed: 0.126,
              worst: 0.126,
              alerts: [],
            },
          }),
      suggested: { target: 0.998, reason: '99.937 % was good; 99.8 % allows 1 h 26 min of full outage.' },
    }),
    'slo.suggest': ({ service }) => ({
      service: String(service),
      metrics: ['http_server_request_duration_seconds_bucket', 'http_server_request_duration_seconds_count'],
      declared: ['checkout-availability'],
      suggestions: [{ ...suggestion, name: `${service}-availability` }],
      missing: [{ what: 'nothing looks at it from outside', how: 'declare a Probe (nines/v1).' }],
      yaml: 'apiVersion: openslo/v1\nkind: SLO\n',
    }),
    'monitor.suggest': ({ service }) => ({
      service: String(service),
      only: 'report' as const,
      alerts: [
        {
          name: 'GatewaySlow',
          signal: 'latency' as const,
          severity: 'page' as const,
          summary: 'One in a hundred requests to gateway takes longer than 500 ms.',
          reason: 'It is what checkout-latency promises.',
          runbook: 'https://runbooks.example/gateway#latency',
          heldMinutes: null,
        },
      ],
      groups: [],
      rules: 'groups: []\n',
      dashboard: { title: `${service}: golden signals`, panels: [] },
      missing: [],
      objectives: ['checkout-availability'],
    }),
    'slo.doc': ({ service }) => ({
      service: String(service),
      markdown: `# SLO document: ${service}\n\n| Category | SLI |\n| --- | --- |\n| Availability | Checkout availability |\n`,
    }),
    'alert.list': {
      alerts: [
        {
          id: 'alt_4k2m9q4x8c1v6b7f',
          fingerprint: 'gateway/checkout-availability/page',
          rule: 'checkout-availability:page:1h',
          rules: ['checkout-availability:page:1h'],
          name: 'CheckoutAvailabilityBurn',
          service: 'gateway',
          objective: 'checkout-availability',
          severity: 'page',
          labels: {},
          annotations: { summary: 'Checkouts fail: the error budget burns 32× too fast.', description: '' },
          state: 'firing',
          startsAt: before(300_000),
          firedAt: before(270_000),
          onsetAt: before(330_000),
          value: 32,
          lastEvaluatedAt: instant(at),
          fires: 1,
        },
      ],
    },
  };
}
