import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { logsOf } from '../../test/kit/made-logs.ts';
import { instant } from '../kernel/index.ts';
import { surgeText } from './log-text.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { protobufOf, testStore, testTelemetry } from './testing.ts';

const minute = 60_000;
const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const window = { from: instant(t0), to: instant(t0 + 10 * minute) };
let store: Store;
let telemetry: Telemetry;

const line = (at: number, body: string, severityNumber = 9, more: object = {}) => ({
  timeUnixNano: String(Math.round(at) * 1_000_000),
  severityNumber,
  body: { stringValue: body },
  ...more,
});

async function send(service: string, logRecords: readonly object[]): Promise<void> {
  await telemetry.ingestLogs(protobufOf('logs', logsOf(service, logRecords)), 'application/x-protobuf');
}

/** Lines at an even pace between two minutes from t0. */
const paced = (
  from: number,
  to: number,
  perMinute: number,
  body: (i: number) => string,
  severity = 9,
  more: object = {},
) =>
  Array.from({ length: Math.round((to - from) * perMinute) }, (_, i) =>
    line(t0 + (from + (i + 0.5) / perMinute) * minute, body(i), severity, more),
  );

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => t0 + 10 * minute });
  await send('payments', [
    ...paced(-40, 10, 30, i => `order ${i} placed in ${i % 50} ms`),
    ...paced(-40, 0, 2, i => `retry ${i} of payment`, 13),
    ...paced(0, 10, 10, i => `retry ${i} of payment`, 13),
    ...paced(0, 10, 5, i => `pool exhausted after ${2500 + i} ms`, 17, { traceId: 'ab'.repeat(16) }),
    ...paced(-40, 0, 3, i => `cache refreshed with ${i} entries`, 5),
    line(t0 + minute, 'one odd line'),
    line(t0 - 5 * minute, 'another odd line'),
    // A job of each ten minutes: 200 lines at once, in the window as before.
    ...[-35, -25, -15, -5, 5].flatMap(at =>
      Array.from({ length: 200 }, (_, i) => line(t0 + at * minute + i, `report row ${i} written`)),
    ),
  ]);
  await send(
    'fresh',
    paced(0, 10, 10, i => `hello ${i}`),
  );
  await send(
    'silent',
    paced(-40, -1, 10, i => `bye ${i}`),
  );
});
after(() => store.close());

test('new, surging and gone lines are told with an exact test; bursts as usual and odd lines are not', async () => {
  const surge = await telemetry.logs.surge(window);
  assert.deepEqual(
    surge.patterns.map(({ state, pattern, level, before, after }) => [state, pattern, level, before, after]),
    [
      ['new', 'pool exhausted after <num> ms', 'error', 0, 50],
      ['surging', 'retry <num> of payment', 'warn', 80, 100],
      ['gone', 'cache refreshed with <num> entries', 'debug', 120, 0],
    ],
  );
  const [fresh, retries, gone] = surge.patterns;
  assert.equal(fresh?.ratio, undefined);
  assert.ok(fresh!.ratioLow > 10 && fresh!.pValue < 1e-10);
  assert.match(fresh!.example, /^pool exhausted after 25\d\d ms$/);
  assert.equal(fresh!.exampleTraceId, 'ab'.repeat(16));
  assert.equal(retries?.ratio, 5);
  assert.ok(retries!.ratioLow > 3.5 && retries!.ratioHigh! < 7);
  assert.match(gone!.example, /^cache refreshed/);
  assert.equal(surge.unsure, 2);
  assert.deepEqual(surge.notes, [
    'fresh sent nothing before the window: its lines are not called new.',
    'silent sent nothing in the window: its lines are not called gone.',
  ]);
});

test('a service, a level and a query narrow what is compared', async () => {
  const warnings = await telemetry.logs.surge(window, { service: 'payments', minSeverity: 'warn' });
  assert.deepEqual(
    warnings.patterns.map(({ state }) => state),
    ['new', 'surging'],
  );
  assert.equal(warnings.looked, 2);
});

test('a quiet window says so, and all fits 80 columns', async () => {
  const quiet = await telemetry.logs.surge({
    from: instant(t0 - 20 * minute),
    to: instant(t0 - 10 * minute),
  });
  assert.deepEqual(quiet.patterns, []);
  assert.match(surgeText(quiet), /None is new, surges or is gone\./);
  const text = surgeText(await telemetry.logs.surge(window));
  for (const row of text.split('\n')) assert.ok(row.length <= 80, row);
  assert.match(text, /new {5}error payments: pool exhausted after <num> ms/);
  assert.match(text, /80 before, 100 now; 5\.0 times the rate, 95 %: \d\.\d to \d\.\d times; p < 0\.0001/);
  assert.match(text, /2 more are new or gone, but too rare/);
});
