import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { declared } from '../../test/kit/declared.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import { createMetrics, instant } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import { Slos } from '../slo/index.ts';
import type { Alert } from './alert.ts';
import { Alerts } from './alerts.ts';
import type { Standing } from './standing.ts';
import { alertingMigrations } from './store.ts';

const START = Date.parse('2026-01-27T03:00:00.000Z');
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(alertingMigrations, { log: 'silent' });
});
after(() => kernel.stop());
beforeEach(() => kernel.db.execute('delete from alert; delete from alert_data_gap; delete from event;'));

const standing = (state: Standing['state'], more: Partial<Standing> = {}): Standing => ({
  fingerprint: 'gateway/probe:front/page',
  service: 'gateway',
  name: 'ProbeFailing',
  rule: 'probe:front:failing',
  expr: 'probe_success == 0',
  severity: 'page',
  state,
  value: 3,
  labels: { probe: 'front' },
  what: 'the probe front fails',
  summary: 'front fails: HTTP status 503.',
  description: 'The last success was at 02:59.',
  ...more,
});

function scene(now: () => Standing[]) {
  const fresh = { ...kernel, metrics: createMetrics() } as TestKernel;
  const traffic = new ShopTraffic({ from: START, rate: 1, seed: 1 });
  const slos = new Slos(
    { ...fresh, events: { ...kernel.events, on: () => {} } } as unknown as TestKernel,
    declared([]),
    {
      metrics: traffic.series.metrics(),
    },
  );
  const alerts = new Alerts(fresh, slos, { sources: [{ name: 'probes', standings: async () => now() }] });
  const events = async () =>
    (await kernel.events.after(0)).map(({ type, data }) => ({
      type,
      data: data as { alert?: Alert; reason?: string },
    }));
  return { alerts, events };
}

test('what a probe has confirmed fires at once, says what is known, and ends a minute after it is well', async () => {
  let state: Standing['state'] = 'ok';
  const { alerts, events } = scene(() => [standing(state, { since: instant(START - 20_000) })]);
  await alerts.evaluate(START);
  assert.deepEqual(await events(), []);
  state = 'firing';
  await alerts.evaluate(START + 5_000);
  await alerts.evaluate(START + 10_000);
  const fired = await events();
  assert.deepEqual(
    fired.map(({ type }) => type),
    ['alert.fired'],
  );
  const alert = fired[0]!.data.alert!;
  assert.equal(alert.objective, undefined);
  assert.equal(alert.onsetAt, instant(START - 20_000));
  assert.deepEqual(alert.labels, { probe: 'front', service: 'gateway', severity: 'page' });
  assert.deepEqual(alert.annotations, {
    what: 'the probe front fails',
    summary: 'front fails: HTTP status 503.',
    description: 'The last success was at 02:59.',
  });
  state = 'ok';
  for (let ms = 15_000; ms <= 75_000; ms += 5_000) await alerts.evaluate(START + ms);
  assert.deepEqual(
    (await events()).map(({ type }) => type),
    ['alert.fired', 'alert.resolved'],
  );
});

test('while a probe cannot be made its alert stays, and after ten minutes somebody is told why, once', async () => {
  let now = standing('firing');
  const { alerts, events } = scene(() => [now]);
  await alerts.evaluate(START);
  now = standing('no_data', { unknown: 'the own resolver does not answer' });
  for (let ms = 5_000; ms <= 1_300_000; ms += 60_000) await alerts.evaluate(START + ms);
  const told = await events();
  assert.deepEqual(
    told.map(({ type }) => type),
    ['alert.fired', 'alert.no_data'],
  );
  assert.equal(told[1]!.data.reason, 'the own resolver does not answer');
  assert.equal((await alerts.list({ state: 'firing' })).length, 1);
});

test('a source that fails ends nothing, and one that no longer names a thing ends its alert', async () => {
  let now: () => Standing[] = () => [standing('firing')];
  const { alerts, events } = scene(() => now());
  await alerts.evaluate(START);
  now = () => {
    throw new Error('the database is away');
  };
  await assert.rejects(alerts.evaluate(START + 5_000), /the database is away/);
  assert.equal((await alerts.list({ state: 'firing' })).length, 1);
  now = () => [];
  await alerts.evaluate(START + 10_000);
  const [, resolved] = await events();
  assert.equal(resolved?.type, 'alert.resolved');
  assert.equal(resolved?.data.alert?.annotations.resolution, 'Its probe is no longer declared.');
});
