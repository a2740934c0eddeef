import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from './alert.ts';
import { alertTable, alertView } from './alert-view.ts';

const alert: Alert = {
  id: 'alt_4k2m9q4r5t6v8w1x',
  fingerprint: 'gateway/checkout-availability-of-the-whole-shop/page',
  rule: 'checkout-availability-of-the-whole-shop:page:1h',
  rules: [
    'checkout-availability-of-the-whole-shop:page:1h',
    'checkout-availability-of-the-whole-shop:page:6h',
  ],
  name: 'CheckoutAvailabilityBurn',
  service: 'gateway',
  objective: 'checkout-availability-of-the-whole-shop',
  severity: 'page',
  labels: {},
  annotations: {
    summary:
      'Checkout availability: 48 % of requests fail (target 99.9 %) since 03:32:10 UTC; the error budget burns 480× too fast.',
    description:
      '40 % bad over 5m, 3 % over 1h; the rule checkout-availability:page:1h fires above 1.4 %. How much of the budget is left is not known.',
  },
  state: 'firing',
  startsAt: '2026-01-27T03:33:00.000Z',
  firedAt: '2026-01-27T03:33:00.000Z',
  onsetAt: '2026-01-27T03:32:10.000Z',
  value: 480.3,
  lastEvaluatedAt: '2026-01-27T03:50:00.000Z',
  noDataSince: '2026-01-27T03:49:00.000Z',
  fires: 2,
};

test('alerts are shown within 80 columns, and of which nothing is known is said', () => {
  const table = alertTable([alert, { ...alert, id: 'alt_1', state: 'resolved', severity: 'ticket' }]);
  const view = alertView(alert);
  for (const line of `${table}\n${view}`.split('\n')) assert.ok([...line].length <= 80, line);
  assert.match(
    table,
    /Nothing is known now of these; .*\n {2}alt_4k2m9q4r5t6v8w1x since 2026-01-27 03:49:00/,
  );
  assert.match(view, /no data since 2026-01-27 03:49:00/);
  assert.match(view, /Fired {6}2026-01-27 03:33:00, 50 s after the onset/);
  assert.match(view, /Came back {2}once/);
});
