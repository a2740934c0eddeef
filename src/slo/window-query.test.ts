import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../kernel/index.ts';
import { eventsOver, meanOver, selectorsIn } from './window-query.ts';

const table: [what: string, text: string, counter: boolean | undefined, over5m: string][] = [
  ['a counter', 'errors_total{code=~"5.."}', true, 'sum(increase(errors_total{code=~"5.."}[5m]))'],
  [
    'a counter told by its name',
    'http_request_duration_seconds_count',
    undefined,
    'sum(increase(http_request_duration_seconds_count[5m]))',
  ],
  [
    'a sum of counters',
    'sum(http_requests{code="200"})',
    true,
    'sum(increase(http_requests{code="200"}[5m]))',
  ],
  [
    'a difference of counters',
    'a_count - ignoring(le) a_bucket{le="0.5"}',
    true,
    'sum(increase(a_count[5m]) - ignoring (le) increase(a_bucket{le="0.5"}[5m]))',
  ],
  ['a counter with an offset', 'errors_total offset 1h', true, 'sum(increase(errors_total[5m] offset 1h))'],
  ["Sloth's placeholder", 'sum(rate(errors_total[{{.window}}]))', true, 'sum(rate(errors_total[5m])) * 300'],
  ["Grafana's placeholder", 'increase(errors_total[$__range])', undefined, 'sum(increase(errors_total[5m]))'],
  [
    'a rate over a fixed range',
    'sum(rate(errors_total[1m]))',
    undefined,
    'sum(rate(errors_total[5m])) * 300',
  ],
  [
    'an irate, which knows only two samples',
    'irate(errors_total[1m])',
    undefined,
    'sum(rate(errors_total[5m])) * 300',
  ],
  ['a value that goes up and down', 'good_sessions', false, 'sum(sum_over_time((good_sessions)[5m:1m]))'],
];
for (const [what, text, counter, expected] of table)
  test(`the window gets into ${what}`, () => {
    assert.equal(eventsOver({ text, counter })('5m'), expected);
  });

test('a ratio made elsewhere is averaged', () => {
  assert.equal(meanOver('error_ratio')('1h'), 'avg_over_time((error_ratio)[1h:1m])');
  assert.equal(
    meanOver('a[{{ .window }}]'.replace('a', 'avg_over_time(a').concat(')'))('1h'),
    '(avg_over_time(a[1h]))',
  );
});

test('what is no PromQL is refused with its text', () => {
  assert.throws(
    () => eventsOver({ text: 'sum:trace.http{code:200}.as_count()' }),
    (error: unknown) =>
      error instanceof Fault && error.code === 'invalid' && /not PromQL/.test(error.message),
  );
});

test('the selectors of a query can be looked for', () => {
  assert.deepEqual(selectorsIn('sum(rate(a_total{x="1"}[{{.window}}])) / b_total offset 5m'), [
    'a_total{x="1"}',
    'b_total',
  ]);
});
